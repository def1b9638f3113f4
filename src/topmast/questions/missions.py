"""Search the datasets of one mission: by place, by many places, and by the mission's columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import astropy.units as u
import numpy as np
from astropy.time import Time

from topmast.config.dialects import choice
from topmast.errors import InputWarning, InvalidQueryError, did_you_mean, warn
from topmast.net.session import Session
from topmast.questions.arguments import (
    as_list,
    is_missing,
    is_one,
    plain_argument,
    truth_value,
    whole_number,
)
from topmast.questions.criteria import NO_CRITERION, no_such_filter
from topmast.questions.mission_columns import MissionColumns, columns_of_mission
from topmast.questions.names import positions_of_names
from topmast.questions.places import Place, Places, find_places, places_of_names
from topmast.questions.targets import parse_radius
from topmast.tables.missions import ANGULAR_SEPARATION, unit_of
from topmast.wire.mission_lists import MissionColumn
from topmast.wire.missions import DEFAULT_LIMIT, LARGEST_RADIUS_ARCMIN, SearchRequest

DEFAULT_RADIUS = 3 * u.arcmin
OPTIONS = ("sort_by", "sort_desc", "search_key", "skip_count", "user_fields")
"""Words of a search that are no columns, beside the arguments of `query_criteria`."""
NAMES = ("object_names", "object_name", "objectname")
ARGUMENTS = (
    "coordinates", *NAMES, "radius", "limit", "offset", "select_cols", "resolver", "count_only",
    "mission", *OPTIONS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MissionQuestion:
    """What is asked about one mission.

    `request` has everything but the targets. `places` are those of the call, `many` where the
    user gave a list. `limit` of None asks for all rows.
    """

    columns: MissionColumns
    request: SearchRequest
    places: tuple[Place, ...] = ()
    many: bool = False
    limit: int | None = DEFAULT_LIMIT

    @property
    def mission(self) -> str:
        """The name of the mission."""
        return self.columns.mission.name


def query_criteria(
    session: Session,
    /,
    *,
    coordinates: Any = None,
    object_names: Any = None,
    radius: Any = DEFAULT_RADIUS,
    limit: int | None = DEFAULT_LIMIT,
    offset: int = 0,
    select_cols: str | Iterable[str] | None = None,
    resolver: str | None = None,
    count_only: bool = False,
    mission: str = "",
    **criteria: Any,
) -> MissionQuestion:
    """Datasets of a mission that match the criteria, near a place if one is given.

    Parameters
    ----------
    coordinates, object_names : optional
        One place or many, as positions or as names (``object_name`` and ``objectname`` mean the
        same). Many are a list, a SkyCoord array, or a text with commas; the table then has the
        columns ``target_index`` and ``target_given``. A hundred travel in each request.
    radius : number, str or `~astropy.units.Quantity`
        Around each place, at most 30 arcmin. A number is in arcminutes.
    limit : int or None
        The most rows; None for all of them, however many pages that takes.
    offset : int
        Rows to pass over.
    select_cols : str or list of str, optional
        Columns to return, ``"all"`` for all of them; default: the mission's choice. The dataset
        is always among them.
    resolver : {"NED", "SIMBAD"}, optional
        Look names up there only.
    count_only : bool
        Give the number of rows, not the rows.
    mission : str, optional
        Default: the mission of this object.
    **criteria
        Column name and what it must be. A text or list with commas between means any of them;
        ``!`` in front leaves out, ``*`` stands for any characters, and numbers and times also
        take ``"<5"``, ``"<=5"``, ``">5"``, ``">=5"`` and ``"5..7"``. A column named by a word of
        Python, such as ``pass`` of Roman, is written ``pass_id``. ``sort_by`` and ``sort_desc``
        (one value or a list each) put the rows in order.

    Returns
    -------
    Table or int
        ``table.meta["totalResults"]`` is how many rows match in all.

    Raises
    ------
    InvalidQueryError
        For a mission, column or sort key that is not there, with the nearest name; for a radius
        above 30 arcmin; for a value that the archive cannot read.

    Examples
    --------
    >>> table = MastMissions.query_criteria(mission="jwst", exp_type="NRS_*", limit=None)
    >>> number = MastMissions.query_criteria(sci_instrume="ACS,WFC3", count_only=True)
    """
    names = _object_names(object_names, criteria)
    if choice(session, "missions_need_criteria") and not criteria.keys() - {"sort_by"}:
        raise InvalidQueryError(NO_CRITERION)
    return _question(
        session,
        coordinates=coordinates,
        names=names,
        radius=radius,
        limit=limit,
        offset=offset,
        select_cols=select_cols,
        resolver=resolver,
        count_only=count_only,
        mission=mission,
        **criteria,
    )


def query_region(
    session: Session,
    /,
    coordinates: Any,
    *,
    radius: Any = DEFAULT_RADIUS,
    limit: int | None = DEFAULT_LIMIT,
    offset: int = 0,
    select_cols: str | Iterable[str] | None = None,
    count_only: bool = False,
    mission: str = "",
    **criteria: Any,
) -> MissionQuestion:
    """Datasets of a mission within a radius of a place, or of each of many places.

    Parameters as for `query_criteria`.

    Examples
    --------
    >>> table = MastMissions.query_region((210.80227, 54.34895), radius="5 arcmin")
    """
    return _question(
        session,
        coordinates=coordinates,
        radius=radius,
        limit=limit,
        offset=offset,
        select_cols=select_cols,
        count_only=count_only,
        mission=mission,
        **criteria,
    )


def query_object(
    session: Session,
    /,
    object_names: Any = None,
    *,
    radius: Any = DEFAULT_RADIUS,
    limit: int | None = DEFAULT_LIMIT,
    offset: int = 0,
    select_cols: str | Iterable[str] | None = None,
    resolver: str | None = None,
    count_only: bool = False,
    mission: str = "",
    **criteria: Any,
) -> MissionQuestion:
    """Datasets of a mission within a radius of a named object, or of each of many.

    Parameters as for `query_criteria`.

    Examples
    --------
    >>> table = MastMissions.query_object("M101", radius="5 arcmin")
    """
    names = _object_names(object_names, criteria)
    if names is None:
        raise InvalidQueryError("query_object needs the name of an object, such as 'M101'.")
    return _question(
        session,
        names=names,
        radius=radius,
        limit=limit,
        offset=offset,
        select_cols=select_cols,
        resolver=resolver,
        count_only=count_only,
        mission=mission,
        **criteria,
    )


def _question(
    session: Session,
    *,
    coordinates: Any = None,
    names: Any = None,
    radius: Any,
    limit: int | None,
    offset: int,
    select_cols: str | Iterable[str] | None,
    resolver: str | None = None,
    count_only: bool,
    mission: str,
    **criteria: Any,
) -> MissionQuestion:
    """The question that the three queries ask, whose arguments these are."""
    columns = columns_of_mission(session, mission)
    options = {name: criteria.pop(name) for name in OPTIONS if name in criteria}
    request = SearchRequest(
        radius=_radius_arcsec(radius),
        radius_units="arcseconds",
        offset=_offset(offset),
        select_cols=_select_cols(select_cols, columns),
        conditions=tuple(_conditions(criteria, columns)),
        sort_by=_sort_keys(options.pop("sort_by", None), columns),
        sort_desc=_sort_directions(options.pop("sort_desc", None)),
        count_only=truth_value("count_only", count_only),
        extra={name: value for name, value in options.items() if value is not None},
    )
    most = None if limit is None else whole_number("limit", limit)
    places = _places(session, coordinates, names, resolver)  # last: it may ask for names
    if places is None:
        return MissionQuestion(columns, request, limit=most)
    return MissionQuestion(columns, request, places.places, places.many, most)


def _object_names(object_names: Any, criteria: dict[str, Any]) -> Any:
    """The names, under whichever of their three words they came."""
    others = [criteria.pop(word, None) for word in NAMES[1:]]
    given = [value for value in (object_names, *others) if value is not None]
    if len(given) > 1:
        raise InvalidQueryError(f"Give only one of {', '.join(NAMES)}.")
    return given[0] if given else None


def _places(session: Session, coordinates: Any, names: Any, resolver: str | None) -> Places | None:
    if coordinates is not None and names is not None:
        raise InvalidQueryError("Only one of object_names and coordinates may be specified.")
    resolve = partial(positions_of_names, session, resolver)
    if names is not None:
        listed = _split(names, "," in names) if isinstance(names, str) else names
        return places_of_names(listed, resolve)
    if resolver is not None:
        warn("Resolver is only used when resolving object names.", InputWarning)
    if coordinates is None:
        return None
    if isinstance(coordinates, str):
        # "10.5, 20" is one place; in "10 20, 30 40" each part is one.
        coordinates = _split(
            coordinates, all(" " in part.strip() for part in coordinates.split(","))
        )
    return find_places(coordinates, resolve)


def _split(text: str, several: bool) -> str | list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return parts if several and len(parts) > 1 else text


def _radius_arcsec(radius: Any) -> float:
    degrees = parse_radius(radius, "arcmin")
    arcmin = round(degrees * 60, 9)
    if arcmin > LARGEST_RADIUS_ARCMIN:
        raise InvalidQueryError(
            f"Query radius too large. Must be ≤{LARGEST_RADIUS_ARCMIN} arcmin, got {arcmin:g}. "
            "Observations.query_region takes any radius; a list of coordinates covers a field."
        )
    return round(degrees * 3600, 9)


def _offset(value: Any) -> int:
    if value == 0 and not isinstance(value, bool):
        return 0
    try:
        return whole_number("offset", value)
    except InvalidQueryError as problem:
        raise InvalidQueryError(f"offset is a whole number from 0 on, not {value!r}.") from problem


def _select_cols(given: Any, columns: MissionColumns) -> tuple[str, ...] | None:
    """The columns to ask for, the dataset among them; None for the mission's own choice."""
    if given is None:
        return columns.mission.default_columns or None
    given = plain_argument(given)
    if isinstance(given, str):
        if given.strip().lower() in ("all", "*"):
            return tuple(columns)
        given = given.split(",")
    if is_one(given) or hasattr(given, "columns"):
        raise InvalidQueryError(
            "select_cols is a list of column names, a text with commas between them, or 'all', "
            f"not {given!r}."
        )
    found = dict.fromkeys(name for item in given if (name := _selected(item, columns)))
    if columns.dataset_keyword:
        found.setdefault(columns.dataset_keyword)
    return tuple(found)


def _selected(item: Any, columns: MissionColumns) -> str:
    if not isinstance(item, str):
        raise InvalidQueryError(f"select_cols holds the names of columns, not {item!r}.")
    column = columns.find(item.strip())
    if column is None:
        near = did_you_mean(item.strip(), columns)
        warn(f"Column '{item.strip()}' not found.{near}", InputWarning)
        return ""
    return column.name


def _sort_keys(given: Any, columns: MissionColumns) -> tuple[str, ...]:
    keys = []
    for name in as_list(given) if given is not None else []:
        column = columns.find(name) if isinstance(name, str) else None
        if column is None and name != ANGULAR_SEPARATION:
            raise InvalidQueryError(
                f"There is no column {name!r} to sort by.{did_you_mean(str(name), columns)}"
            )
        keys.append(column.name if column else ANGULAR_SEPARATION)
    return tuple(keys)


def _sort_directions(given: Any) -> tuple[bool, ...]:
    if given is None:
        return ()
    return tuple(truth_value("sort_desc", value) for value in as_list(given))


def _conditions(criteria: Mapping[str, Any], columns: MissionColumns) -> Iterable[tuple[str, Any]]:
    """The conditions that `criteria` stand for, each under the column's own name."""
    for name, value in criteria.items():
        if name == "verbose":  # astroquery takes it everywhere and uses it nowhere
            continue
        column = columns.find(name)
        if column is None:
            raise InvalidQueryError(
                f"{no_such_filter(name, [*columns, *ARGUMENTS])} "
                f"get_column_list lists the columns of {columns.mission.name}."
            )
        if value is None:
            warn(f"{name}=None is no criterion and is skipped.", InputWarning)
            continue
        listed = [_value(column, item) for item in as_list(value) if not is_missing(item)]
        if not listed:
            raise InvalidQueryError(f"The criterion '{name}' has no values: {value!r}.")
        yield column.name, listed[0] if len(listed) == 1 else ",".join(map(str, listed))


def _value(column: MissionColumn, value: Any) -> Any:
    """One value as the search takes it: text, number or truth value."""
    if isinstance(value, Time):
        return str(value.utc.isot)
    if isinstance(value, u.Quantity):
        return _number_in_unit(column, value)
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidQueryError(f"The criterion '{column.name}' is {value}, which no row can be.")
    if not isinstance(value, (str, bool, int, float)):
        raise InvalidQueryError(
            f"The criterion '{column.name}' takes texts, numbers and times, not {value!r}."
        )
    return value


def _number_in_unit(column: MissionColumn, value: u.Quantity) -> float:
    unit = unit_of(column.name, column.kind, column.description)
    try:
        return float(value.to_value(u.Unit(unit)))
    except (u.UnitsError, TypeError, ValueError) as problem:
        told = f"is in {unit}" if unit else "has no unit that the archive tells"
        raise InvalidQueryError(
            f"The column '{column.name}' {told}; {value} cannot be compared with it."
        ) from problem
