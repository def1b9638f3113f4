"""From the name of an object to one file of it on this disk: search, choose, download."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.config.dialects import choice
from topmast.errors import DownloadError, InvalidQueryError, NoResultsWarning, did_you_mean
from topmast.net.session import Session
from topmast.questions import observations, products
from topmast.questions.portal import Question, ask_table
from topmast.questions.targets import parse_radius
from topmast.services.downloads import download_products

if TYPE_CHECKING:
    from astropy.table import Row, Table

RADIUS = "10 arcsec"
MOST_LISTED = 20
"""Observations whose products are looked at, the best ones first."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is looked for: the type of the observation, missions and file names, best ones first."""

    type: str
    missions: tuple[str, ...]
    endings: tuple[str, ...]
    spellings: tuple[str, ...]


KINDS: dict[str, Kind] = {
    "lightcurve": Kind(
        "timeseries",
        ("TESS", "Kepler", "K2"),
        ("_lc.fits", "_llc.fits", "_slc.fits", "_fast-lc.fits"),
        ("light curve", "light_curve", "lc", "timeseries"),
    ),
    "spectrum": Kind(
        "spectrum",
        ("JWST", "HST", "FUSE", "IUE", "BEFS", "TUES", "HUT", "WUPPE", "EUVE"),
        ("_x1d.fits", "_sx1.fits", "_x1dsum.fits", "_c1d.fits", "_vo.fits", "mxlo.gz", "fcal.fit"),
        ("spectra", "spec"),
    ),
    "image": Kind(
        "image",
        ("JWST", "HST", "HLA", "PS1", "GALEX", "SWIFT"),
        ("_i2d.fits", "_drc.fits", "_drz.fits", "_c0m.fits", "-int.fits.gz", "_sk.img.gz", ".fits"),
        ("images", "picture"),
    ),
}  # fmt: skip
"""The kinds of data that can be asked for by a name."""


@dataclass(frozen=True)
class Got:
    """A file that was found by the name of an object, and why it is this one.

    Attributes
    ----------
    path : `~pathlib.Path`
        The file on this disk.
    observation, product : `~astropy.table.Row`
        The observation it belongs to, and the row of the file.
    why : str
        What was chosen, and why.
    others : `~astropy.table.Table`
        The other observations that would do, best first.
    """

    path: Path
    observation: Row = field(repr=False)
    product: Row = field(repr=False)
    why: str
    others: Table = field(repr=False)


def get(
    session: Session,
    /,
    target: Any,
    kind: str = "lightcurve",
    *,
    mission: str | None = None,
    radius: Any = RADIUS,
    download_dir: str | PathLike[str] | None = None,
    cache: bool | str = True,
    progress: Callable[[Any], object] | None = None,
) -> Got:
    """The best light curve, spectrum or image of an object, downloaded; see `topmast.get`."""
    wanted = KINDS[known_kind(kind)]
    found = _ranked(_observations(session, target, wanted, mission, radius), wanted)
    observation, product = _best(session, found, wanted, target)
    path = _downloaded(session, product, download_dir, cache, progress)
    others = found[found["obsid"] != observation["obsid"]]
    return Got(path, observation, product, _why(observation, product, len(found)), others)


def known_kind(kind: str) -> str:
    """The name of a kind of data, however it is spelled."""
    word = str(kind).strip().lower()
    names = {spelling: name for name, each in KINDS.items() for spelling in (name, *each.spellings)}
    if word not in names:
        raise InvalidQueryError(
            f"kind is one of {', '.join(KINDS)}, not {kind!r}.{did_you_mean(word, names)}"
        )
    return names[word]


def _observations(
    session: Session, target: Any, wanted: Kind, mission: str | None, radius: Any
) -> Table:
    criteria: dict[str, Any] = {"dataproduct_type": wanted.type, "dataRights": "PUBLIC"}
    if mission is not None:
        criteria["obs_collection"] = mission
    question = observations.query_criteria(session, coordinates=target, radius=radius, **criteria)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoResultsWarning)  # the error below says it, and why
        found = ask_table(session, question)
    if not len(found):
        where = f"within {parse_radius(radius) * 3600:.4g} arcsec of"
        raise InvalidQueryError(
            f"{_nothing(wanted, target, where, mission)} {_reason(session, question)}".strip()
        )
    return found


def _reason(session: Session, question: Question) -> str:
    """Which criterion left nothing."""
    if question.why_empty is None or not choice(session, "explained"):
        return ""
    return question.why_empty(session, question)


def _nothing(wanted: Kind, target: Any, where: str, mission: str | None = None) -> str:
    of = f" of {mission}" if mission else ""
    return (
        f"There is no public {wanted.type}{of} {where} {target}. A larger radius, another kind "
        "or another mission may find one."
    )


def _ranked(found: Table, wanted: Kind) -> Table:
    """The observations, best first."""
    ranks = [
        wanted.missions.index(name) if name in wanted.missions else len(wanted.missions)
        for name in found["obs_collection"].tolist()
    ]
    own = [rank == len(wanted.missions) for rank in ranks]
    distance = np.round(_numbers(found, "distance"))
    level, begin = -_numbers(found, "calib_level"), -_numbers(found, "t_min")
    return found[np.lexsort([begin, level, np.array(ranks), distance, np.array(own)])]


def _numbers(table: Table, name: str) -> Any:
    if name not in table.colnames:
        return np.zeros(len(table))
    return np.ma.filled(np.ma.asarray(table[name]).astype(float), 0.0)


def _best(session: Session, found: Table, wanted: Kind, target: Any) -> tuple[Row, Row]:
    """The first observation that has a file of the kind, and this file."""
    listed = ask_table(session, products.get_product_list(session, found[:MOST_LISTED]))
    names = [str(name).lower() for name in listed["productFilename"].tolist()]
    owners = listed["obsID"].astype(str)
    for observation in found[:MOST_LISTED]:
        rows = np.flatnonzero(owners == str(observation["obsid"]))
        for ending in wanted.endings:
            match = [row for row in rows if names[row].endswith(ending)]
            if match:
                return observation, listed[min(match, key=lambda row: len(names[row]))]
    raise InvalidQueryError(_nothing(wanted, target, "file that can be plotted near"))


def _downloaded(
    session: Session, product: Row, download_dir: Any, cache: bool | str, progress: Any
) -> Path:
    manifest = download_products(
        session, product, download_dir, cache, mrp_only=False, verbose=False, progress=progress
    )
    if manifest is None or manifest["Status"][0] != "COMPLETE":
        reason = "" if manifest is None else f": {manifest['Message'][0]}"
        raise DownloadError(f"{product['productFilename']} could not be downloaded{reason}")
    return Path(manifest["Local Path"][0])


def _why(observation: Row, product: Row, found: int) -> str:
    distance = float(observation["distance"]) if "distance" in observation.colnames else 0.0
    near = f"{distance:.1f} arcsec away" if distance else "on the target"
    words = [
        str(observation[name]) for name in ("obs_collection", "instrument_name", "target_name")
    ]
    rest = f"; {found - 1} more found" if found > 1 else ""
    level = f"level {observation['calib_level']}"
    return f"{product['productFilename']}: {' '.join(words)}, {near}, {level}{rest}"
