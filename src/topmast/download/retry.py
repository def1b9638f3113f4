"""Fetch again what failed: from a manifest, its file, or the journal of a run that was killed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.download.index import Index, find_index
from topmast.download.job import Job
from topmast.download.journal import is_journal, read_journal
from topmast.download.manifest import table_of_rows
from topmast.download.progress import Progress
from topmast.download.rules import Rules
from topmast.download.run import Run
from topmast.download.sources import Sources, uri_of
from topmast.errors import InvalidQueryError
from topmast.net.session import Session

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["retry"]


def retry(
    session: Session,
    manifest: Table | str | os.PathLike[str],
    *,
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
        or when files failed.
    verbose, progress, raise_on_error
        As for `Plan.run`.

    Returns
    -------
    Table
        The manifest with its failed rows replaced by what came of them now.
    """
    options = {"verbose": verbose, "progress": progress}
    if not isinstance(manifest, (str, os.PathLike)):
        return _of_table(session, manifest, options, raise_on_error)
    path = Path(os.path.expanduser(os.fspath(manifest)))
    if is_journal(path):
        return _of_journal(session, path, options, raise_on_error)
    return _of_table(session, _read(path), options, raise_on_error)


def _of_journal(
    session: Session, path: Path, options: dict[str, Any], raise_on_error: bool
) -> Table:
    jobs, arrived = read_journal(path)
    sources = Sources.of(session)
    for job in jobs:
        job.url, job.data_url = sources.url(job.uri), sources.shown(job.uri)
    todo = [job for job in jobs if job.uri not in arrived]
    run = Run(session, todo, Index(path.parent), Rules.of(session), **options)
    manifest = run.to_the_end(raise_on_error=raise_on_error)
    if run.whole and not run.failed:
        path.unlink(missing_ok=True)
    return manifest


def _of_table(
    session: Session, manifest: Table, options: dict[str, Any], raise_on_error: bool
) -> Table:
    for name in ("Local Path", "Status", "URL"):
        if name not in manifest.colnames:
            raise InvalidQueryError(
                f"This is no manifest: it has no column {name!r}. "
                "Give one as download_products returns it."
            )
    rows = [dict(zip(manifest.colnames, row, strict=True)) for row in manifest.iterrows()]
    by_folder: dict[Path, dict[int, Job]] = {}
    for number, row in enumerate(rows):
        if str(row["Status"]) == "ERROR":
            job, folder = _job(row, Sources.of(session))
            by_folder.setdefault(folder, {})[number] = job
    for folder, jobs in by_folder.items():
        run = Run(session, list(jobs.values()), Index(folder), Rules.of(session), **options)
        fresh = run.to_the_end(raise_on_error=raise_on_error)
        for number, row in zip(jobs, fresh.iterrows(), strict=True):
            rows[number] |= dict(zip(fresh.colnames, row, strict=True))
    return table_of_rows(rows, manifest.colnames)


def _job(row: dict[str, Any], sources: Sources) -> tuple[Job, Path]:
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


def _read(path: Path) -> Table:
    from astropy.table import Table

    try:
        return Table.read(path)
    except (OSError, ValueError) as problem:
        raise InvalidQueryError(f"The manifest {path} cannot be read: {problem}.") from problem
