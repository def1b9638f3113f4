"""The columns of a product table as plain lists: None where a value is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from topmast.errors import InvalidQueryError

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["exclusive_dates", "sizes", "texts", "values"]

NOTHING = (None, "", "--", "nan", "N/A")
#: Day 0 of the Modified Julian Date.
MJD_ZERO = date(1858, 11, 17)


def values(products: Table, name: str) -> list[Any]:
    """One column, None where masked; all None where the table has no such column."""
    if name not in products.colnames:
        return [None] * len(products)
    column = products[name]
    found = column.filled(None) if column.dtype == object and hasattr(column, "mask") else column
    return list(found.tolist())


def texts(products: Table, name: str) -> list[str]:
    """One column as text, empty where there is none."""
    return ["" if value is None else str(value).strip() for value in values(products, name)]


def sizes(products: Table) -> list[int | None]:
    """The sizes in bytes, None where the table does not say."""
    return [_size(value) for value in values(products, "size")]


def exclusive_dates(products: Table) -> list[str]:
    """For each product until when it is exclusive: a date, "an unknown date", or empty."""
    rights = values(products, "dataRights")
    releases = values(products, "t_obs_release")
    today = datetime.now(UTC).date()
    return [
        _exclusive(right, release, today) for right, release in zip(rights, releases, strict=True)
    ]


def require(products: Table, name: str) -> None:
    """Raise InvalidQueryError if the table lacks a column."""
    if name not in products.colnames:
        raise InvalidQueryError(
            f"The product table has no column {name!r}. "
            "Give a table as get_product_list returns it."
        )


def _size(value: Any) -> int | None:
    try:
        size = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return size if size > 0 else None


def _exclusive(right: Any, release: Any, today: date) -> str:
    if right is None or str(right).upper() in ("PUBLIC", *NOTHING):
        return ""
    try:
        day = MJD_ZERO + timedelta(days=float(release))
    except (TypeError, ValueError, OverflowError):
        return "an unknown date"
    return day.isoformat() if day > today else ""
