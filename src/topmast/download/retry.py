"""Fetch again what failed: from a manifest, its file, or the journal of a run that was killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.download.control import RunSettings
from topmast.download.folder.index import Index, find_index
from topmast.download.folder.journal import is_journal, read_journal
from topmast.download.plan import Plan
from topmast.download.product import Product, Sources, uri_of
from topmast.download.progress import Progress
from topmast.download.run import Run
from topmast.download.transfer.cloud import Cloud
from topmast.errors import InvalidQueryError
from topmast.net.session import Session
from topmast.wire.table_files import format_of, rows_of

if TYPE_CHECKING:
    from astropy.table import Table

NEEDED = ("Local Path", "Status", "URL")
EMPTY: dict[str, float | None] = {
    "Bytes": 0,
    "Attempts": 0,
    "Seconds": 0.0,
    "Message": None,
    "URL": None,
}
"""What a column of the manifest holds where a file of it has nothing; other columns: no text."""


def retry(
    session: Session,
    manifest: Table | str | os.PathLike[str],
    *,
    connections: int | None = None,
    bandwidth: Any = None,
    cloud: Cloud | None = None,
    verbose: bool = True,
    progress: Callable[[Progress], object] | None = None,
    raise_on_error: bool = False,
) -> Table:
    """Fetch the files of a manifest that did not arrive.

    Parameters
    ----------
    manifest : Table or path
        A manifest as `download_products` returns it, the file it was written to, or the journal
        (``.topmast-run-...jsonl``) that a run leaves in the download folder when it was killed
        or when files failed. A file is read as its extension says: .ecsv, .vot, .xml, .fits,
        .csv, .tsv, .json or .parquet.
    connections, bandwidth, verbose, progress, raise_on_error
        As for `download_products`.
    cloud
        What knows which of the files are in the cloud.

    Returns
    -------
    Table
        The manifest, with what became of its failed rows now.
    """
    settings = RunSettings.of(session, connections=connections, bandwidth=bandwidth)

    def run(products: list[Product], folder: Path) -> tuple[Run, Table]:
        run = Run(
            session,
            products,
            Index(folder),
            settings,
            cloud=cloud,
            verbose=verbose,
            progress=progress,
        )
        return run, run.to_the_end(raise_on_error=raise_on_error)

    source = _opened(manifest)
    if isinstance(source, Path):
        done, fresh = run(read_journal(source, Sources.of(session)), source.parent)
        if done.complete and not done.failed:
            source.unlink(missing_ok=True)
        return fresh
    from topmast.download.tables.manifest import table_of_rows

    rows = _rows(source)
    for folder, products in _failed(session, rows).items():
        _, fresh = run(list(products.values()), folder)
        for number, row in zip(products, fresh.iterrows(), strict=True):
            rows[number] |= dict(zip(fresh.colnames, row, strict=True))
    return table_of_rows(rows, source.colnames)


def plans_of_retry(session: Session, manifest: Table | str | os.PathLike[str]) -> list[Plan]:
    """What `retry` would fetch, before it does: one plan for each download folder."""
    source = _opened(manifest)
    if isinstance(source, Path):
        todo = {source.parent: read_journal(source, Sources.of(session))}
    else:
        failed = _failed(session, _rows(source))
        todo = {folder: list(products.values()) for folder, products in failed.items()}
    settings = RunSettings.of(session)
    return [
        Plan(session, products, Index(folder), settings)
        for folder, products in todo.items()
        if products
    ]


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
        {
            name: EMPTY.get(name, "") if value is None or value == "" else value
            for name, value in zip(names, row, strict=True)
        }
        for row in rows_of(manifest)
    ]


def _failed(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[Path, dict[int, Product]]:
    """The files to fetch again, by the folder of their index and the number of their row."""
    sources = Sources.of(session)
    by_folder: dict[Path, dict[int, Product]] = {}
    for number, row in enumerate(rows):
        if str(row["Status"]) != "ERROR":
            continue
        url = "" if row["URL"] is None else str(row["URL"])
        uri = uri_of(url)
        if uri is None:
            raise InvalidQueryError(
                f"The URL {url!r} of a failed row does not tell which product it was."
            )
        local_path = str(row["Local Path"])
        path = Path(os.path.expanduser(local_path))
        folder = find_index(path.parent) or next(
            (above for above in path.parents if above.name == "mastDownload"), path.parent
        )
        product = sources.product(uri, path.relative_to(folder).as_posix(), local_path)
        by_folder.setdefault(folder, {})[number] = product
    return by_folder


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
    if is_journal(path):
        return path
    try:
        with path.open("rb") as stream:
            return format_of(path.name).read(stream)
    except (OSError, ValueError, KeyError, ImportError) as problem:
        text = str(problem).rstrip(".")
        raise InvalidQueryError(f"The manifest {path} cannot be read: {text}.") from problem
