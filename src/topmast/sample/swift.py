"""Swift UVOT: cubes of all filters used in one pointing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from topmast.sample.deflate import gzipped
from topmast.sample.fits_file import fits_file, image, primary
from topmast.sample.images import preview, sky_picture
from topmast.sample.pictures import gif, stretch
from topmast.sample.places import Place, places
from topmast.sample.plane import Plane, polygon_text
from topmast.sample.programs import target_classification
from topmast.sample.scene import seeded
from topmast.sample.sheaf import Sheaf, observation

FILTERS = (
    ("uvw2", 160.0, 230.0),
    ("uvm2", 200.0, 250.0),
    ("uvw1", 220.0, 300.0),
    ("u", 300.0, 395.0),
    ("b", 390.0, 490.0),
    ("v", 500.0, 590.0),
)
FIELD = 17.0 / 60
LONELY = (
    "NGC 6441",
    "NGC 7023",
    "IC 1805",
    "IC 5146",
    "PSR J0437-4715",
    "BL Lac",
    "MACS J0416.1-2403",
    "Hyades",
    "Westerlund 2",
)
"""Objects that no other mission of the sample looks at."""


def swift() -> Iterator[Sheaf]:
    """Pointings at objects all over the sky."""
    targets = [item for item in places() if item.kind not in ("Field", "HII", "Neb")]
    chosen = targets[::3] + [item for item in places() if item.name in LONELY]
    for number, target in enumerate(chosen):
        yield pointing(30100 + 13 * number, 1 + number % 5, 15_500_000 + number, target)


def pointing(target_id: int, segment: int, obsid: int, target: Place) -> Sheaf:
    """Segment `segment` of the observations of a target."""
    name = f"{target_id:08d}{segment:03d}"
    random = seeded("swift", name)
    ra = (target.ra + random.normal(0, 0.015) / max(np.cos(np.radians(target.dec)), 0.01)) % 360
    dec = float(np.clip(target.dec + random.normal(0, 0.015), -89.9, 89.9))
    plane = Plane(
        float(round(ra, 8)), round(dec, 8), 26, 26, FIELD / 26, float(random.uniform(0, 360))
    )
    used = FILTERS[int(random.integers(3)) :][: 2 + target_id % 3]
    start = round(float(random.uniform(53500, 60500)), 6)
    row = observation(
        obs_collection="SWIFT",
        provenance_name="UVOT",
        instrument_name="UVOT",
        project="SWIFT",
        filters=";".join(band.upper() for band, _, _ in used),
        wavelength_region="UV;OPTICAL" if used[-1][2] > 300 else "UV",
        target_name=target.compact,
        target_classification=target_classification(target.kind),
        obs_id=name,
        s_ra=plane.ra,
        s_dec=plane.dec,
        dataproduct_type="cube",
        calib_level=2,
        t_min=start,
        t_max=round(start + 0.3, 6),
        t_exptime=float(900 + target_id % 1700),
        em_min=used[0][1],
        em_max=used[-1][2],
        t_obs_release=round(start + 7, 6),
        s_region=polygon_text(plane.corners(), frame="ICRS "),
        jpegURL=f"http://archive.stsci.edu/swiftuvot/previews/{name}.gif",
        obsid=obsid,
        objID=obsid + 100_000_000,
    )
    sheaf = Sheaf([row])
    cards = [
        ("TELESCOP", "SWIFT", "telescope"),
        ("INSTRUME", "UVOTA", "instrument"),
        ("OBS_ID", name, "observation"),
        ("OBJECT", row["target_name"], "target"),
    ]
    base = f"mast:SWIFT/url/pub/swift/uvot/{target_id:08d}/{name}/uvot/image"
    for band, _, _ in used:
        letter = {"uvw2": "uw2", "uvm2": "um2", "uvw1": "uw1"}.get(band, f"u{band * 2}")
        for kind, minimum in (("sk", True), ("ex", False)):
            file = f"sw{name}{letter}_{kind}.img.gz"
            make = partial(band_image, plane, f"{name}{letter}", cards, band, kind)
            sheaf.add(
                row,
                file,
                make,
                uri=f"{base}/{file}",
                minimum=minimum,
                filters=band.upper(),
                group=kind.upper(),
                kind="SCIENCE" if minimum else "AUXILIARY",
                description="Sky image" if minimum else "Exposure map",
            )
    picture = f"sw{name}.gif"
    sheaf.add(
        row,
        picture,
        lambda: gif(stretch(sky_picture(plane, name))),
        uri=f"{base}/{picture}",
        kind="PREVIEW",
        description="Preview-Full",
    )
    thumb = f"sw{name}_thumb.jpg"
    sheaf.add(
        row,
        thumb,
        partial(preview, plane, name),
        uri=f"{base}/{thumb}",
        kind="THUMBNAIL",
        description="Preview-Thumb",
    )
    return sheaf


def band_image(
    plane: Plane, seed: str, cards: list[tuple[str, object, str]], band: str, kind: str
) -> bytes:
    """One filter of the cube, or the exposure map of it."""
    pixels = sky_picture(plane, seed, zero_point=25.0, sky=5.0)
    if kind == "ex":
        pixels = np.full(pixels.shape, 900.0)
    keywords = [("FILTER", band.upper(), "filter"), *plane.cards()]
    return gzipped(
        fits_file(primary([*cards]), image(f"{band}{kind}".upper(), pixels.astype("f4"), keywords))
    )
