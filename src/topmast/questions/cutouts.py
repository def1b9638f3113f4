"""Cutouts: from what a user points at to requests, one a sector, and the files that come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import astropy.units as u
import numpy as np
from astropy.io import fits
from astropy.table import Table

from topmast.errors import (
    BadAnswerError,
    HTTPStatusError,
    InputWarning,
    InvalidQueryError,
    MastError,
    NoResultsWarning,
    warn,
)
from topmast.net.messages import Request
from topmast.net.pace import PER_SECOND, Pace
from topmast.net.parallel import at_once
from topmast.net.session import Session
from topmast.questions.arguments import as_list, whole_number
from topmast.questions.cutout_targets import Target, check_product, find_targets, one_of_names
from topmast.questions.portal import TARGET_GIVEN, TARGET_INDEX
from topmast.questions.targets import parse_radius
from topmast.wire.cutouts import (
    FORM_TYPE,
    FORMATS,
    IMAGE_WORDS,
    JSON_TYPE,
    CutoutRequest,
    CutoutSize,
    SectorName,
    decode_cutouts,
    decode_sectors,
    decode_surveys,
    encode_cutout_json,
    encode_cutout_query,
)

if TYPE_CHECKING:
    from topmast.net.messages import Answer

NO_SECTOR = "Coordinates are not in any TESS sector."
NO_SURVEY = "Coordinates are not in an available deep field survey."


@dataclass(frozen=True, slots=True)
class Cut:
    """One request for cutouts, and what it is of."""

    target: Target
    request: CutoutRequest

    def __str__(self) -> str:
        request = self.request
        of = f"sector {request.sector}" if request.sector else request.survey
        return f"{self.target.given}, {of}" if of else self.target.given


def get_sectors(
    session: Session,
    /,
    coordinates: Any = None,
    radius: Any = 0 * u.deg,
    product: str | None = None,
    object_name: str | Iterable[str] | None = None,
    moving_target: bool = False,
    mt_type: str | None = None,
    resolver: str | None = None,
    *,
    objectname: str | Iterable[str] | None = None,
) -> Table:
    """The TESS sectors, cameras and CCDs that have seen a place, or each of many.

    Parameters
    ----------
    coordinates
        One place or many.
    radius : float, str or `~astropy.units.Quantity`
        Also what is so near; a number is in degrees.
    product : str, optional
        Only ``"SPOC"``; there is no need to give it.
    object_name : str or list of str, optional
        In place of coordinates, such as ``"TIC 307210830"``; ``objectname`` is the same.
    moving_target : bool
        `object_name` is that of a planet, asteroid or comet, as JPL Horizons knows it.
    mt_type : {"majorbody", "smallbody"}, optional
        Which of them; default: the first that is found.
    resolver : {"NED", "SIMBAD"}, optional
        Whom to ask for the position of `object_name`.

    Returns
    -------
    `~astropy.table.Table`
        Columns sectorName, sector, camera and ccd; for many places also target_index and
        target_given. Without any sector it has no rows, and a NoResultsWarning says so.

    Raises
    ------
    InvalidQueryError
        For both, or none, of coordinates and a name, and for a place that is not on the sky.
    HTTPStatusError
        For a moving target, if the archive has no ephemeris.

    Examples
    --------
    >>> sectors = Tesscut.get_sectors((124.531756, -68.313))
    """
    check_product(product)
    names = one_of_names(object_name, objectname)
    targets = find_targets(session, coordinates, names, moving_target, mt_type, resolver)
    found = sectors_of(session, targets.targets, parse_radius(radius))
    rows = [(target, each) for target, listed in found.items() for each in listed]
    if not rows:
        warn(NO_SECTOR, NoResultsWarning)
    table = Table(
        [
            [each.name for _, each in rows],
            [each.sector for _, each in rows],
            [each.camera for _, each in rows],
            [each.ccd for _, each in rows],
        ],
        names=["sectorName", "sector", "camera", "ccd"],
        dtype=[str, int, int, int] if not rows else None,
    )
    if targets.many:
        table[TARGET_INDEX] = np.array([target.index for target, _ in rows], dtype=np.int64)
        table[TARGET_GIVEN] = np.array([target.given for target, _ in rows], dtype=str)
    return table


def get_surveys(session: Session, /, coordinates: Any, radius: Any = "0d") -> Any:
    """The names of the deep-field surveys that show a place.

    Parameters
    ----------
    coordinates
        One place or many.
    radius : float, str or `~astropy.units.Quantity`
        Also what is so near; a number is in degrees.

    Returns
    -------
    list of str
        A list of such lists for many places. An empty one comes with a NoResultsWarning.

    Examples
    --------
    >>> surveys = Zcut.get_surveys((189.49206, 62.20615))
    """
    targets = find_targets(session, coordinates)
    radius_deg = parse_radius(radius)

    def ask(target: Target) -> list[str]:
        request = target.request("zcut", radius_deg=radius_deg)
        return decode_surveys(send(session, request).content)

    found = at_once(ask, targets.targets, at_a_time(session))
    if not any(found):
        warn(NO_SURVEY, NoResultsWarning)
    return found if targets.many else found[0]


def sectors_of(
    session: Session, targets: Sequence[Target], radius_deg: float = 0.0
) -> dict[Target, list[SectorName]]:
    """The sectors of each target."""

    def ask(target: Target) -> list[SectorName]:
        radius = None if target.obj_id else radius_deg
        answer = send(session, target.request("tesscut", radius_deg=radius))
        return decode_sectors(answer.content)

    return dict(zip(targets, at_once(ask, targets, at_a_time(session)), strict=True))


def tess_cuts(
    session: Session, targets: Sequence[Target], size: CutoutSize, sector: Any
) -> list[Cut]:
    """One request for each target and sector; without `sector` for all that have seen it."""
    if sector is None:
        found = {
            target: sorted({each.sector for each in listed})
            for target, listed in sectors_of(session, targets).items()
        }
    else:
        numbers = [whole_number("sector", each) for each in as_list(sector)]
        found = {target: list(dict.fromkeys(numbers)) for target in targets}
    cuts = [
        Cut(target, target.request("tesscut", size=size, sector=number))
        for target, sectors in found.items()
        for number in sectors
    ]
    if not cuts:
        warn(NO_SECTOR, NoResultsWarning)
    return cuts


def get_cuts(session: Session, cuts: Sequence[Cut]) -> list[fits.HDUList]:
    """The files of all cuts, opened; what failed is warned of, or raised if nothing came."""

    def ask(cut: Cut) -> tuple[Cut, list[tuple[str, bytes]] | str | MastError]:
        try:
            return cut, decode_cutouts(send(session, cut.request).content)
        except MastError as problem:
            return cut, problem

    outcomes = at_once(ask, cuts, at_a_time(session))
    failed = [(cut, outcome) for cut, outcome in outcomes if isinstance(outcome, MastError)]
    if failed and len(failed) == len(cuts):
        raise failed[0][1]
    opened = []
    for cut, outcome in outcomes:
        if isinstance(outcome, MastError):
            warn(f"No cutout of {cut}: {outcome}", NoResultsWarning)
        elif isinstance(outcome, str):
            warn(outcome, NoResultsWarning)
        else:
            opened += [_opened(cut, name, content) for name, content in outcome]
    return opened


def _opened(cut: Cut, name: str, content: bytes) -> fits.HDUList:
    try:
        opened = fits.open(BytesIO(content))
    except OSError as problem:
        raise BadAnswerError(
            f"{name}, the cutout of {cut}, is no FITS file: {problem}"
        ) from problem
    opened.filename = name
    opened.target_index, opened.target_given = cut.target.index, cut.target.given
    return opened


def url_of(session: Session, request: CutoutRequest) -> str:
    """The address of a request, without its query."""
    return f"{session.servers.portal}{request.path}"


def send(session: Session, request: CutoutRequest) -> Answer:
    """The answer to a request, which waits until its turn; 400 is an InvalidQueryError."""
    as_json = request.service == "hapcut"
    body = encode_cutout_json(request) if as_json else encode_cutout_query(request).encode()
    headers = {"Content-Type": JSON_TYPE if as_json else FORM_TYPE, "Accept": JSON_TYPE}
    url = url_of(session, request)
    session.cache(Pace).wait(url)
    try:
        return session.send(Request("POST", url, headers, body))
    except HTTPStatusError as problem:
        if problem.status_code == 400:
            raise InvalidQueryError(str(problem)) from problem
        raise


def at_a_time(session: Session) -> int:
    """Requests under way at once."""
    return min(PER_SECOND, int(session.setting("connections")))


def image_request(cutout_format: str, image: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a request that tells how pictures are drawn."""
    kind = str(cutout_format).lower()
    if kind not in FORMATS:
        raise InvalidQueryError(f"cutout_format is one of fits, jpg, png, not {cutout_format!r}.")
    for word in image:
        if word not in IMAGE_WORDS:
            warn(f"{word!r} is ignored: it is none of {', '.join(IMAGE_WORDS)}.", InputWarning)
    words = {word: str(value) for word, value in image.items() if word in IMAGE_WORDS}
    return {"format": kind, "image": words}
