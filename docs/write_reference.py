"""Write the generated pages anew: configuration.md, dialects.md and the commands of cli.md.

Run it after a change of a setting, an option or a dialect: ``python docs/write_reference.py``.
tests/test_docs.py fails while a page is not what this would write.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import topmast.tables.table  # noqa: F401  # with it, warnings are those of astropy, too

DOCS = Path(__file__).resolve().parent
MARK = "<!-- From here on this page is written by docs/write_reference.py. -->\n"


def main() -> None:
    """Write all pages."""
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")


# ------------------------------------------------------------------------ configuration


def configuration() -> str:
    """The hand-written half of configuration.md as it is, and the table of settings."""
    from topmast.config.settings import DEFAULTS, DESCRIPTIONS

    rows = [
        f"| `{name}` | `{DEFAULTS[name]!r}` | `TOPMAST_{name.upper()}` | {DESCRIPTIONS[name]} |"
        for name in DEFAULTS
    ]
    head = ["| setting | default | environment | meaning |", "|---|---|---|---|"]
    return "\n".join([_written_half("configuration.md"), MARK, *head, *rows, ""])


def _written_half(name: str) -> str:
    """What stands before the mark in a page."""
    return (DOCS / name).read_text(encoding="utf-8").partition(MARK)[0].rstrip("\n") + "\n"


def public_members(value: type) -> list[str]:
    """The public methods and properties of a class, those it inherits from topmast too."""
    own = [base for base in value.__mro__ if base.__module__.startswith("topmast")]
    return sorted({name for base in own for name in vars(base) if not name.startswith("_")})


# ------------------------------------------------------------------------------ dialects


def dialects() -> str:
    """The table of differences, from the code that makes them."""
    from topmast.config.dialects import DIALECT_DIFFERENCES

    lines = [
        "# Differences between the guide and astroquery\n",
        "Where the guide that many scripts were written from and today's astroquery (0.4.11) "
        "differ in what a call returns, topmast follows the guide. In place of astroquery "
        "(`topmast run`, `install_as_astroquery()`) it follows astroquery. "
        '`install_as_astroquery(dialect="guide")`, `topmast run --dialect guide` and '
        '`topmast.connect(where, dialect="astroquery")` choose the other one. `next` follows the '
        "pre-release of astroquery, 0.4.12.dev11095, and differs from 0.4.11 where the last column "
        "says so.\n",
        MARK,
        "| question | guide (topmast) | astroquery 0.4.11 (in its place) | pre-release, `next` |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {row.question} | {row.guide_text} | {row.astroquery_text} | "
        f"{'as 0.4.11' if row.later_text == row.astroquery_text else row.later_text} |"
        for row in DIALECT_DIFFERENCES
    ]
    return "\n".join([*lines, ""])


# -------------------------------------------------------------------------- command line


def commands() -> str:
    """The hand-written half of cli.md as it is, and the help of each command."""
    import click

    from topmast.cli import main as program

    settings = program.context_settings | {"terminal_width": 100}
    context = click.Context(program, info_name="topmast", **settings)
    pages = []
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        pages += _command_pages(command, name, context)
    return "\n".join([_written_half("cli.md"), MARK, *pages])


def _command_pages(command: Any, name: str, context: Any, level: int = 2) -> Iterator[str]:
    """The help of a command, and of the commands in it if it is a group."""
    import click

    inner = click.Context(command, parent=context, info_name=name, terminal_width=100)
    yield f"{'#' * level} {inner.command_path}\n\n```text\n{command.get_help(inner)}\n```\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(inner):
            yield from _command_pages(command.commands[each], each, inner, level + 1)


PAGES: dict[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "dialects.md": dialects,
    "cli.md": commands,
}

if __name__ == "__main__":
    sys.exit(main())
