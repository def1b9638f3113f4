"""Cutouts: from what a user points at to requests, one a sector, and the files that come back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
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
from topmast.questions.arguments import as_list, truth_value, whole_number
from topmast.questions.names import positions_of_names
from topmast.questions.places import Place, find_places, places_of_names
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
    from topmast.net.session import Session

NO_SECTOR = "Coordinates are not in any TESS sector."
NO_SURVEY = "Coordinates are not in an available deep field survey."
MOVING_TYPES = ("majorbody", "smallbody")
SIZE_FORMS = "Give pixels, such as 5 or (5, 7), or an angle, such as 2 * u.arcmin or '2 arcmin'"


@dataclass(frozen=True, slots=True)
class Target:
    """What a cutout is of: a place, or a moving target by its name."""

    given: str
    index: int = 0
    ra_deg: float | None = None
    dec_deg: float | None = None
    obj_id: str = ""
    obj_type: str = ""

    def request(self, service: str, **more: Any) -> CutoutRequest:
        """A request about it."""
        return CutoutRequest(
            service,
            ra_deg=self.ra_deg,
            dec_deg=self.dec_deg,
            obj_id=self.obj_id,
            obj_type=self.obj_type,
            **more,
        )


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of one call; `many` where a list was given."""

    targets: tuple[Target, ...]
    many: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """One request for cutouts, and what it is of."""

    target: Target
    request: CutoutRequest

    def __str__(self) -> str:
        request = self.request
        of = f"sector {request.sector}" if request.sector else request.survey
        return f"{self.target.given}, {of}" if of else self.target.given


# ------------------------------------------------------------------------ sectors, surveys


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
    >>> sectors = Tesscut.get_sectors("124.531756 -68.313")
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
    >>> surveys = Zcut.get_surveys("189.49206 62.20615")
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


# --------------------------------------------------------------------------------- cutouts


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
    outcomes = at_once(partial(_one_cut, session), cuts, at_a_time(session))
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


def _one_cut(session: Session, cut: Cut) -> tuple[Cut, list[tuple[str, bytes]] | str | MastError]:
    """The files of one request, the words of the service in place of them, or an error."""
    try:
        return cut, decode_cutouts(send(session, cut.request).content)
    except MastError as problem:
        return cut, problem


def _opened(cut: Cut, name: str, content: bytes) -> fits.HDUList:
    try:
        opened = fits.open(BytesIO(content))
    except OSError as problem:
        raise BadAnswerError(f"{name}, the cutout of {cut}, is no FITS file: {problem}") \
            from problem
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


# ------------------------------------------------------------------------------- arguments


def find_targets(
    session: Session,
    coordinates: Any,
    names: Any = None,
    moving_target: bool = False,
    mt_type: str | None = None,
    resolver: str | None = None,
) -> Targets:
    """What a call points at: coordinates, names, or the names of moving targets.

    Raises
    ------
    InvalidQueryError
        If it is not exactly one of these.
    """
    if truth_value("moving_target", moving_target):
        return _moving_targets(coordinates, names, mt_type)
    if (coordinates is None) == (names is None):
        raise InvalidQueryError(
            "Give one of coordinates and object_name"
            + (f", not both ({coordinates!r:.60} and {names!r:.60})." if names else ".")
        )
    resolve = partial(positions_of_names, session, resolver)
    if names is None:
        found = find_places(coordinates, resolve)
    else:
        found = places_of_names(names, resolve)
    return Targets(tuple(map(_fixed, found.places)), found.many)


def _fixed(place: Place) -> Target:
    return Target(place.given, place.index, place.ra_deg, place.dec_deg)


def _moving_targets(coordinates: Any, names: Any, mt_type: str | None) -> Targets:
    if coordinates is not None:
        raise InvalidQueryError(
            f"A moving target is given by its name, not by coordinates ({coordinates!r:.60}). "
            "Leave out coordinates, or moving_target=True."
        )
    listed = [str(name).strip() for name in as_list(names)] if names is not None else []
    if not listed or not all(listed):
        raise InvalidQueryError(
            "Which moving target? Give object_name, as the JPL Horizons service knows it, "
            "such as 'Ceres'."
        )
    if mt_type is not None and str(mt_type).lower() not in MOVING_TYPES:
        raise InvalidQueryError(f"mt_type is 'majorbody' or 'smallbody', not {mt_type!r}.")
    kind = "" if mt_type is None else str(mt_type).lower()
    targets = [
        Target(name, index, obj_id=name, obj_type=kind) for index, name in enumerate(listed)
    ]
    return Targets(tuple(targets), not isinstance(names, str))


def one_of_names(object_name: Any, objectname: Any) -> Any:
    """The object name, given under the name of either generation, or None."""
    if object_name is not None and objectname is not None:
        raise InvalidQueryError("object_name and objectname are the same: give one.")
    return objectname if object_name is None else object_name


def check_product(product: str | None) -> None:
    """TESScut once had a second pipeline; now only SPOC can be asked for."""
    if product is None:
        return
    if str(product).upper() != "SPOC":
        raise InvalidQueryError(f"Input product must be SPOC, not {product!r}.")
    warn("`product` has no effect: all cutouts are of SPOC images. Leave it out.", InputWarning)


def parse_size(size: Any) -> CutoutSize:
    """The size of a cutout: one number or angle for a square, or two, (ny, nx).

    Raises
    ------
    InvalidQueryError
        For anything else, and for a size that is not above zero.
    """
    sides = _sides(size)
    if len(sides) > 2:
        warn("A cutout has two sides: only the first two sizes are used.", InputWarning)
    y, x = sides[:2] if len(sides) > 1 else (sides[0], sides[0])
    (y_value, y_units), (x_value, x_units) = _side(y, size), _side(x, size)
    if y_units != x_units:
        raise InvalidQueryError(f"Both sides of a cutout are pixels, or both angles, not {size!r}.")
    return CutoutSize(x_value, y_value, x_units)


def _sides(size: Any) -> list[Any]:
    if isinstance(size, str):
        try:
            return [u.Quantity(size)]
        except (TypeError, ValueError) as problem:
            raise InvalidQueryError(f"{SIZE_FORMS}, not {size!r}.") from problem
    sides = list(np.atleast_1d(size)) if isinstance(size, u.Quantity) else as_list(size)
    if not sides:
        raise InvalidQueryError(f"{SIZE_FORMS}, not {size!r}.")
    return sides


def _side(side: Any, size: Any) -> tuple[float, str]:
    """The value of one side, and its units on the wire; whole pixels stay whole."""
    unit = getattr(side, "unit", None)
    value, units = getattr(side, "value", side), "px"
    if unit is not None and unit.physical_type == "angle":
        value, units = side.to_value(u.deg), "d"
    elif unit not in (None, u.pixel, u.dimensionless_unscaled):
        raise InvalidQueryError(
            f"Cutout size must be in pixels or angular quantity, not {size!r}."
        )
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError("a truth value is no size")
        number = float(value)
    except (TypeError, ValueError) as problem:
        raise InvalidQueryError(f"{SIZE_FORMS}, not {size!r}.") from problem
    if not (math.isfinite(number) and number > 0):
        raise InvalidQueryError(f"The size of a cutout is above zero, not {size!r}.")
    whole = isinstance(value, (int, np.integer))
    return (int(value) if whole else number), units


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


def with_format(cuts: Sequence[Cut], more: Mapping[str, Any]) -> list[Cut]:
    """The same cuts, in another format."""
    return [replace(cut, request=replace(cut.request, **more)) for cut in cuts]

