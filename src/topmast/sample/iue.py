"""IUE: an ultraviolet spectrum each, with the twelve files that the archive keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from topmast.sample.deflate import gzipped
from topmast.sample.fits_file import Cards, Column, fits_file, primary, table
from topmast.sample.pictures import gif
from topmast.sample.places import Place, places
from topmast.sample.plane import Plane, circle_text, polygon_text
from topmast.sample.programs import mjd_text, target_classification
from topmast.sample.scene import seeded
from topmast.sample.sheaf import Sheaf, observation
from topmast.sample.spectra import energy_distribution, observed, spectrum_plot, vo_spectrum

CAMERAS = {"LWP": (1850.0, 3350.0), "LWR": (1850.0, 3350.0), "SWP": (1150.0, 1980.0)}
SITE = "http://archive.stsci.edu/pub"
# The extracted files of both apertures and the images they come from, in the order of the list.
KEPT = (
    ("elbll", "Extended line-by-line, low dispersion, large aperture", 16, 96),
    ("elbls", "Extended line-by-line, low dispersion, small aperture", 16, 96),
    ("lilo", "Linearized image, low dispersion", 48, 48),
    ("melol", "Merged extracted spectrum, large aperture", 0, 128),
    ("melos", "Merged extracted spectrum, small aperture", 0, 128),
    ("raw", "Raw image", 48, 48),
    ("rilo", "Resampled image, low dispersion", 48, 48),
    ("silo", "Spatially resolved image, low dispersion", 24, 96),
)


def iue() -> Iterator[Sheaf]:
    """Spectra of stars, galaxies and nebulae all over the sky."""
    targets = [item for item in places() if item.kind not in ("Field", "*Cl", "GClstr", "PSR")]
    for number, target in enumerate(targets[::2]):
        camera = ("LWP", "SWP", "LWR")[number % 3]
        yield image_number(camera, 14200 + 41 * number, 3_000_100_000 + number, target)


def image_number(
    camera: str, image: int, obsid: int, target: Place, obj_id: int | None = None
) -> Sheaf:
    """The observation that camera `camera` took as its image number `image`."""
    name = f"{camera.lower()}{image:05d}"
    low, high = CAMERAS[camera]
    random = seeded("iue", name)
    start = round(43800 + 0.27 * image + float(random.uniform(0, 0.2)), 5)
    exptime = float(random.integers(3, 400)) * 60
    row = observation(
        obs_collection="IUE",
        provenance_name="NEWSIPS",
        instrument_name=camera,
        project="IUE",
        filters="LOW DISP" if image % 3 else "HIGH DISP",
        wavelength_region="UV",
        target_name=target.compact,
        target_classification=target_classification(target.kind),
        obs_id=name,
        s_ra=target.ra,
        s_dec=target.dec,
        dataproduct_type="spectrum",
        proposal_pi=("Carnelian", "Duvivier", "Elphick", "Fontanez")[image % 4],
        proposal_id=f"{'ABCDEFGH'[image % 8]}{camera[:2]}{image % 90:02d}",
        calib_level=2,
        t_min=start,
        t_max=round(start + exptime / 86400, 7),
        t_exptime=exptime,
        em_min=low / 10,
        em_max=high / 10,
        t_obs_release=round(start + 180, 5),
        s_region=aperture(target, float(random.uniform(0, 180)), oval=image % 2 == 1),
        jpegURL=f"{SITE}/iue/browse/{folder(camera, image)}/gif/{name}.gif",
        obsid=obsid,
        objID=obj_id or obsid,
    )
    sheaf = Sheaf([row])
    add_products(sheaf, row, camera, image, target.kind)
    return sheaf


def folder(camera: str, image: int) -> str:
    return f"{camera.lower()}/{image // 1000 * 1000:05d}"


def aperture(target: Place, angle: float, *, oval: bool) -> str:
    """The large aperture, 10 by 20 arcsec: as a box or, for old rows, as a circle."""
    if oval:
        return circle_text(target.ra, target.dec, round(10 / 3600, 8))
    long = Plane(target.ra, target.dec, 10, 20, 1 / 3600, angle)
    return polygon_text(long.corners())


def add_products(sheaf: Sheaf, row: dict[str, Any], camera: str, image: int, kind: str) -> None:
    name = row["obs_id"]
    low, high = CAMERAS[camera]
    random = seeded("iue spectrum", name)
    angstrom = np.round(np.linspace(low, high, 320), 2)
    # The aperture is small: in a nebula it holds a hot star and little else.
    source = "*" if kind in ("HII", "Neb") else kind
    flux, error = observed(energy_distribution(source, angstrom, random), random)
    cards = header(row)
    place = folder(camera, image)
    data = f"mast:IUE/url/pub/iue/data/{place}"
    for suffix, description, height, width in KEPT:
        file = f"{name}.{suffix}.gz"
        make = partial(kept_file, cards, name, suffix, height, width, angstrom, flux)
        sheaf.add(
            row,
            file,
            make,
            uri=f"{data}/{file}",
            kind="AUXILIARY",
            group=suffix.upper(),
            description=f"IUE {suffix.upper()}: {description}",
        )
    small = spectrum_plot(angstrom, flux, width=96, height=54)
    large = spectrum_plot(angstrom, flux)
    picture, spectrum = f"{name}.gif", f"{name}.mxlo.gz"
    browse = f"{SITE}/iue/browse/{place}"
    sheaf.add(
        row,
        picture,
        lambda: gif(large),
        uri=f"{browse}/gif/{picture}",
        kind="PREVIEW",
        description="Preview-Full",
    )
    sheaf.add(
        row,
        spectrum,
        partial(extracted, cards, angstrom, flux, error),
        minimum=True,
        group="MXLO",
        uri=f"{SITE}/iue/data/{place}/{spectrum}",
        description="IUE MXLO: low dispersion spectrum",
        productDocumentationURL="https://archive.stsci.edu/iue/instrument.html",
    )
    modern = f"{name}mxlo_vo.fits"
    sheaf.add(
        row,
        modern,
        partial(vo_spectrum, cards, angstrom, flux, error),
        minimum=True,
        group="VO",
        uri=f"{SITE}/vospectra/iue2/{modern}",
        description="IUE spectrum for the virtual observatory",
    )
    sheaf.add(
        row,
        picture,
        lambda: gif(small),
        uri=f"{browse}/thumb/{picture}",
        kind="THUMBNAIL",
        description="Preview-Thumb",
    )


def header(row: dict[str, Any]) -> Cards:
    return [
        ("TELESCOP", "IUE", "telescope"),
        ("INSTRUME", row["instrument_name"], "camera"),
        ("FILENAME", row["obs_id"], "camera and image number"),
        ("OBJECT", row["target_name"], "target"),
        ("RA_OBJ", row["s_ra"], "[deg] right ascension"),
        ("DEC_OBJ", row["s_dec"], "[deg] declination"),
        ("DISPERSN", row["filters"].split()[0], "dispersion"),
        ("APERTURE", "LARGE", ""),
        ("EXPTIME", row["t_exptime"], "[s] exposure time"),
        ("DATE-OBS", mjd_text(row["t_min"])[:19], "start"),
    ]


def kept_file(
    cards: Cards,
    name: str,
    suffix: str,
    height: int,
    width: int,
    angstrom: np.ndarray,
    flux: np.ndarray,
) -> bytes:
    """A merged table, or an image in which the spectrum runs along the rows."""
    if not height:
        columns = [
            Column("WAVELENGTH", angstrom[::2].astype("f4"), "ANGSTROM"),
            Column("NET", np.round(flux[::2] / flux.max() * 250, 2).astype("f4"), "FN"),
        ]
        return gzipped(fits_file(primary(cards), table("MELO", columns)))
    random = seeded("iue image", name, suffix)
    trace = np.interp(np.linspace(0, 1, width), np.linspace(0, 1, len(flux)), flux / flux.max())
    profile = np.exp(-0.5 * ((np.arange(height) - height / 2) / 1.6) ** 2)
    counts = (
        30 + 200 * np.clip(trace, 0, 1) * profile[:, None] + random.normal(0, 4, (height, width))
    )
    pixels = np.clip(np.round(counts), 0, 255).astype("u1")
    return gzipped(fits_file(primary(cards, pixels, extensions=False)))


def extracted(cards: Cards, angstrom: np.ndarray, flux: np.ndarray, error: np.ndarray) -> bytes:
    """The MXLO file: one row, with the wavelength as start and step."""
    count = len(angstrom)
    columns = [
        Column("APERTURE", np.array([b"LARGE"], "S5")),
        Column("NPOINTS", np.array([count], "i2")),
        Column("WAVELENGTH", angstrom[:1].astype("f4"), "ANGSTROM"),
        Column("DELTAW", np.array([angstrom[1] - angstrom[0]], "f4"), "ANGSTROM"),
        Column("NET", np.round(flux[None] / flux.max() * 250, 2).astype("f4"), "FN"),
        Column("SIGMA", error[None].astype("f4"), "ERG/CM2/S/A"),
        Column("QUALITY", np.zeros((1, count), "i2")),
        Column("FLUX", flux[None].astype("f4"), "ERG/CM2/S/A"),
    ]
    return gzipped(fits_file(primary(cards), table("MELO", columns)))
