"""Choose among product rows: filter them, drop duplicates, read obsids; no network."""

from __future__ import annotations

import logging
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topmast.errors import InputWarning, InvalidQueryError, did_you_mean, warn
from topmast.questions.arguments import (
    as_list,
    is_astropy,
    is_missing,
    is_one,
    plain_text,
    shown,
    truth_value,
)

if TYPE_CHECKING:
    from astropy.table import Column, Table

log: logging.Logger = logging.getLogger("topmast")

MINIMUM_RECOMMENDED = "Minimum Recommended Products"
GROUPS = "productGroupDescription"
SCIENCE = "SCIENCE"
NO_OBSIDS = "Observation list is empty, no associated products."
OPTIONS = ("extension", "mrp_only")
MISSPELT = {"extenstion": "extension"}

Mask = NDArray[np.bool_]


def filter_products(
    products: Table,
    *,
    mrp_only: bool | None = False,
    extension: str | Iterable[str] | None = None,
    any_letter_case: bool = True,
    file_column: str = "productFilename",
    **filters: Any,
) -> Table:
    """The rows of `products` that pass every filter; see `ObservationsClass.filter_products`.

    `any_letter_case` tells whether ``"science"`` means ``"SCIENCE"`` too; `file_column` has the
    names of the files.
    """
    if not is_astropy(products, "table.Table"):
        raise InvalidQueryError(
            f"filter_products takes a table of products, not {shown(products)}. "
            "get_product_list makes one of obsids."
        )
    extension = _extension_of(filters, extension)
    kept = np.ones(len(products), dtype=bool)
    if mrp_only is not None and truth_value("mrp_only", mrp_only):
        if GROUPS not in products.colnames:
            raise InvalidQueryError(
                f"The table has no column '{GROUPS}', which tells what is recommended. "
                "Leave mrp_only out."
            )
        groups = products[GROUPS]
        kept &= _texts_equal(groups, MINIMUM_RECOMMENDED, any_letter_case)
    if not (isinstance(extension, str) and not extension) and _given(extension):
        kept &= _ends_in(_column(products, file_column), extension, any_letter_case)
    for name, wanted in filters.items():
        kept &= _passing(_column(products, name), wanted, any_letter_case)
    return products[kept]


def recommended(products: Table) -> Mask:
    """Which products a download takes by default.

    The Minimum Recommended Products; of an observation without any, its SCIENCE products. All of
    a table that does not say which are recommended.
    """
    if GROUPS not in products.colnames:
        return np.ones(len(products), dtype=bool)
    chosen = _texts_equal(products[GROUPS], MINIMUM_RECOMMENDED, True)
    owner = next((name for name in ("obsID", "obs_id") if name in products.colnames), None)
    if owner is None or "productType" not in products.colnames:
        return chosen
    owners = np.array([str(each) for each in products[owner].tolist()], dtype=str)
    without = ~np.isin(owners, owners[chosen])
    return chosen | (without & _texts_equal(products["productType"], SCIENCE, True))


def unique_products(products: Table, uri_column: str = "dataURI") -> Table:
    """The first row of each URI, in the order of `products`; the log tells how many went."""
    uris = products[uri_column].tolist()
    first = {uri: index for index, uri in reversed(list(enumerate(uris))) if uri is not None}
    kept = [index for index, uri in enumerate(uris) if uri is None or first[uri] == index]
    if len(kept) == len(uris):
        return products
    log.info(
        "%d of %d products are listed twice; each is kept once, %d in all.",
        len(uris) - len(kept),
        len(uris),
        len(kept),
    )
    return products[kept]


def obsids_of(observations: Any) -> list[str]:
    """The ids in `observations`, as texts in the order given, blanks left out.

    Takes a row or table of observations, a column, a list or array of ids, one id, or ids in
    one text with commas between them. Texts that are no obsid (see `is_obsid`) come back as they
    are: they may be an obs_id.

    Raises
    ------
    InvalidQueryError
        When no id is left, or something can be no id at all.
    """
    ids = [text for item in _items(observations) for text in _id_texts(item)]
    if not ids:
        raise InvalidQueryError(NO_OBSIDS)
    return ids


def is_obsid(text: str) -> bool:
    """Whether `text` can be an obsid, the number that product lists are asked for by."""
    return text.isascii() and text.isdigit() and (text[0] != "0" or text == "0")


def _extension_of(
    filters: dict[str, Any], extension: str | Iterable[str] | None
) -> str | Iterable[str] | None:
    """`extension`, also under a name that a well-known example misspells."""
    for wrong, right in MISSPELT.items():
        if wrong in filters:
            warn(f"'{wrong}' is understood as '{right}'.", InputWarning)
            value = filters.pop(wrong)
            extension = value if extension is None else extension
    return extension


def _column(products: Table, name: str) -> Column:
    if name in products.colnames:
        return products[name]
    raise unknown_filter(name, (*OPTIONS, *products.colnames))


def unknown_filter(name: str, names: Iterable[str]) -> InvalidQueryError:
    """The error about a keyword that is no column; `names` are those that it may stand for."""
    message = f"Column '{name}' not found in product table."
    return InvalidQueryError(message + did_you_mean(name, names))


def _given(values: Any) -> bool:
    """Whether there is any value at all: neither None nor empty."""
    return values is not None and bool(isinstance(values, str) or len(as_list(values)))


def _ends_in(names: Column, extension: Any, any_letter_case: bool) -> Mask:
    endings = tuple(str(ending) for ending in as_list(extension))
    texts = [str(name) for name in np.ma.getdata(names).tolist()]
    if any_letter_case:
        endings = tuple(ending.lower() for ending in endings)
        texts = [text.lower() for text in texts]
    found = np.fromiter((text.endswith(endings) for text in texts), bool, len(texts))
    return found & ~np.ma.getmaskarray(names)


def _passing(column: Column, wanted: Any, any_letter_case: bool) -> Mask:
    """Rows of any value that is wanted and of none that is not."""
    if not _given(wanted):
        if wanted is not None:
            warn(f"The filter '{column.name}' has no values and is skipped.", InputWarning)
        return np.ones(len(column), dtype=bool)
    kept, left_out = [], []
    for value in as_list(wanted):
        if isinstance(value, str) and value.startswith("!"):
            left_out.append(_equal(column, value[1:], any_letter_case))
        else:
            kept.append(_equal(column, value, any_letter_case))
    passing = np.logical_or.reduce(kept) if kept else np.ones(len(column), dtype=bool)
    return passing & ~np.logical_or.reduce(left_out) if left_out else passing


def _equal(column: Column, value: Any, any_letter_case: bool) -> Mask:
    if column.dtype.kind not in "iuf":
        return _texts_equal(column, str(value), any_letter_case)
    try:
        found = _numbers_equal(np.ma.getdata(column), value)
    except (ValueError, TypeError) as problem:
        raise InvalidQueryError(
            f"Could not parse numeric filter '{value}' for column '{column.name}'. "
            "Write a number, '10..20', '>=10', '>10', '<=10' or '<10'."
        ) from problem
    return np.asarray(found, dtype=bool) & ~np.ma.getmaskarray(column)


def _texts_equal(column: Column, text: str, any_letter_case: bool) -> Mask:
    values = np.ma.getdata(column).astype(str)
    found = np.char.lower(values) == text.lower() if any_letter_case else values == text
    hidden = np.ma.getmaskarray(column)
    return (np.asarray(found) & ~hidden) | (hidden & (text == ""))


COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def _numbers_equal(numbers: Any, value: Any) -> Any:
    """Which are equal to a number, in ``"low..high"`` or as a comparison such as ``">=5"`` says."""
    if not isinstance(value, str):
        return numbers == float(value)
    if ".." in value:
        low, high = map(float, value.split(".."))
        return (numbers >= low) & (numbers <= high)
    text = value.strip()
    for sign, compare in COMPARISONS.items():
        if text.startswith(sign):
            return compare(numbers, float(text.removeprefix(sign)))
    return numbers == float(text)


def _items(observations: Any) -> list[Any]:
    """Whatever was given, as a flat list of single ids."""
    if is_astropy(observations, "table.Row"):
        return [_obsid_cell(observations, observations.colnames)]
    if hasattr(observations, "columns"):
        return _items(_obsid_cell(observations, list(observations.columns)))
    if isinstance(observations, Mapping) or is_one(observations):
        return [observations.item() if type(observations) is np.ndarray else observations]
    found: list[Any] = []
    for item in observations:
        several = isinstance(item, (list, tuple, np.ndarray)) or is_astropy(item, "table.Row")
        found += _items(item) if several else [item]
    return found


def _obsid_cell(rows: Any, names: list[str]) -> Any:
    name = next((name for name in ("obsid", "obsID") if name in names), None)
    if name is None:
        raise InvalidQueryError(
            "The table has no column 'obsid'. Give observations as a query returns them, or ids. "
            f"Its columns: {', '.join(map(str, names[:8]))}{', ...' if len(names) > 8 else '.'}"
        )
    return rows[name]


def _id_texts(item: Any) -> list[str]:
    """The ids in one item: none for a blank, several for a text with commas."""
    item = plain_text(item)
    if isinstance(item, str):
        return [text for part in item.split(",") if (text := part.strip())]
    if is_missing(item):
        return []
    if isinstance(item, (int, np.integer)) and not isinstance(item, bool) and item >= 0:
        return [str(int(item))]
    if isinstance(item, (float, np.floating)):
        if math.isnan(item):
            return []
        if float(item).is_integer() and item >= 0:
            return [str(int(item))]
    raise InvalidQueryError(
        f"{item!r} is no observation id. Give an obsid such as '3000007760', a list of them, "
        "or observations as a query returns them."
    )
