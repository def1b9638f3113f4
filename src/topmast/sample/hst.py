"""Hubble's cameras: visits of two exposures with the image made of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from topmast.sample.documents import text
from topmast.sample.fits_file import Cards, Column, fits_file, primary, table
from topmast.sample.images import association, exposure, mosaic, preview, raw_exposure
from topmast.sample.places import FAMOUS, Place, place, places
from topmast.sample.plane import Plane, polygon_text
from topmast.sample.programs import FUTURE, mjd_text, programme
from topmast.sample.scene import seeded
from topmast.sample.sheaf import Sheaf, observation

ARCSEC = 1 / 3600


@dataclass(frozen=True, slots=True)
class Camera:
    """An imaging mode: chips as (east, north, width, height) in arcsec around the aperture."""

    name: str
    letter: str
    pipeline: str
    chips: tuple[tuple[float, float, float, float], ...]
    filters: tuple[tuple[str, float, float], ...]
    frame: str
    years: tuple[float, float]


CAMERAS = (
    Camera(
        "WFPC2/WFC",
        "u",
        "CALWFPC2",
        ((40, 40, 80, 80), (-40, 40, 80, 80), (-40, -40, 80, 80)),
        (("F555W", 473.0, 596.0), ("F814W", 713.5, 867.5), ("F300W", 240.0, 360.0)),
        "GSC1 ",
        (49400.0, 54900.0),
    ),
    Camera(
        "ACS/WFC",
        "j",
        "CALACS",
        ((0, 52, 202, 101), (0, -52, 202, 101)),
        (("F435W", 360.0, 488.0), ("F606W", 470.0, 720.0), ("F814W;CLEAR2L", 690.0, 960.0)),
        "",
        (52400.0, 59500.0),
    ),
    Camera(
        "WFC3/UVIS",
        "i",
        "CALWF3",
        ((0, 41, 162, 80), (0, -41, 162, 80)),
        (("F275W", 243.2, 305.8), ("F336W", 305.0, 370.0), ("F475W", 390.0, 560.0)),
        "",
        (55100.0, 60200.0),
    ),
    Camera(
        "WFC3/IR",
        "i",
        "CALWF3",
        ((0, 0, 136, 123),),
        (("F110W", 883.0, 1411.0), ("F160W", 1400.0, 1700.0)),
        "ICRS",
        (55100.0, 60200.0),
    ),
    Camera(
        "NICMOS/NIC2",
        "n",
        "CALNICA",
        ((0, 0, 19, 19),),
        (("F110W", 800.0, 1400.0), ("F160W", 1400.0, 1800.0)),
        "J2000",
        (50600.0, 54700.0),
    ),
)
MOVING = (
    ("JUPITER", 38.2, 14.1),
    ("MARS", 122.4, 21.6),
    ("ENCELADUS", 291.0, -22.1),
    ("COMET-67P-CHURYUMOV-GERASIMENKO", 190.5, -3.4),
    ("TITAN", 355.2, -4.0),
)


def hubble() -> Iterator[Sheaf]:
    """Images of well-known objects and of the planets."""
    targets = [place(name) for name in FAMOUS]
    targets += [item for item in places() if item.name not in FAMOUS and item.kind != "Field"]
    for number, target in enumerate(targets[:175]):
        yield imaging_visit(number, target, CAMERAS[number % len(CAMERAS)])
    for number, (name, ra, dec) in enumerate(MOVING, 175):
        moving = Place(name, ra, dec, "Planet", (ra, dec), ())
        yield imaging_visit(number, moving, CAMERAS[1 + number % 2], moves=True)


def rootname(letter: str, number: int, visit: int, tail: str) -> str:
    """Nine characters as Hubble has them: instrument, programme, visit, exposure."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    base = 11000 + 7 * number
    middle = "".join(digits[base // size % 36] for size in (1296, 36, 1))
    return f"{letter}{middle}{visit:02d}{tail}"


def imaging_visit(number: int, target: Place, camera: Camera, *, moves: bool = False) -> Sheaf:
    """Two exposures and the image made of both; the association lists the exposures' files too."""
    random = seeded("hst", number)
    ra = (target.ra + random.normal(0, 0.004) / np.cos(np.radians(target.dec))) % 360
    dec = float(np.clip(target.dec + random.normal(0, 0.004), -89.99, 89.99))
    angle = float(random.uniform(0, 360))
    name, low, high = camera.filters[int(random.integers(len(camera.filters)))]
    start = float(np.round(random.uniform(*camera.years), 5))
    exclusive = number % 23 == 5
    released = FUTURE + number if exclusive else start + 365.0
    common = programme(9000 + 37 * number, target) | {
        "obs_collection": "HST",
        "provenance_name": camera.pipeline,
        "instrument_name": camera.name,
        "project": "HST",
        "filters": name,
        "wavelength_region": "UV" if high < 400 else "Optical" if high < 1000 else "Infrared",
        "s_ra": round(ra, 10),
        "s_dec": round(dec, 10),
        "dataproduct_type": "image",
        "em_min": low,
        "em_max": high,
        "t_obs_release": round(released, 5),
        "dataRights": "EXCLUSIVE_ACCESS" if exclusive else "PUBLIC",
        "intentType": "calibration" if number % 29 == 3 else "science",
        "mtFlag": moves,
        "s_region": footprint(ra, dec, angle, camera),
    }
    sheaf = Sheaf()
    members = [add_exposure(sheaf, common, camera, number, i, start, angle) for i in (0, 1)]
    add_association(sheaf, common, camera, number, start, angle, members)
    return sheaf


def footprint(ra: float, dec: float, angle: float, camera: Camera) -> str:
    """One polygon a chip."""
    corners = []
    turn = np.radians(angle)
    for east, north, width, height in camera.chips:
        # The chip's middle, turned with the camera, as pixels of one arcsec from the aperture.
        plane = Plane(ra, dec, 1, 1, ARCSEC, float(np.degrees(turn)))
        x = np.array([-1, 1, 1, -1]) * width / 2 - east
        y = np.array([-1, -1, 1, 1]) * height / 2 + north
        corners.append(np.stack(plane.sky_of(x, y), axis=1))
    return polygon_text(*corners, frame=camera.frame)


def header(row: dict[str, Any], root: str, camera: str, exptime: float, start: float) -> Cards:
    instrument, _, detector = camera.partition("/")
    return [
        ("TELESCOP", "HST", "telescope used to acquire data"),
        ("INSTRUME", instrument, "instrument"),
        ("DETECTOR", detector, "detector in use"),
        ("ROOTNAME", root.lower(), "rootname of the observation set"),
        ("TARGNAME", row["target_name"], "proposer's target name"),
        ("RA_TARG", row["s_ra"], "[deg] right ascension of the target"),
        ("DEC_TARG", row["s_dec"], "[deg] declination of the target"),
        ("PROPOSID", int(row["proposal_id"]), "proposal number"),
        ("PR_INV_L", row["proposal_pi"].partition(",")[0].encode("ascii", "replace").decode(), ""),
        ("FILTER", row["filters"], "element selected from the filter wheel"),
        ("EXPTIME", exptime, "[s] exposure time"),
        ("EXPSTART", start, "exposure start (MJD)"),
        ("DATE-OBS", mjd_text(start)[:10], "UT date of start of observation"),
        ("TIME-OBS", mjd_text(start)[11:19], "UT time of start of observation"),
    ]


def add_exposure(
    sheaf: Sheaf,
    common: dict[str, Any],
    camera: Camera,
    number: int,
    which: int,
    start: float,
    angle: float,
) -> dict[str, Any]:
    """One exposure with its files; returns its row."""
    root = rootname(camera.letter, number, 1 + number % 90, "acq" if which == 0 else "agq")
    begin = round(start + 0.01 * which, 8)
    exptime = 300.0 + 25 * (number % 20)
    row = observation(
        **common,
        calib_level=2,
        obs_id=root,
        t_min=begin,
        t_max=round(begin + exptime / 86400, 8),
        t_exptime=exptime,
        jpegURL=f"mast:HST/product/{root}_flt.jpg",
        dataURL=f"mast:HST/product/{root}_flt.fits",
        obsid=24_000_000 + 3 * number + which,
        objID=121_000_000 + 3 * number + which,
    )
    sheaf.observations.append(row)
    plane = Plane(row["s_ra"], row["s_dec"], 26, 26, 160 / 26 * ARCSEC, angle)
    cards = header(row, root, camera.name, exptime, begin)
    of = f"mast:HST/product/{root}/" if number % 2 else "mast:HST/product/"
    listing: dict[str, Any] = {"prvversion": "3.5.2", "project": camera.pipeline}
    seed = f"{number}"
    raw, flt, spt = f"{root}_raw.fits", f"{root}_flt.fits", f"{root}_spt.fits"
    sheaf.add(
        row,
        raw,
        partial(raw_exposure, plane, seed, cards),
        uri=of + raw,
        group="RAW",
        description="DADS RAW file - Raw exposure",
        calib_level=1,
        **listing,
    )
    sheaf.add(
        row,
        flt,
        partial(exposure, plane, seed, cards),
        uri=of + flt,
        group="FLT",
        description="DADS FLT file - Calibrated exposure",
        minimum=True,
        **listing,
    )
    if which == 0:
        sheaf.add(
            row,
            spt,
            partial(telemetry, cards),
            uri=of + spt,
            group="SPT",
            kind="AUXILIARY",
            description="DADS SPT file - Engineering telemetry",
            **listing,
        )
    sheaf.add(
        row,
        f"{root}_flt.jpg",
        partial(preview, plane, seed),
        kind="PREVIEW",
        description="Preview-Full",
        **listing,
    )
    return row


def add_association(
    sheaf: Sheaf,
    common: dict[str, Any],
    camera: Camera,
    number: int,
    start: float,
    angle: float,
    members: list[dict[str, Any]],
) -> None:
    root = rootname(camera.letter, number, 1 + number % 90, "010")
    exptime = sum(member["t_exptime"] for member in members)
    row = observation(
        **common,
        calib_level=3,
        obs_id=root,
        t_min=start,
        t_max=members[-1]["t_max"],
        t_exptime=exptime,
        jpegURL=f"mast:HST/product/{root}_drz.jpg",
        dataURL=f"mast:HST/product/{root}_drz.fits",
        obsid=24_000_000 + 3 * number + 2,
        objID=121_000_000 + 3 * number + 2,
    )
    sheaf.observations.append(row)
    plane = Plane(row["s_ra"], row["s_dec"], 26, 26, 200 / 26 * ARCSEC)
    cards = header(row, root, camera.name, exptime, start)
    listing: dict[str, Any] = {"type": "C", "prvversion": "3.5.2", "project": camera.pipeline}
    members_files = list(sheaf.products)
    roots = [member["obs_id"] for member in members]
    sheaf.add(
        row,
        f"{root}_asn.fits",
        partial(association, cards, roots, root),
        group="ASN",
        description="DADS ASN file - Association ACS/WFC3/STIS",
        kind="AUXILIARY",
        minimum=True,
        **listing,
    )
    sheaf.add(
        row,
        f"{root}_drz.fits",
        partial(mosaic, plane, root, cards),
        group="DRZ",
        minimum=True,
        description="DADS DRZ file - Calibrated combined image ACS/WFC3/WFPC2/STIS",
        productDocumentationURL="https://hst-docs.stsci.edu/drizzpac",
        **listing,
    )
    sheaf.add(
        row,
        f"{root}_drz.jpg",
        partial(preview, plane, root),
        kind="PREVIEW",
        description="Preview-Full",
        **listing,
    )
    log = [f"combined {name}" for name in roots]
    sheaf.add(
        row,
        f"{root}_trl.txt",
        partial(text, f"Processing log of {root}", log),
        group="TRL",
        description="Processing log",
        kind="AUXILIARY",
        **listing,
    )
    sheaf.list_again(row, members_files)


def telemetry(cards: Cards) -> bytes:
    """Engineering values: temperatures during the exposure."""
    seconds = np.arange(24) * 10.0
    warmth = np.round(15 + np.sin(seconds / 60), 2)
    columns = [Column("SECONDS", seconds, "s"), Column("TEMPERATURE", warmth.astype("f4"), "deg_C")]
    return fits_file(primary(cards), table("UDL", columns))
