"""Light curves and target pixel files with the columns and keywords of Kepler, K2 and TESS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from topmast.sample.hdus import Array, Cards, Column, columns_of, extension, primary, table
from topmast.sample.pictures import picture, plot
from topmast.sample.programs import mjd_text
from topmast.sample.seeds import seeded
from topmast.sample.templates import fill, header_cards, load
from topmast.sample.variability import Star, relative_flux
from topmast.sample.wcs import ImageWcs


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


def cadences(survey: Photometer, star: Star, run: Run) -> dict[str, Array]:
    """What the photometer saw of a star, with a gap, bad cadences, and a trend to take out."""
    count = run.cadences
    random = seeded(survey.telescope, star.number, run.counter, run.number, count)
    time = run.start + run.step * np.arange(count)
    level = survey.flux_at_ten * 10 ** (-0.4 * (star.magnitude - 10))
    model = relative_flux(star, time + survey.zero_day - 2450000, seeded("star", star.number))
    photons = survey.noise * 10 ** (0.2 * (star.magnitude - 10)) * np.sqrt(3600 / run.seconds)
    sigma = float(np.hypot(photons, survey.floor))
    flux = np.round(level * (model + sigma * random.standard_normal(count)), 3)
    gap = slice(int(0.48 * count), int(0.51 * count))
    flux[gap] = np.nan
    quality = np.where(random.random(count) > 0.995, 128, 0)
    quality[gap] |= 32
    phase = np.linspace(0, 1, count)
    trend = 1 + 0.002 * (phase - 0.5) + 0.001 * np.exp(-phase / 0.05)
    return {
        "time": np.round(time, 7),
        "correction": np.round(0.003 + 1e-5 * np.arange(count), 7),
        "cadence": run.first + np.arange(count),
        "raw": np.round(flux * trend, 3),
        "corrected": np.where(quality == 0, flux, np.nan),
        "error": np.full(count, np.round(level * sigma, 4)),
        "background": np.full(count, 420.0),
        "background_error": np.full(count, 0.7),
        "quality": quality,
        "centroid_error": np.full(count, 1e-3),
        "drift_x": np.round(0.05 * np.sin(2 * np.pi * phase), 5),
        "drift_y": np.round(0.03 * (phase - 0.5), 5),
    }


def header_values(
    survey: Photometer, star: Star, run: Run, wcs: ImageWcs, aperture: Array
) -> dict[str, Any]:
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
        "wcs": wcs,
        "cdelt": (-wcs.scale, wcs.scale),
        "pc": (wcs.matrix / wcs.scale * [[-1], [1]]).ravel().tolist(),
        "pixels": int((aperture == 3).sum()),
    }


def star_file(
    creator: str, name: str, columns: list[Column], values: dict[str, Any], aperture: Array
) -> bytes:
    """A file of one star: its table, and the aperture that the flux was summed in."""
    cards = header_cards("star_extension", values)
    first = header_cards("star_primary", values | {"creator": creator})
    pixels = [*cards[1:], *header_cards("star_aperture", values)]
    return (
        primary([*first, *values["run"].cards])
        + table(name, columns, [*cards, *header_cards("star_times", values)])
        + extension("APERTURE", aperture, pixels)
    )


def light_curve_file(survey: Photometer, star: Star, run: Run) -> bytes:
    """A light curve: raw and corrected flux, centroids, and the aperture it was summed in."""
    seen, (wcs, aperture) = cadences(survey, star, run), stamp(survey, star, 11)
    seen["column"] = np.round(wcs.crpix[0] + 199 + seen["drift_x"], 5)
    seen["row"] = np.round(wcs.crpix[1] + 399 + seen["drift_y"], 5)
    values = header_values(survey, star, run, wcs, aperture)
    columns = columns_of(layout("light_curve", values), seen)
    return star_file("LightCurveExporter", "LIGHTCURVE", columns, values, aperture)


def layout(name: str, values: dict[str, Any]) -> list[list[str]]:
    """The columns of tables.toml with their braces filled."""
    return [
        [fill(word, values) for word in column] for column in load("tables.toml")[name]["columns"]
    ]


def stamp(survey: Photometer, star: Star, side: int) -> tuple[ImageWcs, Array]:
    """The pixels around a star, and which of them belong to the aperture (2) or were read (1)."""
    random = seeded("stamp", star.number)
    x, y = np.round(0.6 * (random.random(2) - 0.5), 4).tolist()
    angle, scale = round(360 * float(random.random()), 3), survey.pixel_arcsec / 3600
    wcs = ImageWcs(star.ra, star.dec, side, side, scale, angle, (x, y))
    return wcs, np.where(distance(wcs) < 1.9, 3, 1).astype("i4")


def target_pixel_file(survey: Photometer, star: Star, run: Run, side: int = 11) -> bytes:
    """The pixels around a star, cadence by cadence; summed in the aperture they give its flux."""
    seen, (wcs, aperture) = cadences(survey, star, run), stamp(survey, star, side)
    shape = np.exp(-0.5 * (distance(wcs) / 0.85) ** 2)
    flux = seen["raw"][:, None, None] * shape / shape.sum()
    noise = seeded("pixels", star.number, run.counter, run.number).standard_normal(flux.shape)
    flux = np.round(flux + 0.3 * seen["error"][0] * noise, 2)
    seen |= {
        "raw_counts": np.where(np.isnan(flux), -1, np.nan_to_num(flux) * 5 + 20000),
        "pixels": flux,
        "pixel_errors": np.round(np.sqrt(np.maximum(np.nan_to_num(flux), 1.0)), 2),
        "backgrounds": np.full(flux.shape, 70.0),
        "background_errors": np.full(flux.shape, 0.4),
        "no_rays": np.full(flux.shape, np.nan),
    }
    values = header_values(survey, star, run, wcs, aperture)
    named = layout("target_pixels", values)
    if survey is TESS:
        named = [each for each in named if each[0] != "COSMIC_RAYS"]
    columns = columns_of(named, seen)
    for number, column in enumerate(columns, 1):
        if column.data.ndim > 1:
            null = -1 if column.name == "RAW_CNTS" else None
            cards = header_cards("star_column", values | {"number": number})
            columns[number - 1] = replace(column, null=null, cards=cards)
    return star_file("TargetPixelExporter", survey.pixels_name, columns, values, aperture)


def distance(wcs: ImageWcs) -> Array:
    """How many pixels each pixel is away from the star."""
    dy, dx = np.mgrid[: wcs.ny, : wcs.nx] + 1 - np.array(wcs.crpix[::-1])[:, None, None]
    return np.asarray(np.hypot(dx, dy))


def light_curve_plot(
    survey: Photometer, star: Star, run: Run, file: str, width: int = 240, height: int = 120
) -> bytes:
    """The light curve in black and white."""
    seen = cadences(survey, star, run)
    return picture(plot(seen["time"], seen["corrected"], width=width, height=height), file)


def no_light_curve(file: str, width: int, height: int) -> bytes:
    """The picture that all targets without a light curve share."""
    return picture(plot(np.arange(60.0), np.ones(60), width=width, height=height), file)
