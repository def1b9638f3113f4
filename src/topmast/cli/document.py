"""The outcome of a command as one JSON document on standard output: the option --json."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise, takewhile
from typing import Any, TextIO

import click

from topmast.cli.errors import INTERRUPTED, guarded

OPTION = "--json"
ERROR = "Error: "
VALUED = ("--archive", "--timeout", "--username")
"""Options of all commands that take the word after them, which may look like a command."""
FORMAT = 1
"""The version of the document's form; it grows when a field changes its meaning or goes."""


def asks_for_json(words: Iterable[str]) -> bool:
    """Whether --json is among the words of a command, and not among those of a script it runs."""
    own = takewhile(lambda word: word != "--" and not word.endswith(".py"), words)
    return OPTION in own


def write_document(run: Callable[[], Any], words: Sequence[str], names: Iterable[str]) -> int:
    """Call `run`, and write what it printed and how it ended as a document; its exit code.

    `names` are those of the commands, of which the first among `words` is the one that is run.
    """
    known, real = frozenset(names), sys.stdout
    seen: list[BaseException] = []
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace"), Copied(sys.stderr)
    with redirect_stdout(out), redirect_stderr(err):
        code = guarded(lambda: _watched(run, seen))
    out.flush()
    text = out.buffer.getvalue().decode("utf-8", "replace")
    messages = err.getvalue().splitlines()
    document = {
        "format": FORMAT,
        "command": command_among(words, known),
        "exit_code": code,
        **_content(text),
        "messages": [line for line in messages if not line.startswith(ERROR)],
        "error": _error(code, seen, messages),
    }
    real.write(json.dumps(document, ensure_ascii=True) + "\n")
    real.flush()
    return code


def command_among(words: Sequence[str], known: frozenset[str]) -> str | None:
    """The command that is run, the first of the words that is one and no option's value."""
    pairs = pairwise(["", *words])
    return next((word for last, word in pairs if word in known and last not in VALUED), None)


class Copied(io.StringIO):
    """What is written goes to another stream too, so that progress is seen while it is made."""

    def __init__(self, other: TextIO | None) -> None:
        super().__init__()
        self._other = other

    def write(self, text: str, /) -> int:
        """Write `text` here and there."""
        if self._other is not None and not self._other.closed:
            self._other.write(text)
        return super().write(text)

    def flush(self) -> None:
        """Flush the other stream."""
        if self._other is not None and not self._other.closed:
            self._other.flush()


def _watched(run: Callable[[], Any], seen: list[BaseException]) -> Any:
    """Call `run`, and note the exception that it ends with."""
    try:
        return run()
    except BaseException as error:
        seen.append(error)
        raise


def _content(text: str) -> dict[str, Any]:
    """``rows`` of a table, or ``lines`` of text."""
    if text.startswith("["):
        try:
            return {"rows": json.loads(text, parse_constant=lambda _: None), "lines": []}
        except ValueError:
            pass
    return {"rows": None, "lines": text.splitlines()}


def _error(
    code: int, seen: Sequence[BaseException], messages: Iterable[str]
) -> dict[str, str] | None:
    if not seen:
        return None
    if code == INTERRUPTED:
        return {"type": "Interrupted", "message": "Interrupted."}
    told = [line.removeprefix(ERROR) for line in messages if line.startswith(ERROR)]
    usage = isinstance(seen[-1], click.UsageError)
    kind = "UsageError" if usage else type(seen[-1]).__name__
    return {"type": kind, "message": " ".join(told) or str(seen[-1])}
