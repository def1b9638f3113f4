"""The Hubble Source Catalog: detections image by image, and the sources that they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from topmast.sample.catalogs.columns import Columns, arrow_table, draw_columns, rounded
from topmast.sample.catalogs.data_tables import read_table
from topmast.sample.catalogs.functions import Array
from topmast.sample.catalogs.population import in_circle, king_radii
from topmast.sample.catalogs.spectra import spectrum_rows
from topmast.sample.seeds import seeded

EVERY_IN_V2 = 6
FIRST_IN_V2 = 20_000_000
KNOWN_IN_V2 = (82361658, 322.49329137, 12.16675842)
"""A source in M 15 that scripts are known to ask the second version for."""
M10_DETECTIONS = (303940283, 303936256, 303938261, 301986299, 301988274, 301990418, 206511399,
                  206507082)  # fmt: skip
"""CatID of the detections of the guide's first source in M 10, image by image."""
GUIDE_M10 = 17554326
"""MatchID of that source."""
UNIX_EPOCH_MJD = 40587.0
MILLISECONDS_A_DAY = 86_400_000


def hubble_catalogs() -> Iterator[tuple[str, pa.Table]]:
    """Sources and detections of the third version, then of the second."""
    fields = [observed(HubbleField(**row)) for row in read_table("hubble_fields").to_pylist()]
    for version, seen in (("v3", fields), ("v2", [in_version_2(each) for each in fields[:3]])):
        tables = [arrow_table(summary_columns(each)) for each in seen]
        yield f"hsc_{version}", pa.concat_tables(tables, promote_options="default")
        name = f"hsc_{version}_matches"
        parts = [detection_columns(each) for each in seen]
        found = {word: np.concatenate([part[word] for part in parts]) for word in parts[0]}
        columns = draw_columns(name, len(found["ra"]), {"found": SimpleNamespace(**found)})
        yield name, arrow_table(columns)


@dataclass(frozen=True, slots=True)
class HubbleField:
    """One field: how many sources, within how many degrees of the centre, how concentrated.

    `core` is the radius that half of the sources are in, 0 for sources spread evenly; within
    `clear` are those of the guide alone. `first` is the MatchID before the first one that is not
    the guide's, and `brightest` the visual magnitude of the brightest source.
    """

    name: str
    ra: float
    dec: float
    count: int
    radius: float
    core: float
    clear: float
    first: int
    extinction: float
    brightest: float

    @property
    def images(self) -> Columns:
        """Its images: a row each, in columns.

        `depth` is the magnitude at which half of the sources are seen, `first` the CatID before the
        first one, `scale` degrees a pixel, and `x` and `y` are the pixel of the field's centre.
        """
        rows = [row for row in read_table("hubble_images").to_pylist() if row["field"] == self.name]
        kinds = {
            name: object if isinstance(value, str) else None for name, value in rows[0].items()
        }
        return {name: np.array([row[name] for row in rows], kind) for name, kind in kinds.items()}

    @property
    def guide(self) -> list[tuple[Any, ...]]:
        """MatchID and position of its sources that are known: the guide's, and those of spectra."""
        if self.name == "spectra":
            known: dict[int, tuple[Any, ...]] = {}
            for row in spectrum_rows():
                if row["HSCMatch"] == "Y":
                    known.setdefault(row["MatchID"], (row["MatchID"], row["RA"], row["Dec"]))
            return list(known.values())
        rows = read_table("guide_hubble").to_pylist()
        return [tuple(row.values())[1:] for row in rows if row["field"] == self.name]


@dataclass(frozen=True, slots=True)
class Observed:
    """The sources of a field, and what each image shows of them: arrays (source, image)."""

    field: HubbleField
    match_ids: Array
    ra: Array
    dec: Array
    seen: Array
    shown: Columns

    @property
    def spread(self) -> Array:
        """Scatter of the positions of each source, in mas."""
        away = np.where(self.seen, np.hypot(self.shown["east"], self.shown["north"]), np.nan)
        return deviation(away)


def observed(field: HubbleField) -> Observed:
    """Draw the sources of a field, and look at them on every image."""
    random = seeded("hubble", field.name)
    guide, images = field.guide, field.images
    ra, dec = in_circle(field.ra, field.dec, radii(field, random), random)
    known = np.array(guide).reshape(len(guide), 3).T
    ra, dec = np.concatenate([known[1], ra]), np.concatenate([known[2], dec])
    count = len(ra)
    own = field.first + np.cumsum(random.integers(1, 8, field.count))
    visual = field.brightest + 8.5 * random.beta(3.2, 1.3, count)
    colour = random.normal(1.0, 0.35, count)
    steps = (5500 - images["WaveLength"]) / 3000
    true = visual[:, None] + colour[:, None] * np.where(steps > 0, 1.6 * steps, 0.75 * steps)
    fainter = true - images["depth"]
    chance = 1 / (1 + np.exp(np.clip(fainter / 0.35, -30, 30)))
    seen = random.random(true.shape) < 0.85 * chance
    seen[np.arange(count), random.integers(0, len(steps), count)] |= ~seen.any(axis=1)
    # The guide's sources have no infrared magnitude, and its first in M 10 is on all images.
    seen[: len(guide)] &= images["Detector"] != "WFC3/IR"
    seen[: len(guide), 0] = True
    if field.name == "M 10":
        seen[0] = True
    noise = 0.01 + 0.12 * 10 ** (0.3 * np.clip(fainter, -12, 2))
    aper2 = true + random.normal(0, 1, true.shape) * noise
    shown = {
        "aper2": rounded(aper2, "3"),
        "auto": rounded(aper2 - random.uniform(0.05, 0.4, true.shape), "2"),
        "east": rounded(random.normal(0, 12, true.shape), "0"),
        "north": rounded(random.normal(0, 12, true.shape), "0"),
        "concentration": rounded(np.clip(random.normal(1.25, 0.25, true.shape), 0.4, 3), "2"),
        "kron": rounded(np.clip(random.normal(0.21, 0.05, true.shape), 0.1, 1), "2"),
    }
    return Observed(field, np.concatenate([known[0].astype(np.int64), own]), ra, dec, seen, shown)


def radii(field: HubbleField, random: np.random.Generator) -> Array:
    """How far the sources are from the centre, in degrees."""
    if field.core:
        return king_radii(field.core, field.radius, field.clear, field.count, random)
    return np.asarray(field.radius * np.sqrt(random.random(field.count)))


def in_version_2(each: Observed) -> Observed:
    """Every sixth source, under another number; and in M 15 one that is known by its number."""
    keep = slice(None, None, EVERY_IN_V2)
    older = Observed(
        each.field,
        FIRST_IN_V2 + each.match_ids[keep] // 3 * 2,
        each.ra[keep].copy(),
        each.dec[keep].copy(),
        each.seen[keep].copy(),
        {name: values[keep] for name, values in each.shown.items()},
    )
    if each.field.name == "M 15":
        older.match_ids[1], older.ra[1], older.dec[1] = KNOWN_IN_V2
        older.seen[1] = np.arange(older.seen.shape[1]) < 11
    return older


def summary_columns(each: Observed) -> Columns:
    """What a source's detections add up to: one row a source."""
    images, seen, count = each.field.images, each.seen, len(each.match_ids)
    start = np.where(seen, images["StartMJD"], np.inf).min(axis=1)
    stop = images["StartMJD"] + images["ExposureTime"] / 43200
    stop = np.where(seen, stop, -np.inf).max(axis=1)
    concentration, kron = (
        np.where(seen, each.shown[name], np.nan) for name in ("concentration", "kron")
    )
    columns: Columns = {
        "MatchID": each.match_ids,
        "MatchRA": each.ra,
        "MatchDec": each.dec,
        "DSigma": rounded(each.spread, "1"),
        "AbsCorr": np.full(count, "Y"),
        "NumFilters": how_many(seen, images["column"]),
        "NumVisits": how_many(seen, images["PropID"].astype(str).astype(object) + images["visit"]),
        "NumImages": seen.sum(axis=1),
        "StartTime": times(start),
        "StopTime": times(stop),
        "StartMJD": rounded(start, "8"),
        "StopMJD": rounded(stop, "8"),
        "TargetName": images["TargetName"][seen.argmax(axis=1)],
        "CI": rounded(np.nanmean(concentration, axis=1), "4"),
        "CI_Sigma": rounded(deviation(concentration), "4"),
        "KronRadius": rounded(np.nanmean(kron, axis=1), "4"),
        "KronRadius_Sigma": rounded(deviation(kron), "4"),
        "Extinction": np.full(count, each.field.extinction),
        "SpectrumFlag": np.full(count, "Y" if each.field.name == "spectra" else "N"),
    }
    for name in np.unique(images["column"]).tolist():
        one = images["column"] == name
        for ending, word in (("", "aper2"), ("_Auto", "auto")):
            values = np.where(seen[:, one], each.shown[word][:, one], np.nan)
            middle = median(values)
            columns[f"{name}{ending}"] = rounded(middle, "4")
            columns[f"{name}{ending}_MAD"] = rounded(median(np.abs(values - middle[:, None])), "4")
        columns[f"{name}_N"] = seen[:, one].sum(axis=1)
    return columns


def how_many(seen: Array, labels: Array) -> Array:
    """Of how many labels each source is on an image."""
    return np.sum([seen[:, labels == label].any(axis=1) for label in np.unique(labels)], axis=0)


def median(values: Array) -> Array:
    """The middle of each row without its nans; nan for a row of nothing else.

    numpy.nanmedian warns of such rows, and takes ten times as long.
    """
    ordered = np.sort(values, axis=1)
    number = np.sum(~np.isnan(values), axis=1)
    row = np.arange(len(values))
    low = ordered[row, np.maximum(number - 1, 0) // 2]
    high = ordered[row, np.minimum(number // 2, values.shape[1] - 1)]
    return np.asarray(np.where(number > 0, (low + high) / 2, np.nan))


def deviation(values: Array) -> Array:
    """The standard deviation of each row without its nans, 0 where there is one value."""
    number = np.sum(~np.isnan(values), axis=1)
    squares = np.nansum((values - np.nanmean(values, axis=1, keepdims=True)) ** 2, axis=1)
    return np.asarray(np.sqrt(squares / np.maximum(number - 1, 1)))


def times(mjd: Array) -> Array:
    """Milliseconds since 1970 in the way in which MAST writes them."""
    stamps = np.round((mjd - UNIX_EPOCH_MJD) * MILLISECONDS_A_DAY).astype(np.int64)
    kinds, which = np.unique(stamps, return_inverse=True)
    return np.array([f"/Date({stamp})/" for stamp in kinds.tolist()], object)[which]


def detection_columns(each: Observed) -> Columns:
    """All detections of one field, source by source, with what is known of their images."""
    source, image = np.nonzero(each.seen)
    about = {name: values[image] for name, values in each.field.images.items()}
    cat_id = about["first"] + source * 3 + 1
    if each.match_ids[0] == GUIDE_M10:
        cat_id[source == 0] = M10_DETECTIONS
    return about | {
        "cat_id": cat_id,
        "match_id": each.match_ids[source],
        "source": source,
        "member": np.arange(len(source)) - np.searchsorted(source, source) + 1,
        "ra": each.ra[source],
        "dec": each.dec[source],
        "field_ra": np.full(len(source), each.field.ra),
        "field_dec": np.full(len(source), each.field.dec),
        "spread": each.spread[source],
        **{name: values[source, image] for name, values in each.shown.items()},
    }
