"""The guide's examples: the statements of each code block and what is printed below them.

The guide is read where it lies beside the recorded answers; nothing of it is kept in the project.
"""

from __future__ import annotations

import codeop
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import RECORDED

__all__ = ["GUIDE", "Example", "read_examples"]

GUIDE = RECORDED.parent / "guide.rst"

UNDERLINE = re.compile(r"([=\-])\1{3,}")
BLOCK = ".. code-block:: python"
METHOD = re.compile(r"\b(Observations|Catalogs|Mast)\.(\w+)\(")
LOGIN = re.compile(r"\busername=|\bsession_info\b|\bget_token\b")
PROMPT = ">>> "


@dataclass(slots=True)
class Example:
    """Statements that follow each other, and what the guide prints after the last of them."""

    section: str
    line: int
    statements: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The statements as one script."""
        return "\n".join(self.statements)

    def methods_named(self) -> set[tuple[str, str]]:
        """Pairs such as ``("Observations", "query_region")``."""
        named = set(METHOD.findall(self.text))
        if LOGIN.search(self.text):
            named.add(("Observations", "login"))
        return named


def read_examples(path: Path = GUIDE) -> list[Example]:
    """All examples, in the order of the guide; none where the guide is not here."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        example
        for section, start, block in _blocks(lines)
        for example in _examples(section, start, block)
    ]


def _blocks(lines: list[str]) -> Iterator[tuple[str, int, list[str]]]:
    """Section, number of the first line, and dedented lines of each code block."""
    headings = {"=": "", "-": ""}
    for number, (line, following) in enumerate(zip(lines, [*lines[1:], ""], strict=True)):
        underline = UNDERLINE.fullmatch(following)
        if line.strip() and underline and underline[1] in headings:
            if underline[1] == "=":
                headings["-"] = ""
            headings[underline[1]] = line.strip()
        if line.strip() == BLOCK:
            section = ": ".join(filter(None, headings.values()))
            yield section, number + 2, _dedented(lines[number + 1 :])


def _dedented(lines: list[str]) -> list[str]:
    """The indented lines at the beginning."""
    block = []
    for line in lines:
        if line.strip() and not line.startswith(" "):
            break
        block.append(line)
    return textwrap.dedent("\n".join(block)).split("\n")


def _examples(section: str, start: int, block: list[str]) -> Iterator[Example]:
    example = Example(section, start)
    rest = list(enumerate(block, start))
    while rest:
        number, line = rest.pop(0)
        if line.startswith(PROMPT):
            if example.printed:
                yield example
                example = Example(section, number)
            example.statements.append(_statement(line, rest))
        elif line.strip():
            example.printed.append(line.rstrip())
    yield example


def _statement(first: str, rest: list[tuple[int, str]]) -> str:
    """A whole statement: lines are taken from `rest`, as they stand, until it is complete."""
    source = first.removeprefix(PROMPT)
    while codeop.compile_command(source) is None:
        source += "\n" + rest.pop(0)[1].removeprefix(PROMPT)
    return source
