"""K2: light curves and pixels of stars along the ecliptic, campaign by campaign."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from topmast.sample.cadences import KEPLER, Run, light_curve_file
from topmast.sample.kepler import LONG, OPTICAL, add_pictures, zipped_pixels
from topmast.sample.light import Star
from topmast.sample.pictures import plot, png
from topmast.sample.plane import circle_text
from topmast.sample.scene import seeded
from topmast.sample.sheaf import Sheaf, observation
from topmast.sample.stars import K2_STARS

# First day of each campaign as BJD - 2454833, and the middle of its field.
CAMPAIGNS = {0: 1930.0, 1: 1977.0, 2: 2061.0, 3: 2144.0, 5: 2307.0, 9: 2661.0, 12: 2905.0}
FIELDS = {
    0: (98.3, 21.6),
    1: (173.9, 1.4),
    2: (246.1, -22.4),
    3: (336.6, -11.1),
    5: (130.1, 16.8),
    12: (351.6, -5.1),
}


def k2() -> Iterator[Sheaf]:
    """Known hosts and other stars along the ecliptic."""
    others = ((campaign, star) for campaign, star in ecliptic_stars())
    for number, (campaign, star) in enumerate([*K2_STARS, *others]):
        yield campaign_sheaf(number, campaign, star)


def ecliptic_stars() -> Iterator[tuple[int, Star]]:
    for number in range(40):
        random = seeded("k2 star", number)
        campaign, (ra0, dec0) = list(FIELDS.items())[number % 6]
        ra, dec = (
            round(ra0 + float(random.uniform(-5, 5)), 5),
            round(dec0 + float(random.uniform(-5, 5)), 5),
        )
        habit, pace = (("spotted", 7.1), ("quiet", 25.0), ("RR Lyrae", 0.53), ("eclipsing", 5.2))[
            number % 4
        ]
        epic = 201000000 + 1100000 * campaign + 977 * number
        yield (
            campaign,
            Star(
                f"EPIC {epic}",
                epic,
                ra,
                dec,
                round(float(random.uniform(10, 16)), 3),
                5200,
                0.9,
                (),
                habit,
                pace,
            ),
        )


def campaign_sheaf(number: int, campaign: int, star: Star) -> Sheaf:
    name = f"ktwo{star.number}-c{campaign:02d}"
    row = k2_row(
        f"{name}_lc",
        star.number,
        campaign,
        9_500_400_000 + number,
        star.ra,
        star.dec,
        "timeseries",
        circle_text(star.ra, star.dec, 0.0014, frame="ICRS"),
    )
    sheaf = Sheaf([row])
    places = [
        ("CHANNEL", 52, "CCD channel"),
        ("MODULE", 15, "CCD module"),
        ("OUTPUT", 4, "CCD output"),
    ]
    count = 3200 if number < len(K2_STARS) and number % 2 == 0 else 115
    run = Run(("CAMPAIGN", campaign), CAMPAIGNS[campaign], count, LONG, 91000, "EPIC", "K2", places)
    folder = f"mast:K2/url/missions/k2/lightcurves/c{campaign}/{star.number // 100000 * 100000}"
    file = f"{name}_llc.fits"
    sheaf.add(
        row,
        file,
        partial(light_curve_file, KEPLER, star, run),
        uri=f"{folder}/{file}",
        description=f"Lightcurve Long Cadence (KLC) - C{campaign:02d}",
        minimum=True,
    )
    short = Run(run.counted, run.start, 6, LONG, 91000, "EPIC", "K2", places)
    file = f"{name}_lpd-targ.fits.gz"
    sheaf.add(
        row,
        file,
        partial(zipped_pixels, star, short, 9),
        uri=folder.replace("lightcurves", "target_pixel_files") + f"/{file}",
        description=f"Target Pixel Long Cadence (KTL) - C{campaign:02d}",
    )
    add_pictures(sheaf, row, star, run, folder.replace("lightcurves", "previews"), f"{name}_llc")
    return sheaf


def k2_row(
    obs_id: str, epic: int, campaign: int, obsid: int, ra: float, dec: float, kind: str, region: str
) -> dict[str, Any]:
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
    """A part of a mosaic of stamps on an extended object: pixels only, in two halves."""
    name = f"ktwo{epic}-c{campaign:02d}"
    row = k2_row(f"{name}_lc", epic, campaign, obsid, ra, dec, "cube", region)
    sheaf = Sheaf([row])
    star = Star(f"EPIC {epic}", epic, ra, dec, 11.0)
    pictures = "mast:K2/url/missions/k2/previews"
    for size, kind in (("large", "PREVIEW"), ("thumb", "THUMBNAIL")):
        if size == "thumb":
            for half in (1, 2):
                start = CAMPAIGNS[campaign] + 30 * (half - 1)
                run = Run(("CAMPAIGN", campaign), start, 12 * half, LONG, 120000, "EPIC", "K2")
                file = f"ktwo{epic}-c{campaign}{half}_lpd-targ.fits.gz"
                sheaf.add(
                    row,
                    file,
                    partial(zipped_pixels, star, run, 12),
                    minimum=True,
                    uri=f"mast:K2/url/missions/k2/target_pixel_files/c{campaign}{half}/{epic}/{file}",
                    description=f"Target Pixel Long Cadence (KTL) - C{campaign}{half}",
                )
        file = f"k2-tpf-only-target_bw_{size}.png"
        sheaf.add(
            row,
            file,
            partial(placeholder, size),
            uri=f"{pictures}/{file}",
            kind=kind,
            description="Preview-Full" if size == "large" else "Preview-Thumb",
        )
    return sheaf


def placeholder(size: str) -> bytes:
    """The picture that all targets without a light curve share."""
    width, height = (300, 130) if size == "large" else (110, 50)
    x = np.arange(60.0)
    return png(plot(x, (x % 7) * 0 + 1, width=width, height=height))
