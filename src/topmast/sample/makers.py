"""Files of images, sources and spectra, made from what missions.toml says about them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from astropy.table import Column as TableColumn
from astropy.table import Table

from topmast.sample.documents import text
from topmast.sample.hdus import MADE_BY, Array, Cards, Column, columns_of, extension, primary, table
from topmast.sample.pictures import picture, plot, stretch
from topmast.sample.seeds import seeded
from topmast.sample.sky_model import sky_image, stars_near
from topmast.sample.spectra import Spectrum
from topmast.sample.templates import fill, load
from topmast.sample.wcs import ImageWcs


def image(wcs: ImageWcs, seed: str, cards: Cards, layout: str, band: str = "") -> bytes:
    """The sky in a FITS file as images.toml describes it."""
    table = load("images.toml")[layout]
    counts = sky_image(wcs, seed, table.get("zero_point", 26.0), table.get("sky", 20.0))
    if not table["extensions"]:
        return primary([*cards, *wcs.cards()], counts.astype("f4"))
    contents = image_contents(counts, seed)
    unit = [("BUNIT", table["unit"], "brightness units")] if "unit" in table else []
    number = ("NEXTEND", len(table["extensions"]), "number of extensions")
    parts = [primary([*cards, number])]
    for name, content in table["extensions"].items():
        keywords = [*(unit if content not in ("flags", "weight") else []), *wcs.cards()]
        parts.append(extension(fill(name, {"band": band}), contents[content](), keywords))
    return b"".join(parts)


def image_contents(counts: Array, seed: str) -> dict[str, Callable[[], Array]]:
    """What an extension of images.toml may hold."""
    hits = seeded("hits", seed).random(counts.shape) > 0.997
    science = np.where(hits, counts + 900.0, counts)
    weights = seeded("weight", seed)
    return {
        "counts": lambda: counts.astype("f4"),
        "counts_with_hits": lambda: science.astype("f4"),
        "error": lambda: np.round(np.sqrt(np.maximum(science, 1.0) + 25.0), 2).astype("f4"),
        "flags": lambda: np.where(hits, 8192, 0).astype("i2"),
        "readout": lambda: np.round(np.clip(counts / 1.5 + 1200, 0, 32000)).astype("i2"),
        "above_sky": lambda: (counts - 20.0).astype("f4"),
        "weight": lambda: (1000.0 - 10.0 * weights.integers(0, 9, counts.shape)).astype("f4"),
        "seconds": lambda: np.full(counts.shape, 900.0, "f4"),
    }


def module_images(modules: Sequence[ImageWcs], seed: str, cards: Cards) -> bytes:
    """A full-frame image of Kepler, one extension a channel."""
    parts = [primary([*cards, ("NEXTEND", len(modules), "")])]
    for order, wcs in enumerate(modules):
        channel = 3 * order + 1
        pixels = sky_image(wcs, f"{seed}{channel}", 17.0, 60.0)
        keywords = [("CHANNEL", channel, "CCD channel"), ("BUNIT", "e-/s", ""), *wcs.cards()]
        parts.append(
            extension(f"MOD.OUT {2 + order}.{1 + order % 4}", pixels.astype("f4"), keywords)
        )
    return b"".join(parts)


def preview(wcs: ImageWcs, seed: str, file: str, zero_point: float = 26.0) -> bytes:
    """The image as a picture, north where the pixels have it."""
    return picture(stretch(sky_image(wcs, seed, zero_point)), file)


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


def sources(wcs: ImageWcs, radius: float, count: int = 60) -> dict[str, TableColumn]:
    """Some of the stars within so many degrees of the middle of an image."""
    ra, dec, magnitude = stars_near(wcs.ra, wcs.dec, radius)[:count].T
    x, y = wcs.pixels_of(ra, dec)
    return {
        "xcentroid": TableColumn(np.round(x, 4), unit="pix"),
        "ycentroid": TableColumn(np.round(y, 4), unit="pix"),
        "ra": TableColumn(np.round(ra, 7), unit="deg"),
        "dec": TableColumn(np.round(dec, 7), unit="deg"),
        "magnitude": TableColumn(np.round(magnitude, 3), unit="mag"),
    }


def source_table(wcs: ImageWcs, cards: Cards) -> bytes:
    """The stars of a GALEX tile as the merged catalogue gives them."""
    found = {name: np.asarray(column) for name, column in sources(wcs, 0.625, 40).items()}
    columns = [
        Column("ALPHA_J2000_MERGED", found["ra"], "deg"),
        Column("DELTA_J2000_MERGED", found["dec"], "deg"),
        Column("NUV_MAG", (found["magnitude"] + 2).astype("f4"), "mag"),
        Column("FUV_MAG", (found["magnitude"] + 2.8).astype("f4"), "mag"),
    ]
    return primary(cards) + table("GALEX_CATALOG", columns)


def source_ecsv(wcs: ImageWcs) -> bytes:
    """The stars around a mosaic of Webb as a table in text."""
    file = io.StringIO()
    Table(sources(wcs, 0.02), meta={"comment": MADE_BY}).write(file, format="ascii.ecsv")
    return file.getvalue().encode()


def source_text(wcs: ImageWcs, obs_id: str, kind: str) -> bytes:
    """The stars around an image as columns of text."""
    rows = zip(*sources(wcs, 0.02).values(), strict=True)
    lines = [" ".join(f"{value:12.7f}" for value in row) for row in rows]
    return text(f"{kind} catalogue of {obs_id}: x y ra dec magnitude", lines)


def spectrum_table(spectrum: Spectrum, cards: Cards, table_name: str) -> bytes:
    """A spectrum in the table that tables.toml has under `table_name`."""
    layout = load("tables.toml")[table_name]
    columns = columns_of(layout["columns"], spectrum_contents(spectrum), layout["one_row"])
    return primary(cards) + table(layout["extension"], columns)


def spectrum_contents(spectrum: Spectrum) -> dict[str, Array]:
    """What a column of tables.toml may hold."""
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
    dy, dx = np.mgrid[:12, :12] - 5.5
    source = np.exp(-0.5 * (dx**2 + dy**2) / 4)
    cells = np.round(1e15 * spectrum.flux[::20, None, None] * source, 4).astype("f4")
    first, second = np.round(spectrum.angstrom[[0, 20]] / 1e4, 6).tolist()
    keywords = [*ImageWcs(s_ra, s_dec, 12, 12, 0.13 / 3600).cards()[1:]]
    keywords += [("CTYPE3", "WAVE", ""), ("CUNIT3", "um", ""), ("CRPIX3", 1.0, "")]
    keywords += [("CRVAL3", first, ""), ("CD3_3", round(second - first, 6), "")]
    return primary(cards) + extension("SCI", cells, [("WCSAXES", 3, ""), *keywords])


def spectrum_plot(spectrum: Spectrum, file: str, width: int = 160, height: int = 90) -> bytes:
    return picture(plot(spectrum.angstrom, spectrum.flux, width=width, height=height), file)
