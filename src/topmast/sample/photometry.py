"""Light curves and pixels of TESS, Kepler and K2, full-frame images of TESS, curves of HLSP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from topmast.sample.hdus import Cards
from topmast.sample.light_curves import KEPLER, TESS, Run
from topmast.sample.observations import Group, observe
from topmast.sample.places import FAMOUS, place
from topmast.sample.programs import FUTURE, mjd_stamp
from topmast.sample.seeds import seeded
from topmast.sample.stars import K2_STARS, KEPLER_STARS, TESS_STARS
from topmast.sample.variability import Star
from topmast.sample.wcs import ImageWcs, circle_text, polygon_text
from topmast.sky import overlaps, parse_region

LONG = 1765.46288
"""Seconds of a cadence of Kepler and K2."""
QUARTERS = (120.5, 131.5, 169.8, 260.2, 352.4, 443.5, 539.5, 630.2, 735.4, 808.5, 906.8, 1001.2,
            1099.4, 1182.8, 1274.1, 1373.5, 1472.1, 1559.2)  # fmt: skip
"""First day of quarters 0 to 17 as BJD - 2454833."""
CAMPAIGNS = {0: 1930.0, 1: 1977.0, 2: 2061.0, 3: 2144.0, 5: 2307.0, 9: 2661.0, 12: 2905.0}
"""First day of each campaign as BJD - 2454833."""
FIELDS = {0: (98.3, 21.6), 1: (173.9, 1.4), 2: (246.1, -22.4), 3: (336.6, -11.1), 5: (130.1, 16.8),
          12: (351.6, -5.1)}  # fmt: skip
"""The middle of the field of a campaign."""
QUIET_FIELD = (184.3, 54.5, 0.3)
"""The guide's cone that finds seven GALEX images and nothing else."""


def made_up_star(
    catalog: str, number: int, ra: float, dec: float, *more: Any, kind: tuple[str, float]
) -> Star:
    """A star of which nothing is known; `more` is its magnitude, temperature and radius."""
    return Star(f"{catalog} {number}", number, ra, dec, *more, (), *kind)


def planet_lines(star: Star) -> list[str]:
    return [
        f"Period {planet.period} d, depth {planet.depth * 1e6:.0f} ppm" for planet in star.planets
    ]


# ------------------------------------------------------------------------------------------ TESS


def tess() -> Iterator[Group]:
    """Known hosts, stars near famous objects, and full frames over the sky."""
    for number, star in enumerate([*TESS_STARS, *stars_near_famous_objects()]):
        yield tess_star(number, star, known=number < len(TESS_STARS))
    for number in range(60):
        yield from tess_full_frame(number)


def stars_near_famous_objects() -> Iterator[Star]:
    kinds = (("spotted", 5.3), ("pulsating", 0.06), ("eclipsing", 2.7), ("flaring", 2.1),
             ("quiet", 20.0))  # fmt: skip
    for number, near in enumerate(map(place, [*FAMOUS, *FAMOUS[:20]])):
        random = seeded("tess star", number)
        east = float(random.uniform(-0.15, 0.15)) / max(np.cos(np.radians(near.dec)), 0.05)
        ra = round((near.ra + east) % 360, 6)
        dec = round(near.dec + float(random.uniform(-0.15, 0.15)), 6)
        magnitude = round(float(random.uniform(8, 13)), 3)
        tic = 10_000_000 + 6_131_071 * number
        yield made_up_star("TIC", tic, ra, dec, magnitude, 5400, 1.0, kind=kinds[number % 5])


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
    """The first day of a sector as BJD - 2457000."""
    return 1325.3 + 27.3 * (sector - 1)


def sector_run(star: Star, sector: int, cadences: int, seconds: float = 120.0) -> Run:
    chip: Cards = [
        ("CAMERA", 1 + star.number % 4, "Camera number"),
        ("CCD", 1 + star.number // 4 % 4, "CCD chip number"),
    ]
    first = 70000 + 20000 * sector
    start = sector_start(sector)
    return Run("SECTOR", sector, start, cadences, seconds, first, "TIC", "TESS", chip)


def sector_columns(star: Star, sector: int) -> dict[str, Any]:
    """Columns of an observation of a star in a sector, and what its files need."""
    start = sector_start(sector) + 56999.5
    frame = "ICRS" if sector % 2 else ""
    return {
        "t_min": start,
        "t_max": round(start + 26.5, 6),
        "t_obs_release": round(start + 60, 4),
        "sequence_number": sector,
        "s_region": circle_text(star.ra, star.dec, 0.00138889, frame=frame),
        "survey": TESS,
        "star": star,
    }


def tess_star(number: int, star: Star, *, known: bool) -> Group:
    """One star in one or two sectors, and the search for planets in all of them.

    The first sector of a known host has real length, at a cadence of half an hour.
    """
    sector = sector_of(star.ra, star.dec)
    sectors = (sector, sector + 26) if known and number % 2 == 0 else (sector,)
    group = Group()
    for order, one in enumerate(sectors):
        stamp, long = mjd_stamp(sector_start(one) + 56999.5), known and order == 0
        run = sector_run(star, one, 1200, 1800.0) if long else sector_run(star, one, 115)
        group.observe(
            "tess_star",
            **sector_columns(star, one),
            obs_id=f"tess{stamp}-s{one:04d}-{star.number:016d}-{119 + one:04d}-s",
            obsid=27_000_000 + 10 * number + order,
            t_exptime=run.seconds,
            proposal_id=f"G0{11 + one}{number % 90 + 100}" if number % 3 else "N/A",
            run=run,
            short_run=sector_run(star, one, 19 if long and number % 3 == 0 else 4),
        )
    if known and star.planets:
        add_validation(group, number, star, sectors)
    return group


def add_validation(group: Group, number: int, star: Star, sectors: tuple[int, ...]) -> None:
    """The reports on the planets: summary and full text as PDF, numbers as XML."""
    first, last = sectors[0], sectors[-1]
    start = sector_start(first) + 56999.5
    group.observe(
        "tess_validation",
        **sector_columns(star, last) | {"t_min": start},
        obs_id=f"tess{mjd_stamp(start)}-s{first:04d}-s{last:04d}-{star.number:016d}",
        obsid=27_500_000 + number,
        sectors=sectors,
        lines=planet_lines(star),
        run=sector_run(star, first, 115, 1800.0),
    )


def tess_full_frame(number: int) -> Iterator[Group]:
    """The images of one CCD in one sector, unless they touch the field that stays empty."""
    ra, dec = frame_centre(number)
    sector = 1 + number % 26 if number % 10 else 90
    camera, ccd = 1 + number % 4, 1 + number // 4 % 4
    wcs = ImageWcs(ra, dec, 37, 37, 11.9 / 37, (37.0 * number) % 360)
    region = polygon_text(wcs.corners(), frame=("", "ICRS", "J2000 ")[number % 3])
    if overlaps(parse_region(region), *QUIET_FIELD):
        return
    place_name = f"s{sector:04d}-{camera}-{ccd}"
    starts = [sector_start(sector) + 56999.5 + 0.5 * shot for shot in range(2)]
    star = made_up_star("TIC", number, ra, dec, 10.0, kind=("quiet", 12.0))
    columns = sector_columns(star, sector) | {"s_region": region}
    if number % 10 == 0:
        columns |= {"dataRights": "EXCLUSIVE_ACCESS", "t_obs_release": FUTURE + number}
    yield observe(
        "tess_full_frame",
        **columns,
        ra=round(ra, 8),
        dec=round(dec, 8),
        obs_id=f"tess-{place_name}",
        obsid=62_000_000 + number,
        camera=camera,
        ccd=ccd,
        shots=[
            {
                "stem": f"tess{mjd_stamp(start)}-{place_name}-{119 + sector:04d}-s",
                "first": start == starts[0],
            }
            for start in starts
        ],
        wcs=wcs,
    )


def frame_centre(number: int) -> tuple[float, float]:
    """Over the whole sky on a spiral; the last four at the poles and across RA 0."""
    special = {56: (30.0, 88.5), 57: (210.0, -88.0), 58: (359.9, 10.0), 59: (0.05, -35.0)}
    if number in special:
        return special[number]
    dec = float(np.degrees(np.arcsin(1 - 2 * (number + 0.5) / 56)))
    return round(137.50776 * number % 360, 6), round(dec, 6)


def contributed_light_curves() -> Iterator[Group]:
    """HLSP: light curves that others made of TESS data."""
    for number, star in enumerate(TESS_STARS):
        sector, digits = sector_of(star.ra, star.dec), f"{star.number:016d}"
        parts = "/".join(digits[start : start + 4] for start in range(0, 16, 4))
        stems = {
            "QLP": f"hlsp_qlp_tess_ffi_s{sector:04d}-{digits}_tess_v01_llc",
            "TESS-SPOC": f"hlsp_tess-spoc_tess_phot_{digits}-s{sector:04d}_tess_v1_lc",
        }
        for order, (project, stem) in enumerate(stems.items()):
            region = circle_text(star.ra, star.dec, 0.0029, frame="ICRS")
            yield observe(
                "hlsp_light_curve",
                **sector_columns(star, sector) | {"s_region": region},
                provenance_name=project,
                proposal_pi=None,
                obs_id=stem.rpartition("_")[0],
                obsid=33_000_000 + 2 * number + order,
                stem=stem,
                folder=f"mast:HLSP/{project.lower()}/s{sector:04d}/{parts}",
                run=sector_run(star, sector, 115, 1800.0),
                as_text=project == "QLP",
                lines=[f"{each.period} {each.epoch} {each.depth}" for each in star.planets],
            )


# --------------------------------------------------------------------------------- Kepler and K2


def kepler() -> Iterator[Group]:
    """Known hosts over several quarters, and their neighbours."""
    for number, star in enumerate([*KEPLER_STARS, *kepler_neighbours()]):
        yield kepler_star(number, star, known=number < len(KEPLER_STARS))


def kepler_neighbours() -> Iterator[Star]:
    """Unknown stars of the Kepler field, each with a kind of variability."""
    kinds = (("spotted", 9.5), ("eclipsing", 3.1), ("pulsating", 0.05), ("quiet", 30.0),
             ("contact binary", 0.38))  # fmt: skip
    for number in range(45):
        random = seeded("kepler star", number)
        ra, dec = round(float(random.uniform(284, 298)), 5), round(float(random.uniform(39, 50)), 5)
        magnitude = round(float(random.uniform(10.5, 15.5)), 3)
        kic = 2000000 + int((dec - 36.5) * 700000) + number
        yield made_up_star("KIC", kic, ra, dec, magnitude, 5600, 1.0, kind=kinds[number % 5])


def quarter_run(quarter: int, cadences: int, first: int) -> Run:
    channel: Cards = [
        ("CHANNEL", 4 * quarter + 1, "CCD channel"),
        ("SEASON", quarter % 4, "season"),
        ("MODULE", 2 + quarter, "CCD module"),
        ("OUTPUT", 1 + quarter % 4, "CCD output"),
    ]
    start = QUARTERS[quarter]
    return Run("QUARTER", quarter, start, cadences, LONG, first, "KIC", "Kepler", channel)


def kepler_star(number: int, star: Star, *, known: bool) -> Group:
    """One long-cadence observation: a light curve a quarter and one target pixel file."""
    quarters = (0, 1, 3, 8) if known else (2, 5)
    flags = "".join("1" if quarter in quarters else "0" for quarter in range(18))
    name, last = f"kplr{star.number:09d}", quarters[-1]
    lengths = {1: 1600 if number < 5 else 1100, 3: 4000 if number < 5 else 115} if known else {}
    runs = [quarter_run(one, lengths.get(one, 115), 1100 + 4370 * one) for one in quarters]
    base, path = "mast:Kepler/url/missions/kepler", f"{star.number:09d}"
    path = f"{path[:4]}/{path}"
    return observe(
        "kepler_star",
        obs_id=f"{name}_lc_Q{flags}",
        obsid=9_000_100_000 + number,
        proposal_id=f"GO{20000 + 7 * number}" if number % 3 else "EX_STKS",
        t_min=QUARTERS[quarters[0]] + 54832.5,
        t_max=QUARTERS[last] + 54832.5 + 60,
        s_region=circle_text(star.ra, star.dec, 0.00138889, frame="ICRS"),
        base=base,
        path=path,
        previews=f"{base}/previews/{path}",
        survey=KEPLER,
        star=star,
        runs=[
            {
                "run": run,
                "quarter": run.number,
                "stem": f"{name}-{mjd_stamp(run.start + 54832.5 + run.step * run.cadences)}",
            }
            for run in runs
        ],
        last_run=runs[-1],
        last_quarter=last,
        short_run=quarter_run(last, 16 if known else 6, 30000),
        short_stem=f"{name}-{mjd_stamp(QUARTERS[last] + 54832.5)}",
        lines=planet_lines(star),
    )


def k2() -> Iterator[Group]:
    """Known hosts and other stars along the ecliptic."""
    for number, (campaign, star) in enumerate([*K2_STARS, *ecliptic_stars()]):
        long = number < len(K2_STARS) and number % 2 == 0
        yield k2_star(number, campaign, star, cadences=3200 if long else 115)


def ecliptic_stars() -> Iterator[tuple[int, Star]]:
    kinds = (("spotted", 7.1), ("quiet", 25.0), ("RR Lyrae", 0.53), ("eclipsing", 5.2))
    for number in range(40):
        random = seeded("k2 star", number)
        campaign, middle = list(FIELDS.items())[number % 6]
        ra, dec = (round(one + float(random.uniform(-5, 5)), 5) for one in middle)
        magnitude = round(float(random.uniform(10, 16)), 3)
        epic = 201000000 + 1100000 * campaign + 977 * number
        kind = kinds[number % 4]
        yield campaign, made_up_star("EPIC", epic, ra, dec, magnitude, 5200, 0.9, kind=kind)


def campaign_columns(star: Star, campaign: int, obsid: int, region: str) -> dict[str, Any]:
    """Columns of an observation of a star in a campaign, and what its files need."""
    start = CAMPAIGNS[campaign] + 54832.5
    return {
        "obsid": obsid,
        "proposal_id": f"GO{campaign}{star.number % 90 + 10:03d}_LC",
        "t_min": start,
        "t_max": start + 75.0,
        "sequence_number": campaign,
        "s_region": region,
        "survey": KEPLER,
        "star": star,
        "campaign": campaign,
        "base": "mast:K2/url/missions/k2",
    }


def campaign_run(campaign: int, cadences: int, first: int, start: float = 0.0) -> Run:
    channel: Cards = [
        ("CHANNEL", 52, "CCD channel"),
        ("MODULE", 15, "CCD module"),
        ("OUTPUT", 4, "CCD output"),
    ]
    begin = CAMPAIGNS[campaign] + start
    return Run("CAMPAIGN", campaign, begin, cadences, LONG, first, "EPIC", "K2", channel)


def k2_star(number: int, campaign: int, star: Star, cadences: int) -> Group:
    region = circle_text(star.ra, star.dec, 0.0014, frame="ICRS")
    return observe(
        "k2_star",
        **campaign_columns(star, campaign, 9_500_400_000 + number, region),
        stem=f"ktwo{star.number}-c{campaign:02d}",
        path=f"c{campaign}/{star.number // 100000 * 100000}",
        run=campaign_run(campaign, cadences, 91000),
        short_run=campaign_run(campaign, 6, 91000),
    )


def k2_superstamp(star: Star, campaign: int, obsid: int, region: str) -> Group:
    """A part of a mosaic of stamps on an extended object: pixels only, in two halves."""
    return observe(
        "k2_superstamp",
        **campaign_columns(star, campaign, obsid, region),
        halves=[
            {"half": half, "run": campaign_run(campaign, 12 * half, 120000, 30.0 * (half - 1))}
            for half in (1, 2)
        ],
    )
