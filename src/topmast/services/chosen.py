"""Which products a download is about, and why there are none."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.errors import InvalidQueryError, NoResultsWarning, is_heard, warn
from topmast.net.session import Session
from topmast.questions import product_filters
from topmast.questions.arguments import truth_value
from topmast.questions.portal import ask_table
from topmast.questions.product_filters import MISSPELT, unique_products, unknown_filter
from topmast.questions.products import get_product_list, release_dates

if TYPE_CHECKING:
    from astropy.table import Table

log: logging.Logger = logging.getLogger("topmast")

NOTHING = "No products to download."
PLANNING = (
    "download_dir", "cache", "mrp_only", "extension", "flat", "layout", "connections",
    "bandwidth", "check", "cloud_only", "force_on_prem",
)  # fmt: skip
RUNNING = ("verbose", "progress", "raise_on_error")
"""Options of `Plan.run`."""
DOWNLOADING = (*PLANNING, *RUNNING, "curl_flag")


def why_none(
    session: Session, products: Table, mrp_only: Any, extension: Any, filters: dict[str, Any]
) -> str:
    """Which filter left no product; "" where nobody asked for such a line."""
    if not choice(session, "explained") or not is_heard(NOTHING, NoResultsWarning):
        return ""
    from topmast.questions.explain import why_no_products  # late, for most filters leave rows

    given = {"extension": extension} | ({"mrp_only": True} if mrp_only else {}) | filters
    return why_no_products(products, given)


def chosen_products(
    session: Session,
    products: Any,
    mrp_only: bool | None,
    extension: str | Iterable[str] | None,
    filters: dict[str, Any],
    options: Sequence[str],
) -> Table | None:
    """The products that a download is about; None, with a warning, if there are none."""
    mrp_only = None if mrp_only is None else truth_value("mrp_only", mrp_only)
    table = _as_products(session, products)
    _check_filters(filters, table.colnames, options)
    if mrp_only is None:
        mrp_only = choice(session, "mrp_only")
    by_default = mrp_only is None
    if mrp_only is None:
        mrp_only = extension is None and not filters
    if by_default and mrp_only:
        return _recommended(table)
    chosen = product_filters.filter_products(
        table,
        mrp_only=mrp_only,
        extension=extension,
        any_letter_case=choice(session, "any_letter_case"),
        **filters,
    )
    if not len(chosen):
        reason = why_none(session, table, mrp_only, extension, filters)
        warn(f"{NOTHING} {reason}".strip(), NoResultsWarning)
        return None
    return unique_products(chosen)


def _recommended(table: Table) -> Table | None:
    """What is downloaded of products where nobody said which; the log tells what is left out."""
    chosen = table[product_filters.recommended(table)]
    left_out = len(table) - len(chosen)
    hint = ""
    if left_out:
        hint = (
            f"{left_out} of {len(table)} products are not Minimum Recommended Products and "
            "are left out; mrp_only=False takes them too (--all at the command line)."
        )
    if not len(chosen):
        warn(f"{NOTHING} {hint}".strip(), NoResultsWarning)
        return None
    if hint:
        log.info(hint)
    return unique_products(chosen)


def _as_products(session: Session, products: Any) -> Table:
    """A table of products, from one, from a row of one, or from observations."""
    from astropy.table import Row, Table

    from topmast.download.tables.products_table import with_release_dates

    if isinstance(products, (Table, Row)) and "dataURI" in products.colnames:
        return Table(products) if isinstance(products, Row) else products
    listed = ask_table(session, get_product_list(session, products))
    if isinstance(products, (Table, Row)):
        return with_release_dates(listed, Table(products))
    if choice(session, "explained") and (exclusive := _exclusive_obsids(listed)):
        return with_release_dates(listed, release_dates(session, exclusive))
    return listed


def _exclusive_obsids(products: Table) -> list[str]:
    """The observations of which some product is not public."""
    if "dataRights" not in products.colnames or "obsID" not in products.colnames:
        return []
    pairs = zip(products["obsID"].tolist(), products["dataRights"].tolist(), strict=True)
    return sorted({str(obsid) for obsid, rights in pairs if rights and rights != "PUBLIC"})


def _check_filters(filters: Iterable[str], columns: Sequence[str], options: Sequence[str]) -> None:
    """Refuse a keyword that is neither a column nor an option, and name what it may stand for."""
    for name in filters:
        if name in columns or name in MISSPELT:
            continue
        if name in RUNNING:
            raise InvalidQueryError(
                f"'{name}' has no meaning for a plan, which fetches nothing yet. "
                f"Give it to what does: plan.run({name}=...), or download_products."
            )
        if name in DOWNLOADING:
            raise InvalidQueryError(
                f"'{name}' is an option of download_products, not of a plan. Leave it out here."
            )
        raise unknown_filter(name, (*options, *columns))
