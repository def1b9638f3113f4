"""List the products of a mission's datasets, a thousand datasets a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from astropy.table import Column, MaskedColumn, Row, Table

from topmast.errors import (
    HTTPStatusError,
    InvalidQueryError,
    InvalidTypeError,
    NoResultsWarning,
    NotAuthorizedError,
    warn,
)
from topmast.login.expiry import check_not_expired
from topmast.net.messages import Answer, Request
from topmast.net.parallel import at_once
from topmast.net.session import Session
from topmast.questions.arguments import as_list, in_batches, is_missing, plain_text, whole_number
from topmast.questions.mission_columns import (
    REFUSALS,
    checked_mission,
    get_available_missions,
    get_dataset_kwd,
    no_such_mission,
)
from topmast.questions.mission_pages import HEADERS, one_or_all
from topmast.questions.product_filters import unique_products
from topmast.tables.missions import Mission
from topmast.wire.addresses import POST_LIST_PRODUCTS
from topmast.wire.mission_lists import MOST_DATASETS, decode_products, encode_datasets

NO_DATASETS = "Dataset list is empty, no associated products."


@dataclass(frozen=True, slots=True)
class ProductQuestion:
    """Which datasets of a mission the products are asked of, in batches."""

    mission: Mission
    batches: Sequence[Sequence[str]]


def get_product_list(
    session: Session, /, datasets: Any, *, batch_size: int = MOST_DATASETS, mission: str = ""
) -> ProductQuestion:
    """The data products of datasets of a mission.

    Parameters
    ----------
    datasets : str, list, Row, Column or Table
        Names of datasets, or rows as a query returns them.
    batch_size : int
        Datasets in one request, at most 1000; several requests are under way at once.
    mission : str, optional
        Default: the mission that the rows are of, or else that of this object.

    Raises
    ------
    InvalidQueryError
        If there is no name of a dataset, or something that can be none.

    Examples
    --------
    >>> table = MastMissions.query_object("M101", radius=5, mission="hst")
    >>> products = MastMissions.get_product_list(table[:2])
    """
    check_not_expired(session)
    known = checked_mission(mission_of(datasets) or mission)
    size = min(whole_number("batch_size", batch_size), MOST_DATASETS)
    found = _dataset_names(session, datasets, known.name)
    return ProductQuestion(known, in_batches(list(dict.fromkeys(found)), size))


def get_unique_product_list(
    session: Session, /, datasets: Any, *, batch_size: int = MOST_DATASETS, mission: str = ""
) -> Table:
    """As `get_product_list`, but each file name once, where it is listed first."""
    question = get_product_list(session, datasets, batch_size=batch_size, mission=mission)
    products = ask_products(session, question)
    return unique_products(products, "filename") if len(products) else products


def ask_product_answers(session: Session, question: ProductQuestion) -> Answer | list[Answer]:
    """The answer as it came, or a list of them where there were several batches."""
    return one_or_all(_ask_batches(session, question))


def _ask_batches(session: Session, question: ProductQuestion) -> list[Answer]:
    url = session.servers.portal + POST_LIST_PRODUCTS.format(mission=question.mission.name)

    def ask(batch: Sequence[str]) -> Answer:
        return session.send(Request("POST", url, HEADERS, encode_datasets(batch)))

    try:
        return at_once(ask, question.batches, int(session.setting("connections")))
    except NotAuthorizedError:
        raise
    except HTTPStatusError as problem:
        known = question.mission.name in get_available_missions(session)
        if problem.status_code not in REFUSALS or known:
            raise
        raise no_such_mission(session, question.mission.name) from problem


def ask_products(session: Session, question: ProductQuestion) -> Table:
    """The products as one table, with a warning if there are none."""
    answers = _ask_batches(session, question)
    products = list(chain.from_iterable(decode_products(answer.content) for answer in answers))
    table = product_table(products)
    if not len(table):
        warn("The datasets have no products.", NoResultsWarning)
    table.meta["mission"] = question.mission.name
    return table


def product_table(products: Sequence[Mapping[str, Any]]) -> Table:
    """Product rows as a table; what a row does not have is masked."""
    names = dict.fromkeys(chain.from_iterable(products))
    return Table([_column(str(name), [row.get(name) for row in products]) for name in names])


def mission_of(rows: Any) -> str:
    """The mission that rows of a query or a product list are of; "" where they do not tell."""
    table = rows.table if isinstance(rows, Row) else rows
    return str(table.meta.get("mission", "")) if isinstance(table, Table) else ""


def _column(name: str, cells: list[Any]) -> Column:
    mask = [cell is None for cell in cells]
    types = {type(cell) for cell in cells if cell is not None}
    kind = next((kind for kinds, kind in KINDS if types and types <= kinds), str)
    data = np.array([kind() if cell is None else kind(cell) for cell in cells])
    return MaskedColumn(data, name=name, mask=mask) if any(mask) else Column(data, name=name)


KINDS: tuple[tuple[set[type], type[Any]], ...] = (
    ({bool}, bool),
    ({int}, int),
    ({int, float}, float),
)
"""The types that the cells of a column have, and the type that all of them become."""


def _dataset_names(session: Session, datasets: Any, mission: str) -> list[str]:
    """The names of datasets in whatever was given, blanks left out."""
    if isinstance(datasets, (Row, Table)):
        datasets = _dataset_column(session, datasets, mission)
    names = [text for item in _listed(datasets) if (text := _name(item))]
    if not names:
        raise InvalidQueryError(NO_DATASETS)
    return names


def _dataset_column(session: Session, rows: Row | Table, mission: str) -> Any:
    name = get_dataset_kwd(session, mission=mission)
    if name is None or name not in rows.colnames:
        wanted = f"'{name}'" if name else "that names the dataset"
        raise InvalidQueryError(
            f"The table has no column {wanted}, which names a dataset of {mission}. Give the "
            "names of datasets as texts, or set the mission that the table is of."
        )
    return rows[name]


def _listed(datasets: Any) -> Iterable[Any]:
    if isinstance(datasets, Mapping) or not isinstance(datasets, (str, bytes, Iterable)):
        raise InvalidTypeError(
            f"Unsupported data type for `datasets`: {datasets!r}. Give a text, a list of texts, or "
            "a row, column or table of a query."
        )
    return as_list(datasets)


def _name(item: Any) -> str:
    if is_missing(item):
        return ""
    item = plain_text(item)
    if not isinstance(item, str):
        raise InvalidQueryError(f"{item!r} is no name of a dataset. Names are texts.")
    return item.strip()
