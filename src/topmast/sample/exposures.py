"""Images of Hubble and Webb: exposures, and the image that is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from topmast.sample.observations import Group, Row
from topmast.sample.places import FAMOUS, Place, place, places
from topmast.sample.programs import programme, release
from topmast.sample.seeds import seeded
from topmast.sample.sky_model import stars_near
from topmast.sample.templates import fill, load
from topmast.sample.wcs import ImageWcs, polygon_text

ARCSEC = 1 / 3600
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def hubble() -> Iterator[Group]:
    """Images of well-known objects and of the planets."""
    table = load("instruments.toml")
    targets = [place(name) for name in FAMOUS]
    targets += [item for item in places() if item.name not in FAMOUS and item.kind != "Field"]
    for number, target in enumerate(targets[:175]):
        yield hubble_visit(number, target, table["hst"][number % 5])
    for number, moving in enumerate(table["moving"], 175):
        ra, dec = moving["position"]
        target = Place(moving["name"], ra, dec, "Planet", (ra, dec), ())
        yield hubble_visit(number, target, table["hst"][1 + number % 2], moves=True)


def hubble_visit(
    number: int, target: Place, camera: dict[str, Any], *, moves: bool = False
) -> Group:
    """Two exposures and the image made of both; the association lists the exposures' files too."""
    random = seeded("hst", number)
    ra = (target.ra + random.normal(0, 0.004) / np.cos(np.radians(target.dec))) % 360
    dec = float(np.clip(target.dec + random.normal(0, 0.004), -89.99, 89.99))
    angle = float(random.uniform(0, 360))
    name, low, high = camera["filters"][int(random.integers(len(camera["filters"])))]
    start = float(np.round(random.uniform(*camera["years"]), 5))
    exptime = 300.0 + 25 * (number % 20)
    common = {
        **programme(9000 + 37 * number, target),
        **release(start, 365.0, number, exclusive=number % 23 == 5),
        "provenance_name": camera["pipeline"],
        "instrument_name": camera["instrument_name"],
        "filters": name,
        "wavelength_region": "UV" if high < 400 else "Optical" if high < 1000 else "Infrared",
        "s_ra": round(ra, 10),
        "s_dec": round(dec, 10),
        "em_min": low,
        "em_max": high,
        "intentType": "calibration" if number % 29 == 3 else "science",
        "mtFlag": moves,
        "s_region": polygon_text(*chips(ra, dec, angle, camera), frame=camera["frame"]),
    }
    group, visit = Group(), 1 + number % 90
    for which, tail in enumerate(("acq", "agq")):
        root = rootname(camera["letter"], number, visit, tail)
        begin = round(start + 0.01 * which, 8)
        group.observe(
            "hst_exposure",
            **common,
            obs_id=root,
            obsid=24_000_000 + 3 * number + which,
            t_min=begin,
            t_max=round(begin + exptime / 86400, 8),
            t_exptime=exptime,
            folder=f"mast:HST/product/{root}/" if number % 2 else "mast:HST/product/",
            first=which == 0,
            wcs=ImageWcs(round(ra, 10), round(dec, 10), 26, 26, 160 / 26 * ARCSEC, angle),
            seed=f"{number}",
        )
    members = [row["obs_id"] for row in group.observations]
    combine(
        group,
        "hst_association",
        **common,
        obs_id=rootname(camera["letter"], number, visit, "010"),
        obsid=24_000_000 + 3 * number + 2,
        t_min=start,
        t_max=group.observations[-1]["t_max"],
        t_exptime=2 * exptime,
        members=members,
        log=[f"combined {name}" for name in members],
        wcs=ImageWcs(round(ra, 10), round(dec, 10), 26, 26, 200 / 26 * ARCSEC),
    )
    return group


def combine(group: Group, kind: str, **values: Any) -> Row:
    """Add an observation made of those in the group, which lists their files after its own."""
    members = list(group.products)
    row = group.observe(kind, **values)
    group.list_again(row, members)
    return row


def rootname(letter: str, number: int, visit: int, tail: str) -> str:
    """Nine characters as Hubble has them: instrument, programme, visit, exposure."""
    base = 11000 + 7 * number
    middle = "".join(DIGITS[base // size % 36] for size in (1296, 36, 1))
    return f"{letter}{middle}{visit:02d}{tail}"


def chips(ra: float, dec: float, angle: float, camera: dict[str, Any]) -> Iterator[np.ndarray]:
    """The corners of each chip of a camera that is turned by `angle` degrees."""
    wcs = ImageWcs(ra, dec, 1, 1, ARCSEC, angle)
    for east, north, width, height in camera["chips"]:
        x = np.array([-1, 1, 1, -1]) * width / 2 - east
        y = np.array([-1, -1, 1, 1]) * height / 2 + north
        yield np.stack(wcs.sky_of(x, y), axis=1)


def webb() -> Iterator[Group]:
    """Images of the famous objects."""
    for number, name in enumerate(FAMOUS):
        yield webb_image(number, place(name), load("instruments.toml")["jwst"][number % 3])


def webb_image(number: int, target: Place, camera: dict[str, Any]) -> Group:
    """One filter: two exposures (level 2) and the mosaic (level 3)."""
    random = seeded("jwst", number)
    band, low, high = camera["filters"][number % len(camera["filters"])]
    program = 1100 + 31 * number
    start = round(float(random.uniform(59780, 60900)), 6)
    angle = float(random.uniform(0, 360))
    wcs = ImageWcs(target.ra, target.dec, 26, 26, camera["field"] / 60 / 26, angle)
    common = {
        **programme(program, target),
        **release(start, 365, number, exclusive=number % 6 == 2),
        "instrument_name": camera["instrument_name"],
        "filters": fill(camera["filter_name"], {"band": band}),
        "s_ra": target.ra,
        "s_dec": target.dec,
        "em_min": low,
        "em_max": high,
        "s_region": polygon_text(wcs.corners(), frame="ICRS "),
        "wcs": wcs,
    }
    group = Group()
    for order in (1, 2):
        begin = start + 0.01 * order
        group.observe(
            "jwst_exposure",
            **common,
            obs_id=f"jw{program:05d}001001_02101_{order:05d}_{camera['detector']}",
            obsid=71_000_000 + 10 * number + order,
            t_min=round(begin, 8),
            t_max=round(begin + 0.0032, 8),
        )
    combine(
        group,
        "jwst_mosaic",
        **common,
        obs_id=f"jw{program:05d}-o001_t001_{camera['word']}{band.lower()}",
        obsid=71_000_000 + 10 * number,
        t_min=round(start, 8),
        t_max=round(start + 0.024, 8),
        srcDen=float(len(stars_near(wcs.ra, wcs.dec, 0.02))),
        members=[row["obs_id"] for row in group.observations],
    )
    return group
