"""Look on disk first: is the file already here, whole, and the one that is wanted?"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from topmast.download.check.content import Content, inspect
from topmast.download.check.verdict import State
from topmast.download.folder.index import Entry, Index, replace_entry
from topmast.download.job import Job


class Presence(Enum):
    """What a glance at the disk shows, without reading the file."""

    HELD = "held"
    UNPROVEN = "on disk, to be checked"
    ABSENT = "to be fetched"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may stay; `message` tells what was odd about it."""

    entry: Entry
    message: str = ""


def look(job: Job, index: Index) -> Presence:
    """What is at the place of `job`: one look into the index and one at the file's status."""
    entry = index.at(job.path)
    if entry is not None and entry.uri == job.uri and index.held(entry):
        return Presence.HELD
    try:
        os.stat(os.path.join(index.folder, job.path))
    except OSError:
        return Presence.ABSENT
    return Presence.UNPROVEN


def adopt(job: Job, index: Index) -> Found | None:
    """Read a file that the index does not vouch for; None if it has to be fetched anew.

    A file that another program has put here stays if its format proves it complete and its
    size is the one of the product table. A file of ours that was changed since, but is complete,
    is fetched anew and then moved to ``<name>.changed``: nothing of the user's is lost.
    """
    path = index.folder / job.path
    try:
        content = inspect(path, path.name)
    except OSError:
        return None
    known = index.at(job.path)
    if known is not None and known.uri == job.uri:
        return _again(job, path, known, content, index)
    if known is None and _is_wanted(job, content):
        entry = entry_of(job, path, content)
        index.note(entry)
        return Found(entry)
    return None


def _again(job: Job, path: Path, known: Entry, content: Content, index: Index) -> Found | None:
    """A file of ours whose status changed: copied or touched, or was its content changed?"""
    if content.sha256 == known.sha256:
        entry = replace_entry(known, mtime_ns=path.stat().st_mtime_ns)
        index.note(entry)
        return Found(entry)
    job.keep_aside = content.verdict.state is State.WHOLE
    return None


def set_aside(job: Job, path: Path, sha256: str) -> None:
    """Move away the user's changed file, now that the archive's one can take its place.

    `sha256`: of the archive's one; the same bytes need not be kept twice.
    """
    if job.keep_aside and path.exists() and inspect(path).sha256 != sha256:
        aside = free_name(path)
        os.replace(path, aside)
        job.message = (
            f"{job.message} The file here had been changed since it was downloaded; "
            f"that one is now called {aside.name!r}."
        ).strip()


def free_name(path: Path) -> Path:
    """``<name>.changed``, or the first of ``.changed2``, ... that is free."""
    number = 1
    while True:
        name = path.with_name(f"{path.name}.changed{number if number > 1 else ''}")
        if not name.exists():
            return name
        number += 1


def _is_wanted(job: Job, content: Content) -> bool:
    """Whether the bytes can be those of the product, as far as can be told without asking."""
    verdict = content.verdict
    if job.size is None or job.size != content.size:
        return False
    return verdict.good and not verdict.doubtful


def entry_of(job: Job, path: Path, content: Content) -> Entry:
    """The line of the index for a file that was just read."""
    return Entry(
        path=job.path,
        uri=job.uri,
        size=content.size,
        mtime_ns=path.stat().st_mtime_ns,
        sha256=content.sha256,
        checked=round(time.time(), 3),
    )
