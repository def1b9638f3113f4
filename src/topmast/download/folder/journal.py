"""A run on disk as it goes: first what was planned, then each file as it finishes.

``.topmast-run-<time>-<process>.jsonl`` in the download folder. It is removed when every file
has arrived; after a kill or a failure it stays, and `retry` takes it in place of a manifest.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from topmast.download.folder.locks import try_lock
from topmast.download.folder.system import open_file
from topmast.download.job import Job, Outcome
from topmast.download.tables.manifest import row_of
from topmast.errors import DownloadError

PREFIX = ".topmast-run-"
BATCH = 2000
ENCODER = msgspec.json.Encoder()
KEPT = ("uri", "url", "path", "shown", "size", "message", "data_url")


class Journal:
    """The growing file of one run; `path` is None if nothing had to be fetched."""

    def __init__(self, folder: Path, jobs: Iterable[Job]) -> None:
        jobs = list(jobs)
        self.path: Path | None = None
        self._file = -1
        self._uris = {job.uri for job in jobs}
        if jobs:
            self._begin(folder, jobs)

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Write down what became of these files, at once."""
        if self._file >= 0:
            self._write([{"done": outcome.job.uri, **row_of(outcome)} for outcome in outcomes])

    def end(self, *, keep: bool) -> None:
        """Close it, and remove it if nobody will need it."""
        if self._file < 0:
            return
        os.close(self._file)
        self._file = -1
        if self.path is None:
            return
        self._remove_older(self.path)
        if not keep:
            with suppress(OSError):
                self.path.unlink()
            self.path = None

    def _remove_older(self, own: Path) -> None:
        """Remove journals of runs that have ended and that were about nothing but our files."""
        for path in own.parent.glob(f"{PREFIX}*.jsonl"):
            if path == own or not _is_abandoned(path):
                continue
            with suppress(DownloadError, OSError):
                jobs, arrived = read_journal(path)
                if {job.uri for job in jobs} - arrived <= self._uris:
                    path.unlink(missing_ok=True)

    def _begin(self, folder: Path, jobs: list[Job]) -> None:
        stamp = time.strftime("%Y%m%d%H%M%S")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{PREFIX}{stamp}-{os.getpid()}-{id(self) & 0xFFFF:04x}.jsonl"
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL
            self._file = open_file(path, flags)
        except OSError:
            return  # nowhere to write: every row will say so
        self.path = path
        try_lock(self._file)
        self._write([{"topmast": 1, "began": stamp}])
        for start in range(0, len(jobs), BATCH):
            self._write([_job_line(job) for job in jobs[start : start + BATCH]])

    def _write(self, lines: list[dict[str, Any]]) -> None:
        data = b"".join(ENCODER.encode(line) + b"\n" for line in lines)
        try:
            os.write(self._file, data)
        except OSError:
            return  # a full disk: the manifest in memory still tells


def is_journal(path: Path) -> bool:
    """Whether `path` is the file of a run."""
    return path.name.startswith(PREFIX) and path.suffix == ".jsonl"


def read_journal(path: Path) -> tuple[list[Job], set[str]]:
    """The files that a run had planned, and the URIs of those that arrived."""
    jobs: list[Job] = []
    arrived: set[str] = set()
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as problem:
        raise DownloadError(f"{path} cannot be read: {problem.strerror}.") from problem
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if not isinstance(found, dict):
            continue
        job = found.get("job")
        if isinstance(job, dict) and isinstance(job.get("path"), str):
            kept: dict[str, Any] = {name: job.get(name) for name in KEPT}
            jobs.append(Job(**kept))
        elif found.get("Status") == "COMPLETE":
            arrived.add(found.get("done", ""))
    return jobs, arrived


def _is_abandoned(path: Path) -> bool:
    """Whether no living process writes to this journal."""
    try:
        file = open_file(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return try_lock(file)
    finally:
        os.close(file)


def _job_line(job: Job) -> dict[str, Any]:
    return {"job": {name: getattr(job, name) for name in KEPT}}
