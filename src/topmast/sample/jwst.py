"""Webb: mosaics with catalogue and preview, the exposures they are made of, and spectra."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from topmast.sample.documents import catalog_ecsv
from topmast.sample.fits_file import DATE, MADE_BY, Cards, Column, fits_file, primary, table
from topmast.sample.images import exposure, mosaic, preview
from topmast.sample.pictures import png
from topmast.sample.places import FAMOUS, Place, place, places
from topmast.sample.plane import Plane, circle_text, polygon_text
from topmast.sample.programs import FUTURE, mjd_text, programme
from topmast.sample.scene import seeded, stars_near
from topmast.sample.sheaf import Sheaf, observation
from topmast.sample.spectra import energy_distribution, observed, spectrum_plot


@dataclass(frozen=True, slots=True)
class Mode:
    """An imaging mode: the name in file names, its filters with limits in nm, field in arcmin."""

    instrument: str
    word: str
    detector: str
    filters: tuple[tuple[str, float, float], ...]
    field: float


MODES = (
    Mode(
        "NIRCAM/IMAGE",
        "nircam",
        "nrcb1",
        (("F090W", 795.0, 1005.0), ("F200W", 1755.0, 2226.0), ("F444W", 3881.0, 4982.0)),
        2.2,
    ),
    Mode(
        "MIRI/IMAGE",
        "miri",
        "mirimage",
        (("F770W", 6581.0, 8687.0), ("F1130W", 10953.0, 11667.0), ("F1800W", 16519.0, 19502.0)),
        1.5,
    ),
    Mode(
        "NIRISS/IMAGE", "niriss", "nis", (("F150W", 1330.0, 1668.0), ("F277W", 2425.0, 3130.0)), 2.2
    ),
)


def webb() -> Iterator[Sheaf]:
    """Images of the famous objects, spectra of stars and galaxies."""
    for number, name in enumerate(FAMOUS):
        yield imaging(number, place(name), MODES[number % 3])
    bright = [item for item in places() if item.kind in ("*", "G", "QSO", "PN")]
    for number, target in enumerate(bright[::4][:45]):
        yield spectroscopy(number, target)


def imaging(number: int, target: Place, mode: Mode) -> Sheaf:
    """One filter: two exposures (level 2) and the mosaic (level 3)."""
    random = seeded("jwst", number)
    band, low, high = mode.filters[number % len(mode.filters)]
    program = 1100 + 31 * number
    exclusive = number % 6 == 2
    start = round(float(random.uniform(59780, 60900)), 6)
    angle = float(random.uniform(0, 360))
    word = f"{mode.word}_clear-{band.lower()}" if mode.word != "miri" else f"miri_{band.lower()}"
    plane = Plane(target.ra, target.dec, 26, 26, mode.field / 60 / 26, angle)
    common = programme(program, target) | {
        "obs_collection": "JWST",
        "provenance_name": "CALJWST",
        "instrument_name": mode.instrument,
        "project": "JWST",
        "filters": band if mode.word == "miri" else f"{band};CLEAR",
        "wavelength_region": "INFRARED",
        "s_ra": target.ra,
        "s_dec": target.dec,
        "dataproduct_type": "image",
        "em_min": low,
        "em_max": high,
        "t_obs_release": FUTURE + number if exclusive else round(start + 365, 5),
        "dataRights": "EXCLUSIVE_ACCESS" if exclusive else "PUBLIC",
        "s_region": polygon_text(plane.corners(), frame="ICRS "),
    }
    sheaf = Sheaf()
    root = f"jw{program:05d}"
    exposures = []
    for order in (1, 2):
        name = f"{root}001001_02101_{order:05d}_{mode.detector}"
        exposures.append(name)
        add_exposure(
            sheaf, common, name, plane, start + 0.01 * order, 71_000_000 + 10 * number + order
        )
    add_mosaic(
        sheaf, common, f"{root}-o001_t001_{word}", plane, start, 71_000_000 + 10 * number, exposures
    )
    return sheaf


def header(row: dict[str, Any]) -> Cards:
    instrument = row["instrument_name"].partition("/")[0]
    return [
        ("TELESCOP", "JWST", "telescope used to acquire the data"),
        ("INSTRUME", instrument, "instrument"),
        ("FILTER", row["filters"].partition(";")[0], "filter"),
        ("PROGRAM", row["proposal_id"].zfill(5), "program number"),
        ("TARGNAME", row["target_name"], "standard astronomical catalog name"),
        ("TARG_RA", row["s_ra"], "[deg] target right ascension"),
        ("TARG_DEC", row["s_dec"], "[deg] target declination"),
        ("DATE-OBS", mjd_text(row["t_min"])[:10], "UTC date at start of exposure"),
        ("EFFEXPTM", row["t_exptime"], "[s] effective exposure time"),
    ]


def add_exposure(
    sheaf: Sheaf, common: dict[str, Any], name: str, plane: Plane, start: float, obsid: int
) -> None:
    row = observation(
        **common,
        obs_id=name,
        calib_level=2,
        t_min=round(start, 8),
        t_max=round(start + 0.0032, 8),
        t_exptime=277.504,
        jpegURL=f"mast:JWST/product/{name}_cal.jpg",
        dataURL=f"mast:JWST/product/{name}_cal.fits",
        obsid=obsid,
        objID=obsid + 100_000_000,
    )
    sheaf.observations.append(row)
    cards = header(row)
    listing: dict[str, Any] = {"prvversion": "1.12.5", "project": "CALJWST"}
    sheaf.add(
        row,
        f"{name}_cal.fits",
        partial(exposure, plane, name, cards),
        group="CAL",
        minimum=True,
        description="exposure (L2b): Calibrated image",
        **listing,
    )
    sheaf.add(
        row,
        f"{name}_rate.fits",
        partial(mosaic, plane, name, cards, names=("SCI", "ERR")),
        group="RATE",
        description="exposure (L2a): Countrate",
        **listing,
    )
    sheaf.add(
        row,
        f"{name}_cal.jpg",
        partial(preview, plane, name),
        kind="PREVIEW",
        description="Preview-Full",
        **listing,
    )


def add_mosaic(
    sheaf: Sheaf,
    common: dict[str, Any],
    name: str,
    plane: Plane,
    start: float,
    obsid: int,
    exposures: list[str],
) -> None:
    members = list(sheaf.products)
    row = observation(
        **common,
        obs_id=name,
        calib_level=3,
        t_min=round(start, 8),
        t_max=round(start + 0.024, 8),
        t_exptime=555.008,
        jpegURL=f"mast:JWST/product/{name}_i2d.jpg",
        dataURL=f"mast:JWST/product/{name}_i2d.fits",
        srcDen=float(len(stars_near(plane.ra, plane.dec, 0.02))),
        obsid=obsid,
        objID=obsid + 100_000_000,
    )
    sheaf.observations.append(row)
    listing: dict[str, Any] = {"type": "C", "prvversion": "1.12.5", "project": "CALJWST"}
    sheaf.add(
        row,
        f"{name}_i2d.fits",
        partial(mosaic, plane, name, header(row)),
        group="I2D",
        minimum=True,
        description="target (L3): 2D rectified image",
        **listing,
    )
    sheaf.add(
        row,
        f"{name}_cat.ecsv",
        partial(source_list, plane),
        group="CAT",
        minimum=True,
        description="source catalog",
        **listing,
    )
    sheaf.add(
        row,
        f"{name}_i2d.jpg",
        partial(preview, plane, name),
        kind="PREVIEW",
        description="Preview-Full",
        **listing,
    )
    sheaf.add(
        row,
        f"{name}_asn.json",
        partial(association, name, exposures),
        kind="INFO",
        group="ASN",
        description="association pool",
        **listing,
    )
    sheaf.list_again(row, members)


def source_list(plane: Plane) -> bytes:
    stars = stars_near(plane.ra, plane.dec, 0.02)
    x, y = plane.pixels_of(stars[:, 0], stars[:, 1])
    on = (x >= 0) & (x < plane.nx) & (y >= 0) & (y < plane.ny)
    rows = np.column_stack([x, y, stars[:, 0], stars[:, 1], stars[:, 2]])[on][:60]
    names = ("xcentroid", "ycentroid", "ra", "dec", "aper_total_abmag")
    return catalog_ecsv(names, ("pix", "pix", "deg", "deg", "mag"), rows.tolist())


def association(name: str, exposures: list[str]) -> bytes:
    members = [{"expname": f"{one}_cal.fits", "exptype": "science"} for one in exposures]
    content = {
        "asn_type": "image3",
        "comment": f"{MADE_BY}, {DATE}",
        "products": [{"name": name, "members": members}],
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def spectroscopy(number: int, target: Place) -> Sheaf:
    """A spectrum, or a time series of one star while a planet passes."""
    random = seeded("jwst spectrum", number)
    instrument, word, low, high = (
        ("NIRSPEC/SLIT", "nirspec_f170lp-g235m", 1660.0, 3170.0),
        ("MIRI/IFU", "miri_ch1-short", 4900.0, 5740.0),
        ("NIRSPEC/MSA", "nirspec_clear-prism", 600.0, 5300.0),
    )[number % 3]
    program = 2700 + 17 * number
    name = f"jw{program:05d}-o00{1 + number % 4}_t001_{word}"
    exclusive = number % 7 == 3
    start = round(float(random.uniform(59800, 60900)), 6)
    row = observation(
        **programme(program, target),
        obs_collection="JWST",
        provenance_name="CALJWST",
        instrument_name=instrument,
        project="JWST",
        filters=word.partition("_")[2].upper().replace("-", ";"),
        wavelength_region="INFRARED",
        obs_id=name,
        s_ra=target.ra,
        s_dec=target.dec,
        dataproduct_type="cube" if instrument.endswith("IFU") else "spectrum",
        calib_level=3,
        t_min=start,
        t_max=start + 0.1,
        t_exptime=3501.0,
        em_min=low,
        em_max=high,
        t_obs_release=FUTURE + number if exclusive else round(start + 365, 5),
        dataRights="EXCLUSIVE_ACCESS" if exclusive else "PUBLIC",
        s_region=circle_text(target.ra, target.dec, 0.0005, frame="ICRS"),
        jpegURL=f"mast:JWST/product/{name}_x1d.png",
        dataURL=f"mast:JWST/product/{name}_x1d.fits",
        obsid=72_000_000 + number,
        objID=172_000_000 + number,
    )
    sheaf = Sheaf([row])
    micron = np.round(np.linspace(low, high, 300) / 1000, 5)
    flux, error = observed(energy_distribution(target.kind, micron * 1e4, random), random, 40.0)
    listing: dict[str, Any] = {"prvversion": "1.12.5", "project": "CALJWST"}
    sheaf.add(
        row,
        f"{name}_x1d.fits",
        partial(extracted, header(row), micron, flux, error),
        group="X1D",
        minimum=True,
        description="target (L3): Extracted 1D spectrum",
        **listing,
    )
    if row["dataproduct_type"] == "cube":
        sheaf.add(
            row,
            f"{name}_s3d.fits",
            partial(cube, header(row), row, flux),
            group="S3D",
            minimum=True,
            description="target (L3): 3D data cube",
            **listing,
        )
    sheaf.add(
        row,
        f"{name}_x1d.png",
        lambda: png(spectrum_plot(micron, flux)),
        kind="PREVIEW",
        description="Preview-Full",
        **listing,
    )
    return sheaf


def extracted(cards: Cards, micron: np.ndarray, flux: np.ndarray, error: np.ndarray) -> bytes:
    """The extracted spectrum in jansky."""
    jansky = 3.33564095e4 * (micron * 1e4) ** 2
    columns = [
        Column("WAVELENGTH", micron.astype("f8"), "um"),
        Column("FLUX", np.round(flux * jansky, 9), "Jy"),
        Column("FLUX_ERROR", np.round(error * jansky, 9), "Jy"),
        Column("DQ", np.zeros(len(flux), "i4")),
    ]
    return fits_file(primary(cards), table("EXTRACT1D", columns))


def cube(cards: Cards, row: dict[str, Any], flux: np.ndarray) -> bytes:
    """A small cube: the spectrum under a round source."""
    from topmast.sample.fits_file import image

    plane = Plane(row["s_ra"], row["s_dec"], 12, 12, 0.13 / 3600)
    dy, dx = np.mgrid[:12, :12] - 5.5
    source = np.exp(-0.5 * (dx**2 + dy**2) / 4)
    cells = np.round(1e15 * flux[::20, None, None] * source, 4).astype("f4")
    third = [
        ("CTYPE3", "WAVE", ""),
        ("CUNIT3", "um", ""),
        ("CRPIX3", 1.0, ""),
        ("CRVAL3", row["em_min"] / 1000, ""),
        ("CDELT3", round((row["em_max"] - row["em_min"]) / 20000, 6), ""),
    ]
    wcs = [card for card in plane.cards() if card[0] != "WCSAXES"]
    keywords = [("WCSAXES", 3, ""), *wcs, ("CD3_3", third[-1][1], ""), *third[:-1]]
    return fits_file(primary(cards), image("SCI", cells, keywords))
