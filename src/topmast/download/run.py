"""One run of a download: held files first, then the others, with journal and progress."""

from __future__ import annotations

import errno
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.download.control import Control
from topmast.download.fetch import DISK, Fetcher, free_bytes
from topmast.download.folder.held import Presence, look
from topmast.download.folder.index import Index
from topmast.download.folder.journal import Journal
from topmast.download.job import Job, Outcome
from topmast.download.pool import run_jobs
from topmast.download.progress import Progress, reporter
from topmast.download.rules import Rules
from topmast.download.tables.manifest import (
    GUIDE_COLUMNS,
    failed,
    last_line,
    manifest_table,
    row_of,
)
from topmast.errors import DiskFullError, DownloadError
from topmast.login.expiry import check_not_expired
from topmast.net.session import Session

if TYPE_CHECKING:
    from astropy.table import Table

log = logging.getLogger("topmast")


class Run:
    """The files of one call, on their way."""

    def __init__(
        self,
        session: Session,
        jobs: list[Job],
        index: Index,
        rules: Rules,
        *,
        cache: bool | str = True,
        check: str = "content",
        verbose: bool = True,
        progress: Callable[[Progress], object] | None = None,
        journal: bool = True,
    ) -> None:
        self.session = session
        self.jobs = jobs
        self.index = index
        self.report = reporter(verbose, progress, own_address=choice(session, "own_address"))
        self.control = Control(rules.connections, rules.bandwidth, self.report.received)
        self.fetcher = Fetcher(session, index, rules, self.control, cache=cache, check=check)
        self.done: dict[int, Outcome] = {}
        self.whole = False
        self.with_journal = journal

    def to_the_end(self, *, raise_on_error: bool = False) -> Table:
        """Fetch all, and give the manifest in the order of the plan."""
        for _ in self.outcomes():
            pass
        manifest = self.manifest()
        if self.failed and raise_on_error:
            error = DownloadError(last_line(list(self.done.values()), "").strip())
            error.__dict__["manifest"] = manifest
            raise error
        return manifest

    @property
    def failed(self) -> list[Outcome]:
        """The outcomes of files that did not arrive."""
        return failed(list(self.done.values()))

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the manifest as files finish."""
        for outcome in self.outcomes():
            yield row_of(outcome)

    def manifest(self) -> Table:
        """What has finished so far, in the order of the plan."""
        outcomes = [self.done[id(job)] for job in self.jobs if id(job) in self.done]
        full = choice(self.session, "full_manifest")
        return manifest_table(outcomes, columns=None if full else GUIDE_COLUMNS)

    def outcomes(self) -> Iterator[Outcome]:
        """Fetch all, and give each outcome as it comes."""
        held, missing = self._sorted_by_presence()
        if missing:
            exclusive = any(job.exclusive_until for job in missing)
            check_not_expired(self.session, needed=exclusive)
            check_writable(self.index.folder)
        self._check_space(missing)
        journal = Journal(self.index.folder, missing if self.with_journal else [])
        self.report.begin(len(self.jobs), sum(job.size or 0 for job in missing))
        try:
            for outcome in held:
                yield self._noted(outcome)
            for arrived in run_jobs(missing, self.fetcher) if missing else ():
                journal.note(arrived)
                yield from [self._noted(outcome) for outcome in arrived]
            self.whole = len(self.done) == len(self.jobs)
        finally:
            journal.end(keep=bool(self.failed) or not self.whole)
            self.report.end(self._last_words(journal))

    def _sorted_by_presence(self) -> tuple[list[Outcome], list[Job]]:
        """The outcomes of files that are held, and the jobs that need a closer look."""
        if self.fetcher.cache is not True:
            return [], self.jobs
        held, missing = [], []
        for job in self.jobs:
            entry = self.index.at(job.path)
            if entry is not None and look(job, self.index) is Presence.HELD:
                message = job.message or None
                held.append(
                    Outcome(job, "COMPLETE", message, entry.size, entry.sha256, source=DISK)
                )
            else:
                missing.append(job)
        return held, missing

    def _noted(self, outcome: Outcome) -> Outcome:
        self.done[id(outcome.job)] = outcome
        self.report.finished(outcome)
        return outcome

    def _check_space(self, missing: list[Job]) -> None:
        """Say before the first byte that the disk is too small."""
        free = free_bytes(self.index.folder)
        if sum(job.size or 0 for job in missing) <= free:
            return
        wanted = sum(job.size or 0 for job in missing if look(job, self.index) is Presence.ABSENT)
        if wanted > free:
            raise DiskFullError(
                f"The files to fetch have {wanted:,} bytes, but only {free:,} are free for "
                f"{self.index.folder}. Free some, choose another download_dir, or plan fewer."
            )

    def _last_words(self, journal: Journal) -> str:
        outcomes = list(self.done.values())
        again = "Run the same call again: what has arrived is kept, only the rest is fetched."
        if journal.path is not None:
            again += f"\nOr: topmast download --retry {journal.path}"
        if not self.whole:
            arrived = sum(outcome.status == "COMPLETE" for outcome in outcomes)
            return f"STOPPED: {arrived} of {len(self.jobs)} files have arrived. {again}"
        return last_line(outcomes, again)


def check_writable(folder: Path) -> None:
    """Say before the first byte that nothing can be written where the files should go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            return  # a whole file may still replace an old one
        raise DownloadError(
            f"Nothing can be written to the download folder {folder}: {problem.strerror}. "
            "Choose another download_dir."
        ) from problem
