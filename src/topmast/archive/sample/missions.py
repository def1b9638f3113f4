"""All missions of the sample, in the order in which their observations stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from topmast.archive.sample.full_frames import full_frames
from topmast.archive.sample.galex import galex
from topmast.archive.sample.guide import guide
from topmast.archive.sample.hst import hubble
from topmast.archive.sample.hst_spectra import hubble_spectra
from topmast.archive.sample.iue import iue
from topmast.archive.sample.jwst import webb
from topmast.archive.sample.k2 import k2
from topmast.archive.sample.kepler import kepler
from topmast.archive.sample.sheaf import Sheaf
from topmast.archive.sample.surveys import contributed, enhanced, legacy, panstarrs
from topmast.archive.sample.swift import swift
from topmast.archive.sample.tess import tess
from topmast.archive.sample.ultraviolet import far_ultraviolet

__all__ = ["sheaves"]

MISSIONS = (
    guide,
    hubble,
    hubble_spectra,
    webb,
    tess,
    kepler,
    k2,
    full_frames,
    galex,
    swift,
    iue,
    far_ultraviolet,
    panstarrs,
    legacy,
    contributed,
    enhanced,
)


def sheaves() -> Iterator[Sheaf]:
    """Every observation, with its products."""
    return chain.from_iterable(mission() for mission in MISSIONS)
