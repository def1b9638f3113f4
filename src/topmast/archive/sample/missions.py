"""All missions of the sample, in the order in which their observations stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from .galex import galex
from .guide import guide
from .hst import hubble
from .iue import iue
from .kepler import full_frames, k2, kepler
from .sheaf import Sheaf
from .swift import swift

__all__ = ["sheaves"]

MISSIONS = (guide, hubble, galex, iue, kepler, k2, full_frames, swift)


def sheaves() -> Iterator[Sheaf]:
    """Every observation, with its products."""
    return chain.from_iterable(mission() for mission in MISSIONS)
