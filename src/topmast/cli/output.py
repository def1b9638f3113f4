"""Where a table goes: to the screen as far as it fits, to a pipe whole, or to a file."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.formats import save_table, write_table
from topmast.cli.settings import Option, current, say, with_astropy
from topmast.tables.display import by_importance, cell_text, shortened
from topmast.version import install_command
from topmast.wire.table_files import FORMATS, Format, format_of, rows_of

if TYPE_CHECKING:
    from astropy.table import Table

AnyTable = Any
"""A Table of astropy or a PlainTable."""

WIDEST = 40
"""No column of a screen is wider than this, unless all columns were asked for."""

PATHS, REASONS = ("Local Path", "Path"), ("Message", "Reason")
"""Columns that are shown as they are, however wide, unless they stand beside each other."""


@dataclass(frozen=True, slots=True)
class Output:
    """The output options of a command: where the table goes, and how much of it."""

    path: Path | None = None
    kind: Format | None = None
    columns: tuple[str, ...] = ()
    all_columns: bool = False
    rows: int | None = None
    sort: str | None = None

    def write(
        self, table: AnyTable, *, seen: AnyTable | None = None, screen_order: Sequence[str] = ()
    ) -> None:
        """Send `table` to the file, the pipe or the screen.

        `seen` is what of it a screen shows, unless certain columns or all rows were asked for;
        nothing, if it has no rows. `screen_order` are columns that order the rows on a screen.
        """
        if self.needs_astropy:
            table = _as_astropy(table)
        chosen = _only(_sorted(table, self.sort) if self.sort else table, self.columns)
        if self.path is not None and self.kind is not None:
            save_table(chosen, self.path, self.kind)
            say(f"{counted(len(table), 'row')} written to {self.path}")
        elif self.kind is not None or not on_terminal():
            write_table(chosen, sys.stdout.buffer, self.kind or format_of("tsv"))
        elif seen is None or self._asks_for_more:
            self._show(chosen if self.sort else _ordered(chosen, screen_order))
        elif len(seen):
            self._show(seen)

    def shows(self, seen: AnyTable) -> bool:
        """Whether `write` shows what of a table a screen shows."""
        to_screen = self.path is None and self.kind is None and on_terminal()
        return to_screen and len(seen) > 0

    @property
    def needs_astropy(self) -> bool:
        """Whether the format of the answer is written by astropy."""
        return self.kind is not None and not self.kind.plain

    @property
    def _asks_for_more(self) -> bool:
        return bool(self.columns) or self.all_columns or self.rows == sys.maxsize

    def _show(self, table: AnyTable) -> None:
        size = shutil.get_terminal_size()
        whole = self.all_columns or bool(self.columns)
        limit = max(10, size.lines - 6) if self.rows is None else self.rows
        show_table(table, limit=limit, width=None if whole else size.columns, reorder=not whole)


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where a table goes; the command gets them as `output`."""

    @functools.wraps(function)
    def with_output(*args: Any, **words: Any) -> Any:
        given = {name: words.pop(name) for name in _WORDS}
        return function(*args, output=_checked(**given), **words)

    for option in _OPTIONS:
        with_output = option(with_output)
    return with_output


def show_table(
    table: AnyTable, *, limit: int, width: int | None, reorder: bool = True, hints: bool = True
) -> None:
    """Print the first `limit` rows, and the columns that fit into `width` (None: all)."""
    names = by_importance(table.colnames) if reorder else list(table.colnames)
    widest = None if width is None else WIDEST
    texts = {name: _texts(table[:limit], name, widest) for name in names}
    if width is not None:
        texts = _side_by_side(_filled(texts), width)
    shown = names if width is None else _fitting(texts, width)
    _print({name: texts[name] for name in shown})
    if hints:
        _tell_rest(len(table) - limit, len(names) - len(shown))


def on_terminal() -> bool:
    """Whether standard output is a terminal, and not a pipe or a file."""
    return sys.stdout.isatty()


def counted(number: int, what: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _checked(
    *, output: str | None, format: str | None, columns: str | None, all_columns: bool,
    all_rows: bool, rows: int | None, sort: str | None,
) -> Output:  # fmt: skip
    names = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
    if all_rows:
        rows = sys.maxsize
    if output is None or output == "-":
        format = _format_of_document(format)
        name = format or ("tsv" if output == "-" else None)
        kind = _known_kind(name) if name else None
        return Output(None, kind, names, all_columns, rows, sort)
    return Output(_writable(output), _known_kind(format or output), names, all_columns, rows, sort)


def _format_of_document(format: str | None) -> str | None:
    """The format in which --json takes a table."""
    if not current().json:
        return format
    if format is not None:
        raise click.UsageError("Give only one of --json and --format.")
    return "json"


def _known_kind(name: str) -> Format:
    try:
        kind = format_of(name)
    except ValueError as problem:
        raise click.UsageError(str(problem)) from problem
    if kind.needs and importlib.util.find_spec(kind.needs) is None:
        raise click.UsageError(f"{kind.name} files need {kind.needs}: {install_command('archive')}")
    return kind


def _writable(text: str) -> Path:
    path = Path(text).expanduser()
    if path.is_dir():
        raise click.UsageError(f"{text} is a folder; --output takes the name of a file.")
    if not path.parent.is_dir():
        raise click.UsageError(f"There is no folder {path.parent} to write {path.name} into.")
    if not os.access(path.parent, os.W_OK):
        raise click.UsageError(f"The folder {path.parent} cannot be written.")
    return path


def _only(table: AnyTable, names: Sequence[str]) -> AnyTable:
    """`table` with the named columns, whatever the case they are written in."""
    if not names:
        return table
    return table[[_column(table, name) for name in names]]


def _column(table: AnyTable, name: str) -> str:
    """The name of a column of `table` as it is spelled there."""
    known = {each.lower(): each for each in table.colnames}
    if name.lower() not in known:
        from topmast.errors import did_you_mean

        hint = did_you_mean(name, table.colnames)
        raise click.UsageError(f"The answer has no column {name!r}.{hint}")
    return known[name.lower()]


def _sorted(table: AnyTable, sort: str) -> AnyTable:
    """`table` in the order of a column, rows without a value last; ``-name`` for descending."""
    import numpy as np

    column = table[_column(table, sort.removeprefix("-"))]
    missing = np.ma.getmaskarray(column)
    order = np.argsort(np.ma.getdata(column), kind="stable")
    if sort.startswith("-"):
        order = order[::-1]
    return table[order[np.argsort(missing[order], kind="stable")]]


def _ordered(table: AnyTable, names: Sequence[str]) -> AnyTable:
    """`table` by its columns among `names`, the first before the others."""
    import numpy as np

    keys = [table[name] for name in reversed(names) if name in table.colnames]
    if not keys or not len(table):
        return table
    filled: list[Any] = [np.ma.filled(np.ma.asarray(key, dtype=float), np.inf) for key in keys]
    return table[np.lexsort(filled)]


def _as_astropy(table: AnyTable) -> Table:
    """`table` as one of astropy, with the units that are known of its columns."""
    if hasattr(table, "meta"):
        return table
    with_astropy()
    from topmast.tables.table import table_from_columns

    return table_from_columns(table.columns, service=CAOM)


CAOM = "Mast.Caom."
"""Where the units of columns are looked up: those of observations and products."""


def _texts(table: AnyTable, name: str, widest: int | None) -> list[str]:
    texts = [cell_text(name, row[0]) for row in rows_of(table[[name]])]
    return texts if name in (*PATHS, *REASONS) else [shortened(text, widest) for text in texts]


def _filled(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns that say anything; all, if there are no rows."""
    return {name: column for name, column in texts.items() if any(column)} or texts


def _side_by_side(texts: dict[str, list[str]], width: int) -> dict[str, list[str]]:
    """The columns with path and reason cut, if a screen has no room for both as they are."""
    path = next((name for name in texts if name in PATHS), None)
    reason = next((name for name in texts if name in REASONS), None)
    if path is None or reason is None:
        return texts
    before = list(texts)[: list(texts).index(path)]
    room = max(40, width - 4 - sum(_wide(name, texts) + 2 for name in before))
    if _wide(path, texts) + _wide(reason, texts) <= room:
        return texts
    for_path = min(_wide(path, texts), max(room // 2, room - _wide(reason, texts)))
    return texts | {
        path: [_end_of(text, for_path) for text in texts[path]],
        reason: [_start_of(text, room - for_path) for text in texts[reason]],
    }


def _wide(name: str, texts: dict[str, list[str]]) -> int:
    return max(map(len, (name, *texts[name])))


def _end_of(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :]


def _start_of(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _fitting(texts: dict[str, list[str]], width: int) -> list[str]:
    """The columns that fit beside each other, the first ones before the last; at least one."""
    chosen: list[str] = []
    left = width
    for name in texts:
        left -= _wide(name, texts) + 2
        if left < 0 and chosen:
            break
        chosen.append(name)
    return chosen


def _print(texts: dict[str, list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, column in texts.items():
        numbers = all(_is_number(text) for text in column if text)
        drawn.add_column(Text(name), no_wrap=True, justify="right" if numbers else "left")
    for row in zip(*texts.values(), strict=True):
        drawn.add_row(*map(Text, row))
    width = sum(max(map(len, (name, *column))) + 2 for name, column in texts.items())
    Console(width=max(width, 1), soft_wrap=True).print(drawn)


def _is_number(text: str) -> bool:
    try:
        float(text.split()[0])
    except ValueError:
        return False
    return len(text.split()) == 1 or text.split()[1] in ("B", "kB", "MB", "GB", "TB")


def _tell_rest(rows: int, columns: int) -> None:
    rest = []
    if rows > 0:
        rest.append(f"{counted(rows, 'more row')} (--all-rows or --output FILE)")
    if columns > 0:
        rest.append(f"{counted(columns, 'more column')} (--all-columns or --columns a,b)")
    if rest:
        say("… " + ", ".join(rest))


def _option(*names: str, **attributes: Any) -> Callable[..., Any]:
    return click.option(*names, cls=Option, section="Output", **attributes)


_EXTENSIONS = " ".join(extension for kind in FORMATS for extension in kind.extensions)
_WORDS = ("output", "format", "columns", "all_columns", "all_rows", "rows", "sort")
_OPTIONS = (
    _option(
        "--rows", type=click.IntRange(min=0), metavar="N", help="Show so many rows on a terminal."
    ),
    _option("--all-rows", is_flag=True, help="Show all rows on a terminal."),
    _option("--all-columns", is_flag=True, help="Show all columns on a terminal."),
    _option("--sort", metavar="NAME", help="Sort by this column; -NAME: largest first."),
    _option("--columns", metavar="NAME,NAME", help="Give these columns only, in this order."),
    _option(
        "--format",
        type=click.Choice([kind.name for kind in FORMATS], case_sensitive=False),
        help="Write standard output in this format; to a pipe it is TSV.",
    ),
    _option(
        "--output",
        "-o",
        metavar="FILE",
        help=f"Write the table to FILE, in the format of its extension ({_EXTENSIONS}); "
        "- is standard output.",
    ),
)
