"""All missions of the sample, in the order in which their observations stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from topmast.sample.full_frames import full_frames
from topmast.sample.galex import galex
from topmast.sample.guide import guide
from topmast.sample.hst import hubble
from topmast.sample.hst_spectra import hubble_spectra
from topmast.sample.iue import iue
from topmast.sample.jwst import webb
from topmast.sample.k2 import k2
from topmast.sample.kepler import kepler
from topmast.sample.sheaf import Sheaf
from topmast.sample.surveys import contributed, enhanced, legacy, panstarrs
from topmast.sample.swift import swift
from topmast.sample.tess import tess
from topmast.sample.ultraviolet import far_ultraviolet

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
