"""Search a catalogue: what each call asks of which service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.net.session import Session
from topmast.questions.arguments import whole_number
from topmast.questions.catalog_list import (
    CATALOGS,
    Catalog,
    CriteriaServices,
    find_catalog,
    nearest_catalog,
)
from topmast.questions.catalog_question import AnyQuestion, CatalogQuestion, no_such_catalog
from topmast.questions.catalog_tables import fields_of_table, table_address, table_question
from topmast.questions.columns import Columns, columns_of, metadata_table
from topmast.questions.criteria import (
    NO_CRITERION,
    Criteria,
    check_criteria,
    filters_on_the_wire,
    split_place,
)
from topmast.questions.names import one_name
from topmast.questions.tap import TapQuestion, tap_question
from topmast.questions.tap_collections import collections, plain_word
from topmast.questions.targets import DEFAULT_RADIUS, cone_params, find_targets
from topmast.tables.catalogs import fields_of_service
from topmast.tables.fields import columns_config

if TYPE_CHECKING:
    from astropy.table import Table

COUNT = "COUNT_BIG(*)"
ARGUMENTS = ("coordinates", "object_name", "radius", "resolver", "pagesize", "page")
"""What an unknown criterion may have been meant to be, besides a column."""
MAGTYPES = (1, 2)
DEFAULT = "Hsc"


def query_region(
    session: Session,
    /,
    coordinates: Any = None,
    radius: Any = DEFAULT_RADIUS,
    catalog: str = DEFAULT,
    version: int | None = None,
    pagesize: int | None = None,
    page: int | None = None,
    **parameters: Any,
) -> AnyQuestion:
    """Sources of a catalogue within a cone, or within each of many cones.

    Parameters
    ----------
    coordinates
        One place or many.
    radius : float, str or `~astropy.units.Quantity`
        One radius, or one for each of many places; a number is degrees.
    catalog : str
        Which catalogue.
    version : int, optional
        Of HSC, Gaia or PLATO; default: the highest.
    pagesize, page : int, optional
        As for `ObservationsClass.query_region`.
    **parameters
        For HSC: ``nr`` (the most rows, 50000), ``ni`` (the fewest images a source is seen on,
        1) and ``magtype`` (1: MagAper2, 2: MagAuto). For GALEX: ``maxrecords`` (50000). For
        Pan-STARRS: criteria and options as for `query_criteria`. With ``collection`` the search
        goes to TAP, as for `query_criteria`, and takes ``region`` in place of coordinates.

    Returns
    -------
    `~astropy.table.Table`
        By increasing distance from the place; that column is in arcmin for HSC, GALEX and
        Gaia and in arcsec for TIC, CTL and DiskDetective. Without any match the table has no
        rows, and a NoResultsWarning says so.

    Raises
    ------
    InvalidQueryError
        For an unknown catalogue or parameter, with the nearest name.

    Warns
    -----
    MaxResultsWarning
        When the most rows were reached, so that there may be more sources.

    Examples
    --------
    >>> stars = Catalogs.query_region((322.49324, 12.16683), radius=0.01, catalog="HSC")
    """
    return _near(
        session, Criteria(coordinates, radius=radius), catalog, version, parameters, pagesize, page
    )


def query_object(
    session: Session,
    /,
    object_name: str | Iterable[str] | None = None,
    radius: Any = DEFAULT_RADIUS,
    catalog: str = DEFAULT,
    pagesize: int | None = None,
    page: int | None = None,
    version: int | None = None,
    *,
    resolver: str | None = None,
    objectname: str | Iterable[str] | None = None,
    **parameters: Any,
) -> AnyQuestion:
    """Sources of a catalogue within a cone around an object, or around each of many.

    Parameters
    ----------
    object_name, resolver
        As for `ObservationsClass.query_object`; ``objectname`` is the same.
    radius, catalog, pagesize, page, version, **parameters
        As for `query_region`.

    Raises
    ------
    ResolverError
        If the name, or none of the names, is known.

    Examples
    --------
    >>> stars = Catalogs.query_object("M10", radius=0.02, catalog="TIC")
    """
    name = one_name(object_name, objectname)
    place = Criteria(None, name, radius, resolver)
    return _near(session, place, catalog, version, parameters, pagesize, page)


def query_criteria(
    session: Session,
    /,
    catalog: str = DEFAULT,
    pagesize: int | None = None,
    page: int | None = None,
    **criteria: Any,
) -> AnyQuestion:
    """Sources of a catalogue that meet all criteria.

    Parameters
    ----------
    catalog : {"TIC", "CTL", "DiskDetective", "PanSTARRS"}
        In any letter case.
    pagesize, page : int, optional
        As for `query_region`.
    **criteria
        At least one column (see `get_metadata`), as for `ObservationsClass.query_criteria`:
        a value or list of values, ``[low, high]`` for a column of floats. ``coordinates`` or
        ``object_name`` (or ``objectname``), ``radius`` and ``resolver`` limit the place.
        For Pan-STARRS a list means any of its values, ``"<5"``, ``">=5"`` and ``"5..7"`` compare,
        as does ``("gte", 5)``, and ``*`` stands for any characters; its options are
        ``data_release`` ("dr2"), ``table`` ("mean"), ``columns`` and ``sort_by``.

        With ``collection`` (see `get_collections`) the search goes to the archive's TAP service,
        and `catalog` is a table of that collection (see `get_catalogs`). The criteria are as for
        Pan-STARRS, and ``"!x"`` leaves out. ``region`` is a circle or polygon; ``select_cols``,
        ``sort_by``, ``sort_desc``, ``limit`` (5000; None for all rows), ``offset`` and
        ``count_only`` are as in `MastMissionsClass.query_criteria`; ``filters={...}`` holds
        criteria on columns that are called like an argument.

    Raises
    ------
    InvalidQueryError
        For another catalogue, without any criterion but a place, and for an unknown
        criterion, with the nearest name.

    Examples
    --------
    >>> stars = Catalogs.query_criteria("Tic", Bmag=[30, 50], objType="STAR")
    """
    if elsewhere := _elsewhere(session, catalog, criteria, pagesize, page, need_criterion=True):
        return elsewhere
    searched, services, parts = _with_criteria(session, catalog, criteria)
    params = {"columns": "*"} if services.selects else {}
    params |= _filters(session, searched, parts)
    if not params["filters"]:
        raise InvalidQueryError(NO_CRITERION)
    question = _filtered(session, searched, parts, params, services.rows, services.rows_near)
    return replace(question, pagesize=pagesize, page=page)


def query_criteria_count(
    session: Session,
    /,
    catalog: str = DEFAULT,
    pagesize: int | None = None,
    page: int | None = None,
    **criteria: Any,
) -> AnyQuestion:
    """How many sources `query_criteria` would find; without criteria, how many there are.

    `pagesize` and `page` change nothing.
    """
    if elsewhere := _elsewhere(session, catalog, criteria, None, None):
        return elsewhere
    searched, services, parts = _with_criteria(session, catalog, criteria)
    params = {"columns": COUNT} if services.selects else {}
    params |= _filters(session, searched, parts)
    question = _filtered(session, searched, parts, params, services.count, services.count_near)
    return replace(question, counts=True)


def get_metadata(session: Session, /, catalog: str = DEFAULT, version: int | None = None) -> Table:
    """The columns of a catalogue, with types, units, meaning and UCDs.

    Examples
    --------
    >>> columns = Catalogs.get_metadata("Gaia", version=3)
    """
    chosen = chosen_catalog(session, catalog, version)
    if chosen.api:
        fields = fields_of_table(session, table_address(chosen, {}))
        return metadata_table(Columns(columns_config(fields)), with_ucd=True)
    own = columns_of(session, chosen.cone)
    known = columns_config(fields_of_service(chosen.cone))
    config = {name: known.get(name, {}) | own.config.get(name, {}) for name in known | own.config}
    shown = {name: entry for name, entry in config.items() if entry}
    if not set(shown) - {"_selected_"}:
        raise InvalidQueryError(no_such_catalog(chosen))
    return metadata_table(Columns(shown), with_ucd=True)


def chosen_catalog(session: Session, name: str, version: int | None = None) -> Catalog:
    """The catalogue that a call names, by the rules of the session's dialect."""
    return find_catalog(name, version, newest={"Gaia": choice(session, "gaia_version")})


def _near(
    session: Session,
    place: Criteria,
    name: str,
    version: int | None,
    words: Mapping[str, Any],
    pagesize: Any,
    page: Any,
) -> AnyQuestion:
    """Which sources of a catalogue lie in the cones of `place`."""
    # The portal of an archive in a folder has all of its catalogues, and answers sooner.
    plain = "://" not in session.where and not set(words) - {"verbose"}
    by_tap = None if plain else _by_tap(session, place, name, words)
    if by_tap:
        return by_tap
    catalog = chosen_catalog(session, name, version)
    if catalog.api:
        return table_question(session, catalog, place, words, pagesize, page)
    parameters = _parameters(catalog, words)
    targets = find_targets(session, place)
    return CatalogQuestion(
        catalog.cone,
        [cone | parameters for cone in cone_params(targets)],
        targets.places,
        pagesize,
        page,
        limit=parameters.get(catalog.limit),
        catalog=catalog,
    )


def _elsewhere(
    session: Session,
    name: str,
    criteria: Mapping[str, Any],
    pagesize: Any,
    page: Any,
    *,
    need_criterion: bool = False,
) -> AnyQuestion | None:
    """The question about a catalogue that is not searched by the portal; None if it is."""
    catalog = None if "collection" in criteria else chosen_catalog(session, name)
    if catalog and catalog.listed and not catalog.api:
        return None
    place = split_place(criteria, of_observations=False)
    if catalog is None or not catalog.api:
        return _by_tap(session, place, name, place.columns)
    words = place.columns
    return table_question(
        session, catalog, place, words, pagesize, page, need_criterion=need_criterion
    )


def _by_tap(
    session: Session, place: Criteria, name: str, words: Mapping[str, Any]
) -> TapQuestion | None:
    """The question by TAP: of the collection that is named, or of one that is called so.

    None for the portal's own catalogues, and for a name that is no collection either.
    """
    if words.get("collection") is not None:
        return tap_question(session, place, None if name == DEFAULT else name, words)
    if chosen_catalog(session, name).listed or not choice(session, "collections"):
        return None
    wanted = plain_word(str(name))
    found = next((each for each in collections(session) if plain_word(each) == wanted), None)
    if found is None:
        return None
    return tap_question(session, place, None, {**words, "collection": found})


def _parameters(catalog: Catalog, words: Mapping[str, Any]) -> dict[str, int]:
    """The catalogue's own parameters: its defaults, and what the call says instead."""
    chosen = dict(catalog.parameters)
    for word, value in words.items():
        name = word.lower()
        if name == "verbose":  # as in `split_place`
            continue
        if name not in chosen:
            raise InvalidQueryError(_no_such_word(word, catalog))
        if value is not None:
            chosen[name] = _checked(name, value)
    return chosen


def _no_such_word(word: str, catalog: Catalog) -> str:
    message = f"Filter '{word}' does not exist for catalog {catalog.name}."
    hint = did_you_mean(word, [*catalog.parameters, "version", *ARGUMENTS])
    if not hint and catalog.criteria is not None:
        hint = " Conditions on columns are for query_criteria."
    return message + hint


def _checked(name: str, value: Any) -> int:
    """A parameter of a catalogue: a whole number from 1 on, and `magtype` 1 or 2."""
    number = whole_number(name, value)
    if name == "magtype" and number not in MAGTYPES:
        raise InvalidQueryError(f"magtype is 1 (MagAper2) or 2 (MagAuto), not {value!r}.")
    return number


def criteria_columns(session: Session, catalog: Catalog) -> Columns:
    """The columns that criteria can name, with the units that are known of them."""
    if catalog.criteria is None:
        raise InvalidQueryError(_no_criteria(catalog))
    columns = columns_of(session, catalog.criteria.config)
    fields = fields_of_service(catalog.cone)
    if not set(columns) - {"_selected_"}:
        return Columns(columns_config(fields))
    return columns.described_by(fields)


def _with_criteria(
    session: Session, name: str, criteria: Mapping[str, Any]
) -> tuple[Catalog, CriteriaServices, Criteria]:
    """The catalogue of a call, the services that search it by criteria, and these taken apart."""
    catalog = chosen_catalog(session, name)
    if catalog.criteria is None:
        raise InvalidQueryError(_no_criteria(catalog))
    parts = split_place(criteria, of_observations=False)
    return catalog, catalog.criteria, parts


def _no_criteria(catalog: Catalog) -> str:
    searchable = [each.name for each in CATALOGS if each.criteria is not None or each.api]
    message = f"Criteria query not available for {catalog.name}."
    near = None if catalog.listed else nearest_catalog(catalog.name)
    if near in searchable:
        return f"{message} Did you mean '{near}'?"
    return f"{message} It is for {', '.join(searchable)}."


def _filters(session: Session, catalog: Catalog, parts: Criteria) -> dict[str, Any]:
    if not parts.columns:
        return {"filters": []}
    known = criteria_columns(session, catalog)
    return {"filters": filters_on_the_wire(check_criteria(parts.columns, known, also=ARGUMENTS))}


def _filtered(
    session: Session,
    catalog: Catalog,
    parts: Criteria,
    params: Mapping[str, Any],
    service: str,
    service_near: str,
) -> CatalogQuestion:
    """A question to the service without a place, or to the one with a place."""
    config = catalog.criteria.config if catalog.criteria else ""
    if not parts.has_place:
        return CatalogQuestion(service, [dict(params)], config=config, catalog=catalog)
    targets = find_targets(session, parts)
    each = [cone | dict(params) for cone in cone_params(targets)]
    return CatalogQuestion(service_near, each, targets.places, config=config, catalog=catalog)
