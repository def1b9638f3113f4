"""Full-frame images of Kepler and K2: all modules at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from topmast.sample.documents import text
from topmast.sample.fits_file import fits_file, image, primary
from topmast.sample.images import sky_picture
from topmast.sample.k2 import CAMPAIGNS, FIELDS
from topmast.sample.kepler import OPTICAL, QUARTERS
from topmast.sample.pictures import jpeg, stretch
from topmast.sample.plane import Plane, polygon_text
from topmast.sample.programs import mjd_stamp
from topmast.sample.sheaf import Sheaf, observation

KEPLER_FIELD = (290.667, 44.5)


def full_frames() -> Iterator[Sheaf]:
    """KeplerFFI and K2FFI: all channels at one moment."""
    for number, start in enumerate(QUARTERS):
        yield full_frame(number, "KeplerFFI", KEPLER_FIELD, start + 54833.5 + number * 0.3)
    for number, campaign in enumerate([*FIELDS] * 3, len(QUARTERS)):
        start = CAMPAIGNS[campaign] + 54833.5 + number - len(QUARTERS)
        yield full_frame(number, "K2FFI", FIELDS[campaign], start, campaign)


def full_frame(
    number: int,
    collection: str,
    centre: tuple[float, float],
    mjd: float,
    campaign: int | None = None,
) -> Sheaf:
    ra, dec = centre
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
    sheaf.add(
        row,
        f"{name}.fits",
        partial(frame_file, modules[:12:3], name),
        uri=f"{base}/{name}.fits",
        description="Full Frame Image - calibrated",
        group="FFI-CAL",
        minimum=True,
    )
    sheaf.add(
        row,
        f"{name}.jpg",
        partial(frame_picture, ra, dec, name),
        uri=f"{base}/{name}.jpg",
        kind="PREVIEW",
        description="Preview-Full",
    )
    sheaf.add(
        row,
        f"{name}_readme.txt",
        partial(text, name, ["channels 1, 4, 7 and 10 only"]),
        kind="INFO",
        uri=f"{base}/{name}_readme.txt",
        description="About the image",
    )
    return sheaf


def module_plane(ra: float, dec: float, place: int) -> Plane:
    """One of the 21 modules, 2.3 degrees wide, on a five by five grid without its corners."""
    cells = [
        (x, y) for y in range(5) for x in range(5) if (x, y) not in ((0, 0), (4, 0), (0, 4), (4, 4))
    ]
    x, y = cells[place]
    middle = Plane(ra, dec, 5, 5, 2.6, 13.0).sky_of(np.array(x), np.array(y))
    ra, dec = (round(float(value), 6) for value in middle)
    return Plane(ra, dec, 26, 26, 2.3 / 26, 13.0)


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
