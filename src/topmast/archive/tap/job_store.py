"""The jobs of an archive on disk: one row each, shared by all processes, and a folder for files."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from topmast.archive.disk import write_whole
from topmast.errors import ArchiveError
from topmast.wire.forms import Form
from topmast.wire.uws import UwsJob

COLUMNS = (
    "id", "phase", "owner", "run_id", "created", "started", "ended", "seconds", "destruction",
    "words", "error", "media_type", "size",
)  # fmt: skip
TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY,
  phase TEXT NOT NULL,
  owner TEXT NOT NULL,
  run_id TEXT NOT NULL,
  created REAL NOT NULL,
  started REAL NOT NULL,
  ended REAL NOT NULL,
  seconds REAL NOT NULL,
  destruction REAL NOT NULL,
  words TEXT NOT NULL,
  error TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  collection TEXT NOT NULL,
  files TEXT NOT NULL,
  alive REAL NOT NULL
) WITHOUT ROWID
"""
WAIT_SECONDS = 20.0
RESULT, STOP = "result", "stop"


class JobStore:
    """The jobs in one folder; safe to use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._database = folder / "jobs.sqlite"
        self._guard = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with self._connected() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(TABLE)
        except OSError as problem:
            raise ArchiveError(f"No jobs can be kept in {folder}: {problem}") from problem

    def add(self, job: UwsJob, collection: str, files: Mapping[str, bytes]) -> None:
        """Keep a new job, with the files that came with it."""
        folder = self.job_folder(job.id)
        folder.mkdir(parents=True)
        names = {name: f"upload-{number}" for number, name in enumerate(files)}
        for name, content in files.items():
            (folder / names[name]).write_bytes(content)
        values = [json.dumps(job.words) if n == "words" else getattr(job, n) for n in COLUMNS]
        marks = ", ".join("?" * (len(COLUMNS) + 3))
        with self._connected() as connection:
            connection.execute(
                f"INSERT INTO jobs VALUES ({marks})", [*values, collection, json.dumps(names), 0.0]
            )

    def get(self, job_id: str) -> UwsJob | None:
        """A job, or None: there is none, or no longer."""
        found = self._select("id = ? AND destruction > ?", (job_id, time.time()))
        return found[0] if found else None

    def owned(self, owner: str, collection: str) -> list[UwsJob]:
        """The jobs of somebody, the newest first."""
        where = "owner = ? AND collection = ? AND destruction > ? ORDER BY created DESC"
        return self._select(where, (owner, collection, time.time()))

    def collection_of(self, job_id: str) -> str | None:
        """The collection that a job asks; None: there is no such job."""
        with self._connected() as connection:
            sql = "SELECT collection FROM jobs WHERE id = ?"
            row = connection.execute(sql, (job_id,)).fetchone()
        return None if row is None else str(row[0])

    def form_of(self, job: UwsJob) -> Form:
        """What the job was given, as a form."""
        with self._connected() as connection:
            sql = "SELECT files FROM jobs WHERE id = ?"
            names = json.loads(connection.execute(sql, (job.id,)).fetchone()[0])
        folder = self.job_folder(job.id)
        files = {name: (folder / kept).read_bytes() for name, kept in names.items()}
        return Form(dict(job.words), files, job.words)

    def change(self, job_id: str, *among: str, **values: Any) -> bool:
        """Change a job if it is in one of the phases `among`; whether it was."""
        if "words" in values:
            values["words"] = json.dumps(values["words"])
        sets = ", ".join(f"{name} = ?" for name in values)
        marks = ", ".join("?" * len(among))
        sql = f"UPDATE jobs SET {sets} WHERE id = ? AND phase IN ({marks})"
        with self._connected() as connection:
            return connection.execute(sql, (*values.values(), job_id, *among)).rowcount == 1

    def beat(self, job_ids: list[str]) -> None:
        """Note that these jobs have a living process."""
        with self._connected() as connection:
            pairs = [(time.time(), job_id) for job_id in job_ids]
            connection.executemany("UPDATE jobs SET alive = ? WHERE id = ?", pairs)

    def last_beat(self, job_id: str) -> float:
        """When the process of a job was last alive."""
        with self._connected() as connection:
            sql = "SELECT alive FROM jobs WHERE id = ?"
            row = connection.execute(sql, (job_id,)).fetchone()
        return 0.0 if row is None else float(row[0])

    def totals(self, owner: str) -> tuple[int, int, int]:
        """How many jobs there are, how many of them are under way for `owner`, and all bytes."""
        sql = (
            "SELECT count(*), coalesce(sum(owner = ? AND phase IN ('QUEUED', 'EXECUTING')), 0), "
            "coalesce(sum(size), 0) FROM jobs"
        )
        with self._connected() as connection:
            row = connection.execute(sql, (owner,)).fetchone()
        return int(row[0]), int(row[1]), int(row[2])

    def remove(self, job_id: str) -> None:
        """Forget a job, and all files of it."""
        self.stop(job_id)
        with self._connected() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        shutil.rmtree(self.job_folder(job_id), ignore_errors=True)

    def remove_old(self) -> None:
        """Forget the jobs whose time has come."""
        with self._connected() as connection:
            sql = "SELECT id FROM jobs WHERE destruction <= ?"
            old = [str(row[0]) for row in connection.execute(sql, (time.time(),))]
        for job_id in old:
            self.remove(job_id)

    def stop(self, job_id: str) -> None:
        """Tell the process that works on a job to stop."""
        with suppress(OSError):
            (self.job_folder(job_id) / STOP).touch()

    def job_folder(self, job_id: str) -> Path:
        """Where the files of a job are."""
        return self.folder / "jobs" / job_id

    def write_result(self, job_id: str, pieces: Iterator[bytes]) -> int:
        """Keep the result of a job; its size."""

        def write(file: IO[bytes]) -> None:
            for piece in pieces:
                file.write(piece)

        path = self.result_path(job_id)
        write_whole(path, write)
        return path.stat().st_size

    def result_path(self, job_id: str) -> Path:
        """The file with the result of a job."""
        return self.job_folder(job_id) / RESULT

    def _select(self, where: str, values: tuple[Any, ...]) -> list[UwsJob]:
        with self._connected() as connection:
            sql = f"SELECT {', '.join(COLUMNS)} FROM jobs WHERE {where}"
            rows = connection.execute(sql, values).fetchall()
        return [_job(dict(zip(COLUMNS, row, strict=True))) for row in rows]

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._database, timeout=WAIT_SECONDS)
            try:
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as problem:
            raise ArchiveError(f"The jobs in {self.folder} cannot be read: {problem}") from problem


def new_id() -> str:
    """An id that nobody guesses."""
    return secrets.token_hex(16)


def _job(row: dict[str, Any]) -> UwsJob:
    words = tuple((name, value) for name, value in json.loads(row.pop("words")))
    return UwsJob(words=words, **row)
