"""Images of Hubble and Webb: exposures, and the image that is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from topmast.sample.observations import Group, Values
from topmast.sample.places import FAMOUS, Place, place, places
from topmast.sample.seeds import seeded
from topmast.sample.sky_model import stars_near
from topmast.sample.targets import near, uniform
from topmast.sample.templates import fill, load
from topmast.sample.wcs import ImageWcs, polygon_text

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def hubble() -> Iterator[Group]:
    """Images of well-known objects and of the planets."""
    table = load("instruments.toml")
    targets = [place(name) for name in FAMOUS]
    targets += [item for item in places() if item.name not in FAMOUS and item.kind != "Field"]
    for number, target in enumerate(targets[:175]):
        yield hubble_visit(number, target, table["hst"][number % 5])
    for number, (name, ra, dec) in enumerate(table["moving"], 175):
        moving = Place(name, ra, dec, "Planet", (ra, dec), ())
        yield hubble_visit(number, moving, table["hst"][1 + number % 2])


def hubble_visit(number: int, target: Place, camera: dict[str, Any]) -> Group:
    """Two exposures and the image made of both."""
    random = seeded("hst", number)
    ra, dec = near(target, random, 0.004)
    angle = uniform(random, 0, 360)
    band, *limits = camera["bands"][int(random.integers(len(camera["bands"])))]
    start, exptime = uniform(random, *camera["years"]), 300.0 + 25 * (number % 20)
    region = "UV" if limits[1] < 400 else "Optical" if limits[1] < 1000 else "Infrared"
    common: Values = {
        "number": number,
        "target": target,
        "mode": camera,
        "program": 9000 + 37 * number,
        "exclusive": number % 23 == 5,
        "filters": band,
        "limits": limits,
        "wavelength_region": region,
        "s_ra": ra,
        "s_dec": dec,
        "intentType": "calibration" if number % 29 == 3 else "science",
        "mtFlag": target.kind == "Planet",
        "s_region": polygon_text(*chips(ra, dec, angle, camera), frame=camera["frame"]),
    }
    group = Group()
    for order, root in enumerate(rootname(camera["letter"], number, end) for end in ("acq", "agq")):
        more = {
            "obs_id": root,
            "obsid": 24_000_000 + 3 * number + order,
            "t_min": round(start + 0.01 * order, 8),
            "t_exptime": exptime,
            "folder": f"mast:HST/product/{root}/" if number % 2 else "mast:HST/product/",
            "first": order == 0,
            "angle": angle,
            "seed": f"{number}",
        }
        group.observe("hst_exposure", common | more)
    more = {
        "obs_id": rootname(camera["letter"], number, "010"),
        "obsid": 24_000_000 + 3 * number + 2,
        "t_min": start,
        "t_max": group.observations[-1]["t_max"],
        "t_exptime": 2 * exptime,
    }
    group.combine("hst_association", common | more)
    return group


def rootname(letter: str, number: int, tail: str) -> str:
    """Nine characters as Hubble has them: instrument, programme, visit, exposure."""
    base = 11000 + 7 * number
    middle = "".join(DIGITS[base // size % 36] for size in (1296, 36, 1))
    return f"{letter}{middle}{1 + number % 90:02d}{tail}"


def chips(ra: float, dec: float, angle: float, camera: dict[str, Any]) -> Iterator[np.ndarray]:
    """The corners of each chip of a camera that is turned by `angle` degrees."""
    wcs = ImageWcs(ra, dec, 1, 1, 1 / 3600, angle)
    for east, north, width, height in camera["chips"]:
        x = np.array([-1, 1, 1, -1]) * width / 2 - east
        y = np.array([-1, -1, 1, 1]) * height / 2 + north
        yield np.stack(wcs.sky_of(x, y), axis=1)


def webb() -> Iterator[Group]:
    """Images of the famous objects in one filter: two exposures (level 2), a mosaic (level 3)."""
    for number, target in enumerate(map(place, FAMOUS)):
        camera = load("instruments.toml")["jwst"][number % 3]
        band, *limits = camera["bands"][number % len(camera["bands"])]
        random, root = seeded("jwst", number), f"jw{1100 + 31 * number:05d}"
        start = uniform(random, 59780, 60900, 6)
        common: Values = {
            "number": number,
            "target": target,
            "mode": camera,
            "program": 1100 + 31 * number,
            "exclusive": number % 6 == 2,
            "filters": fill(camera["filter_name"], {"band": band}),
            "limits": limits,
            "angle": uniform(random, 0, 360),
        }
        group = Group()
        for order in (1, 2):
            more = {
                "obs_id": f"{root}001001_02101_{order:05d}_{camera['detector']}",
                "obsid": 71_000_000 + 10 * number + order,
                "t_min": round(start + 0.01 * order, 8),
            }
            group.observe("jwst_exposure", common | more)
        more = {
            "obs_id": f"{root}-o001_t001_{camera['word']}{band.lower()}",
            "obsid": 71_000_000 + 10 * number,
            "t_min": start,
            "srcDen": float(len(stars_near(target.ra, target.dec, 0.02))),
        }
        group.combine("jwst_mosaic", common | more)
        yield group
