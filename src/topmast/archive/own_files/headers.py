"""What the headers of one FITS or ASDF file say, whatever part of the file says it."""

from __future__ import annotations

import gzip
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from topmast.archive.store.fits_headers import GZIP, check_fits, end_of_hdus, is_fits
from topmast.errors import InvalidQueryError, MissingExtraError
from topmast.version import install_command

FITS_ENDINGS = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.fz")
ENDINGS = (*FITS_ENDINGS, ".asdf")
CHUNK = 1 << 20
MOST_TEXT = 500
BLANK = ("", "N/A", "NONE", "UNKNOWN", "NULL", "NAN", "INDEF", "UNDEFINED")


@dataclass(frozen=True, slots=True)
class Part:
    """One HDU: its name, its header, and what kind of data it has."""

    name: str
    kind: str
    """"image", "table" or "" for a header without data."""
    shape: tuple[int, ...]
    columns: tuple[str, ...]
    header: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileHeaders:
    """The headers of a file. `values` of an ASDF file are called as in its tree: meta.x.y."""

    path: Path
    parts: tuple[Part, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def first(self, *keywords: str, reading: Callable[[Any], Any] | None = None) -> Any:
        """The first value that is there: keyword by keyword, and in the parts in their order.

        `reading` makes something of a value; what gives None is passed over.
        """
        for keyword in keywords:
            for values in self._all():
                value = _plain(values.get(keyword))
                if value is not None and reading is not None:
                    value = reading(value)
                if value is not None:
                    return value
        return None

    def _all(self) -> Iterator[Mapping[str, Any]]:
        yield self.values
        for part in self.parts:
            yield part.header


def read_headers(path: Path) -> FileHeaders:
    """The headers of a file; InvalidQueryError says what is wrong with one that is broken."""
    if path.name.lower().endswith(".asdf"):
        values = _asdf_values(path)
        if not values:
            raise InvalidQueryError("its tree is empty.")
        return FileHeaders(path, values=values)
    if not is_fits(path):
        raise InvalidQueryError("it does not begin as a FITS file does.")
    try:
        check_fits(path)
        parts = tuple(_parts(path))
        _check_end(path)
        return FileHeaders(path, parts)
    except InvalidQueryError as problem:
        raise InvalidQueryError(str(problem).rpartition("cannot be read: ")[2]) from problem
    except (
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        Warning,
    ) as problem:
        raise InvalidQueryError(f"it cannot be read: {problem}") from problem


def _parts(path: Path) -> Iterator[Part]:
    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", ".*truncated")
        with fits.open(path, lazy_load_hdus=False, memmap=True) as hdus:
            for hdu in hdus:
                yield _part(hdu)


def _part(hdu: Any) -> Part:
    header = {card.keyword: _value_of(card) for card in hdu.header.cards if card.keyword}
    is_table = header.get("XTENSION") in ("BINTABLE", "TABLE") and not header.get("ZIMAGE")
    axes = int(header.get("NAXIS") or 0)
    if header.get("ZIMAGE"):
        shape = tuple(
            int(header.get(f"ZNAXIS{axis}", 0)) for axis in range(1, header["ZNAXIS"] + 1)
        )
    else:
        shape = tuple(int(header.get(f"NAXIS{axis}", 0)) for axis in range(1, axes + 1))
    kind = "table" if is_table else "image" if len(shape) > 1 and all(shape) else ""
    columns = [
        str(header.get(f"TTYPE{n}", "")) for n in range(1, int(header.get("TFIELDS", 0)) + 1)
    ]
    return Part(str(hdu.name or "").upper(), kind, shape, tuple(columns), header)


def _value_of(card: Any) -> Any:
    """A card that breaks the rules has no value here; the others of its header do."""
    try:
        return card.value
    except Exception:
        return None


def _check_end(path: Path) -> None:
    """Raise if a packed file is cut off, or if the file ends inside a header."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    if packed:
        with gzip.open(path, "rb") as file:
            while file.read(CHUNK):  # to its checksum
                pass
        return
    with path.open("rb") as file:
        file.seek(end_of_hdus(path))
        if file.read(8) == b"XTENSION":
            raise InvalidQueryError("it ends inside a header.")


def _asdf_values(path: Path) -> dict[str, Any]:
    try:
        import asdf
    except ImportError as problem:
        raise MissingExtraError(
            f"{path.name} is read with asdf: {install_command('asdf')}"
        ) from problem
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with asdf.open(path, lazy_load=True, memmap=False) as file:
                return dict(_flattened(file.tree, ""))
    except Exception as problem:  # whatever asdf and its converters raise
        raise InvalidQueryError(f"it cannot be read: {problem}") from problem


def _flattened(tree: Any, before: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The single values of a tree by their path; `roman.` in front is left out."""
    if isinstance(tree, Mapping) and depth < 8:
        for name, value in tree.items():
            path = str(name) if before in ("", "roman") else f"{before}.{name}"
            yield from _flattened(value, path, depth + 1)
    elif isinstance(tree, str | int | float | bool) or hasattr(tree, "isot"):
        yield before, getattr(tree, "isot", tree)


def _plain(value: Any) -> Any:
    """A value as text, number or bool; None for what says nothing."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) < 1e300 else None
    text = str(value).strip()[:MOST_TEXT] if isinstance(value, str) else ""
    return None if text.upper() in BLANK else text
