"""Call any service of the portal by its name: parameters and properties become a question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.config.dialects import choice
from topmast.errors import InputWarning, InvalidQueryError, warn
from topmast.net.session import Session
from topmast.questions.arguments import as_list, plain_text
from topmast.questions.portal import Question, ask_table
from topmast.wire.portal import PROPERTIES

if TYPE_CHECKING:
    from astropy.table import Table

SELECTED = "_selected_"
POSITION_WORDS = ("ra", "dec", "radius", "position")
REQUEST_WORDS = set(PROPERTIES) - {"service", "params", "cachebreaker"}


def service_request(
    session: Session,
    /,
    service: str,
    params: Mapping[str, Any],
    pagesize: int | None = None,
    page: int | None = None,
    **properties: Any,
) -> Question:
    """The table that a service answers.

    Parameters
    ----------
    service : str
        Such as ``"Mast.Caom.Cone"``.
    params : dict
        The parameters of the service.
    pagesize : int, optional
        Rows in one request; default: the setting ``pagesize``.
    page : int, optional
        Only this page; default: all.
    **properties
        Further properties of the request, such as ``timeout`` or ``removenullcolumns``, and
        `fetch_name`, the name of the column configuration where it is not the service's.

    Raises
    ------
    RemoteServiceError
        With the archive's own words, if it reports an error.
    BadAnswerError
        If the answer is no table; `service_request_async` gives it as it is.
    """
    return _question(service, params, pagesize, page, properties)


def mashup_request(
    session: Session,
    /,
    service: str,
    params: Mapping[str, Any],
    pagesize: int | None = None,
    page: int | None = None,
    **properties: Any,
) -> Question:
    """As `service_request`, with the portal's column ``_selected_`` if there is one."""
    question = _question(service, params, pagesize, page, properties)
    return replace(question, keep_selected=choice(session, "keep_selected"))


def mast_query(
    session: Session, /, service: str, columns: str | list[str] | None = None, **criteria: Any
) -> Table:
    """The table that a service answers, its parameters given as keywords.

    Parameters
    ----------
    service : str
        Such as ``"Mast.Catalogs.Filtered.Tic.Rows"``.
    columns : str or list of str, optional
        The columns of a filtered service to give back; default: all.
    **criteria
        For a filtered service: column and value, list of values, or ``{"min": ..., "max":
        ...}``, and the place (``ra``, ``dec``, ``radius``, ``position``). For another service:
        its parameters. For both: the properties of a request (``pagesize``, ``timeout``, ...).

    Raises
    ------
    InvalidQueryError
        For a filtered service without a filter, or half a range.
    """
    properties = _taken(criteria, REQUEST_WORDS)
    if "filtered" in str(service).lower():
        params = _filtered_params(columns, criteria)
    else:
        params = criteria
        if columns is not None:
            warn("'columns' parameter is ignored for non-filtered services.", InputWarning)
    paging = {word: properties.pop(word, None) for word in ("pagesize", "page")}
    return ask_table(session, _question(service, params, properties=properties, **paging))


def ask_selected(session: Session, question: Question) -> Table:
    """The table, with False where the portal's own column ``_selected_`` says nothing."""
    table = ask_table(session, question)
    if SELECTED in table.colnames:
        table[SELECTED] = np.ma.filled(table[SELECTED], False).astype(bool)
    return table


def _question(
    service: Any,
    params: Any,
    pagesize: int | None,
    page: int | None,
    properties: Mapping[str, Any],
) -> Question:
    service = plain_text(service)
    if not isinstance(service, str) or not service.strip():
        raise InvalidQueryError(f"A service has a name such as 'Mast.Caom.Cone', not {service!r}.")
    if not isinstance(params, Mapping):
        raise InvalidQueryError(
            f"The parameters are a dict such as {{'ra': 184.3}}, not {params!r}."
        )
    extra = {name: value for name, value in properties.items() if name != "verbose"}
    config = extra.pop("fetch_name", None) or service
    form = extra.pop("format", None) or "json"
    return Question(
        service, [params], pagesize=pagesize, page=page, format=form, config=config, extra=extra
    )


def _taken(criteria: dict[str, Any], words: Collection[str]) -> dict[str, Any]:
    """Those of `criteria` that are named in `words`, in any letter case, taken out."""
    return {name: criteria.pop(name) for name in list(criteria) if name.lower() in words}


def _filtered_params(columns: str | list[str] | None, criteria: dict[str, Any]) -> dict[str, Any]:
    place = _taken(criteria, POSITION_WORDS)
    filters = [
        {"paramName": name, "values": _values(name, value)} for name, value in criteria.items()
    ]
    if not filters:
        raise InvalidQueryError("Please provide at least one filter.")
    if columns is not None and not isinstance(columns, str):
        columns = ",".join(str(column) for column in columns)
    return {"columns": columns or "*", "filters": filters, **place}


def _values(name: str, value: Any) -> list[Any]:
    """The values of one filter: exact ones as they are, or one range."""
    if not isinstance(value, Mapping):
        return as_list(value)
    if not {"min", "max"} <= set(value):
        raise InvalidQueryError(
            f'Range filter for "{name}" must be a dictionary with "min" and "max" keys.'
        )
    return [dict(value)]
