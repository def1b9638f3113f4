"""All missions of the sample, in the order in which their observations stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from topmast.sample import exposures, guide, photometry, surveys
from topmast.sample.observations import Group
from topmast.sample.targets import survey

MISSIONS: dict[str, Callable[[], Iterator[Group]]] = {
    "guide": guide.guide,
    "HST": exposures.hubble,
    "HST spectra": surveys.hubble_spectra,
    "JWST": exposures.webb,
    "JWST spectra": partial(survey, "jwst_spectrum"),
    "TESS": photometry.tess,
    "TESS full frames": photometry.tess_frames,
    "Kepler": photometry.kepler,
    "K2": photometry.k2,
    "Kepler full frames": photometry.kepler_frames,
    "GALEX": surveys.galex,
    "SWIFT": surveys.swift,
    "IUE": surveys.iue,
    "far ultraviolet": surveys.far_ultraviolet,
    "PS1": surveys.panstarrs,
    "HLA": surveys.legacy,
    "HLSP light curves": photometry.contributed_light_curves,
    "HLSP mosaics": partial(survey, "hlsp_mosaic"),
    "SPITZER_SHA": partial(survey, "spitzer"),
}
