"""Searches with one fault each, made from observations that are there, by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
LISTED = (
    "obs_collection",
    "instrument_name",
    "project",
    "filters",
    "wavelength_region",
    "dataproduct_type",
    "calib_level",
)
FREE = ("target_name", "proposal_pi", "proposal_id", "obs_id")
RANGES = ("t_min", "t_exptime", "em_min")
PLACE = "coordinates"


@dataclass(frozen=True)
class WrongQuery:
    """A search, the criterion that is wrong, and the same search when it is right."""

    fault: str
    guilty: str
    wrong: dict[str, Any]
    right: dict[str, Any]


def wrong_queries(rows: list[Row], seed: int) -> Iterator[WrongQuery]:
    """Searches with single faults, without end; some may find rows by chance."""
    generator = random.Random(seed)
    kinds = list(FAULTS)
    while True:
        row = generator.choice(rows)
        name = generator.choice(kinds)
        broken = FAULTS[name](row, generator)
        if broken is None:
            continue
        guilty, value, before = broken
        right = _others(row, generator, guilty) | ({guilty: before} if before is not None else {})
        if PLACE in right:
            right["radius"] = "0.1 deg"
        if guilty == PLACE:
            right[PLACE], right["radius"] = f"{row['s_ra']} {row['s_dec']}d", "0.1 deg"
            right[PLACE] = _place(row)
        yield WrongQuery(name, guilty, right | {guilty: value}, right)


def _place(row: Row) -> str:
    return f"{row['s_ra']:.6f} {row['s_dec']:.6f}"


def _others(row: Row, generator: random.Random, guilty: str) -> dict[str, Any]:
    """Further criteria, which the row meets."""
    names = [name for name in (*LISTED, "target_name") if row[name] and name != guilty]
    chosen = {
        name: str(row[name]).split(";")[0]
        for name in generator.sample(names, generator.randint(1, 3))
    }
    if row["t_min"] is not None and guilty != "t_min" and generator.random() < 0.3:
        chosen["t_min"] = [row["t_min"] - 1, row["t_min"] + 1]
    if generator.random() < 0.4:
        chosen[PLACE] = _place(row)
    return chosen


Broken = tuple[str, Any, Any] | None


def misspelt(row: Row, generator: random.Random) -> Broken:
    name = generator.choice(LISTED[:-1])
    text = str(row[name] or "").split(";")[0]
    if len(text) < 3:
        return None
    at = generator.randrange(len(text) - 1)
    wrong = generator.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + generator.choice("abcxyz") + text[at:],
        )
    )
    return None if wrong.lower() == text.lower() else (name, wrong, text)


def another_word(row: Row, generator: random.Random) -> Broken:
    words = {"spectrum": "spectra", "image": "imaging", "timeseries": "light curve"}
    right = row["dataproduct_type"]
    return ("dataproduct_type", words[right], right) if right in words else None


def first_part(row: Row, generator: random.Random) -> Broken:
    text = str(row["instrument_name"] or "")
    first = text.partition("/")[0]
    return ("instrument_name", first, text) if "/" in text else None


def other_column(row: Row, generator: random.Random) -> Broken:
    if row["instrument_name"] == row["obs_collection"]:
        return None
    return "instrument_name", row["obs_collection"], row["instrument_name"]


def other_unit(row: Row, generator: random.Random) -> Broken:
    turns: dict[str, list[Callable[[float], float]]] = {
        "t_min": [lambda mjd: mjd + 2400000.5, lambda mjd: 2000 + (mjd - 51544) / 365.25],
        "em_min": [lambda nm: nm / 1000, lambda nm: nm * 1e-9, lambda nm: nm * 10],
        "t_exptime": [lambda seconds: seconds / 60, lambda seconds: seconds * 1000],
    }
    name = generator.choice(RANGES)
    if not row[name]:
        return None
    low, high = row[name] * 0.999, row[name] * 1.001
    turn = generator.choice(turns[name])
    return name, [turn(low), turn(high)], [low, high]


def other_id(row: Row, generator: random.Random) -> Broken:
    if generator.random() < 0.5:
        return "obsid", row["obs_id"], str(row["obsid"])
    return "obs_id", str(row["obsid"]), row["obs_id"]


def misspelt_free(row: Row, generator: random.Random) -> Broken:
    name = generator.choice(FREE)
    text = str(row[name] or "")
    if len(text) < 3:
        return None
    wrong = {"proposal_pi": text.split(",")[0], "proposal_id": f"GO-{text}"}.get(name, text[:-1])
    return None if wrong == text else (name, wrong, text)


def turned_range(row: Row, generator: random.Random) -> Broken:
    name = generator.choice(RANGES)
    if not row[name]:
        return None
    low, high = row[name] * 0.99, row[name] * 1.01
    return name, [high, low], [low, high]


def other_place(row: Row, generator: random.Random) -> Broken:
    ra, dec = row["s_ra"], row["s_dec"]
    wrong = generator.choice(((ra, -dec), (ra / 15, dec), (ra, dec + 3 if dec < 80 else dec - 3)))
    return PLACE, f"{wrong[0]:.6f} {wrong[1]:.6f}", None


FAULTS: dict[str, Callable[[Row, random.Random], Broken]] = {
    each.__name__: each
    for each in (
        misspelt,
        another_word,
        first_part,
        other_column,
        other_unit,
        other_id,
        misspelt_free,
        turned_range,
        other_place,
    )
}
