"""Kepler and K2: light curves and pixels of stars, and full-frame images."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from topmast.archive.sample.cadences import KEPLER, Run, light_curve_file, measured, target_pixel_file
from topmast.archive.sample.deflate import gzipped
from topmast.archive.sample.documents import pdf, text
from topmast.archive.sample.fits_file import fits_file, image, primary
from topmast.archive.sample.images import sky_picture
from topmast.archive.sample.light import Star
from topmast.archive.sample.pictures import jpeg, plot, png, stretch
from topmast.archive.sample.plane import Plane, circle_text, polygon_text
from topmast.archive.sample.programs import mjd_stamp
from topmast.archive.sample.scene import seeded
from topmast.archive.sample.sheaf import Sheaf, observation
from topmast.archive.sample.stars import K2_STARS, KEPLER_STARS

__all__ = ["full_frames", "k2", "kepler", "superstamp"]

LONG = 1765.46288
# First day of quarters 0 to 17 as BJD - 2454833, and of K2's campaigns.
QUARTERS = (120.5, 131.5, 169.8, 260.2, 352.4, 443.5, 539.5, 630.2, 735.4, 808.5, 906.8, 1001.2,
            1099.4, 1182.8, 1274.1, 1373.5, 1472.1, 1559.2)  # fmt: skip
CAMPAIGNS = {0: 1930.0, 1: 1977.0, 2: 2061.0, 3: 2144.0, 4: 2230.0, 5: 2307.0, 6: 2385.0, 7: 2468.0,
             8: 2560.0, 9: 2661.0, 12: 2905.0, 13: 2988.0, 16: 3263.0}  # fmt: skip
OPTICAL = {"em_min": 430.0, "em_max": 890.0, "wavelength_region": "Optical", "filters": "KEPLER"}
FFI_FIELDS = ((290.667, 44.5), (98.3, 21.6), (173.9, 1.4), (246.1, -22.4), (336.6, -11.1), (130.1, 16.8), (351.6, -5.1))


def kepler() -> Iterator[Sheaf]:
    """Known hosts over several quarters, and their neighbours."""
    for number, star in enumerate([*KEPLER_STARS, *neighbours()]):
        known = number < len(KEPLER_STARS)
        yield watched(number, star, known=known)


def neighbours() -> Iterator[Star]:
    """Unknown stars of the Kepler field, each with a habit."""
    habits = (("spotted", 9.5), ("eclipsing", 3.1), ("trembling", 0.05), ("quiet", 30.0), ("in contact", 0.38))
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
        jpegURL=f"{preview_folder(star)}/kplr{star.number:09d}_llc_bw_large.png",
        obsid=9_000_100_000 + number,
        objID=9_000_100_000 + number,
        **OPTICAL,
    )
    sheaf = Sheaf([row])
    runs = [quarter_run(quarter, 4000 if known and quarter in (1, 3) else 320) for quarter in quarters]
    add_pictures(sheaf, row, star, runs[-1], preview_folder(star), f"kplr{star.number:09d}_llc")
    for run in runs:
        quarter = run.counted[1]
        stem = f"kplr{star.number:09d}-{mjd_stamp(run.start + 54832.5 + run.step * run.cadences)}"
        base = f"mast:Kepler/url/missions/kepler/lightcurves/{star.number // 100000:04d}/{star.number:09d}"
        file = f"{stem}_llc.fits"
        sheaf.add(row, file, partial(light_curve_file, KEPLER, star, run), uri=f"{base}/{file}",
                  description=f"Lightcurve Long Cadence (CLC) - Q{quarter}", minimum=True)  # fmt: skip
    short = Run(("QUARTER", quarters[-1]), runs[-1].start, 100 if known else 24, LONG, 30000, "KIC", "Kepler", runs[-1].places)
    file = f"kplr{star.number:09d}-{mjd_stamp(short.start + 54832.5)}_lpd-targ.fits.gz"
    pixels = f"mast:Kepler/url/missions/kepler/target_pixel_files/{star.number // 100000:04d}/{star.number:09d}"
    sheaf.add(row, file, partial(zipped_pixels, star, short, 8), uri=f"{pixels}/{file}",
              description=f"Target Pixel Long Cadence (TPL) - Q{quarters[-1]}")  # fmt: skip
    report = f"kplr{star.number:09d}_dv.pdf"
    if star.planets:
        lines = [f"Period {planet.period} d, depth {planet.depth * 1e6:.0f} ppm" for planet in star.planets]
        sheaf.add(row, report, partial(pdf, f"Validation of KIC {star.number}", lines), kind="INFO",
                  uri=f"mast:Kepler/url/missions/kepler/dv_files/{star.number:09d}/{report}",
                  description="Data validation report")  # fmt: skip
    return sheaf


def preview_folder(star: Star) -> str:
    return f"mast:Kepler/url/missions/kepler/previews/{star.number // 100000:04d}/{star.number:09d}"


def quarter_run(quarter: int, cadences: int) -> Run:
    places = [("CHANNEL", 4 * quarter + 1, "CCD channel"), ("SEASON", quarter % 4, "season"),
              ("MODULE", 2 + quarter, "CCD module"), ("OUTPUT", 1 + quarter % 4, "CCD output")]  # fmt: skip
    return Run(("QUARTER", quarter), QUARTERS[quarter], cadences, LONG, 1100 + 4370 * quarter, "KIC", "Kepler", places)


def zipped_pixels(star: Star, run: Run, size: int) -> bytes:
    return gzipped(target_pixel_file(KEPLER, star, run, size))


def add_pictures(sheaf: Sheaf, row: dict[str, Any], star: Star, run: Run, folder: str, stem: str) -> None:
    """The light curve in black and white, large and small."""
    for size, width, height, kind in (("large", 300, 130, "PREVIEW"), ("thumb", 110, 50, "THUMBNAIL")):
        file = f"{stem}_bw_{size}.png"
        sheaf.add(row, file, partial(curve_picture, star, run, width, height), uri=f"{folder}/{file}",
                  description="Preview-Full" if size == "large" else "Preview-Thumb", kind=kind)  # fmt: skip


def curve_picture(star: Star, run: Run, width: int, height: int) -> bytes:
    seen = measured(KEPLER, star, run)
    return png(plot(seen.time, seen.flux, width=width, height=height))


# ------------------------------------------------------------------------------------------- K2


def k2() -> Iterator[Sheaf]:
    """Known hosts and other stars along the ecliptic."""
    others = ((campaign, star) for campaign, star in ecliptic_stars())
    for number, (campaign, star) in enumerate([*K2_STARS, *others]):
        yield campaign_sheaf(number, campaign, star)


def ecliptic_stars() -> Iterator[tuple[int, Star]]:
    for number in range(40):
        random = seeded("k2 star", number)
        campaign, (ra0, dec0) = list(zip((0, 1, 2, 3, 5, 12), FFI_FIELDS[1:], strict=True))[number % 6]
        ra, dec = round(ra0 + float(random.uniform(-5, 5)), 5), round(dec0 + float(random.uniform(-5, 5)), 5)
        habit, pace = (("spotted", 7.1), ("quiet", 25.0), ("RR Lyrae", 0.53), ("eclipsing", 5.2))[number % 4]
        epic = 201000000 + 1100000 * campaign + 977 * number
        yield campaign, Star(f"EPIC {epic}", epic, ra, dec, round(float(random.uniform(10, 16)), 3), 5200, 0.9, (), habit, pace)


def campaign_sheaf(number: int, campaign: int, star: Star) -> Sheaf:
    name = f"ktwo{star.number}-c{campaign:02d}"
    row = k2_row(f"{name}_lc", star.number, campaign, 9_500_400_000 + number, star.ra, star.dec, "timeseries",
                 circle_text(star.ra, star.dec, 0.0014, frame="ICRS"))  # fmt: skip
    sheaf = Sheaf([row])
    places = [("CHANNEL", 52, "CCD channel"), ("MODULE", 15, "CCD module"), ("OUTPUT", 4, "CCD output")]
    count = 3500 if number < len(K2_STARS) and number % 2 == 0 else 330
    run = Run(("CAMPAIGN", campaign), CAMPAIGNS[campaign], count, LONG, 91000, "EPIC", "K2", places)
    folder = f"mast:K2/url/missions/k2/lightcurves/c{campaign}/{star.number // 100000 * 100000}"
    file = f"{name}_llc.fits"
    sheaf.add(row, file, partial(light_curve_file, KEPLER, star, run), uri=f"{folder}/{file}",
              description=f"Lightcurve Long Cadence (KLC) - C{campaign:02d}", minimum=True)  # fmt: skip
    short = Run(run.counted, run.start, 24, LONG, 91000, "EPIC", "K2", places)
    file = f"{name}_lpd-targ.fits.gz"
    sheaf.add(row, file, partial(zipped_pixels, star, short, 9), uri=folder.replace("lightcurves", "target_pixel_files") + f"/{file}",
              description=f"Target Pixel Long Cadence (KTL) - C{campaign:02d}")  # fmt: skip
    add_pictures(sheaf, row, star, run, folder.replace("lightcurves", "previews"), f"{name}_llc")
    return sheaf


def k2_row(obs_id: str, epic: int, campaign: int, obsid: int, ra: float, dec: float, kind: str, region: str) -> dict[str, Any]:
    start = CAMPAIGNS[campaign] + 54832.5
    return observation(
        obs_collection="K2",
        provenance_name="K2",
        instrument_name="Kepler",
        project="K2",
        target_name=f"ktwo{epic}",
        obs_id=obs_id,
        s_ra=ra,
        s_dec=dec,
        dataproduct_type=kind,
        proposal_id=f"GO{campaign}{epic % 90 + 10:03d}_LC",
        calib_level=2,
        t_min=start,
        t_max=start + 75.0,
        t_exptime=1800.0,
        t_obs_release=57600.0,
        sequence_number=campaign,
        s_region=region,
        obsid=obsid,
        objID=obsid,
        **OPTICAL,
    )


def superstamp(epic: int, campaign: int, obsid: int, ra: float, dec: float, region: str) -> Sheaf:
    """A part of a mosaic of stamps on an extended object: pixels only, in two halves of a campaign."""
    name = f"ktwo{epic}-c{campaign:02d}"
    row = k2_row(f"{name}_lc", epic, campaign, obsid, ra, dec, "cube", region)
    sheaf = Sheaf([row])
    star = Star(f"EPIC {epic}", epic, ra, dec, 11.0)
    pictures = "mast:K2/url/missions/k2/previews"
    for size, kind in (("large", "PREVIEW"), ("thumb", "THUMBNAIL")):
        if size == "thumb":
            for half in (1, 2):
                start = CAMPAIGNS[campaign] + 30 * (half - 1)
                run = Run(("CAMPAIGN", campaign), start, 40 * half, LONG, 120000, "EPIC", "K2")
                file = f"ktwo{epic}-c{campaign}{half}_lpd-targ.fits.gz"
                sheaf.add(row, file, partial(zipped_pixels, star, run, 12), minimum=True,
                          uri=f"mast:K2/url/missions/k2/target_pixel_files/c{campaign}{half}/{epic}/{file}",
                          description=f"Target Pixel Long Cadence (KTL) - C{campaign}{half}")  # fmt: skip
        file = f"k2-tpf-only-target_bw_{size}.png"
        sheaf.add(row, file, partial(placeholder, size), uri=f"{pictures}/{file}", kind=kind,
                  description="Preview-Full" if size == "large" else "Preview-Thumb")  # fmt: skip
    return sheaf


def placeholder(size: str) -> bytes:
    """The picture that all targets without a light curve share."""
    width, height = (300, 130) if size == "large" else (110, 50)
    x = np.arange(60.0)
    return png(plot(x, (x % 7) * 0 + 1, width=width, height=height))


# ----------------------------------------------------------------------------------- full frames


def full_frames() -> Iterator[Sheaf]:
    """KeplerFFI and K2FFI: all channels at one moment."""
    number = 0
    for which in range(18):
        yield full_frame(number, "KeplerFFI", 0, QUARTERS[which] + 54833.5 + which * 0.3)
        number += 1
    for which, campaign in enumerate((0, 1, 2, 3, 5, 12) * 3):
        yield full_frame(number, "K2FFI", 1 + which % 6, CAMPAIGNS[campaign] + 54833.5 + which, campaign)
        number += 1


def full_frame(number: int, collection: str, field: int, mjd: float, campaign: int | None = None) -> Sheaf:
    ra, dec = FFI_FIELDS[field]
    prefix = "kplr" if campaign is None else "ktwo"
    tail = "" if campaign is None else f"-c{campaign:02d}"
    name = f"{prefix}{mjd_stamp(mjd)}{tail}_ffi-cal"
    modules = [module_plane(ra, dec, place) for place in range(21)]
    row = observation(
        obs_collection=collection,
        provenance_name="Kepler" if campaign is None else "K2",
        instrument_name="Kepler",
        project="Kepler" if campaign is None else "K2",
        target_name=name,
        obs_id=name,
        s_ra=ra,
        s_dec=dec,
        dataproduct_type="image",
        calib_level=2,
        t_min=round(mjd, 6),
        t_max=round(mjd + 0.0204, 6),
        t_exptime=1765.5,
        t_obs_release=56300.0,
        sequence_number=campaign,
        s_region=polygon_text(*(plane.corners() for plane in modules)),
        obsid=9_900_000_000 + number,
        objID=9_900_000_000 + number,
        **OPTICAL,
    )
    sheaf = Sheaf([row])
    folder = "kepler/ffi" if campaign is None else f"k2/ffi/c{campaign}"
    base = f"mast:{collection.removesuffix('FFI')}/url/missions/{folder}"
    sheaf.add(row, f"{name}.fits", partial(frame_file, modules[:12:3], name), uri=f"{base}/{name}.fits",
              description="Full Frame Image - calibrated", group="FFI-CAL", minimum=True)  # fmt: skip
    sheaf.add(row, f"{name}.jpg", partial(frame_picture, ra, dec, name), uri=f"{base}/{name}.jpg",
              kind="PREVIEW", description="Preview-Full")  # fmt: skip
    sheaf.add(row, f"{name}_readme.txt", partial(text, name, ["channels 1, 4, 7 and 10 only"]), kind="INFO",
              uri=f"{base}/{name}_readme.txt", description="About the image")  # fmt: skip
    return sheaf


def module_plane(ra: float, dec: float, place: int) -> Plane:
    """One of the 21 modules, 2.3 degrees wide, on a five by five grid without its corners."""
    cells = [(x, y) for y in range(5) for x in range(5) if (x, y) not in ((0, 0), (4, 0), (0, 4), (4, 4))]
    x, y = cells[place]
    middle = Plane(ra, dec, 5, 5, 2.6, 13.0).sky_of(np.array(x), np.array(y))
    return Plane(float(middle[0]), float(middle[1]), 32, 32, 2.3 / 32, 13.0)


def frame_file(planes: list[Plane], name: str) -> bytes:
    parts = []
    for order, plane in enumerate(planes):
        channel = 3 * order + 1
        pixels = sky_picture(plane, f"{name}{channel}", zero_point=17.0, sky=60.0)
        cards = [("CHANNEL", channel, "CCD channel"), ("BUNIT", "e-/s", ""), *plane.cards()]
        parts.append(image(f"MOD.OUT {2 + order}.{1 + order % 4}", pixels.astype("f4"), cards))
    head = [("TELESCOP", "Kepler", "telescope"), ("INSTRUME", "Kepler Photometer", "detector type")]
    return fits_file(primary([*head, ("NEXTEND", len(parts), "")]), *parts)


def frame_picture(ra: float, dec: float, name: str) -> bytes:
    return jpeg(stretch(sky_picture(Plane(ra, dec, 96, 96, 12 / 96, 13.0), name, zero_point=17.0)))
