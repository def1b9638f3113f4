"""The headers of many remote FITS files as one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.download.check.fits import FITS_START
from topmast.errors import InvalidQueryError, MastError
from topmast.net.parallel import at_once
from topmast.net.session import Session
from topmast.questions import cloud
from topmast.questions.arguments import is_astropy
from topmast.services.cards import values_of
from topmast.services.hdus import MOST_HDUS, Hdu, find_hdus
from topmast.services.open import GZIP, find_address, open_address
from topmast.services.unpacked import UnpackedFile

if TYPE_CHECKING:
    from astropy.table import Table

FIXED = ("dataURI", "HDU", "Message")


@dataclass(slots=True)
class Found:
    """What came of one product: a row for each HDU, or why there is none."""

    uri: str
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    message: str = ""


def headers(
    session: Session,
    /,
    products: Any,
    ext: int | str | Sequence[int | str] | None = 0,
    *,
    keywords: Iterable[str] | None = None,
    force_on_prem: bool = False,
) -> Table:
    """The headers of many FITS files, without downloading them.

    Parameters
    ----------
    products : `~astropy.table.Table`, list of str, str or row
        A product table, URIs, or what `open_product` takes.
    ext : int, str, list of these, or None
        Which HDUs: by number, or by EXTNAME. None gives all. Default: the primary header.
    keywords : list of str, optional
        Which keywords; default: all that occur.
    force_on_prem : bool
        Ask the archive, also after `enable_cloud_dataset`.

    Returns
    -------
    `~astropy.table.Table`
        One row an HDU, in the order of `products`: dataURI, HDU (its number), Message, and a
        column a keyword, masked where a header has none. A product that cannot be read has one
        row, with HDU -1 and the reason in Message.

    Raises
    ------
    InvalidQueryError
        `products` are none, or `ext` is no HDU.

    Examples
    --------
    >>> fits = Observations.filter_products(products, extension="fits")
    >>> table = Observations.headers(fits, keywords=["TELESCOP", "EXPTIME"])
    """
    wanted = _checked_ext(ext)
    uris = _uris(products)
    words = None if keywords is None else [str(word).strip().upper() for word in keywords]
    urls = {}
    if session.cache(cloud.CloudAccess).enabled and not force_on_prem:
        urls = cloud.find_urls(session, [uri for uri in uris if isinstance(uri, str)])
    read = partial(_read, session, urls, wanted, words)
    found = at_once(read, uris, int(session.setting("connections")))
    return _table(found, words)


def _checked_ext(ext: Any) -> list[int | str] | None:
    """The HDUs as a list; None for all."""
    if ext is None:
        return None
    given = list(ext) if isinstance(ext, (list, tuple, set, np.ndarray)) else [ext]
    for each in given:
        number = isinstance(each, (int, np.integer)) and not isinstance(each, bool)
        if not (number and 0 <= each < MOST_HDUS) and not (isinstance(each, str) and each.strip()):
            raise InvalidQueryError(
                f"ext is the number of an HDU, its EXTNAME, or None for all, not {each!r}."
            )
    return [each.strip().upper() if isinstance(each, str) else int(each) for each in given]


def _uris(products: Any) -> list[Any]:
    """URIs, or rows, one for each product."""
    if isinstance(products, str) or is_astropy(products, "table.Row"):
        return [products]
    if hasattr(products, "colnames"):
        named = [name for name in ("dataURI", "uri") if name in products.colnames]
        if not named:
            raise InvalidQueryError(
                "A product table has a column dataURI; this one has only: "
                f"{', '.join(products.colnames[:20])}."
            )
        return [str(uri) for uri in products[named[0]]]
    try:
        return list(products)
    except TypeError as problem:
        raise InvalidQueryError(
            f"products are a product table or URIs, not {products!r}."
        ) from problem


def _read(
    session: Session,
    urls: dict[str, str],
    wanted: list[int | str] | None,
    keywords: list[str] | None,
    product: Any,
) -> Found:
    found = Found(str(product))
    try:
        found.uri, address = find_address(session, product, urls)
        with open_address(session, address) as file:
            readable = UnpackedFile(file) if file.read_at(0, len(GZIP)) == GZIP else file
            start = readable.read_at(0, 16)
            if not start.startswith(FITS_START):
                found.message = f"not FITS: it begins with {start!r}"
                return found
            numbers = [each for each in wanted or () if isinstance(each, int)]
            by_number = wanted is not None and len(numbers) == len(wanted)
            hdus = find_hdus(readable, max(numbers) + 1 if by_number else MOST_HDUS)
        rows = [(number, values_of(hdu.header, keywords)) for number, hdu in enumerate(hdus)]
        found.rows = [row for row in rows if wanted is None or _is_wanted(row, hdus, wanted)]
        if not found.rows:
            found.message = f"it has {len(hdus)} HDUs, and not {wanted}"
    except MastError as problem:
        found.message = " ".join(str(problem).split())
    return found


def _is_wanted(row: tuple[int, Any], hdus: list[Hdu], wanted: list[int | str]) -> bool:
    number = row[0]
    return (
        number in wanted or values_of(hdus[number].header, ["EXTNAME"]).get("EXTNAME", "") in wanted
    )


def _table(found: list[Found], keywords: list[str] | None) -> Table:
    from astropy.table import MaskedColumn, Table

    rows = [
        (each.uri, number, each.message, values)
        for each in found
        for number, values in each.rows or [(-1, {})]
    ]
    columns: dict[str, Any] = {
        "dataURI": np.array([row[0] for row in rows], dtype=str),
        "HDU": np.array([row[1] for row in rows], dtype=np.int64),
        "Message": np.array([row[2] for row in rows], dtype=str),
    }
    names = keywords or list(dict.fromkeys(word for row in rows for word in row[3]))
    for name in names:
        if name not in FIXED:
            columns[name] = MaskedColumn(_column([row[3].get(name) for row in rows]), name=name)
    return Table(columns, copy=False)


def _column(values: list[Any]) -> Any:
    """Values of one keyword as a masked array: of numbers, truth values, or else texts."""
    kinds = {type(value) for value in values}
    if len(kinds) == 1 and kinds <= {bool, float, str}:
        return np.array(values)
    missing = np.array([not isinstance(value, (bool, int, float, str)) for value in values])
    kinds = {type(value) for value, gone in zip(values, missing, strict=True) if not gone}
    kind: type = str
    if kinds == {bool}:
        kind = bool
    elif kinds == {int} and all(abs(value) < 1 << 63 for value in values if value is not None):
        kind = int
    elif kinds and kinds <= {int, float}:
        kind = float
    filled = [kind() if gone else kind(value) for value, gone in zip(values, missing, strict=True)]
    return np.ma.array(np.array(filled, dtype=kind), mask=missing)
