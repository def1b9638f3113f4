"""All missions of the sample, in the order in which their observations stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from topmast.sample.exposures import hubble, webb
from topmast.sample.guide import guide
from topmast.sample.observations import Group
from topmast.sample.photometry import contributed_light_curves, k2, kepler, tess
from topmast.sample.spectrographs import far_ultraviolet, hubble_spectra, iue, webb_spectra
from topmast.sample.surveys import (
    field_mosaics,
    full_frames,
    galex,
    legacy,
    panstarrs,
    spitzer,
    swift,
)

MISSIONS = (
    guide,
    hubble,
    hubble_spectra,
    webb,
    webb_spectra,
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
    contributed_light_curves,
    field_mosaics,
    spitzer,
)


def groups() -> Iterator[Group]:
    """Every observation, with its products."""
    return chain.from_iterable(mission() for mission in MISSIONS)
