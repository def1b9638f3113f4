"""The columns of a product table as plain lists: None where a value is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.errors import InvalidQueryError

if TYPE_CHECKING:
    from astropy.table import Table

#: Of a product, in bytes; a table that says more is wrong.
LARGEST = 10**15
UNKNOWN_DATE = "unknown"

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
    """For each product until when it is exclusive: a date, `UNKNOWN_DATE`, or empty."""
    if "dataRights" not in products.colnames:
        return [""] * len(products)
    rights = values(products, "dataRights")
    releases = values(products, "t_obs_release")
    today = datetime.now(UTC).date()
    return [
        _exclusive(right, release, today) for right, release in zip(rights, releases, strict=True)
    ]


def forbidden(products: Table) -> frozenset[str]:
    """The URIs that the login may not fetch, where the archive tells it (``may_download``)."""
    if "may_download" not in products.colnames:
        return frozenset()
    pairs = zip(texts(products, "dataURI"), values(products, "may_download"), strict=True)
    return frozenset(uri for uri, may in pairs if may is not None and not may)


def with_release_dates(products: Table, observations: Table) -> Table:
    """`products` with the ``t_obs_release`` of their own observations, where these are listed."""
    if "t_obs_release" in products.colnames or "t_obs_release" not in observations.colnames:
        return products
    dates = values(observations, "t_obs_release")
    obsid = "obsid" if "obsid" in observations.colnames else "obsID"
    by_obsid = dict(zip(texts(observations, obsid), dates, strict=True))
    by_name = dict(zip(texts(observations, "obs_id"), dates, strict=True))
    by_obsid.pop("", None)
    by_name.pop("", None)
    ids = zip(texts(products, "obsID"), texts(products, "obs_id"), strict=True)
    found = [by_obsid.get(own, by_name.get(obs_id)) for own, obs_id in ids]
    products = products.copy(copy_data=False)
    products["t_obs_release"] = np.ma.masked_invalid(np.array(found, dtype=float))
    return products


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
    return size if 0 < size <= LARGEST else None


def _exclusive(right: Any, release: Any, today: date) -> str:
    if right is None or str(right).upper() in ("PUBLIC", *NOTHING):
        return ""
    if str(right).upper() == "RESTRICTED":  # it does not end with the release of the observation
        return UNKNOWN_DATE
    try:
        day = MJD_ZERO + timedelta(days=float(release))
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN_DATE
    return day.isoformat() if day > today else ""
