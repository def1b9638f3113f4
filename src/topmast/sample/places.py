"""Where well-known objects are: the table that names are resolved with, and fields to observe."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from topmast.sample.templates import load

FAMOUS: tuple[str, ...] = tuple(load("programs.toml")["famous"])


@dataclass(frozen=True, slots=True)
class Place:
    """One object: its usual name, J2000 position in degrees, kind as NED has it, other names."""

    name: str
    ra: float
    dec: float
    kind: str
    simbad: tuple[float, float]
    aliases: tuple[str, ...]

    @property
    def compact(self) -> str:
        """The name as target names are written: without spaces, in capitals."""
        return self.name.replace(" ", "").upper()

    @property
    def word(self) -> str:
        """The name as file names have it: letters and digits only."""
        return "".join(letter for letter in self.name.lower() if letter.isalnum())


@cache
def places() -> tuple[Place, ...]:
    """All objects of objects.csv, in its order."""
    text = files(__package__).joinpath("objects.csv").read_text("utf-8")
    return tuple(read(row) for row in csv.DictReader(text.splitlines()))


def read(row: dict[str, str]) -> Place:
    ra, dec = float(row["ra"]), float(row["dec"])
    # SIMBAD has its own position, where we know it; elsewhere it differs by rounding.
    simbad = float(row["simbad_ra"] or round(ra, 4)), float(row["simbad_dec"] or round(dec, 4))
    aliases = tuple(alias for alias in row["aliases"].split(";") if alias)
    return Place(row["name"], ra, dec, row["kind"], simbad, aliases)


def place(name: str) -> Place:
    """The object that goes by `name` in the first column."""
    return next(item for item in places() if item.name == name)


@cache
def directions() -> np.ndarray:
    return unit_vectors(*np.transpose([(item.ra, item.dec) for item in places()]))


def unit_vectors(ra: Any, dec: Any) -> np.ndarray:
    a, d = np.radians(ra), np.radians(dec)
    return np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)]).T


def places_near(ra: float, dec: float, radius: float) -> list[Place]:
    """Objects within `radius` degrees."""
    cosines = directions() @ unit_vectors(ra, dec)
    return [places()[i] for i in np.flatnonzero(cosines >= np.cos(np.radians(radius)))]
