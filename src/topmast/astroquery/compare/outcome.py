"""The results of one run of a script: exit code, output, calls and files."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run; `code` is None if it took too long.

    `calls` are what recording.py writes, `files` the checksum of each file that the run left.
    """

    code: int | None
    out: str
    err: str
    calls: list[dict[str, Any]]
    files: dict[str, str]


STAMP = re.compile(r"(mastDownload_|MAST_)(?:\d{14}|\d{4}-\d\d-\d\dT\d{4})")
"""A curl script has the time of day in its name, and within."""
OWN_FILES = ".topmast"
"""How the names of topmast's own notes begin."""


def files_in(folder: Path) -> dict[str, str]:
    """The files below `folder`, each with its checksum."""
    return {
        without_times(path.relative_to(folder).as_posix()): _checksum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(OWN_FILES)
    }


def _checksum(path: Path) -> str:
    if path.suffix == ".sh":
        script = without_times(path.read_text(encoding="utf-8", errors="replace"))
        return hashlib.sha256(script.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def without_times(text: str) -> str:
    """`text` with one word for all times in the names of scripts."""
    return STAMP.sub(r"\1TIME", text)


def message_lines(text: str) -> list[str]:
    """The lines of an output, without what must differ between two packages.

    That is the module that a message of astropy's logger names, the file and line that a warning
    of Python names, the frames of a traceback, the module of an exception, and times in file
    names. A warning is told once, and of a moving progress bar its last state.
    """
    lines: list[str] = []
    if not text:
        return lines
    warned: set[str] = set()
    in_traceback = after_warning = False
    for line in without_times(text).replace("\r\n", "\n").rstrip("\n").split("\n"):
        line = line.rpartition("\r")[2].rstrip()
        if line.startswith("Traceback (most recent call last)"):
            in_traceback = True
            continue
        if in_traceback and line.startswith((" ", "During handling", "The above exception")):
            continue
        if after_warning and line.startswith("  "):
            after_warning = False
            continue
        in_traceback = in_traceback and not line
        warning = WARNING.match(line)
        after_warning = warning is not None
        line = f"WARNING: {warning[1]}: {warning[2]}" if warning else _without_modules(line)
        if line not in warned:
            lines.append(line)
        if line.startswith("WARNING: "):
            warned.add(line)
    return lines


WARNING = re.compile(r"\S.*?:\d+: (\w+): (.*)$")
LOGGED = re.compile(r"^((?:WARNING|INFO|DEBUG|ERROR): .*?) ?\[[\w.]+\]$")
RAISED = re.compile(r"^(?:\w+\.)+(\w+(?:Error|Exception|Warning)\b)")


def _without_modules(line: str) -> str:
    return RAISED.sub(r"\1", LOGGED.sub(r"\1", line))
