"""Write the generated pages anew: reference.md, dialects.md and the command pages of cli.md.

Run it after a change of a docstring, an option or a dialect: ``python docs/write_reference.py``.
tests/test_docs.py fails while a page is not what this would write.
"""

from __future__ import annotations

import inspect
import re
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


# ----------------------------------------------------------------------------- reference


def reference() -> str:
    """Every public name with its signature and docstring."""
    import topmast

    names = [name for name in topmast.__all__ if name[0] != "_"]
    parts = ["# Reference\n", "Every public name of `topmast`.\n", MARK, _index(names)]
    return "\n".join([*parts, *(_entry(name, getattr(topmast, name)) for name in names)])


def _index(names: list[str]) -> str:
    return ", ".join(f"[{name}](#{name.lower()})" for name in names) + "\n"


def _entry(name: str, value: Any) -> str:
    lines = [f"## {name}\n"]
    if inspect.isclass(value):
        lines += _class_lines(name, value)
    elif inspect.ismodule(value):
        lines += [_docstring(value)]
        lines += [_function(f"{name}.{each}", getattr(value, each)) for each in value.__all__]
    elif inspect.isroutine(value):
        lines.append(_function(name, value, heading=False))
    else:
        lines.append(_instance(name, value))
    return "\n".join(lines)


def _instance(name: str, value: Any) -> str:
    kind = type(value).__name__
    return f"A ready-made instance of [{kind}](#{kind.lower()}).\n" if name != "conf" else _conf()


def _conf() -> str:
    from topmast.config.settings import DEFAULTS, DESCRIPTIONS

    rows = [f"| `{name}` | `{DEFAULTS[name]!r}` | {DESCRIPTIONS[name]} |" for name in DEFAULTS]
    head = "The settings; see [choose a server](how-to/choose-a-server.md).\n"
    return "\n".join([head, "| setting | default | meaning |", "|---|---|---|", *rows, ""])


def _class_lines(name: str, value: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in value.__bases__)
    if issubclass(value, BaseException):
        yield f"*{bases}*\n"
        yield _docstring(value)
        return
    yield f"```\n{name}{_signature(value)}\n```\n"
    yield _docstring(value)
    for member in sorted(public_members(value)):
        yield _function(f"{name}.{member}", inspect.getattr_static(value, member), value, member)


def public_members(value: type) -> list[str]:
    """The public methods and properties of a class, those it inherits from topmast too."""
    own = [base for base in value.__mro__ if base.__module__.startswith("topmast")]
    return sorted({name for base in own for name in vars(base) if not name.startswith("_")})


def _function(
    title: str, value: Any, owner: type | None = None, member: str = "", heading: bool = True
) -> str:
    lines = [f"### {title}\n"] if heading else []
    function = value if owner is None else getattr(owner, member)
    if callable(function) and not isinstance(value, property):
        lines.append(f"```\n{title}{_signature(function)}\n```\n")
    lines.append(_docstring(value))
    return "\n".join(lines)


def _signature(value: Any) -> str:
    """How it is called; annotations without quotes, and no `self`."""
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return "(...)"
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)
    return re.sub(r"^\(self(?:, )?", "(", text)


def _docstring(value: Any) -> str:
    text = inspect.getdoc(value) or ""
    first, _, rest = text.partition("\n")
    return f"{first}\n" + (f"\n```text\n{rest.strip(chr(10))}\n```\n" if rest.strip() else "")


# ------------------------------------------------------------------------------ dialects


def dialects() -> str:
    """The table of differences, from the code that makes them."""
    from topmast.config.dialects import DIALECT_DIFFERENCES

    lines = [
        "# Three dialects\n",
        "Where the guide that many scripts were written from and today's astroquery (0.4.11) "
        "differ in what a call returns, topmast follows the guide, and a stand-in for astroquery "
        "(`topmast run`, `install_as_astroquery()`) follows astroquery. "
        '`install_as_astroquery(dialect="guide")`, `topmast run --dialect guide` and '
        '`topmast.connect(where, dialect="astroquery")` choose the other one. The dialect `next` '
        "follows astroquery's pre-release 0.4.12.dev11095 and differs from 0.4.11 where the last "
        "column says so.\n",
        MARK,
        "| question | guide (topmast) | astroquery 0.4.11 | pre-release, `next` |",
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

    written = (DOCS / "cli.md").read_text(encoding="utf-8").partition(MARK)[0]
    settings = program.context_settings | {"terminal_width": 100}
    context = click.Context(program, info_name="topmast", **settings)
    pages = []
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        pages += _command_pages(command, name, context)
    return "\n".join([written.rstrip("\n") + "\n", MARK, *pages])


def _command_pages(command: Any, name: str, context: Any, level: int = 2) -> Iterator[str]:
    """The help of a command, and of the commands in it if it is a group."""
    import click

    inner = click.Context(command, parent=context, info_name=name, terminal_width=100)
    yield f"{'#' * level} {inner.command_path}\n\n```text\n{command.get_help(inner)}\n```\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(inner):
            yield from _command_pages(command.commands[each], each, inner, level + 1)


PAGES: dict[str, Callable[[], str]] = {
    "reference.md": reference,
    "dialects.md": dialects,
    "cli.md": commands,
}

if __name__ == "__main__":
    sys.exit(main())
