"""What a command works on: ids, or a table, from the command line, a file or standard input."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.formats import read_table
from topmast.cli.settings import with_astropy
from topmast.wire.table_files import format_of

if TYPE_CHECKING:
    from astropy.table import Table

STDIN = "-"
URI = re.compile(r"(mast|https?|s3|gs|vo|ivo)://?|mast:", re.IGNORECASE)
ID_COLUMNS = ("obsid", "obsID", "dataURI")


def read_source(
    words: tuple[str, ...], *, columns: tuple[str, ...] = ID_COLUMNS
) -> list[str] | Table:
    """The ids that `words` are, or the table in the file that they name (``-``: standard input).

    A table has at least one of `columns`.
    """
    if not words:
        raise click.UsageError("Give obsids, a file with a table, or - for standard input.")
    if len(words) == 1 and words[0] == STDIN:
        return _from_text(sys.stdin.buffer.read(), columns)
    if len(words) == 1 and Path(words[0]).is_file():
        return _from_file(Path(words[0]), columns)
    missing = [word for word in words if not is_uri(word) and _looks_like_file(word)]
    if missing:
        raise click.UsageError(f"There is no file {missing[0]}.")
    return list(words)


def is_uri(word: str) -> bool:
    """Whether `word` names one file, as the column dataURI does."""
    return URI.match(word) is not None


def products_of_uris(uris: list[str]) -> Table:
    """A table of products with these URIs."""
    others = [uri for uri in uris if not is_uri(uri)]
    if others:
        raise click.UsageError(f"{others[0]} is no URI; give either URIs or obsids.")
    with_astropy()
    from astropy.table import Table

    names = [uri.rstrip("/").rpartition("/")[2] for uri in uris]
    nothing = [""] * len(uris)
    return Table(
        {"obs_collection": nothing, "obs_id": nothing, "dataURI": uris, "productFilename": names}
    )


def is_product_table(source: Any) -> bool:
    """Whether `source` lists files already, and not only observations."""
    return "dataURI" in getattr(source, "colnames", ())


def _read(kind: str, content: bytes) -> Table:
    with_astropy()
    return format_of(kind).read(io.BytesIO(content))


def _from_file(path: Path, columns: tuple[str, ...]) -> list[str] | Table:
    try:
        format_of(path.name)
    except ValueError:
        return _from_text(path.read_bytes(), columns)
    try:
        with_astropy()
        return _checked(read_table(path), str(path), columns)
    except (ValueError, OSError, KeyError) as problem:
        raise click.UsageError(f"{path} is not a table that can be read: {problem}") from problem


def _from_text(content: bytes, columns: tuple[str, ...]) -> list[str] | Table:
    """A table when the first line is one of column names, and ids between blanks otherwise."""
    text = content.decode("utf-8-sig", "replace")
    kind = _kind_of(text, columns)
    if kind is None:
        return _ids(text)
    try:
        return _checked(_read(kind, content), "Standard input", columns)
    except (ValueError, KeyError) as problem:
        raise click.UsageError(
            f"Standard input is not a table that can be read: {problem}"
        ) from problem


def _kind_of(text: str, columns: tuple[str, ...]) -> str | None:
    if text.startswith("# %ECSV"):
        return "ecsv"
    if text.lstrip().startswith("["):
        return "json"
    if text.lstrip().startswith("<?xml"):
        return "votable"
    first = text.partition("\n")[0].strip()
    for kind, separator in (("tsv", "\t"), ("csv", ",")):
        if any(name in first.split(separator) for name in columns):
            return kind
    return None


def _ids(text: str) -> list[str]:
    ids = text.replace(",", " ").split()
    if not ids:
        raise click.UsageError("Standard input is empty: no obsids.")
    return ids


def _checked(table: Table, where: str, columns: tuple[str, ...]) -> Table:
    if not any(name in table.colnames for name in columns):
        *first, last = columns
        raise click.UsageError(f"{where} has no column {', '.join(first)} or {last}.")
    return table


def _looks_like_file(word: str) -> bool:
    try:
        format_of(word)
    except ValueError:
        return "/" in word
    return True
