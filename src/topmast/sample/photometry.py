"""TESS, Kepler and K2: light curves and pixels of single stars, and full-frame images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from topmast.sample.light_curves import KEPLER, TESS, Run
from topmast.sample.observations import Group, Values, observe
from topmast.sample.programs import mjd_stamp
from topmast.sample.stars import stars_of
from topmast.sample.templates import load
from topmast.sample.variability import Star
from topmast.sample.wcs import ImageWcs, polygon_text

LONG = 1765.46288
"""Seconds of a cadence of Kepler and K2."""
KEPLER_ZERO = 54832.5
"""MJD of BJD 2454833, from which Kepler counts its days; TESS does from BJD 2457000."""
TESS_ZERO = 56999.5


def sector_start(sector: int) -> float:
    """The first day of a sector as BJD - 2457000."""
    return 1325.3 + 27.3 * (sector - 1)


def sector_run(star: Star, sector: int, cadences: int, seconds: float = 120.0) -> Run:
    camera = ("CAMERA", 1 + star.number % 4, "Camera number")
    ccd = ("CCD", 1 + star.number // 4 % 4, "CCD chip number")
    first, start = 70000 + 20000 * sector, sector_start(sector)
    return Run("SECTOR", sector, start, cadences, seconds, first, "TIC", "TESS", (camera, ccd))


def sector_values(sector: int, star: Star | None = None) -> Values:
    """What observations and files of a sector have in common."""
    return {
        "t_min": sector_start(sector) + TESS_ZERO,
        "stamp": mjd_stamp(sector_start(sector) + TESS_ZERO),
        "sequence_number": sector,
        "frame": "ICRS" if sector % 2 else "",
        "survey": TESS,
        "star": star,
    }


def tess() -> Iterator[Group]:
    """Known hosts and stars near famous objects, and the search for planets of the hosts.

    The first sector of a known host has real length, at a cadence of half an hour.
    """
    for number, (sector, known, star) in enumerate(stars_of("TIC")):
        sectors = (sector, sector + 26) if known and number % 2 == 0 else (sector,)
        group = Group()
        for order, one in enumerate(sectors):
            values, long = sector_values(one, star), known and order == 0
            run = sector_run(star, one, 1200, 1800.0) if long else sector_run(star, one, 115)
            values |= {
                "obs_id": f"tess{values['stamp']}-s{one:04d}-{star.number:016d}-{119 + one:04d}-s",
                "obsid": 27_000_000 + 10 * number + order,
                "t_exptime": run.seconds,
                "proposal_id": f"G0{11 + one}{number % 90 + 100}" if number % 3 else "N/A",
                "run": run,
                "short_run": sector_run(star, one, 19 if long and number % 3 == 0 else 4),
            }
            group.observe("tess_star", values)
        if known and star.planets:
            group.observe("tess_validation", validation_values(number, star, sectors))
        yield group


def validation_values(number: int, star: Star, sectors: tuple[int, ...]) -> Values:
    """The reports on the planets: summary and full text as PDF, numbers as XML."""
    first, last = sectors[0], sectors[-1]
    values = sector_values(first, star)
    return values | {
        "obs_id": f"tess{values['stamp']}-s{first:04d}-s{last:04d}-{star.number:016d}",
        "obsid": 27_500_000 + number,
        "t_max": round(sector_start(last) + TESS_ZERO + 26.5, 6),
        "sequence_number": last,
        "sectors": sectors,
        "lines": star.planet_lines,
        "run": sector_run(star, first, 115, 1800.0),
    }


def contributed_light_curves() -> Iterator[Group]:
    """HLSP: light curves that others made of TESS data."""
    known_stars = ((sector, star) for sector, known, star in stars_of("TIC") if known)
    for number, (sector, star) in enumerate(known_stars):
        values = sector_values(sector, star) | {
            "number": 2 * number,
            "proposal_pi": None,
            "frame": "ICRS",
            "path": "/".join(f"{star.number:016d}"[start : start + 4] for start in range(0, 16, 4)),
            "run": sector_run(star, sector, 115, 1800.0),
            "lines": [f"{one.period} {one.epoch} {one.depth}" for one in star.planets],
        }
        yield observe("hlsp_qlp", values)
        yield observe("hlsp_tess_spoc", values)


def quarter_run(quarter: int, cadences: int, first: int) -> Run:
    channel = (
        ("CHANNEL", 4 * quarter + 1, "CCD channel"),
        ("SEASON", quarter % 4, "season"),
        ("MODULE", 2 + quarter, "CCD module"),
        ("OUTPUT", 1 + quarter % 4, "CCD output"),
    )
    start = load("instruments.toml")["kepler"]["quarters"][quarter]
    return Run("QUARTER", quarter, start, cadences, LONG, first, "KIC", "Kepler", channel)


def kepler() -> Iterator[Group]:
    """Long-cadence observations of known hosts and neighbours: a light curve for each quarter."""
    for number, (_, known, star) in enumerate(stars_of("KIC")):
        quarters = (0, 1, 3, 8) if known else (2, 5)
        flags = "".join("1" if quarter in quarters else "0" for quarter in range(18))
        name, path = f"kplr{star.number:09d}", f"{star.number:09d}"
        lengths = {1: 1600 if number < 5 else 1100, 3: 4000 if number < 5 else 115} if known else {}
        runs = [quarter_run(one, lengths.get(one, 115), 1100 + 4370 * one) for one in quarters]
        stems = [f"{name}-{mjd_stamp(run.stop + KEPLER_ZERO)}" for run in runs]
        values = {
            "number": number,
            "obs_id": f"{name}_lc_Q{flags}",
            "proposal_id": f"GO{20000 + 7 * number}" if number % 3 else "EX_STKS",
            "t_min": runs[0].start + KEPLER_ZERO,
            "t_max": runs[-1].start + KEPLER_ZERO + 60,
            "path": f"{path[:4]}/{path}",
            "survey": KEPLER,
            "star": star,
            "runs": [{"run": run, "stem": stem} for run, stem in zip(runs, stems, strict=True)],
            "last_run": runs[-1],
            "short_run": quarter_run(quarters[-1], 16 if known else 6, 30000),
            "short_stem": f"{name}-{mjd_stamp(runs[-1].start + KEPLER_ZERO)}",
            "lines": star.planet_lines,
        }
        yield observe("kepler_star", values)


def k2() -> Iterator[Group]:
    """Known hosts and other stars along the ecliptic."""
    for number, (campaign, known, star) in enumerate(stars_of("EPIC")):
        long = known and number % 2 == 0
        values = campaign_values(star, campaign) | {
            "number": number,
            "stem": f"ktwo{star.number}-c{campaign:02d}",
            "path": f"c{campaign}/{star.number // 100000 * 100000}",
            "run": campaign_run(campaign, 3200 if long else 115, 91000),
            "short_run": campaign_run(campaign, 6, 91000),
        }
        yield observe("k2_star", values)


def campaign_values(star: Star, campaign: int) -> Values:
    """What observations of a star in a campaign have in common."""
    return {
        "proposal_id": f"GO{campaign}{star.number % 90 + 10:03d}_LC",
        "t_min": campaign_run(campaign, 0, 0).start + KEPLER_ZERO,
        "sequence_number": campaign,
        "survey": KEPLER,
        "star": star,
        "campaign": campaign,
    }


def campaign_run(campaign: int, cadences: int, first: int, after: float = 0.0) -> Run:
    """A run that begins some days after the campaign."""
    channel = (("CHANNEL", 52, "CCD"), ("MODULE", 15, "CCD"), ("OUTPUT", 4, "CCD"))
    start = load("instruments.toml")["kepler"]["campaigns"][str(campaign)] + after
    return Run("CAMPAIGN", campaign, start, cadences, LONG, first, "EPIC", "K2", channel)


def k2_superstamp(star: Star, campaign: int, values: Values) -> Group:
    """A part of a mosaic of stamps on an extended object: pixels only, in two halves."""
    runs = [campaign_run(campaign, 12 * half, 120000, 30.0 * (half - 1)) for half in (1, 2)]
    halves = [{"half": half, "run": run} for half, run in enumerate(runs, 1)]
    return observe("k2_superstamp", campaign_values(star, campaign) | values | {"halves": halves})


def tess_frames() -> Iterator[Group]:
    """Images of one CCD in one sector each, spread over the sky."""
    for number, ra, dec in load("instruments.toml")["tess_frames"]["middles"]:
        sector = 1 + number % 26 if number % 10 else 90
        camera, ccd = 1 + number % 4, 1 + number // 4 % 4
        name = f"s{sector:04d}-{camera}-{ccd}"
        stamps = [mjd_stamp(sector_start(sector) + TESS_ZERO + 0.5 * shot) for shot in range(2)]
        stems = [f"tess{stamp}-{name}-{119 + sector:04d}-s" for stamp in stamps]
        values = {
            "number": number,
            "exclusive": number % 10 == 0,
            "s_ra": ra,
            "s_dec": dec,
            "angle": (37.0 * number) % 360,
            "frame": ("", "ICRS", "J2000 ")[number % 3],
            "obs_id": f"tess-{name}",
            "camera": camera,
            "ccd": ccd,
            "shots": [{"stem": stem, "first": stem == stems[0]} for stem in stems],
        }
        yield observe("tess_full_frame", sector_values(sector) | values)


def kepler_frames() -> Iterator[Group]:
    """KeplerFFI and K2FFI: all channels at one moment."""
    table = load("instruments.toml")["kepler"]
    for number, start in enumerate(table["quarters"]):
        mjd = start + 0.3 * number + 1 + KEPLER_ZERO
        name = f"kplr{mjd_stamp(mjd)}_ffi-cal"
        yield kepler_frame(number, table["field"], mjd, name, "Kepler", "kepler/ffi")
    for order, (campaign, middle) in enumerate([*table["fields"].items()] * 3):
        mjd = table["campaigns"][campaign] + order + 1 + KEPLER_ZERO
        name, number = f"ktwo{mjd_stamp(mjd)}-c{int(campaign):02d}_ffi-cal", 18 + order
        yield kepler_frame(number, middle, mjd, name, "K2", f"k2/ffi/c{campaign}")


def kepler_frame(
    number: int, middle: tuple[float, float], mjd: float, name: str, project: str, folder: str
) -> Group:
    modules = [module_wcs(*middle, module) for module in range(21)]
    values = {
        "number": number,
        "project": project,
        "obs_id": name,
        "s_ra": middle[0],
        "s_dec": middle[1],
        "t_min": round(mjd, 6),
        "sequence_number": int(name[19:21]) if project == "K2" else None,
        "s_region": polygon_text(*(wcs.corners() for wcs in modules)),
        "folder": f"mast:{project}/url/missions/{folder}",
        "modules": modules[:12:3],
    }
    return observe("full_frame", values)


def module_wcs(ra: float, dec: float, module: int) -> ImageWcs:
    """One of the 21 modules, 2.3 degrees wide, on a five by five grid without its corners."""
    cells = [(x, y) for y in range(5) for x in range(5) if {x, y} - {0, 4}]
    x, y = cells[module]
    middle = ImageWcs(ra, dec, 5, 5, 2.6, 13.0).sky_of(np.array(x), np.array(y))
    ra, dec = (round(float(value), 6) for value in middle)
    return ImageWcs(ra, dec, 26, 26, 2.3 / 26, 13.0)
