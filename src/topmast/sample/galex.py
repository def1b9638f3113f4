"""GALEX: tiles 1.25 degrees wide, in the near and in the far ultraviolet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from topmast.sample.deflate import gzipped
from topmast.sample.fits_file import Cards, Column, fits_file, primary, table
from topmast.sample.images import map_file, preview
from topmast.sample.places import Place, places
from topmast.sample.plane import Plane, circle_text
from topmast.sample.scene import seeded, stars_near
from topmast.sample.sheaf import Sheaf, observation

RADIUS = 0.625
SKIPPED = ("M 40", "M 97", "M 101", "M 102", "M 106", "M 108", "M 109", "NGC 5474")
"""Too near to the guide's tiles around M101 and around 184.3 +54.5."""


@dataclass(frozen=True, slots=True)
class Band:
    name: str
    letter: str
    low: float
    high: float


NEAR = Band("NUV", "n", 169.3, 300.7)
FAR = Band("FUV", "f", 134.0, 180.6)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; `region` is its footprint, `survey` AIS, MIS, DIS, NGS or GII."""

    name: str
    survey: str
    obs_id: str
    obsid: int
    ra: float
    dec: float
    region: str
    t_min: float
    t_max: float
    folder: str
    programme: tuple[str, str, str] | None = None


def galex() -> Iterator[Sheaf]:
    """Tiles on the well-known objects, and some over the sky."""
    targets = [item for item in places() if item.name not in SKIPPED]
    number = 0
    for target in targets[:150:2]:
        random = seeded("galex", number)
        survey = ("AIS", "NGS", "MIS")[number % 3]
        yield survey_tile(number, survey, target, random)
        number += 1
    for _ in range(40):
        random = seeded("galex", number)
        ra, dec = float(random.uniform(0, 360)), float(np.degrees(np.arcsin(random.uniform(-1, 1))))
        if 45 < dec < 65 and 170 < ra < 225:
            dec -= 60
        yield survey_tile(
            number, "AIS", Place(f"AIS {number}", ra, dec, "Field", (ra, dec), ()), random
        )
        number += 1


def survey_tile(number: int, survey: str, target: Place, random: np.random.Generator) -> Sheaf:
    ra = (target.ra + random.normal(0, 0.05)) % 360
    dec = float(np.clip(target.dec + random.normal(0, 0.05), -89.9, 89.9))
    start = float(random.uniform(52900, 55900))
    name = (
        f"{survey}_{number + 1}_1_{number % 90 + 1}" if survey != "NGS" else f"NGA_{target.compact}"
    )
    tile = Tile(
        name,
        survey,
        str(6371000000000000000 + 1048576 * (number + 17)),
        1_000_100_000 + number,
        round(ra, 11),
        round(dec, 11),
        circle_text(ra, dec, RADIUS),
        round(start, 8),
        round(start + 0.002 + 0.1 * (number % 4), 8),
        f"{50000 + number}-{name}",
    )
    bands = (NEAR,) if number % 7 == 3 else (NEAR, FAR)
    rows = [
        (band, 1_000_100_000 + number + 40_000 * (band is FAR), 109.0 + number) for band in bands
    ]
    return tile_sheaf(tile, rows)


def tile_sheaf(tile: Tile, rows: list[tuple[Band, int, float]]) -> Sheaf:
    """A tile from (band, objID, exposure time) in the order in which its rows are to stand."""
    sheaf = Sheaf([tile_row(tile, *row) for row in rows])
    add_products(sheaf, tile, [band for band, _, _ in rows])
    return sheaf


def tile_row(tile: Tile, band: Band, obj_id: int, exptime: float) -> dict[str, Any]:
    number, who, title = tile.programme or (None, None, None)
    base = f"http://galex.stsci.edu/data/GR6/pipe/02-vsn/{tile.folder}/d/01-main/0001-img/07-try"
    return observation(
        obs_collection="GALEX",
        provenance_name=tile.survey,
        instrument_name="GALEX",
        project=tile.survey,
        filters=band.name,
        wavelength_region="UV",
        target_name=tile.name,
        obs_id=tile.obs_id,
        s_ra=tile.ra,
        s_dec=tile.dec,
        dataproduct_type="image",
        proposal_pi=who,
        proposal_id=number,
        obs_title=title,
        calib_level=2,
        t_min=tile.t_min,
        t_max=tile.t_max,
        t_exptime=exptime,
        em_min=band.low,
        em_max=band.high,
        t_obs_release=55375.74582,
        s_region=tile.region,
        jpegURL=f"{base}/qa/{tile.name}-xd-int_2color.jpg",
        srcDen=float(4000 + len(tile.name) * 37),
        obsid=tile.obsid,
        objID=obj_id,
    )


def add_products(sheaf: Sheaf, tile: Tile, bands: list[Band]) -> None:
    """Intensity maps, the source list of both bands and a picture."""
    row = sheaf.observations[0]
    base = f"mast:GALEX/url/data/GR6/pipe/02-vsn/{tile.folder}/d/01-main/0001-img/07-try"
    plane = Plane(tile.ra, tile.dec, 44, 44, 1.25 / 44)
    for band in sorted(bands, key=lambda band: band.letter, reverse=True):
        cards: Cards = [
            ("TELESCOP", "GALEX", "telescope"),
            ("INSTRUME", "GALEX", "instrument"),
            ("OBJECT", tile.name, "name of the tile"),
            ("BAND", 1 if band is NEAR else 2, "1 near, 2 far ultraviolet"),
            ("RA_CENT", tile.ra, "[deg] centre of the tile"),
            ("DEC_CENT", tile.dec, "[deg] centre of the tile"),
            ("BUNIT", "photons/s/pixel", ""),
        ]
        name = f"{tile.name}-{band.letter}d-int.fits.gz"
        seed = f"{tile.obsid}{band.letter}"
        sheaf.add(
            row,
            name,
            partial(zipped_map, plane, seed, cards),
            uri=f"{base}/{name}",
            minimum=True,
            description="Intensity Map",
            group="Imaging Only",
            filters=band.name,
        )
    name = f"{tile.name}-xd-mcat.fits.gz"
    sheaf.add(
        row,
        name,
        partial(source_list, plane, tile.name),
        uri=f"{base}/{name}",
        kind="CATALOG",
        description="Merged source catalog",
        group="Catalog Only",
    )
    name = f"{tile.name}-xd-int_2color.jpg"
    sheaf.add(
        row,
        name,
        partial(preview, plane, str(tile.obsid), zero_point=24.0),
        kind="PREVIEW",
        uri=f"{base}/qa/{name}",
        description="Preview-Full",
    )


def zipped_map(plane: Plane, seed: str, cards: Cards) -> bytes:
    return gzipped(map_file(plane, seed, cards, zero_point=24.0, sky=3.0))


def source_list(plane: Plane, name: str) -> bytes:
    """The stars of the tile as the merged catalogue gives them."""
    stars = stars_near(plane.ra, plane.dec, RADIUS)[:40]
    magnitude = np.round(stars[:, 2] + 2, 3).astype("f4")
    columns = [
        Column("ALPHA_J2000_MERGED", np.round(stars[:, 0], 7), "deg"),
        Column("DELTA_J2000_MERGED", np.round(stars[:, 1], 7), "deg"),
        Column("NUV_MAG", magnitude, "mag"),
        Column("FUV_MAG", np.round(magnitude + 0.8, 3).astype("f4"), "mag"),
    ]
    cards: Cards = [("TELESCOP", "GALEX", "telescope"), ("OBJECT", name, "name of the tile")]
    return gzipped(fits_file(primary(cards), table("GALEX_CATALOG", columns)))
