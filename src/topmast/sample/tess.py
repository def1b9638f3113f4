"""TESS: two-minute light curves and pixels of stars, and full-frame images by sector."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from topmast.sample.cadences import TESS, Run, light_curve_file, measured, target_pixel_file
from topmast.sample.documents import pdf, xml
from topmast.sample.fits_file import Cards, fits_file, image, primary
from topmast.sample.images import sky_picture
from topmast.sample.light import Star
from topmast.sample.pictures import jpeg, plot, png, stretch
from topmast.sample.places import FAMOUS, place
from topmast.sample.plane import Plane, circle_text, polygon_text
from topmast.sample.programs import FUTURE, mjd_stamp
from topmast.sample.scene import seeded
from topmast.sample.sheaf import Sheaf, observation
from topmast.sample.stars import TESS_STARS
from topmast.sky import overlaps, parse_region

FIRST_SECTOR = 1325.3
SECTOR_DAYS = 27.3
QUIET_FIELD = (184.3, 54.5, 0.3)
"""The guide's cone that finds seven GALEX images and nothing else."""
BAND = {"em_min": 600.0, "em_max": 1000.0, "wavelength_region": "Optical", "filters": "TESS"}


def tess() -> Iterator[Sheaf]:
    """Known hosts, stars near famous objects, and full frames over the sky."""
    for number, star in enumerate([*TESS_STARS, *field_stars()]):
        yield watched(number, star, known=number < len(TESS_STARS))
    frames = (frame for number in range(60) for frame in full_frame(number))
    yield from frames


def field_stars() -> Iterator[Star]:
    """Unknown stars within half a degree of famous objects."""
    habits = (
        ("spotted", 5.3),
        ("trembling", 0.06),
        ("eclipsing", 2.7),
        ("flaring", 2.1),
        ("quiet", 20.0),
    )
    for number, name in enumerate([*FAMOUS, *FAMOUS[:20]]):
        near = place(name)
        random = seeded("tess star", number)
        ra = (
            near.ra + float(random.uniform(-0.15, 0.15)) / max(np.cos(np.radians(near.dec)), 0.05)
        ) % 360
        dec = near.dec + float(random.uniform(-0.15, 0.15))
        habit, pace = habits[number % len(habits)]
        tic = 10_000_000 + 6_131_071 * number
        magnitude = round(float(random.uniform(8, 13)), 3)
        yield Star(
            f"TIC {tic}", tic, round(ra, 6), round(dec, 6), magnitude, 5400, 1.0, (), habit, pace
        )


def sector_of(ra: float, dec: float) -> int:
    """A sector whose strip of ecliptic longitude passes there, in the first two years."""
    tilt = np.radians(23.43928)
    a, d = np.radians((ra, dec))
    x, y, z = np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)
    longitude = np.degrees(np.arctan2(y * np.cos(tilt) + z * np.sin(tilt), x))
    latitude = np.degrees(np.arcsin(z * np.cos(tilt) - y * np.sin(tilt)))
    first, start = (1, 302.0) if latitude < 0 else (14, 275.0)
    return first + int((longitude - start) % 360 / 27.7)


def sector_start(sector: int) -> float:
    return FIRST_SECTOR + SECTOR_DAYS * (sector - 1)


def sector_run(
    star: Star, sector: int, cadences: int, seconds: float = 120.0, *, first: int = 0
) -> Run:
    chip: Cards = [
        ("CAMERA", 1 + star.number % 4, "Camera number"),
        ("CCD", 1 + star.number // 4 % 4, "CCD chip number"),
    ]
    return Run(
        ("SECTOR", sector),
        sector_start(sector),
        cadences,
        seconds,
        70000 + 20000 * sector + first,
        "TIC",
        "TESS",
        chip,
    )


def tess_row(star: Star, obs_id: str, sector: int, obsid: int, **more: Any) -> dict[str, Any]:
    start = sector_start(sector) + 56999.5
    usual = {
        "obs_collection": "TESS",
        "provenance_name": "SPOC",
        "instrument_name": "Photometer",
        "project": "TESS",
        "target_name": str(star.number),
        "obs_id": obs_id,
        "s_ra": star.ra,
        "s_dec": star.dec,
        "dataproduct_type": "timeseries",
        "proposal_pi": "Ricker, George",
        "calib_level": 3,
        "t_min": start,
        "t_max": round(start + 26.5, 6),
        "t_exptime": 120.0,
        "t_obs_release": round(start + 60, 4),
        "sequence_number": sector,
        "s_region": circle_text(star.ra, star.dec, 0.00138889, frame="ICRS" if sector % 2 else ""),
        "obsid": obsid,
        "objID": obsid + 200_000_000,
    }
    return observation(**(usual | BAND | more))


def watched(number: int, star: Star, *, known: bool) -> Sheaf:
    """One star in one or two sectors, and the search for planets in all of them."""
    sector = sector_of(star.ra, star.dec)
    sheaf = Sheaf()
    sectors = (sector, sector + 26) if known and number % 2 == 0 else (sector,)
    for order, one in enumerate(sectors):
        add_sector(
            sheaf, number, star, one, 27_000_000 + 10 * number + order, long=known and order == 0
        )
    if known and star.planets:
        add_validation(sheaf, number, star, sectors)
    return sheaf


def add_sector(
    sheaf: Sheaf, number: int, star: Star, sector: int, obsid: int, *, long: bool
) -> None:
    """The two-minute data of a sector: light curve, pixels, picture.

    The first sector of a known host has real length, at a cadence of half an hour.
    """
    stamp = mjd_stamp(sector_start(sector) + 56999.5)
    name = f"tess{stamp}-s{sector:04d}-{star.number:016d}-{119 + sector:04d}-s"
    run = sector_run(star, sector, 1200, 1800.0) if long else sector_run(star, sector, 115)
    row = tess_row(
        star,
        name,
        sector,
        obsid,
        t_exptime=run.seconds,
        proposal_id=proposal(sector, number),
        dataURL=f"mast:TESS/product/{name}_lc.fits",
        srcDen=None,
    )
    sheaf.observations.append(row)
    listing: dict[str, Any] = {"prvversion": "spoc-5.0.43", "project": "SPOC", "minimum": True}
    sheaf.add(
        row,
        f"{name}_lc.fits",
        partial(light_curve_file, TESS, star, run),
        group="LC",
        description="Light curves",
        **listing,
    )
    short = sector_run(star, sector, 19 if long and number % 3 == 0 else 4)
    sheaf.add(
        row,
        f"{name}_tp.fits",
        partial(target_pixel_file, TESS, star, short),
        group="TP",
        description="Target pixel files",
        calib_level=2,
        **listing,
    )
    sheaf.add(
        row,
        f"{name}_lc.png",
        partial(curve_picture, star, run),
        kind="PREVIEW",
        description="Preview-Full",
        project="SPOC",
    )


def proposal(sector: int, number: int) -> str:
    return f"G0{11 + sector}{number % 90 + 100}" if number % 3 else "N/A"


def curve_picture(star: Star, run: Run) -> bytes:
    seen = measured(TESS, star, run)
    return png(plot(seen.time, seen.flux))


def add_validation(sheaf: Sheaf, number: int, star: Star, sectors: tuple[int, ...]) -> None:
    """The reports on the planets: summary and full text as PDF, numbers as XML."""
    first, last = sectors[0], sectors[-1]
    stamp = mjd_stamp(sector_start(first) + 56999.5)
    name = f"tess{stamp}-s{first:04d}-s{last:04d}-{star.number:016d}"
    row = tess_row(
        star,
        name,
        last,
        27_500_000 + number,
        proposal_id="N/A",
        t_min=sector_start(first) + 56999.5,
        dataURL=f"mast:TESS/product/{name}-00140_dvt.fits",
    )
    sheaf.observations.append(row)
    stem = f"{name}-00140"
    lines = [
        f"Period {planet.period} d, depth {planet.depth * 1e6:.0f} ppm" for planet in star.planets
    ]
    for suffix, words in (("dvr", "Data validation report"), ("dvs", "Data validation summary")):
        sheaf.add(
            row,
            f"{stem}_{suffix}.pdf",
            partial(pdf, f"{words} of TIC {star.number}", lines),
            kind="INFO",
            group=suffix.upper(),
            description=words,
            project="SPOC",
            productDocumentationURL="https://archive.stsci.edu/missions/tess/doc/EXP-TESS-ARC-ICD-TM-0014.pdf",
        )
    planets = [
        (
            "planetResults",
            {
                "planetNumber": n,
                "orbitalPeriod": p.period,
                "transitDepthPpm": round(p.depth * 1e6, 1),
                "transitDurationHours": p.hours,
                "epochBjd": 2450000 + p.epoch,
            },
        )
        for n, p in enumerate(star.planets, 1)
    ]
    attributes = {
        "ticId": star.number,
        "raDegrees": star.ra,
        "decDegrees": star.dec,
        "sectorsObserved": len(sectors),
    }
    sheaf.add(
        row,
        f"{stem}_dvr.xml",
        partial(xml, "dvTargetResults", attributes, planets),
        group="DVR",
        kind="INFO",
        description="Data validation results",
        project="SPOC",
    )
    run = sector_run(star, first, 115, 1800.0)
    sheaf.add(
        row,
        f"{stem}_dvt.fits",
        partial(light_curve_file, TESS, star, run),
        group="DVT",
        minimum=True,
        description="Data validation time series",
        project="SPOC",
    )


# ----------------------------------------------------------------------------------- full frames


def full_frame(number: int) -> Iterator[Sheaf]:
    """The images of one CCD in one sector, unless they touch the field that stays empty."""
    ra, dec = frame_centre(number)
    sector = 1 + number % 26 if number % 10 else 90
    camera, ccd = 1 + number % 4, 1 + number // 4 % 4
    plane = Plane(ra, dec, 37, 37, 11.9 / 37, (37.0 * number) % 360)
    region = polygon_text(plane.corners(), frame=("", "ICRS", "J2000 ")[number % 3])
    if overlaps(parse_region(region), *QUIET_FIELD):
        return
    name = f"tess-s{sector:04d}-{camera}-{ccd}"
    exclusive = number % 10 == 0
    star = Star(name, number, round(ra, 8), round(dec, 8), 10.0)
    row = tess_row(
        star,
        name,
        sector,
        62_000_000 + number,
        target_name="TESS FFI",
        dataproduct_type="image",
        t_exptime=475.2,
        proposal_id="N/A",
        s_region=region,
        dataRights="EXCLUSIVE_ACCESS" if exclusive else "PUBLIC",
    )
    if exclusive:
        row["t_obs_release"] = FUTURE + number
    sheaf = Sheaf([row])
    for shot in range(2):
        start = sector_start(sector) + 56999.5 + 0.5 * shot
        stem = f"tess{mjd_stamp(start)}-s{sector:04d}-{camera}-{ccd}-{119 + sector:04d}-s"
        cards = [
            ("TELESCOP", "TESS", "telescope"),
            ("INSTRUME", "TESS Photometer", "detector type"),
            ("SECTOR", sector, ""),
            ("CAMERA", camera, ""),
            ("CCD", ccd, ""),
        ]
        sheaf.add(
            row,
            f"{stem}_ffic.fits",
            partial(frame_file, plane, stem, cards),
            group="FFIC",
            minimum=shot == 0,
            description="FFI data, calibrated",
            calib_level=2,
        )
    picture = f"{name}_ffic.jpg"
    sheaf.add(
        row,
        picture,
        lambda: jpeg(stretch(sky_picture(plane, name, zero_point=17.0))),
        kind="PREVIEW",
        description="Preview-Full",
    )
    yield sheaf


def frame_centre(number: int) -> tuple[float, float]:
    """Over the whole sky on a spiral; the last four at the poles and across RA 0."""
    special = {56: (30.0, 88.5), 57: (210.0, -88.0), 58: (359.9, 10.0), 59: (0.05, -35.0)}
    if number in special:
        return special[number]
    dec = float(np.degrees(np.arcsin(1 - 2 * (number + 0.5) / 56)))
    return round(137.50776 * number % 360, 6), round(dec, 6)


def frame_file(plane: Plane, name: str, cards: Cards) -> bytes:
    pixels = sky_picture(plane, name, zero_point=17.0, sky=80.0).astype("f4")
    wcs = [("BUNIT", "electrons/s", ""), *plane.cards()]
    return fits_file(primary([*cards, ("NEXTEND", 1, "")]), image("CCD", pixels, wcs))
