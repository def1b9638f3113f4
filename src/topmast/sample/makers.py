"""What makes the bytes of a file: the functions that `make` names in missions.toml.

Each takes by name what it needs of the values of an observation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from astropy.table import Column as TextColumn
from numpy.typing import NDArray

from topmast.sample.documents import association_json, ecsv, text, xml
from topmast.sample.hdus import Cards, Column, image, primary, table
from topmast.sample.light_curves import (
    light_curve_file,
    light_curve_plot,
    no_light_curve,
    target_pixel_file,
)
from topmast.sample.pictures import pdf, picture, plot, stretch
from topmast.sample.seeds import seeded
from topmast.sample.sky_model import noisy, render, stars_near
from topmast.sample.spectra import Spectrum
from topmast.sample.templates import load
from topmast.sample.variability import Star
from topmast.sample.wcs import ImageWcs

Array = NDArray[Any]

# ---------------------------------------------------------------------------------------- images


def sky_image(wcs: ImageWcs, seed: str, *, zero_point: float = 26.0, sky: float = 20.0) -> Array:
    """The sky on the pixels of `wcs` in counts, with noise."""
    return noisy(render(wcs, width=1.1, zero_point=zero_point), seeded("picture", seed), sky=sky)


def exposure(wcs: ImageWcs, seed: str, cards: Cards) -> bytes:
    """A calibrated exposure: SCI, ERR and DQ."""
    science = sky_image(wcs, seed)
    hits = seeded("hits", seed).random(science.shape) > 0.997
    science = np.where(hits, science + 900.0, science)
    flags = np.where(hits, 8192, 0).astype("i2")
    error = np.round(np.sqrt(np.maximum(science, 1.0) + 25.0), 2)
    keywords = [("BUNIT", "ELECTRONS", "brightness units"), *wcs.cards()]
    return (
        primary([*cards, ("NEXTEND", 3, "number of extensions")])
        + image("SCI", science.astype("f4"), keywords)
        + image("ERR", error.astype("f4"), keywords)
        + image("DQ", flags, wcs.cards())
    )


def raw_exposure(wcs: ImageWcs, seed: str, cards: Cards) -> bytes:
    """An exposure as it was read out: counts above a bias level."""
    counts = np.clip(sky_image(wcs, seed) / 1.5 + 1200, 0, 32000)
    keywords = [("BUNIT", "COUNTS", "brightness units"), *wcs.cards()]
    extension = image("SCI", np.round(counts).astype("i2"), keywords)
    return primary([*cards, ("NEXTEND", 1, "number of extensions")]) + extension


def mosaic(wcs: ImageWcs, seed: str, cards: Cards, second: str = "WHT") -> bytes:
    """A combined image and its weight."""
    science = sky_image(wcs, seed) - 20.0
    weight = 1000.0 - 10.0 * seeded("weight", seed).integers(0, 9, science.shape)
    keywords = [("BUNIT", "ELECTRONS/S", "brightness units"), *wcs.cards()]
    return (
        primary([*cards, ("NEXTEND", 2, "number of extensions")])
        + image("SCI", science.astype("f4"), keywords)
        + image(second, weight.astype("f4"), wcs.cards())
    )


def map_image(
    wcs: ImageWcs, seed: str, cards: Cards, zero_point: float = 26.0, sky: float = 20.0
) -> bytes:
    """One image in the primary unit."""
    science = sky_image(wcs, seed, zero_point=zero_point, sky=sky).astype("f4")
    return primary([*cards, *wcs.cards()], science)


def tess_frame(wcs: ImageWcs, seed: str, cards: Cards) -> bytes:
    """A full-frame image of one CCD."""
    pixels = sky_image(wcs, seed, zero_point=17.0, sky=80.0).astype("f4")
    keywords = [("BUNIT", "electrons/s", ""), *wcs.cards()]
    return primary([*cards, ("NEXTEND", 1, "")]) + image("CCD", pixels, keywords)


def module_images(modules: Sequence[ImageWcs], seed: str, cards: Cards) -> bytes:
    """A full-frame image of Kepler, one extension a channel."""
    parts = [primary([*cards, ("NEXTEND", len(modules), "")])]
    for order, wcs in enumerate(modules):
        channel = 3 * order + 1
        pixels = sky_image(wcs, f"{seed}{channel}", zero_point=17.0, sky=60.0)
        keywords = [("CHANNEL", channel, "CCD channel"), ("BUNIT", "e-/s", ""), *wcs.cards()]
        parts.append(image(f"MOD.OUT {2 + order}.{1 + order % 4}", pixels.astype("f4"), keywords))
    return b"".join(parts)


def band_image(wcs: ImageWcs, seed: str, cards: Cards, band: str, kind: str) -> bytes:
    """One filter of Swift, or the exposure map of it."""
    if kind == "ex":
        pixels = np.full((wcs.ny, wcs.nx), 900.0)
    else:
        pixels = sky_image(wcs, seed, zero_point=25.0, sky=5.0)
    keywords = [("FILTER", band.upper(), "filter"), *wcs.cards()]
    return primary(cards) + image(f"{band}{kind}".upper(), pixels.astype("f4"), keywords)


def preview(wcs: ImageWcs, seed: str, file: str, zero_point: float = 26.0) -> bytes:
    """The image as a picture, north where the pixels have it."""
    return picture(stretch(sky_image(wcs, seed, zero_point=zero_point)), file)


# ---------------------------------------------------------------------------------------- tables


def telemetry(cards: Cards) -> bytes:
    """Engineering values: temperatures during the exposure."""
    seconds = np.arange(24) * 10.0
    warmth = np.round(15 + np.sin(seconds / 60), 2)
    columns = [Column("SECONDS", seconds, "s"), Column("TEMPERATURE", warmth.astype("f4"), "deg_C")]
    return primary(cards) + table("UDL", columns)


def association_table(cards: Cards, members: Sequence[str], obs_id: str) -> bytes:
    """Which exposures were combined into which product."""
    names = [*members, obs_id.lower()]
    kinds = ["EXP-DTH"] * len(members) + ["PROD-DTH"]
    columns = [
        Column("MEMNAME", np.array([name.upper().encode() for name in names], "S14")),
        Column("MEMTYPE", np.array(kinds, "S14")),
        Column("MEMPRSNT", np.ones(len(names), "u1")),
    ]
    return primary(cards) + table("ASN", columns)


def source_table(wcs: ImageWcs, cards: Cards) -> bytes:
    """The stars of a GALEX tile as the merged catalogue gives them."""
    stars = stars_near(wcs.ra, wcs.dec, 0.625)[:40]
    magnitude = np.round(stars[:, 2] + 2, 3).astype("f4")
    columns = [
        Column("ALPHA_J2000_MERGED", np.round(stars[:, 0], 7), "deg"),
        Column("DELTA_J2000_MERGED", np.round(stars[:, 1], 7), "deg"),
        Column("NUV_MAG", magnitude, "mag"),
        Column("FUV_MAG", np.round(magnitude + 0.8, 3).astype("f4"), "mag"),
    ]
    return primary(cards) + table("GALEX_CATALOG", columns)


def source_ecsv(wcs: ImageWcs) -> bytes:
    """The stars on a mosaic of Webb."""
    stars = stars_near(wcs.ra, wcs.dec, 0.02)
    x, y = wcs.pixels_of(stars[:, 0], stars[:, 1])
    on = (x >= 0) & (x < wcs.nx) & (y >= 0) & (y < wcs.ny)
    columns = {
        "xcentroid": (x, 4, "pix"),
        "ycentroid": (y, 4, "pix"),
        "ra": (stars[:, 0], 7, "deg"),
        "dec": (stars[:, 1], 7, "deg"),
        "aper_total_abmag": (stars[:, 2], 3, "mag"),
    }
    return ecsv(
        {
            name: TextColumn(np.round(values[on][:60], digits), unit=unit)
            for name, (values, digits, unit) in columns.items()
        }
    )


def source_text(wcs: ImageWcs, obs_id: str, kind: str) -> bytes:
    """The stars on an image as columns of text."""
    stars = stars_near(wcs.ra, wcs.dec, 0.02)[:50]
    x, y = wcs.pixels_of(stars[:, 0], stars[:, 1])
    lines = [
        f"{a:9.3f} {b:9.3f} {ra:12.7f} {dec:12.7f} {m:8.3f}"
        for a, b, (ra, dec, m) in zip(x, y, stars, strict=True)
    ]
    return text(f"{kind} catalogue of {obs_id}: x y ra dec magnitude", lines)


# --------------------------------------------------------------------------------------- spectra


def spectrum_table(spectrum: Spectrum, cards: Cards, table_name: str) -> bytes:
    """A spectrum in the table that spectra.toml has under `table_name`."""
    layout = load("spectra.toml")["tables"][table_name]
    contents = spectrum_contents(spectrum)
    columns = []
    for name, dtype, unit, content in layout["columns"]:
        values = contents[content]
        cell = values[None] if layout["one_row"] and values.shape else np.atleast_1d(values)
        columns.append(Column(name, cell.astype(dtype), unit))
    return primary(cards) + table(layout["extension"], columns)


def spectrum_contents(spectrum: Spectrum) -> dict[str, Array]:
    """What a column of spectra.toml may hold."""
    wave, flux, error = spectrum.angstrom, spectrum.flux, spectrum.error
    jansky = 3.33564095e4 * wave**2
    contents = {
        "wave": wave,
        "micron": np.round(wave / 1e4, 5),
        "flux": flux,
        "error": error,
        "flags": np.zeros(len(wave), "i2"),
        "jansky": np.round(flux * jansky, 9),
        "jansky_error": np.round(error * jansky, 9),
        "net": np.round(flux / flux.max() * 250, 2),
        "order": 1,
        "count": len(wave),
        "start": wave[0],
        "step": wave[1] - wave[0],
        "aperture": b"LARGE",
    }
    return {name: np.asarray(values) for name, values in contents.items()}


def spectral_image(
    spectrum: Spectrum, cards: Cards, obs_id: str, suffix: str, shape: tuple[int, int]
) -> bytes:
    """An image of IUE in which the spectrum runs along the rows, or for no rows a merged table."""
    height, width = shape
    if not height:
        half = Spectrum(spectrum.angstrom[::2], spectrum.flux[::2], spectrum.error[::2])
        return spectrum_table(half, cards, "iue_merged")
    random = seeded("iue image", obs_id, suffix)
    flux = spectrum.flux / spectrum.flux.max()
    trace = np.interp(np.linspace(0, 1, width), np.linspace(0, 1, len(flux)), flux)
    profile = np.exp(-0.5 * ((np.arange(height) - height / 2) / 1.6) ** 2)
    counts = 30 + 200 * np.clip(trace, 0, 1) * profile[:, None] + random.normal(0, 4, shape)
    return primary(cards, np.clip(np.round(counts), 0, 255).astype("u1"))


def spectral_cube(spectrum: Spectrum, cards: Cards, s_ra: float, s_dec: float) -> bytes:
    """A small cube: the spectrum under a round source."""
    wcs = ImageWcs(s_ra, s_dec, 12, 12, 0.13 / 3600)
    dy, dx = np.mgrid[:12, :12] - 5.5
    source = np.exp(-0.5 * (dx**2 + dy**2) / 4)
    cells = np.round(1e15 * spectrum.flux[::20, None, None] * source, 4).astype("f4")
    micron = spectrum.angstrom / 1e4
    keywords = [
        ("WCSAXES", 3, ""),
        *wcs.cards()[1:],
        ("CD3_3", round(float(micron[20] - micron[0]), 6), ""),
        ("CTYPE3", "WAVE", ""),
        ("CUNIT3", "um", ""),
        ("CRPIX3", 1.0, ""),
        ("CRVAL3", round(float(micron[0]), 6), ""),
    ]
    return primary(cards) + image("SCI", cells, keywords)


def spectrum_plot(spectrum: Spectrum, file: str, width: int = 160, height: int = 90) -> bytes:
    return picture(plot(spectrum.angstrom, spectrum.flux, width=width, height=height), file)


# ------------------------------------------------------------------------------------- documents


def validation_xml(star: Star, sectors: Sequence[int]) -> bytes:
    """What the search for planets found."""
    planets = [
        (
            "planetResults",
            {
                "planetNumber": number,
                "orbitalPeriod": planet.period,
                "transitDepthPpm": round(planet.depth * 1e6, 1),
                "transitDurationHours": planet.hours,
                "epochBjd": 2450000 + planet.epoch,
            },
        )
        for number, planet in enumerate(star.planets, 1)
    ]
    about = {
        "ticId": star.number,
        "raDegrees": star.ra,
        "decDegrees": star.dec,
        "sectorsObserved": len(sectors),
    }
    return xml("dvTargetResults", about, planets)


MAKERS: dict[str, Callable[..., bytes]] = {
    make.__name__: make
    for make in (
        exposure,
        raw_exposure,
        mosaic,
        map_image,
        tess_frame,
        module_images,
        band_image,
        preview,
        telemetry,
        association_table,
        association_json,
        source_table,
        source_ecsv,
        source_text,
        spectrum_table,
        spectral_image,
        spectral_cube,
        spectrum_plot,
        light_curve_file,
        target_pixel_file,
        light_curve_plot,
        no_light_curve,
        text,
        pdf,
        validation_xml,
    )
}
