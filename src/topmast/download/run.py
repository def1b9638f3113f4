"""One run of a download: held files first, then the others, with journal and progress."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.download.control import Control, RunSettings
from topmast.download.fetch import Fetcher
from topmast.download.folder.index import Index, Presence, find_index
from topmast.download.folder.journal import Journal
from topmast.download.folder.layout import shortened
from topmast.download.folder.system import free_bytes
from topmast.download.pool import fetch_all
from topmast.download.product import (
    GUIDE_COLUMNS,
    MORE_COLUMNS,
    Product,
    Result,
    Sources,
    checked_uri,
    file_name_of,
    total_bytes,
)
from topmast.download.progress import Progress, reporter
from topmast.download.transfer.cloud import Cloud
from topmast.errors import DiskFullError, DownloadError
from topmast.login.expiry import check_not_expired
from topmast.net.session import Session
from topmast.wire.safe_names import safe_name

if TYPE_CHECKING:
    from astropy.table import Table


class Run:
    """The files of one call, on their way."""

    def __init__(
        self,
        session: Session,
        products: list[Product],
        index: Index,
        settings: RunSettings,
        *,
        cache: bool | str = True,
        check: str = "content",
        cloud: Cloud | None = None,
        verbose: bool = True,
        progress: Callable[[Progress], object] | None = None,
        journal: bool = True,
    ) -> None:
        self.session = session
        self.products = products
        self.index = index
        self.complete: bool = False
        self._report = reporter(verbose, progress, own_address=choice(session, "own_address"))
        self._control = Control(settings.connections, settings.bandwidth, self._report.received)
        self._fetcher = Fetcher(
            session, index, settings, self._control, cache=cache, check=check, cloud=cloud
        )
        self._done: dict[int, Result] = {}
        self._with_journal = journal

    def to_the_end(self, *, raise_on_error: bool = False) -> Table:
        """Fetch all, and give the manifest in the order of the plan."""
        for _ in self.results():
            pass
        manifest = self.manifest()
        if raise_on_error and self.failed:
            error = DownloadError(last_line(list(self._done.values()), "").strip())
            error.__dict__["manifest"] = manifest
            raise error
        return manifest

    @property
    def failed(self) -> list[Result]:
        """The results of files that did not arrive."""
        return [result for result in self._done.values() if result.status == "ERROR"]

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the manifest as files finish."""
        for result in self.results():
            yield result.row()

    def manifest(self) -> Table:
        """What has finished so far, in the order of the plan."""
        from topmast.download.tables.manifest import table_of_rows

        done = self._done
        rows = [done[id(each)].row() for each in self.products if id(each) in done]
        full = choice(self.session, "full_manifest")
        return table_of_rows(rows, (*GUIDE_COLUMNS, *MORE_COLUMNS) if full else GUIDE_COLUMNS)

    def results(self) -> Iterator[Result]:
        """Fetch all, and give each result as it comes."""
        held, missing, absent = self._look_on_disk()
        if missing:
            if self.session.login is not None:
                exclusive = any(product.exclusive_until for product in missing)
                check_not_expired(self.session, needed=exclusive)
            check_room(self.index.folder, absent)
        if self._fetcher.cloud is not None:
            self._fetcher.cloud.begin([product.uri for product in missing])
        journal = Journal(self.index.folder, missing if self._with_journal else [])
        self._report.begin(len(self.products), total_bytes(missing))
        try:
            for arrived in chain([held], fetch_all(missing, self._fetcher) if missing else ()):
                if arrived is not held:
                    journal.add(arrived)
                for result in arrived:
                    self._done[id(result.product)] = result
                    self._report.finished(result)
                    yield result
            self.complete = len(self._done) == len(self.products)
        finally:
            failed = bool(self.failed) or not self.complete
            journal.end(keep=failed)
            self._report.end(self._last_words(journal) if failed else "")
            if self._fetcher.cloud is not None:
                self._fetcher.cloud.end()

    def _look_on_disk(self) -> tuple[list[Result], list[Product], list[Product]]:
        """The results of files that are held; the products to fetch or to check, and of these
        those of which there is nothing.
        """
        held, missing, absent = [], [], []
        for product in self.products:
            presence, found = self.index.find(product)
            if found is not None and self._fetcher.cache is True:
                held.append(Result.held(product, found))
                continue
            missing.append(product)
            if presence is Presence.ABSENT:
                absent.append(product)
        return held, missing, absent

    def _last_words(self, journal: Journal) -> str:
        results = list(self._done.values())
        again = "Run the same call again: only the missing files are downloaded."
        if journal.path is not None:
            again += f"\nOr: topmast download --retry {journal.path}"
        if not self.complete:
            arrived = sum(result.status == "COMPLETE" for result in results)
            return f"STOPPED: {arrived} of {len(self.products)} files have arrived. {again}"
        return last_line(results, again)


def last_line(results: Sequence[Result], how_to_retry: str) -> str:
    """The last line of output if something failed or was stopped; empty otherwise."""
    bad = [result for result in results if result.status == "ERROR"]
    if not bad:
        return ""
    others = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    return (
        f"FAILED: {len(bad)} of {len(results)} files did not arrive. "
        f"{bad[0].product.local_path}: {bad[0].message}{others}\n{how_to_retry}"
    )


def check_room(folder: Path, absent: Sequence[Product]) -> None:
    """Say before the first byte that the folder cannot be written to, or the disk is too small.

    A product that is larger than all that is free does not keep the others from coming: its size
    in the product table may be wrong, and the archive says it again before the first byte.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as problem:
        if problem.errno != errno.ENOSPC:  # a whole file may still replace an old one
            raise DownloadError(
                f"Nothing can be written to the download folder {folder}: {problem.strerror}. "
                "Choose another download_dir."
            ) from problem
    free = free_bytes(folder)
    likely = [product for product in absent if (product.size or 0) <= free]
    wanted = total_bytes(likely or absent)
    if wanted > free:
        raise DiskFullError(
            f"The files to fetch have {wanted:,} bytes, but only {free:,} are free for "
            f"{folder}. Free some, choose another download_dir, or plan fewer."
        )


def download_file(
    session: Session,
    uri: str,
    *,
    local_path: str | os.PathLike[str] | None = None,
    base_url: str | None = None,
    cache: bool | str = True,
    cloud: Cloud | None = None,
    verbose: bool = True,
) -> tuple[str, str | None, str | None]:
    """Fetch one product by its URI; parameters and result as of `Observations.download_file`."""
    uri = checked_uri(uri)
    path = _file_to_write(uri, local_path)
    index = Index(find_index(path.parent) or path.parent)
    product = Sources.of(session, base_url).product(
        uri, path.relative_to(index.folder).as_posix(), os.fspath(path)
    )
    settings = RunSettings.of(session)
    run = Run(
        session,
        [product],
        index,
        settings,
        cache=cache,
        cloud=cloud,
        verbose=verbose,
        journal=False,
    )
    [row] = run.rows()
    return row["Status"], row["Message"], row["URL"]


def _file_to_write(uri: str, local_path: str | os.PathLike[str] | None) -> Path:
    name = shortened(safe_name(file_name_of(uri) or "unknown"))
    if not local_path:
        return Path(name)
    given = os.path.expanduser(os.fspath(local_path))
    path = Path(given)
    if path.is_dir() or not path.suffix or given.endswith(("/", os.sep)):
        return path / name
    return path
