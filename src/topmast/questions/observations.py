"""Search for observations: what each call asks of which service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.net.session import Session
from topmast.questions.columns import columns_of, metadata_table
from topmast.questions.criteria import (
    NO_CRITERION,
    Criteria,
    Filter,
    check_criteria,
    filters_on_the_wire,
    split_place,
)
from topmast.questions.known_values import ALL, ask_known_values
from topmast.questions.names import one_name
from topmast.questions.portal import Question, ask_counts
from topmast.questions.targets import DEFAULT_RADIUS, cone_params, find_targets

if TYPE_CHECKING:
    from astropy.table import Table

METADATA = {"observations": "Mast.Caom.Cone", "products": "Mast.Caom.Products"}
CONE = "Mast.Caom.Cone"
FILTERED = "Mast.Caom.Filtered"
POSITION = "Mast.Caom.Filtered.Position"

COUNT = "COUNT_BIG(*)"
KIND_COLUMN = "intentType"
OLD_KIND_WORDS = {"science": "science", "calibration": "cal", "all": "all"}
ARGUMENTS = ("coordinates", "object_name", "radius", "resolver", "pagesize", "page", "obstype")
"""What an unknown criterion may have been meant to be, besides a column."""


def query_region(
    session: Session,
    /,
    coordinates: Any,
    radius: Any = DEFAULT_RADIUS,
    pagesize: int | None = None,
    page: int | None = None,
    **criteria: Any,
) -> Question:
    """Observations whose footprint touches a cone, or each of many cones.

    Parameters
    ----------
    coordinates
        One place or many.
    radius : float, str or `~astropy.units.Quantity`
        One radius, or one for each of many places.
    pagesize : int, optional
        Rows in one request; default: the setting ``pagesize``.
    page : int, optional
        Only this page; default: all.
    **criteria
        Further conditions, as for `query_criteria`.

    Returns
    -------
    `~astropy.table.Table`
        The column ``distance`` is in arcseconds from the place to the nearest point of the
        footprint, 0 inside it. Without any match the table has no rows, and a
        NoResultsWarning says so.

    Examples
    --------
    >>> table = Observations.query_region((322.49324, 12.16683), radius="5 arcmin")
    """
    return _near(session, Criteria(coordinates, radius=radius), criteria, pagesize, page)


def query_object(
    session: Session,
    /,
    object_name: str | Iterable[str] | None = None,
    radius: Any = DEFAULT_RADIUS,
    pagesize: int | None = None,
    page: int | None = None,
    *,
    resolver: str | None = None,
    objectname: str | Iterable[str] | None = None,
    **criteria: Any,
) -> Question:
    """Observations whose footprint touches a cone around an object, or around each of many.

    Parameters
    ----------
    object_name : str or list of str
        Such as ``"M8"``; ``objectname`` is the same. Of a list, unknown names are
        warned of and left out.
    radius, pagesize, page, **criteria
        As for `query_region`.
    resolver : {"NED", "SIMBAD"}, optional
        Whom to ask for the position; default: the first that knows the name.

    Raises
    ------
    ResolverError
        If the name, or none of the names, is known.

    Examples
    --------
    >>> table = Observations.query_object("M8", radius="0.02 deg")
    """
    name = one_name(object_name, objectname)
    place = Criteria(None, name, radius, resolver)
    return _near(session, place, criteria, pagesize, page)


def query_criteria(
    session: Session, /, pagesize: int | None = None, page: int | None = None, **criteria: Any
) -> Question:
    """Observations that meet all criteria.

    Parameters
    ----------
    pagesize, page : int, optional
        As for `query_region`.
    **criteria
        At least one column (see `get_metadata`) and its value or list of values, of which
        any may match. One of them may have wildcards (``*`` or ``%``). A column of floats
        takes ``[low, high]``; times are MJD or `~astropy.time.Time`, and a
        `~astropy.units.Quantity` is converted. ``coordinates`` or ``object_name`` (or
        ``objectname``), ``radius`` and ``resolver`` limit the place. ``obstype`` is
        ``"science"`` (the default), ``"cal"`` or ``"all"``.

    Raises
    ------
    InvalidQueryError
        Without any criterion but a place, and for an unknown one, with the nearest name.

    Examples
    --------
    >>> table = Observations.query_criteria(filters=["*UV", "Kepler"], object_name="M101")
    """
    parts = split_place(criteria)
    if not parts.columns and parts.kind in (None, "all"):
        raise InvalidQueryError(NO_CRITERION)
    place = parts if parts.has_place else None
    question = _filtered(session, _with_default_kind(session, parts), place, "*", pagesize, page)
    if parts.columns and not _has_filter(question, parts):
        raise InvalidQueryError(NO_CRITERION)
    return _explained(question, criteria)


def query_criteria_count(
    session: Session, /, pagesize: int | None = None, page: int | None = None, **criteria: Any
) -> Question:
    """How many observations `query_criteria` would find; without criteria, how many there are.

    `pagesize` and `page` change nothing.
    """
    parts = split_place(criteria)
    place = parts if parts.has_place else None
    return _filtered(session, _with_default_kind(session, parts), place, COUNT)


def count_near(session: Session, question: Question) -> Any:
    """How many observations a question about places would find."""
    params = [
        {**each, "columns": COUNT}
        if "position" in each
        else {"columns": COUNT, "filters": [], "position": _position(each)}
        for each in question.params
    ]
    counting = replace(
        question, service=POSITION, params=params, config=CONE, pagesize=None, page=None
    )
    return ask_counts(session, counting)


def list_missions(session: Session, /) -> list[str]:
    """The missions (``obs_collection``) of which the archive has observations, sorted."""
    missions = ask_known_values(session).get("obs_collection")
    if missions is None:
        raise BadAnswerError(f"{ALL} was answered without a list of missions.")
    return sorted(missions)


def explain(session: Session, /, products: Any = None, **criteria: Any) -> Table:
    """Why a search finds nothing, or how much each criterion leaves out.

    Each criterion is left out in turn, and the observations that the others find are counted.

    Parameters
    ----------
    products : `~astropy.table.Table`, optional
        A table of products. The criteria are then filters, as `filter_products` takes them, and
        nothing is asked of the archive.
    **criteria
        As for `query_criteria`; or only a place: ``coordinates`` or ``object_name``, ``radius``.

    Returns
    -------
    `~astropy.table.Table`
        One row a criterion: ``criterion``, ``value``, ``rows without it`` and ``hint``. Of a
        search that finds nothing, the criterion that is the reason comes first.
        ``table.meta["rows"]`` is how many rows all criteria together find.

    Examples
    --------
    >>> table = Observations.explain(obs_collection="HTS", object_name="M101")
    """
    from topmast.questions.explain import explain_filters, explain_search, table_of_reasons

    if products is not None:
        return table_of_reasons(*explain_filters(products, criteria))
    return table_of_reasons(*explain_search(session, question_to_explain(session, **criteria)))


def question_to_explain(session: Session, /, **criteria: Any) -> Question:
    """The question that `explain` is about: criteria, a place, or both."""
    parts = split_place(criteria)
    if parts.columns or parts.kind:
        return query_criteria(session, **criteria)
    if not parts.has_place:
        raise InvalidQueryError(NO_CRITERION)
    return _near(session, parts, {}, None, None)


def get_metadata(session: Session, /, query_type: str) -> Table:
    """The columns of ``"observations"`` or of ``"products"``, with types, units and meaning."""
    service = METADATA.get(str(query_type).lower())
    if service is None:
        raise InvalidQueryError(
            f"Unknown query type. It is 'observations' or 'products', not {query_type!r}."
        )
    return metadata_table(columns_of(session, service))


def _near(
    session: Session, place: Criteria, criteria: Mapping[str, Any], pagesize: Any, page: Any
) -> Question:
    """Which observations touch the cones of `place`, and meet the criteria if there are any."""
    parts = split_place(criteria)
    if parts.has_place:
        raise InvalidQueryError("Only one of object_name and coordinates may be specified.")
    if parts.columns or parts.kind:
        return _explained(_filtered(session, parts, place, "*", pagesize, page), criteria)
    targets = find_targets(session, place)
    question = Question(CONE, cone_params(targets), targets.places, pagesize, page)
    return _explained(question, criteria)


def _filtered(
    session: Session,
    parts: Criteria,
    place: Criteria | None,
    columns: str,
    pagesize: Any = None,
    page: Any = None,
) -> Question:
    """A question to the services that take filters; a name is resolved when they are right."""
    params: dict[str, Any] = {"columns": columns, "filters": []}
    if parts.columns or parts.kind:
        known = columns_of(session, CONE)
        filters = check_criteria(parts.columns, known, also=ARGUMENTS)
        if parts.kind and KIND_COLUMN not in known:
            # An archive of 2017 knows the kind of an observation as a parameter only.
            params["obstype"] = OLD_KIND_WORDS[parts.kind]
        elif parts.kind and parts.kind != "all":
            filters.append(Filter(KIND_COLUMN, (parts.kind,)))
        params["filters"] = filters_on_the_wire(filters)
    if place is None:
        return Question(FILTERED, [params], None, pagesize, page, config=CONE)
    targets = find_targets(session, place)
    each = [params | {"position": _position(cone)} for cone in cone_params(targets)]
    return Question(POSITION, each, targets.places, pagesize, page, config=CONE)


def _explained(question: Question, criteria: Mapping[str, Any]) -> Question:
    """The question, which is to say why it finds nothing unless ``verbose=False`` was given."""
    quiet = criteria.get("verbose", True) is False
    return replace(question, quiet=quiet, why_empty=_why_empty, why_many=_why_many)


def _why_empty(session: Session, question: Question) -> str:
    from topmast.questions.explain import why_empty  # late, for most searches find rows

    return why_empty(session, question)


def _why_many(table: Any) -> str:
    from topmast.questions.explain import why_many

    return why_many(table)


def _has_filter(question: Question, parts: Criteria) -> bool:
    """Whether any criterion is left after those that mean nothing were skipped."""
    if parts.kind in ("science", "calibration"):
        return True
    filters = question.params[0]["filters"]
    return any(
        one["paramName"] != KIND_COLUMN or _names(parts.columns, KIND_COLUMN) for one in filters
    )


def _with_default_kind(session: Session, parts: Criteria) -> Criteria:
    """`parts` with the kind of observation that the dialect means where none is named."""
    named = parts.kind or _names(parts.columns, KIND_COLUMN)
    if named or not choice(session, "science_only"):
        return parts
    return replace(parts, kind="science")


def _names(columns: Mapping[str, Any], name: str) -> bool:
    return any(column.lower() == name.lower() for column in columns)


def _position(cone: Mapping[str, float]) -> str:
    return f"{cone['ra']}, {cone['dec']}, {cone['radius']}"
