"""Which objects a mission looks at: the `targets` of missions.toml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from topmast.sample.observations import Group, Values, kind_of, observe
from topmast.sample.places import FAMOUS, Place, place, places
from topmast.sample.seeds import seeded
from topmast.sample.templates import load


def targets_of(kind: str) -> list[Place]:
    """Objects of objects.csv that `targets` of this kind of observation chooses, in order."""
    chosen = kind_of(kind)["targets"]
    if chosen.get("famous"):
        return [place(name) for name in FAMOUS]
    found = [item for item in places() if fits(item, chosen)]
    found = found[:: chosen.get("every", 1)][: chosen.get("first")]
    return found + [item for item in places() if item.name in chosen.get("also", ())]


def fits(item: Place, chosen: dict[str, Any]) -> bool:
    without = chosen.get("without", ())
    kinds = chosen.get("kinds", [item.kind])
    wanted = item.kind in kinds and item.kind not in without and item.name not in without
    return wanted and item.dec > chosen.get("north_of", -90)


def visits(kind: str) -> Iterator[tuple[Values, np.random.Generator]]:
    """What is known of each visit to a target from the table of its kind, and random numbers."""
    table = kind_of(kind)
    modes = load("instruments.toml")[table.get("modes", kind)]
    for number, target in enumerate(targets_of(kind)):
        random = seeded(table.get("random", kind), number)
        values = {"number": number, "target": target, "mode": modes[number % len(modes)]}
        if "program" in table:
            first, step = table["program"]
            every, start = table["exclusive"]
            values |= {"program": first + step * number, "exclusive": number % every == start}
        if "start" in table:
            values |= {"t_min": uniform(random, *table["start"])}
        yield values | {"angle": uniform(random, 0, 360)}, random


def survey(kind: str) -> Iterator[Group]:
    """The observations of a mission that missions.toml describes completely."""
    for values, _ in visits(kind):
        yield observe(kind, values)


def near(target: Place, random: np.random.Generator, degrees: float) -> tuple[float, float]:
    """A position a little beside the target."""
    cosine = max(np.cos(np.radians(target.dec)), 0.01)
    ra = (target.ra + random.normal(0, degrees) / cosine) % 360
    dec = np.clip(target.dec + random.normal(0, degrees), -89.9, 89.9)
    return float(np.round(ra, 8)), float(np.round(dec, 8))


def uniform(random: np.random.Generator, low: float, high: float, digits: int = 5) -> float:
    """A random number with so many digits after the point."""
    return round(float(random.uniform(low, high)), digits)
