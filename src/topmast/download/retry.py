"""Fetch again what failed: from a manifest, its file, or the journal of a run that was killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.download.folder.index import Index, find_index
from topmast.download.folder.journal import is_journal, read_journal
from topmast.download.job import Job
from topmast.download.plan import Plan
from topmast.download.progress import Progress
from topmast.download.rules import Rules
from topmast.download.run import Run
from topmast.download.tables.manifest import table_of_rows
from topmast.download.transfer.sources import Sources, uri_of
from topmast.errors import InvalidQueryError
from topmast.net.session import Session
from topmast.wire.table_files import format_of, rows_of

if TYPE_CHECKING:
    from astropy.table import Table

NEEDED = ("Local Path", "Status", "URL")
EMPTY = {"Bytes": 0, "Attempts": 0, "Seconds": 0.0, "Message": None, "URL": None}
"""What a column of the manifest holds where a file of it has nothing; other columns: no text."""


@dataclass(frozen=True, slots=True)
class How:
    """What travels unchanged to every run of a retry."""

    rules: Rules
    raise_on_error: bool
    shown: dict[str, Any]

    def run(self, session: Session, jobs: list[Job], folder: Path) -> Run:
        return Run(session, jobs, Index(folder), self.rules, **self.shown)


def retry(
    session: Session,
    manifest: Table | str | os.PathLike[str],
    *,
    connections: int | None = None,
    bandwidth: Any = None,
    verbose: bool = True,
    progress: Callable[[Progress], object] | None = None,
    raise_on_error: bool = False,
) -> Table:
    """Fetch the files of a manifest that did not arrive.

    Parameters
    ----------
    session : Session
        The archive.
    manifest : Table or path
        A manifest as `download_products` returns it, the file it was written to, or the journal
        (``.topmast-run-...jsonl``) that a run leaves in the download folder when it was killed
        or when files failed. A file is read as its extension says: .ecsv, .vot, .xml, .fits,
        .csv, .tsv, .json or .parquet.
    connections, bandwidth
        As for `plan_download`.
    verbose, progress, raise_on_error
        As for `Plan.run`.

    Returns
    -------
    Table
        The manifest with its failed rows replaced by what came of them now.
    """
    rules = Rules.of(session, connections=connections, bandwidth=bandwidth)
    how = How(rules, raise_on_error, {"verbose": verbose, "progress": progress})
    source = _opened(manifest)
    if isinstance(source, Path):
        return _of_journal(session, source, how)
    return _of_table(session, source, how)


def plans_of_retry(session: Session, manifest: Table | str | os.PathLike[str]) -> list[Plan]:
    """What `retry` would fetch, before it does: one plan for each download folder."""
    source = _opened(manifest)
    if isinstance(source, Path):
        todo = {source.parent: _jobs_of_journal(session, source)}
    else:
        failed = _failed(session, _rows(source))
        todo = {folder: list(jobs.values()) for folder, jobs in failed.items()}
    rules = Rules.of(session)
    return [Plan(session, jobs, Index(folder), rules) for folder, jobs in todo.items() if jobs]


def _of_journal(session: Session, path: Path, how: How) -> Table:
    run = how.run(session, _jobs_of_journal(session, path), path.parent)
    manifest = run.to_the_end(raise_on_error=how.raise_on_error)
    if run.whole and not run.failed:
        path.unlink(missing_ok=True)
    return manifest


def _jobs_of_journal(session: Session, path: Path) -> list[Job]:
    jobs, arrived = read_journal(path)
    sources = Sources.of(session)
    for job in jobs:
        job.url, job.data_url = sources.url(job.uri), sources.shown(job.uri)
    return [job for job in jobs if job.uri not in arrived]


def _of_table(session: Session, manifest: Table, how: How) -> Table:
    rows = _rows(manifest)
    for folder, jobs in _failed(session, rows).items():
        run = how.run(session, list(jobs.values()), folder)
        fresh = run.to_the_end(raise_on_error=how.raise_on_error)
        for number, row in zip(jobs, fresh.iterrows(), strict=True):
            rows[number] |= dict(zip(fresh.colnames, row, strict=True))
    return table_of_rows(rows, manifest.colnames)


def _rows(manifest: Table) -> list[dict[str, Any]]:
    """The rows, with what is missing or empty as a first manifest has it."""
    for name in NEEDED:
        if name not in manifest.colnames:
            raise InvalidQueryError(
                f"This is no manifest: it has no column {name!r}. "
                "Give one as download_products returns it."
            )
    names = manifest.colnames
    return [
        {name: _filled(name, value) for name, value in zip(names, row, strict=True)}
        for row in rows_of(manifest)
    ]


def _filled(name: str, value: Any) -> Any:
    return EMPTY.get(name, "") if value is None or value == "" else value


def _failed(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[Path, dict[int, Job]]:
    """The files to fetch again, by the folder of their index and the number of their row."""
    sources = Sources.of(session)
    by_folder: dict[Path, dict[int, Job]] = {}
    for number, row in enumerate(rows):
        if str(row["Status"]) == "ERROR":
            job, folder = _job(row, sources)
            by_folder.setdefault(folder, {})[number] = job
    return by_folder


def _job(row: Mapping[str, Any], sources: Sources) -> tuple[Job, Path]:
    """The file of a failed row, and the folder of its index."""
    uri = _uri_of(row["URL"])
    path = Path(os.path.expanduser(str(row["Local Path"])))
    folder = find_index(path.parent) or _download_folder(path)
    relative = path.relative_to(folder).as_posix()
    job = Job(
        uri=uri,
        url=sources.url(uri),
        path=relative,
        shown=str(row["Local Path"]),
        data_url=sources.shown(uri),
    )
    return job, folder


def _download_folder(path: Path) -> Path:
    return next((above for above in path.parents if above.name == "mastDownload"), path.parent)


def _uri_of(url: Any) -> str:
    """The URI in the address that a failed row names."""
    text = "" if url is None else str(url)
    uri = uri_of(text)
    if uri is not None:
        return uri
    raise InvalidQueryError(f"The URL {text!r} of a failed row does not tell which product it was.")


def _opened(manifest: Any) -> Table | Path:
    """The manifest as a Table; the path of a journal as it is."""
    if hasattr(manifest, "colnames"):
        return manifest
    if not isinstance(manifest, (str, os.PathLike)):
        raise InvalidQueryError(
            "retry takes a manifest as download_products returns it, or the path of a file with "
            f"one, not {manifest!r}."
        )
    path = Path(os.path.expanduser(os.fspath(manifest)))
    return path if is_journal(path) else _read(path)


def _read(path: Path) -> Table:
    try:
        with path.open("rb") as stream:
            return format_of(path.name).read(stream)
    except (OSError, ValueError, KeyError, ImportError) as problem:
        text = str(problem).rstrip(".")
        raise InvalidQueryError(f"The manifest {path} cannot be read: {text}.") from problem
