"""Kepler: light curves and pixels of stars, quarter by quarter."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from topmast.sample.cadences import (
    KEPLER,
    Run,
    light_curve_file,
    measured,
    target_pixel_file,
)
from topmast.sample.deflate import gzipped
from topmast.sample.documents import pdf
from topmast.sample.light import Star
from topmast.sample.pictures import plot, png
from topmast.sample.plane import circle_text
from topmast.sample.programs import mjd_stamp
from topmast.sample.scene import seeded
from topmast.sample.sheaf import Sheaf, observation
from topmast.sample.stars import KEPLER_STARS

LONG = 1765.46288
# First day of quarters 0 to 17 as BJD - 2454833.
QUARTERS = (
    120.5,
    131.5,
    169.8,
    260.2,
    352.4,
    443.5,
    539.5,
    630.2,
    735.4,
    808.5,
    906.8,
    1001.2,
    1099.4,
    1182.8,
    1274.1,
    1373.5,
    1472.1,
    1559.2,
)
OPTICAL = {"em_min": 430.0, "em_max": 890.0, "wavelength_region": "Optical", "filters": "KEPLER"}


def kepler() -> Iterator[Sheaf]:
    """Known hosts over several quarters, and their neighbours."""
    for number, star in enumerate([*KEPLER_STARS, *neighbours()]):
        known = number < len(KEPLER_STARS)
        yield watched(number, star, known=known)


def neighbours() -> Iterator[Star]:
    """Unknown stars of the Kepler field, each with a habit."""
    habits = (
        ("spotted", 9.5),
        ("eclipsing", 3.1),
        ("trembling", 0.05),
        ("quiet", 30.0),
        ("in contact", 0.38),
    )
    for number in range(45):
        random = seeded("kepler star", number)
        habit, pace = habits[number % len(habits)]
        ra, dec = round(float(random.uniform(284, 298)), 5), round(float(random.uniform(39, 50)), 5)
        magnitude = round(float(random.uniform(10.5, 15.5)), 3)
        kic = 2000000 + int((dec - 36.5) * 700000) + number
        yield Star(f"KIC {kic}", kic, ra, dec, magnitude, 5600, 1.0, (), habit, pace)


def watched(number: int, star: Star, *, known: bool) -> Sheaf:
    """One long-cadence observation: a light curve a quarter and one target pixel file."""
    quarters = (0, 1, 3, 8) if known else (2, 5)
    flags = "".join("1" if quarter in quarters else "0" for quarter in range(18))
    name = f"kplr{star.number:09d}_lc_Q{flags}"
    first, last = QUARTERS[quarters[0]] + 54832.5, QUARTERS[quarters[-1]] + 54832.5 + 60
    row = observation(
        obs_collection="Kepler",
        provenance_name="Kepler",
        instrument_name="Kepler",
        project="Kepler",
        target_name=f"kplr{star.number:09d}",
        obs_id=name,
        s_ra=star.ra,
        s_dec=star.dec,
        dataproduct_type="timeseries",
        proposal_id=f"GO{20000 + 7 * number}" if number % 3 else "EX_STKS",
        calib_level=2,
        t_min=first,
        t_max=last,
        t_exptime=1800.0,
        t_obs_release=56000.0,
        sequence_number=None,
        s_region=circle_text(star.ra, star.dec, 0.00138889, frame="ICRS"),
        jpegURL=f"{folder_of(star, 'previews')}/kplr{star.number:09d}_llc_bw_large.png",
        obsid=9_000_100_000 + number,
        objID=9_000_100_000 + number,
        **OPTICAL,
    )
    sheaf = Sheaf([row])
    lengths = {1: 1600 if number < 5 else 1100, 3: 4000 if number < 5 else 115} if known else {}
    runs = [quarter_run(quarter, lengths.get(quarter, 115)) for quarter in quarters]
    add_pictures(
        sheaf, row, star, runs[-1], folder_of(star, "previews"), f"kplr{star.number:09d}_llc"
    )
    for run in runs:
        quarter = run.counted[1]
        stem = f"kplr{star.number:09d}-{mjd_stamp(run.start + 54832.5 + run.step * run.cadences)}"
        base = folder_of(star, "lightcurves")
        file = f"{stem}_llc.fits"
        sheaf.add(
            row,
            file,
            partial(light_curve_file, KEPLER, star, run),
            uri=f"{base}/{file}",
            description=f"Lightcurve Long Cadence (CLC) - Q{quarter}",
            minimum=True,
        )
    short = Run(
        ("QUARTER", quarters[-1]),
        runs[-1].start,
        16 if known else 6,
        LONG,
        30000,
        "KIC",
        "Kepler",
        runs[-1].places,
    )
    file = f"kplr{star.number:09d}-{mjd_stamp(short.start + 54832.5)}_lpd-targ.fits.gz"
    pixels = folder_of(star, "target_pixel_files")
    sheaf.add(
        row,
        file,
        partial(zipped_pixels, star, short, 8),
        uri=f"{pixels}/{file}",
        description=f"Target Pixel Long Cadence (TPL) - Q{quarters[-1]}",
    )
    report = f"kplr{star.number:09d}_dv.pdf"
    if star.planets:
        lines = [
            f"Period {planet.period} d, depth {planet.depth * 1e6:.0f} ppm"
            for planet in star.planets
        ]
        sheaf.add(
            row,
            report,
            partial(pdf, f"Validation of KIC {star.number}", lines),
            kind="INFO",
            uri=f"{folder_of(star, 'dv_files')}/{report}",
            description="Data validation report",
        )
    return sheaf


def folder_of(star: Star, part: str) -> str:
    """Where MAST keeps the files of a star: ``lightcurves``, ``previews`` and so on."""
    digits = f"{star.number:09d}"
    return f"mast:Kepler/url/missions/kepler/{part}/{digits[:4]}/{digits}"


def quarter_run(quarter: int, cadences: int) -> Run:
    places = [
        ("CHANNEL", 4 * quarter + 1, "CCD channel"),
        ("SEASON", quarter % 4, "season"),
        ("MODULE", 2 + quarter, "CCD module"),
        ("OUTPUT", 1 + quarter % 4, "CCD output"),
    ]
    return Run(
        ("QUARTER", quarter),
        QUARTERS[quarter],
        cadences,
        LONG,
        1100 + 4370 * quarter,
        "KIC",
        "Kepler",
        places,
    )


def zipped_pixels(star: Star, run: Run, size: int) -> bytes:
    return gzipped(target_pixel_file(KEPLER, star, run, size))


def add_pictures(
    sheaf: Sheaf, row: dict[str, Any], star: Star, run: Run, folder: str, stem: str
) -> None:
    """The light curve in black and white, large and small."""
    for size, width, height, kind in (
        ("large", 300, 130, "PREVIEW"),
        ("thumb", 110, 50, "THUMBNAIL"),
    ):
        file = f"{stem}_bw_{size}.png"
        sheaf.add(
            row,
            file,
            partial(curve_picture, star, run, width, height),
            uri=f"{folder}/{file}",
            description="Preview-Full" if size == "large" else "Preview-Thumb",
            kind=kind,
        )


def curve_picture(star: Star, run: Run, width: int, height: int) -> bytes:
    seen = measured(KEPLER, star, run)
    return png(plot(seen.time, seen.flux, width=width, height=height))
