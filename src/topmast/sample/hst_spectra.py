"""Hubble's spectrographs: extracted spectra with the frame they come from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from topmast.sample.fits_file import Cards, Column, fits_file, primary, table
from topmast.sample.hst import ARCSEC, header, rootname
from topmast.sample.images import raw_exposure
from topmast.sample.pictures import png
from topmast.sample.places import Place, places
from topmast.sample.plane import Plane, polygon_text
from topmast.sample.programs import FUTURE, programme
from topmast.sample.scene import seeded
from topmast.sample.sheaf import Sheaf, observation
from topmast.sample.spectra import energy_distribution, observed, spectrum_plot

SPECTROGRAPHS = (
    ("STIS/FUV-MAMA", "o", "CALSTIS", "G140L", 1150.0, 1700.0),
    ("STIS/NUV-MAMA", "o", "CALSTIS", "E230M", 1650.0, 3100.0),
    ("STIS/CCD", "o", "CALSTIS", "G430L", 2900.0, 5700.0),
    ("COS/FUV", "l", "CALCOS", "G130M", 1130.0, 1450.0),
)
STELLAR = ("*", "WD*", "QSO", "PN", "HighPM*")


def hubble_spectra() -> Iterator[Sheaf]:
    """Spectra of stars, quasars and planetary nebulae."""
    stars = [item for item in places() if item.kind in STELLAR]
    for number, target in enumerate(stars[:70]):
        yield spectrum(number, target)


def spectrum(number: int, target: Place) -> Sheaf:
    """A spectroscopic exposure: the extracted spectrum, the raw frame and a plot."""
    instrument, letter, pipeline, grating, low, high = SPECTROGRAPHS[number % len(SPECTROGRAPHS)]
    random = seeded("hst spectrum", number)
    start = float(np.round(random.uniform(55200, 60000), 5))
    root = rootname(letter, 900 + number, 1 + number % 60, "010")
    exclusive = number % 19 == 7
    half = 12.5 * ARCSEC if instrument.startswith("STIS") else 1.25 * ARCSEC
    plane = Plane(target.ra, target.dec, 2, 2, half, float(random.uniform(0, 360)))
    row = observation(
        **programme(14000 + 11 * number, target),
        obs_collection="HST",
        provenance_name=pipeline,
        instrument_name=instrument,
        project="HST",
        filters=grating,
        wavelength_region="UV" if high < 4000 else "Optical",
        obs_id=root,
        s_ra=target.ra,
        s_dec=target.dec,
        dataproduct_type="spectrum",
        calib_level=3,
        t_min=start,
        t_max=start + 0.02,
        t_exptime=1728.0,
        em_min=low / 10,
        em_max=high / 10,
        t_obs_release=round(FUTURE + number if exclusive else start + 180, 5),
        dataRights="EXCLUSIVE_ACCESS" if exclusive else "PUBLIC",
        s_region=polygon_text(plane.corners()),
        jpegURL=f"mast:HST/product/{root}_x1d.png",
        dataURL=f"mast:HST/product/{root}_x1d.fits",
        obsid=24_500_000 + number,
        objID=122_000_000 + number,
    )
    sheaf = Sheaf([row])
    angstrom = np.round(np.linspace(low, high, 479), 3)
    flux, error = observed(energy_distribution(target.kind, angstrom, random), random)
    cards = header(row, root, instrument, 1728.0, start)
    listing: dict[str, Any] = {"prvversion": "3.4.2", "project": pipeline}
    sheaf.add(
        row,
        f"{root}_x1d.fits",
        partial(extracted, cards, angstrom, flux, error),
        group="X1D",
        description="DADS X1D file - Calibrated 1D spectrum",
        minimum=True,
        **listing,
    )
    frame = Plane(target.ra, target.dec, 48, 24, 0.5 * ARCSEC)
    sheaf.add(
        row,
        f"{root}_raw.fits",
        partial(raw_exposure, frame, root, cards),
        group="RAW",
        description="DADS RAW file - Raw exposure",
        calib_level=1,
        **listing,
    )
    sheaf.add(
        row,
        f"{root}_x1d_thumb.png",
        lambda: png(spectrum_plot(angstrom, flux)),
        description="Preview-Thumb",
        kind="THUMBNAIL",
        **listing,
    )
    return sheaf


def extracted(cards: Cards, angstrom: np.ndarray, flux: np.ndarray, error: np.ndarray) -> bytes:
    """An extracted spectrum: one order, one row of arrays."""
    count = len(angstrom)
    columns = [
        Column("SPORDER", np.array([1], "i2")),
        Column("NELEM", np.array([count], "i2")),
        Column("WAVELENGTH", angstrom[None].astype("f8"), "Angstroms"),
        Column("FLUX", flux[None].astype("f4"), "erg/s/cm**2/Angstrom"),
        Column("ERROR", error[None].astype("f4"), "erg/s/cm**2/Angstrom"),
        Column("DQ", np.zeros((1, count), "i2")),
    ]
    return fits_file(primary(cards), table("SCI", columns))
