"""Where to look: TARGETs on the command line, in a file or from standard input."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.settings import MINUS, with_astropy
from topmast.wire.table_files import Format, format_of

if TYPE_CHECKING:
    from astropy.table import Table
    from click.decorators import FC

COORDINATE = re.compile(r"[+-]?\.?\d[\d.:hmsd]*")
STDIN = "-"
NAME_COLUMNS = ("name", "target", "target_name", "object_name", "object", "main_id", "target_given")
POSITION_COLUMNS = ({"ra", "dec"}, {"s_ra", "s_dec"}, {"ra_deg", "dec_deg"}, {"raj2000", "dej2000"})


def one_position(
    context: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> tuple[str, ...]:
    """Two coordinates without quotes around them are one position."""
    words = tuple(word.replace(MINUS, "-") for word in words)
    if len(words) == 2 and all(map(COORDINATE.fullmatch, words)):
        return (" ".join(words),)
    return words


target_argument: Callable[[FC], FC] = click.argument("target", nargs=-1, callback=one_position)
targets_option: Callable[[FC], FC] = click.option(
    "--targets",
    "file",
    metavar="FILE|-",
    help="Take the targets from a file or standard input: one name or position a line, or a table "
    "with columns ra and dec, or name.",
)
radius_option: Callable[[FC], FC] = click.option(
    "--radius",
    metavar="ANGLE",
    help="How far around TARGET: '5 arcmin', '0.1d'; 0.2 deg if not given.",
)


def place_of(
    target: tuple[str, ...], radius: str | None, file: str | None = None
) -> dict[str, Any]:
    """The arguments that say where: several targets are asked for in one call."""
    place: dict[str, Any] = {} if radius is None else {"radius": _angle(radius)}
    if target == (STDIN,) and file is None:
        target, file = (), STDIN
    if file is not None:
        if target:
            raise click.UsageError("Give either TARGETs or --targets, not both.")
        place["coordinates"] = _targets_in(file)
    elif target:
        place["coordinates"] = target[0] if len(target) == 1 else list(target)
    elif radius is not None:
        raise click.UsageError("--radius needs a TARGET to be around.")
    return place


def _angle(text: str) -> str | float:
    """A bare number is degrees, as in the library."""
    try:
        return float(text)
    except ValueError:
        return text


# ------------------------------------------------------------------------------ from a file


def _targets_in(file: str) -> Any:
    content = sys.stdin.buffer.read() if file == STDIN else _content(Path(file).expanduser())
    where = "Standard input" if file == STDIN else file
    kind = _kind_of(file, content)
    if kind is None:
        lines = (line.strip() for line in content.decode("utf-8-sig", "replace").splitlines())
        targets = [line for line in lines if line and not line.startswith("#")]
        if not targets:
            raise click.UsageError(f"{where} has no target: one name or position a line.")
        return targets
    with_astropy()
    try:
        return _targets_of(kind.read(io.BytesIO(content)), where)
    except (ValueError, OSError, KeyError) as problem:
        raise click.UsageError(f"{where} is not a table that can be read: {problem}") from problem


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise click.UsageError(f"{path} cannot be read: {problem.strerror}.") from problem


def _kind_of(file: str, content: bytes) -> Format | None:
    """The format of a table; None for a list of lines."""
    for start, name in ((b"# %ECSV", "ecsv"), (b"<?xml", "votable"), (b"SIMPLE", "fits")):
        if content.lstrip().startswith(start):
            return format_of(name)
    first = content.partition(b"\n")[0].decode("utf-8-sig", "replace").strip()
    for name, separator in (("tsv", "\t"), ("csv", ",")):
        titles = {title.strip().strip('"').lower() for title in first.split(separator)}
        if titles & set(NAME_COLUMNS) or any(pair <= titles for pair in POSITION_COLUMNS):
            return format_of(name)
    try:
        kind = format_of(file)
    except ValueError:
        return None
    return None if kind.name in ("csv", "tsv") else kind


def _targets_of(table: Table, where: str) -> Any:
    names = {name.lower(): name for name in table.colnames}
    if any(pair <= names.keys() for pair in POSITION_COLUMNS):
        return table
    column = next((names[name] for name in NAME_COLUMNS if name in names), None)
    if column is None:
        raise click.UsageError(
            f"{where} has neither columns ra and dec nor a column name. "
            f"Its columns: {', '.join(table.colnames[:10])}."
        )
    return [str(name) for name in table[column].tolist() if name is not None]
