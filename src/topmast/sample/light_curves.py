"""Light curves and target pixel files with the columns and keywords of Kepler, K2 and TESS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topmast.sample.hdus import Cards, Column, image, primary, table
from topmast.sample.pictures import picture, plot
from topmast.sample.programs import mjd_text
from topmast.sample.seeds import seeded
from topmast.sample.templates import header_cards, load
from topmast.sample.variability import Star, relative_flux, scatter
from topmast.sample.wcs import ImageWcs

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Photometer:
    """What differs between Kepler and TESS; see instruments.toml."""

    telescope: str
    zero_day: int
    pixel_arcsec: float
    flux_at_ten: float
    noise: float
    floor: float
    time_unit: str
    id_keyword: str
    quality: str
    pixels_name: str
    magnitude_keyword: str


KEPLER, TESS = (
    Photometer(**load("instruments.toml")["photometers"][n]) for n in ("KEPLER", "TESS")
)


@dataclass(frozen=True, slots=True)
class Run:
    """One stretch of observing: `counter` is SECTOR, QUARTER or CAMPAIGN, with its number."""

    counter: str
    number: int
    start: float
    cadences: int
    seconds: float
    first: int
    prefix: str = "TIC"
    mission: str = "TESS"
    cards: Cards = ()

    @property
    def step(self) -> float:
        return self.seconds / 86400

    @property
    def stop(self) -> float:
        return self.start + self.step * self.cadences


@dataclass(frozen=True, slots=True)
class Measured:
    """What the photometer saw: times from its zero day, flux in electrons a second."""

    time: Array
    flux: Array
    error: Array
    trend: Array
    quality: Array
    drift: Array


def measured(survey: Photometer, star: Star, run: Run) -> Measured:
    """The photometry of a star in one run, with a gap, bad cadences, and a trend to take out."""
    random = seeded(survey.telescope, star.number, run.counter, run.number, run.cadences)
    time = run.start + run.step * np.arange(run.cadences)
    level = survey.flux_at_ten * 10 ** (-0.4 * (star.magnitude - 10))
    model = relative_flux(star, time + survey.zero_day - 2450000, seeded("star", star.number))
    sigma = scatter(star.magnitude, run.seconds, floor=survey.floor, reference=survey.noise)
    noise = sigma * random.standard_normal(run.cadences)
    phase = np.linspace(0, 1, run.cadences)
    trend = 1 + 0.002 * (phase - 0.5) + 0.001 * np.exp(-phase / 0.05)
    drift = np.stack([0.05 * np.sin(2 * np.pi * phase), 0.03 * (phase - 0.5)], axis=1)
    quality = np.zeros(run.cadences, "i4")
    gap = slice(int(0.48 * run.cadences), int(0.51 * run.cadences))
    quality[gap] = 32
    quality[random.random(run.cadences) > 0.995] = 128
    flux = level * (model + noise)
    flux[gap] = np.nan
    return Measured(
        rounded(time, 7),
        rounded(flux, 3),
        rounded(np.full(run.cadences, level * sigma), 4),
        trend,
        quality,
        rounded(drift, 5),
    )


def rounded(values: Array, digits: int) -> Array:
    return np.asarray(np.round(values, digits))


def header_values(survey: Photometer, star: Star, run: Run) -> dict[str, Any]:
    """Values for the star_... headers of headers.toml."""
    mjd = survey.zero_day - 2400000.5
    return {
        "survey": survey,
        "star": star,
        "run": run,
        "mode": "long" if run.seconds > 600 else "short",
        "start": round(run.start, 8),
        "stop": round(run.stop, 8),
        "elapsed": round(run.stop - run.start, 8),
        "on_source": round((run.stop - run.start) * 0.8, 8),
        "start_date": mjd_text(run.start + mjd),
        "stop_date": mjd_text(run.stop + mjd),
        "frames": int(run.seconds / 2),
    }


def aperture_values(wcs: ImageWcs, aperture: Array) -> dict[str, Any]:
    """The pixels as the headers of Kepler and TESS describe them."""
    return {
        "wcs": wcs,
        "cdelt": (-wcs.scale, wcs.scale),
        "pc": (wcs.matrix / wcs.scale * [[-1], [1]]).ravel().tolist(),
        "pixels": int((aperture == 3).sum()),
    }


def star_file(
    creator: str,
    name: str,
    columns: list[Column],
    values: dict[str, Any],
    run: Run,
    aperture: Array,
) -> bytes:
    """A file of one star: its table, and the aperture that the flux was summed in."""
    extension = header_cards("star_extension", values)
    first = [*header_cards("star_primary", values | {"creator": creator}), *run.cards]
    pixels = [*extension[1:], *header_cards("star_aperture", values)]
    return (
        primary(first)
        + table(name, columns, [*extension, *header_cards("star_times", values)])
        + image("APERTURE", aperture, pixels)
    )


def light_curve_file(survey: Photometer, star: Star, run: Run) -> bytes:
    """A light curve: raw and corrected flux, centroids, and the aperture it was summed in."""
    seen = measured(survey, star, run)
    count = run.cadences
    wcs, aperture = stamp(survey, star, 11)
    x, y = wcs.reference
    ones = np.ones(count, "f4")
    raw = rounded(seen.flux * seen.trend, 3)
    corrected = np.where(seen.quality == 0, seen.flux, np.nan)
    columns = [
        Column("TIME", seen.time, survey.time_unit),
        Column("TIMECORR", rounded(0.003 + 1e-5 * np.arange(count), 7).astype("f4"), "d"),
        Column("CADENCENO", (run.first + np.arange(count)).astype("i4")),
        Column("SAP_FLUX", raw.astype("f4"), "e-/s"),
        Column("SAP_FLUX_ERR", seen.error.astype("f4"), "e-/s"),
        Column("SAP_BKG", ones * 420, "e-/s"),
        Column("SAP_BKG_ERR", ones * 0.7, "e-/s"),
        Column("PDCSAP_FLUX", corrected.astype("f4"), "e-/s"),
        Column("PDCSAP_FLUX_ERR", seen.error.astype("f4"), "e-/s"),
        Column(survey.quality, seen.quality),
    ]
    for kind in ("PSF", "MOM"):
        for axis, middle in ((1, x), (2, y)):
            column = rounded(middle + 200 * axis + seen.drift[:, axis - 1], 5)
            columns.append(Column(f"{kind}_CENTR{axis}", column, "pixel"))
            columns.append(Column(f"{kind}_CENTR{axis}_ERR", ones * 1e-3, "pixel"))
    for axis in (1, 2):
        drift = seen.drift[:, axis - 1].astype("f4")
        columns.append(Column(f"POS_CORR{axis}", drift, "pixels"))
    values = header_values(survey, star, run) | aperture_values(wcs, aperture)
    return star_file("LightCurveExporter", "LIGHTCURVE", columns, values, run, aperture)


def stamp(survey: Photometer, star: Star, size: int) -> tuple[ImageWcs, Array]:
    """The pixels around a star, and which of them belong to the aperture (2) or were read (1)."""
    random = seeded("stamp", star.number)
    off = rounded(0.6 * (random.random(2) - 0.5), 4)
    middle = (size - 1) / 2
    wcs = ImageWcs(
        star.ra,
        star.dec,
        size,
        size,
        survey.pixel_arcsec / 3600,
        float(np.round(360 * random.random(), 3)),
        float(middle + off[0]),
        float(middle + off[1]),
    )
    dy, dx = np.mgrid[:size, :size] - np.array([wcs.y0, wcs.x0])[:, None, None]
    return wcs, np.where(np.hypot(dx, dy) < 1.9, 3, 1).astype("i4")


def target_pixel_file(survey: Photometer, star: Star, run: Run, side: int = 11) -> bytes:
    """The pixels around a star, cadence by cadence; summed in the aperture they give its flux."""
    seen = measured(survey, star, run)
    wcs, aperture = stamp(survey, star, side)
    shape = spread(wcs)
    flux = np.nan_to_num(seen.flux * seen.trend)[:, None, None] * shape
    noise = seeded("pixels", star.number, run.counter, run.number).standard_normal(flux.shape)
    flux = rounded(flux + 0.3 * np.nanmedian(seen.error) * noise, 2)
    flux[np.isnan(seen.flux)] = np.nan
    error = rounded(np.sqrt(np.maximum(np.nan_to_num(flux), 1.0)), 2)
    constant = np.ones(flux.shape, "f4")
    raw = np.where(np.isnan(flux), -1, np.nan_to_num(flux) * 5 + 20000).astype("i4")
    count = run.cadences
    pixels = [
        ("RAW_CNTS", raw, "count", -1),
        ("FLUX", flux.astype("f4"), "e-/s", None),
        ("FLUX_ERR", error.astype("f4"), "e-/s", None),
        ("FLUX_BKG", constant * 70, "e-/s", None),
        ("FLUX_BKG_ERR", constant * 0.4, "e-/s", None),
    ]
    if survey is KEPLER:
        pixels.append(("COSMIC_RAYS", constant * np.nan, "e-/s", None))
    values = header_values(survey, star, run) | aperture_values(wcs, aperture)
    columns = [
        Column("TIME", seen.time, survey.time_unit),
        Column("TIMECORR", np.full(count, 0.003, "f4"), "d"),
        Column("CADENCENO", (run.first + np.arange(count)).astype("i4")),
    ]
    for number, (name, data, unit, null) in enumerate(pixels, 4):
        columns.append(
            Column(name, data, unit, null, header_cards("star_column", values | {"number": number}))
        )
    columns.append(Column("QUALITY", seen.quality))
    for axis in (1, 2):
        columns.append(Column(f"POS_CORR{axis}", seen.drift[:, axis - 1].astype("f4"), "pixel"))
    return star_file("TargetPixelExporter", survey.pixels_name, columns, values, run, aperture)


def spread(wcs: ImageWcs) -> Array:
    """How the light of the star falls on the pixels; it sums to one."""
    x0, y0 = wcs.reference
    dy, dx = np.mgrid[: wcs.ny, : wcs.nx] - np.array([y0, x0])[:, None, None]
    shape = np.exp(-0.5 * (dx**2 + dy**2) / 0.85**2)
    return np.asarray(shape / shape.sum())


def light_curve_plot(
    survey: Photometer, star: Star, run: Run, file: str, width: int = 240, height: int = 120
) -> bytes:
    """The light curve in black and white."""
    seen = measured(survey, star, run)
    return picture(plot(seen.time, seen.flux, width=width, height=height), file)


def no_light_curve(file: str, width: int, height: int) -> bytes:
    """The picture that all targets without a light curve share."""
    x = np.arange(60.0)
    return picture(plot(x, (x % 7) * 0 + 1, width=width, height=height), file)
