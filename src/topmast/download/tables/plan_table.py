"""A plan in words and as a table, and what was changed in that table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from topmast.config.output import readable_size
from topmast.download.folder.index import Index, Presence
from topmast.download.folder.layout import path_key, unusable_part
from topmast.download.product import Product, total_bytes
from topmast.download.tables.products_table import UNKNOWN_DATE
from topmast.errors import InvalidQueryError, UnsafeNameError

if TYPE_CHECKING:
    from astropy.table import Table


def summary(
    products: Sequence[Product],
    states: Sequence[Presence],
    folder: Path,
    source: str,
    free: int,
    about_login: str,
) -> str:
    """A few lines: files, bytes, what is here, what is exclusive, where from, free disk."""
    by_state: dict[Presence, list[Product]] = {state: [] for state in Presence}
    for product, state in zip(products, states, strict=True):
        by_state[state].append(product)
    lines = [f"{_files(len(products))}, {readable_size(total_bytes(products))}, for {folder}"]
    for state, its in by_state.items():
        if its:
            source_text = f" from {urlsplit(source).netloc}" if state is Presence.ABSENT else ""
            text = f"{_files(len(its))}, {readable_size(total_bytes(its))}{source_text}"
            lines.append(_line(f"{state.value}:", text))
    lines += [*_about_exclusive(products, about_login), *_remarks(products)]
    lacking = total_bytes(by_state[Presence.ABSENT]) - free
    enough = f"NOT ENOUGH, {readable_size(lacking)} are missing" if lacking > 0 else "enough"
    return "\n".join([*lines, _line("free on the disk:", f"{readable_size(free)}, {enough}")])


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"


def _line(label: str, text: str) -> str:
    return f"  {label:24} {text}"


def _about_exclusive(products: Sequence[Product], about_login: str) -> list[str]:
    exclusive = [product.exclusive_until for product in products if product.exclusive_until]
    if not exclusive:
        return []
    dates = sorted(date for date in exclusive if date != UNKNOWN_DATE)
    known = "" if len(dates) == len(exclusive) else "as far as known "
    until = f", {known}until {dates[-1]}" if dates else ""
    what_to_do = f": {about_login}" if about_login else ""
    return [_line("exclusive:", f"{_files(len(exclusive))}{until}{what_to_do}")]


def _remarks(products: Sequence[Product]) -> list[str]:
    unsized = sum(product.size is None for product in products)
    renamed = sum(bool(product.message) for product in products)
    bad = sum(bool(product.error) for product in products)
    remarks = (
        (unsized, "of unknown size:", ""),
        (renamed, "renamed:", ", since others have the same name"),
        (bad, "without a usable URI:", ""),
    )
    return [_line(label, f"{_files(count)}{more}") for count, label, more in remarks if count]


def plan_table(products: Sequence[Product], states: Sequence[Presence], source: str) -> Table:
    """One row a file. Text is held as objects, so that a long list takes little memory."""
    from astropy.table import Table

    sizes = [product.size for product in products]
    texts = {
        "Local Path": [product.local_path for product in products],
        "URI": [product.uri for product in products],
        "Size": sizes,
        "State": [state.value for state in states],
        "Exclusive Until": [product.exclusive_until for product in products],
        "Source": [urlsplit(source).netloc] * len(products),
        "Message": [product.message or product.error for product in products],
    }
    table = Table({name: np.array(values, dtype=object) for name, values in texts.items()})
    table["Size"] = np.ma.masked_array(
        [size or 0 for size in sizes], mask=[size is None for size in sizes], dtype=np.int64
    )
    table["Size"].unit = "byte"
    return table


def edited_products(products: Sequence[Product], table: Table, index: Index) -> list[Product]:
    """The products whose rows are still in `table`, each with the path that stands there.

    Raises
    ------
    InvalidQueryError
        For a URI that was changed or added, and for two files at one path.
    UnsafeNameError
        For a path outside the download folder, or with a name that not every disk can hold.
    """
    paths = _paths_by_uri(table)
    added = paths.keys() - {product.uri for product in products}
    if added:
        raise InvalidQueryError(
            f"The plan has no product {min(map(str, added))!r}: rows of plan.table may be removed, "
            "and 'Local Path' changed. For other products make another plan."
        )
    left = [product for product in products if product.uri in paths]
    kept = [_at(product, paths[product.uri]) for product in left]
    if any(new is not old for new, old in zip(kept, left, strict=True)):
        _check_apart(kept, index)
    return kept


def _paths_by_uri(table: Table) -> dict[str, Any]:
    for name in ("URI", "Local Path"):
        if name not in table.colnames:
            raise InvalidQueryError(
                f"plan.table has lost its column {name!r}, which tells what goes where. "
                "Work on a copy, or make the plan again."
            )
    return dict(zip(table["URI"].tolist(), table["Local Path"].tolist(), strict=True))


def _at(product: Product, wanted: Any) -> Product:
    """The product, put where the table says."""
    text = "" if wanted is None else str(wanted)
    if product.error or text == product.local_path:
        return product
    start = product.local_path.removesuffix(product.path)
    path = text.removeprefix(start)
    bad = unusable_part(path)
    if bad is not None:
        raise UnsafeNameError(
            f"{text!r} cannot be the 'Local Path' of {product.uri}, because of {bad!r}: give a "
            f"path below {start!r}, with that in front or without, such as {product.path!r}."
        )
    return replace(product, path=path, local_path=start + path, message="")


def _check_apart(products: Sequence[Product], index: Index) -> None:
    """Two products cannot be one file, nor can one be the folder of another."""
    products = [product for product in products if not product.error]
    owners = {path_key(product.path): product.uri for product in products}
    for product in products:
        held = index.at(product.path)
        other = owners[path_key(product.path)] if held is None else held.uri
        folders = product.path.split("/")[:-1]
        for count in range(len(folders)):
            other = owners.get(path_key("/".join(folders[: count + 1])), other)
        if other != product.uri:
            raise InvalidQueryError(
                f"{product.local_path!r} cannot be the 'Local Path' of {product.uri}: {other} is "
                "there. Give each file a path of its own."
            )


def rows_to_drop(rows: Any, count: int) -> NDArray[np.bool_]:
    """Which of `count` rows are meant by a mask, a list of row numbers, or one number."""
    chosen = np.zeros(count, dtype=bool)
    try:
        given = np.asarray(list(rows) if isinstance(rows, (set, frozenset, range)) else rows)
        if np.ma.isMaskedArray(rows) and given.dtype == bool:
            given = np.asarray(rows.filled(False))
        if given.dtype == object and all(isinstance(each, (bool, np.bool_)) for each in given.flat):
            given = given.astype(bool)
        if given.dtype == bool and given.shape == (count,):
            return given
        if given.dtype.kind in "iu" or (given.ndim and not given.size):
            chosen[given.ravel().astype(int)] = True
            return chosen
    except (ValueError, IndexError):  # rows of different lengths; a number beyond the table
        pass
    raise InvalidQueryError(
        f"drop takes a mask of {count} truth values, such as plan.table['Size'] > 1e9, or a list "
        f"of row numbers below {count}, such as [0, 2], not {rows!r}."
    )
