"""The Hubble Source Catalog: detections image by image, and the sources that they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from topmast.sample.catalogs.arrays import Array, Columns, rounded, significant, table_of
from topmast.sample.catalogs.celestial import in_circle
from topmast.sample.catalogs.guide_rows import (
    HUBBLE_M10,
    HUBBLE_M15,
    HUBBLE_M15_V2,
    M10_DETECTIONS,
)
from topmast.sample.catalogs.hubble_fields import (
    CAMERAS,
    SIZES,
    HubbleField,
    Image,
    hubble_fields,
)
from topmast.sample.catalogs.spectra import spectra_field
from topmast.sample.seeds import seeded

GUIDE_ROWS = {"M 15": HUBBLE_M15, "M 10": HUBBLE_M10}
EVERY_IN_V2 = 6
FIRST_IN_V2 = 20_000_000
UNIX_EPOCH_MJD = 40587.0
MILLISECONDS_A_DAY = 86_400_000


def catalogs() -> Iterator[tuple[str, pa.Table]]:
    """Sources and detections of the third version, then of the second."""
    known, places = spectra_field()
    seen = [observed(field, GUIDE_ROWS.get(field.name, ())) for field in hubble_fields()]
    seen.append(observed(known, places))
    yield "hsc_v3", summaries(seen)
    yield "hsc_v3_matches", details(seen)
    older = [in_version_2(seen[0]), *(in_version_2(each) for each in seen[1:3])]
    yield "hsc_v2", summaries(older)
    yield "hsc_v2_matches", details(older)


@dataclass(frozen=True, slots=True)
class Observed:
    """The sources of a field, and what each image shows of them: arrays (source, image).

    `cat_ids` are keys of the detections, 0 for those that get one in turn.
    """

    field: HubbleField
    match_ids: Array
    ra: Array
    dec: Array
    seen: Array
    aper2: Array
    auto: Array
    east: Array
    north: Array
    concentration: Array
    kron: Array
    cat_ids: Array

    def chosen(self, keep: Array, match_ids: Array) -> Observed:
        """Some of the sources, under other numbers."""
        arrays = (getattr(self, name)[keep] for name in self.__slots__[2:])
        return Observed(self.field, match_ids, *arrays)


def observed(field: HubbleField, guide: Sequence[tuple[int, float, float]]) -> Observed:
    """Draw the sources of a field, and look at them on every image."""
    random = seeded("hubble", field.name)
    ra, dec = in_circle(field.ra, field.dec, radii(field, random), random)
    ra = np.concatenate([[row[1] for row in guide], ra])
    dec = np.concatenate([[row[2] for row in guide], dec])
    count, images = len(ra), field.images
    own = field.first + np.cumsum(random.integers(1, 8, count - len(guide)))
    visual = field.brightest + 8.5 * random.beta(3.2, 1.3, count)
    colour = random.normal(1.0, 0.35, count)
    steps = np.array([(5500 - image.angstrom) / 3000 for image in images])
    true = visual[:, None] + colour[:, None] * np.where(steps > 0, 1.6 * steps, 0.75 * steps)
    depths = np.array([image.depth for image in images])
    chance = 1 / (1 + np.exp(np.clip((true - depths) / 0.35, -30, 30)))
    seen = random.random(true.shape) < 0.85 * chance
    seen[np.arange(count), random.integers(0, len(images), count)] |= ~seen.any(axis=1)
    show_guide_rows(seen, field, len(guide))
    noise = 0.01 + 0.12 * 10 ** (0.3 * np.clip(true - depths, -12, 2))
    aper2 = true + random.normal(0, 1, true.shape) * noise
    cat_ids = np.zeros(true.shape, np.int64)
    if field.name == "M 10":
        cat_ids[0] = M10_DETECTIONS
    return Observed(
        field,
        np.concatenate([[row[0] for row in guide], own]).astype(np.int64),
        ra,
        dec,
        seen,
        rounded(aper2, 3),
        rounded(aper2 - random.uniform(0.05, 0.4, true.shape), 2),
        rounded(random.normal(0, 12, true.shape), 0),
        rounded(random.normal(0, 12, true.shape), 0),
        rounded(np.clip(random.normal(1.25, 0.25, true.shape), 0.4, 3), 2),
        rounded(np.clip(random.normal(0.21, 0.05, true.shape), 0.1, 1), 2),
        cat_ids,
    )


def radii(field: HubbleField, random: np.random.Generator) -> Array:
    """How far the sources are from the centre, in degrees."""
    if not field.core:
        return np.asarray(field.radius * np.sqrt(random.random(field.count)))
    most = 1 / (1 + (field.core / field.radius) ** 2)
    least = 1 / (1 + (field.core / field.clear) ** 2) if field.clear else 0.0
    part = random.uniform(least, most, field.count)
    return np.asarray(field.core * np.sqrt(part / (1 - part)))


def show_guide_rows(seen: Array, field: HubbleField, count: int) -> None:
    """The guide's sources have no infrared magnitude, and its first in M 10 is on all images."""
    infrared = np.array([image.camera == "IR" for image in field.images])
    seen[:count, infrared] = False
    seen[:count, 0] = True
    if field.name == "M 10":
        seen[0] = True


def in_version_2(each: Observed) -> Observed:
    """Every sixth source, under another number; and in M 15 one that is known by its number."""
    keep = np.arange(0, len(each.match_ids), EVERY_IN_V2)
    numbers = FIRST_IN_V2 + each.match_ids[keep] // 3 * 2
    older = each.chosen(keep, numbers)
    if each.field.name == "M 15":
        (number, ra, dec), *_ = HUBBLE_M15_V2
        older.match_ids[1], older.ra[1], older.dec[1] = number, ra, dec
        older.seen[1] = np.arange(len(each.field.images)) < 11
    older.cat_ids[:] = 0
    return older


# ---------------------------------------------------------------------------------------- sources


def summaries(fields: Sequence[Observed]) -> pa.Table:
    """One row a source."""
    return pa.concat_tables(
        [table_of(summary_columns(each)) for each in fields], promote_options="default"
    )


def summary_columns(each: Observed) -> Columns:
    """What a source's detections add up to."""
    images, seen, count = each.field.images, each.seen, len(each.match_ids)
    filters = sorted({image.column for image in images})
    in_filter = {name: np.array([image.column == name for image in images]) for name in filters}
    visits = sorted({(image.proposal, image.visit) for image in images})
    in_visit = [
        np.array([(image.proposal, image.visit) == visit for image in images]) for visit in visits
    ]
    starts = np.array([image.start for image in images])
    stops = np.array([image.start + image.seconds / 43200 for image in images])
    start = np.where(seen, starts, np.inf).min(axis=1)
    stop = np.where(seen, stops, -np.inf).max(axis=1)
    away = np.where(seen, np.hypot(each.east, each.north), np.nan)
    targets = np.array([image.target for image in images])
    columns: Columns = {
        "MatchID": each.match_ids,
        "MatchRA": each.ra,
        "MatchDec": each.dec,
        "DSigma": rounded(spread(away), 1),
        "AbsCorr": np.full(count, "Y"),
        "NumFilters": np.sum([seen[:, one].any(axis=1) for one in in_filter.values()], axis=0),
        "NumVisits": np.sum([seen[:, one].any(axis=1) for one in in_visit], axis=0),
        "NumImages": seen.sum(axis=1),
        "StartTime": times(start),
        "StopTime": times(stop),
        "StartMJD": rounded(start, 8),
        "StopMJD": rounded(stop, 8),
        "TargetName": targets[seen.argmax(axis=1)],
        "CI": rounded(middle(each.concentration, seen), 4),
        "CI_Sigma": rounded(spread(np.where(seen, each.concentration, np.nan)), 4),
        "KronRadius": rounded(middle(each.kron, seen), 4),
        "KronRadius_Sigma": rounded(spread(np.where(seen, each.kron, np.nan)), 4),
        "Extinction": np.full(count, each.field.extinction),
        "SpectrumFlag": np.full(count, "Y" if each.field.name == "spectra" else "N"),
    }
    for name, one in in_filter.items():
        for ending, values in (("", each.aper2), ("_Auto", each.auto)):
            among = np.where(seen[:, one], values[:, one], np.nan)
            columns[f"{name}{ending}"] = rounded(median(among), 4)
            deviation = median(np.abs(among - median(among)[:, None]))
            columns[f"{name}{ending}_MAD"] = rounded(deviation, 4)
        columns[f"{name}_N"] = seen[:, one].sum(axis=1)
    return columns


def median(values: Array) -> Array:
    """The middle of each row without its nans; nan for a row of nothing else."""
    ordered = np.sort(values, axis=1)
    number = np.sum(~np.isnan(values), axis=1)
    row = np.arange(len(values))
    low = ordered[row, np.maximum(number - 1, 0) // 2]
    high = ordered[row, np.minimum(number // 2, values.shape[1] - 1)]
    return np.asarray(np.where(number > 0, (low + high) / 2, np.nan))


def middle(values: Array, seen: Array) -> Array:
    return np.asarray(np.sum(np.where(seen, values, 0), axis=1) / seen.sum(axis=1))


def spread(values: Array) -> Array:
    """The standard deviation of each row without its nans, 0 where there is one value."""
    number = np.sum(~np.isnan(values), axis=1)
    mean = np.nansum(values, axis=1) / number
    squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
    return np.asarray(np.sqrt(squares / np.maximum(number - 1, 1)))


def times(mjd: Array) -> pa.Array:
    """Milliseconds since 1970 in the way in which MAST writes them."""
    stamps = np.round((mjd - UNIX_EPOCH_MJD) * MILLISECONDS_A_DAY).astype(np.int64)
    kinds, which = np.unique(stamps, return_inverse=True)
    texts = pa.array([f"/Date({stamp})/" for stamp in kinds.tolist()])
    return texts.take(pa.array(which))


# ------------------------------------------------------------------------------------- detections


def details(fields: Sequence[Observed]) -> pa.Table:
    """One row a detection."""
    return pa.concat_tables([table_of(detail_columns(each)) for each in fields])


def detail_columns(each: Observed) -> Columns:
    """All detections of one field, source by source."""
    random = seeded("hubble detections", each.field.name, len(each.match_ids))
    source, image = np.nonzero(each.seen)
    count = len(source)
    member = np.arange(count) - np.searchsorted(source, source) + 1
    ra, dec = each.ra[source], each.dec[source]
    east, north = each.east[source, image], each.north[source, image]
    source_ra = rounded((ra + east / 3.6e6 / np.cos(np.radians(dec))) % 360, 7)
    source_dec = rounded(dec + north / 3.6e6, 7)
    away = np.where(each.seen, np.hypot(each.east, each.north), np.nan)
    x, y = pixels(each, source_ra, source_dec, image)
    images = each.field.images
    own = np.array([one.first for one in images])[image] + source * 3 + 1
    given = each.cat_ids[source, image]
    magnitude = each.aper2[source, image]
    seconds = np.array([one.seconds for one in images])[image]
    start = np.array([one.start for one in images])[image]
    return {
        "CatID": np.where(given > 0, given, own),
        "MatchID": each.match_ids[source],
        "MemID": member,
        "SourceID": np.array([one.number for one in images])[image] * 10**6 + source,
        "ImageID": np.array([one.number for one in images])[image],
        "Det": np.full(count, "Y"),
        "MatchRA": ra,
        "MatchDec": dec,
        "SourceRA": source_ra,
        "SourceDec": source_dec,
        "D": rounded(np.hypot(east, north), 1),
        "DSigma": rounded(spread(away), 1)[source],
        "AbsCorr": np.full(count, "Y"),
        "XImage": x,
        "YImage": y,
        "ExposureTime": seconds,
        "StartMJD": rounded(start, 8),
        "StopMJD": rounded(start + seconds / 43200, 8),
        "FluxAper2": significant(10 ** (-0.4 * (magnitude - 25.5)) * 100, 3),
        "MagAper2": magnitude,
        "MagAuto": each.auto[source, image],
        "CI": each.concentration[source, image],
        "KronRadius": each.kron[source, image],
        "Flags": random.choice([0, 1, 5], count, p=[0.8, 0.15, 0.05]),
        **image_columns(each.field, image),
    }


def pixels(each: Observed, ra: Array, dec: Array, image: Array) -> tuple[Array, Array]:
    """Where on the image a detection is; a small field is flat enough."""
    scale = np.array([one.scale for one in each.field.images])[image]
    centre = np.array([SIZES[one.camera] for one in each.field.images])[image] / 2
    east = (ra - each.field.ra) * np.cos(np.radians(each.field.dec))
    return rounded(centre[:, 0] - east / scale, 0), rounded(
        centre[:, 1] + (dec - each.field.dec) / scale, 0
    )


def image_columns(field: HubbleField, image: Array) -> Columns:
    """What is the same for all detections on an image."""
    rows = [about_image(field, one) for one in field.images]
    which = pa.array(image)
    return {name: pa.array([row[name] for row in rows]).take(which) for name in rows[0]}


def about_image(field: HubbleField, image: Image) -> dict[str, object]:
    instrument, detector, aperture, mode = CAMERAS[image.camera]
    width, height = SIZES[image.camera]
    return {
        "ImageName": image.name,
        "Instrument": instrument,
        "Mode": mode,
        "Detector": detector,
        "Aperture": aperture,
        "WaveLength": image.angstrom,
        "Filter": image.filter,
        "TargetName": image.target,
        "PropID": image.proposal,
        "naxis": f"{width} {height}",
        "crpix": f"{width / 2:.2f} {height / 2:.2f}",
        "crval": f"{field.ra:.8f} {field.dec:.8f}",
        "cd_matrix": image.matrix,
    }
