"""Where well-known objects are: the table that names are resolved with, and fields to observe."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

FAMOUS = (
    "M 8", "M 31", "M 51", "M 82", "M 103", "M 42", "NGC 3372", "LMC", "SMC", "NGC 104", "M 101",
    "Hubble Deep Field", "Hubble Ultra Deep Field", "COSMOS", "Extended Groth Strip", "M 1", "M 15",
    "M 16", "M 33", "M 81", "M 83", "M 87", "M 100", "M 104", "M 106", "Sgr A*", "NGC 5139",
    "NGC 2070", "NGC 1365", "NGC 4038", "NGC 5128", "NGC 6543", "NGC 7293", "NGC 7319", "M 57",
    "Abell 2744", "Abell 370", "Bullet Cluster", "SMACS J0723.3-7327", "SN 1987A", "Cas A", "M 13",
    "TRAPPIST-1", "Proxima Centauri", "NGC 3132", "NGC 3324", "3C 273", "M 10", "M 45", "M 77",
)  # fmt: skip


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
    return by_name()[name]


@cache
def by_name() -> dict[str, Place]:
    return {item.name: item for item in places()}


@cache
def directions() -> np.ndarray:
    ra, dec = np.radians([(item.ra, item.dec) for item in places()]).T
    return np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def places_near(ra: float, dec: float, radius: float) -> list[Place]:
    """Objects within `radius` degrees."""
    a, d = np.radians((ra, dec))
    towards = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    cosines = np.sum(directions() * towards[:, None], axis=0)
    return [places()[i] for i in np.flatnonzero(cosines >= np.cos(np.radians(radius)))]
