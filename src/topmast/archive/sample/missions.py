"""All missions of the sample, in the order in which their observations stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from topmast.archive.sample.galex import galex
from topmast.archive.sample.guide import guide
from topmast.archive.sample.hst import hubble
from topmast.archive.sample.iue import iue
from topmast.archive.sample.kepler import full_frames, k2, kepler
from topmast.archive.sample.sheaf import Sheaf
from topmast.archive.sample.swift import swift

__all__ = ["sheaves"]

MISSIONS = (guide, hubble, galex, iue, kepler, k2, full_frames, swift)


def sheaves() -> Iterator[Sheaf]:
    """Every observation, with its products."""
    return chain.from_iterable(mission() for mission in MISSIONS)
