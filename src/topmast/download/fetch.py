"""One file from first look to final name.

A file gets its final name only after its length, its format and its checksums were looked at
and its bytes were synced to the disk; until then it is called ``name.part``.
"""

from __future__ import annotations

import logging
import os
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from topmast.config.dialects import choice
from topmast.download.check.content import Content, inspect
from topmast.download.check.verdict import State
from topmast.download.control import Control, Stopped
from topmast.download.folder.held import Found, Presence, adopt, look, set_aside
from topmast.download.folder.index import Entry, Index
from topmast.download.folder.layout import check_inside
from topmast.download.folder.part import Busy, Part
from topmast.download.job import Job, Outcome
from topmast.download.more import find_more
from topmast.download.rules import Rules
from topmast.download.transfer.answers import Version
from topmast.download.transfer.problems import GiveUp, as_requests_says, is_disk_full, said
from topmast.download.transfer.transfer import NotModified, Transfer
from topmast.download.transfer.unpack import unpack
from topmast.errors import DiskFullError, MastError
from topmast.net.address import without_credentials
from topmast.net.parallel import at_once
from topmast.net.session import Session

log = logging.getLogger("topmast")

DISK = "disk"
#: Whole bodies that may turn out bad before the file is given up.
BODIES = 3
SECOND_LOOK_SECONDS = 0.1


@dataclass
class Fetcher:
    """Fetches the files of one run; `cache` is True, False or "check"."""

    session: Session
    index: Index
    rules: Rules
    control: Control
    cache: bool | str = True
    check: str = "content"
    on_splittable: Callable[[], None] | None = None
    active: list[Transfer] = field(default_factory=list)
    _safe: dict[str, tuple[int, int]] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)

    @cached_property
    def real_root(self) -> str:
        """The download folder without symbolic links."""
        return os.path.realpath(self.index.folder)

    def fetch(self, job: Job) -> Outcome:
        """Bring one file home; whatever goes wrong is in the outcome.

        Raises
        ------
        Busy, Stopped
            Another process has this file in hand; the run is to end.
        """
        began = time.monotonic()
        outcome = Outcome(job, message=job.message or None, path=self.index.folder / job.path)
        try:
            if job.error:
                raise GiveUp(job.error)
            self._fetch(job, outcome)
        except (Busy, Stopped):
            raise
        except (GiveUp, MastError, OSError, EOFError, zlib.error) as problem:
            outcome.status, outcome.message = "ERROR", self._explained(problem, job)
            outcome.source = ""
        except Exception as problem:  # a fault of ours must not keep the other files from coming
            log.debug("%s", job.path, exc_info=True)
            outcome.status, outcome.source = "ERROR", ""
            outcome.message = f"Unexpected {type(problem).__name__}: {said(problem)}"
        outcome.seconds = time.monotonic() - began
        return outcome

    @property
    def _like_requests(self) -> bool:
        return bool(choice(self.session, "error_messages") == "requests")

    def sync_folders(self) -> None:
        """Make the new names themselves safe against a power cut."""
        folders = [os.path.join(self.index.folder, inner) for inner in sorted(self._dirty)]
        at_once(sync_folder, folders, self.rules.connections)
        self._dirty.clear()

    def _fetch(self, job: Job, outcome: Outcome) -> None:
        final = self.index.folder / job.path
        if self.cache is True and self._on_disk(job, outcome):
            return
        self._check_space(job)
        for _ in range(3):  # the folder may be removed under our hands
            self._make_folder(os.path.dirname(job.path))
            try:
                self._into_part(job, final, outcome)
            except FileNotFoundError as problem:
                last = problem
                self._safe.clear()
                continue
            return
        raise GiveUp(f"the folder is being removed while files are written to it ({said(last)})")

    def _on_disk(self, job: Job, outcome: Outcome) -> bool:
        found = self._found(job)
        if found is None:
            return False
        outcome.bytes, outcome.sha256 = found.entry.size, found.entry.sha256
        outcome.source = DISK
        return True

    def _found(self, job: Job) -> Found | None:
        presence = look(job, self.index)
        if presence is Presence.HELD:
            entry = self.index.at(job.path)
            return Found(entry) if entry else None
        return adopt(job, self.index) if presence is Presence.UNPROVEN else None

    def _into_part(self, job: Job, final: Path, outcome: Outcome) -> None:
        part = Part.open(final)
        try:
            if self.cache is True and part.began_empty and self._finished_elsewhere(job, outcome):
                part.remove()
                return
            self._transfer(job, part, outcome)
        finally:
            part.close()

    def _finished_elsewhere(self, job: Job, outcome: Outcome) -> bool:
        """Whether another process brought the file home since we looked."""
        if not os.path.exists(os.path.join(self.index.folder, job.path)):
            return False
        self.index.refresh()  # the other's line may be a moment later than its file
        return self._on_disk(job, outcome)

    def _transfer(self, job: Job, part: Part, outcome: Outcome) -> None:
        transfer = Transfer(
            job, part, self.session, self.rules, self.control, held=self._held_version(job)
        )
        transfer.on_splittable = self.on_splittable
        self.active.append(transfer)
        try:
            if self.cache is False:
                transfer.start_anew()
            else:
                transfer.resume()
            content = self._whole_body(transfer)
            self._finish(transfer, content, outcome)
            self._remark(transfer, content, outcome)
        except NotModified:
            part.remove()
            self._still_held(job, outcome)
        except GiveUp as problem:
            transfer.leave()
            if not transfer.unanswered or transfer.held == Version():
                raise
            self._still_held(job, outcome)
            outcome.message = f"Held whole; not known if it is current: {problem}"
        except BaseException:
            transfer.leave()
            raise
        finally:
            self.active.remove(transfer)
            outcome.attempts = transfer.attempts
            if outcome.source != DISK:
                outcome.source = _host(transfer.final_url or job.url)

    def _held_version(self, job: Job) -> Version:
        """With cache="check": the version that is held whole, to ask whether it is current."""
        entry = self.index.at(job.path)
        if self.cache != "check" or look(job, self.index) is not Presence.HELD or entry is None:
            return Version()
        return Version(entry.etag, entry.modified)

    def _still_held(self, job: Job, outcome: Outcome) -> None:
        entry = self.index.at(job.path)
        assert entry is not None
        outcome.bytes, outcome.sha256, outcome.source = entry.size, entry.sha256, DISK

    # Is what came the file? ---------------------------------------------------------------

    def _whole_body(self, transfer: Transfer) -> Content:
        """Fetch until a body passes every check, or comes bad again and again."""
        seen: set[str] = set()
        problem: str | None = None
        for _ in range(BODIES):
            content = self._body(transfer)
            problem = self._problem(transfer, content, seen)
            if problem is None:
                return content
            transfer.start_anew()
            if content.sha256 in seen:
                break
            seen.add(content.sha256)
            self.control.wait(SECOND_LOOK_SECONDS)
        raise GiveUp(problem or "")

    def _body(self, transfer: Transfer) -> Content:
        """All bytes that the archive has for the file."""
        name = transfer.job.path.rpartition("/")[2]
        transfer.run()
        unpack(transfer)
        content = _looked_at(transfer.part, name)
        if _seems_short(transfer, content) and find_more(transfer):
            transfer.run()
            content = _looked_at(transfer.part, name)
        return content

    def _problem(self, transfer: Transfer, content: Content, seen: set[str]) -> str | None:
        """Why the body cannot be kept; None if it can."""
        verdict = content.verdict
        if self.check == "content" and not verdict.good:
            return f"what the archive sent is no whole file: {verdict.reason}. Nothing was kept."
        proven = verdict.state is State.WHOLE
        size = transfer.job.size
        if not proven and not transfer.length_known and content.size != size:
            if size is not None and content.size < size:
                return f"only {content.size} of {size} bytes came, without a word on the length."
            doubt = "the archive does not say how long the file is"
        elif proven and verdict.doubtful and self.check == "content":
            doubt = verdict.reason
        else:
            return None
        # The same bytes a second time are what the archive has.
        return None if content.sha256 in seen else f"{doubt}, and each time other bytes came."

    def _remark(self, transfer: Transfer, content: Content, outcome: Outcome) -> None:
        """What the manifest says although all is well."""
        remarks = [transfer.job.message] if transfer.job.message else []
        if content.verdict.doubtful:
            remarks.append(f"The archive's own copy is odd: {content.verdict.reason}.")
        size = transfer.job.size
        if size is not None and size != content.size:
            remarks.append(f"The product table says {size} bytes, the archive {content.size}.")
        outcome.message = " ".join(remarks) or None

    def _finish(self, transfer: Transfer, content: Content, outcome: Outcome) -> None:
        part, job, origin = transfer.part, transfer.job, transfer.origin
        self.control.check()
        set_aside(job, part.final, content.sha256)
        status = part.finish()
        self._dirty.add(os.path.dirname(job.path))
        outcome.bytes, outcome.sha256 = content.size, content.sha256
        self.index.note(
            Entry(
                path=job.path,
                uri=job.uri,
                size=status.st_size,
                mtime_ns=status.st_mtime_ns,
                sha256=content.sha256,
                etag=origin.etag,
                modified=origin.modified,
                checked=round(time.time(), 3),
            )
        )

    # Room to write ------------------------------------------------------------------------

    def _make_folder(self, inner: str) -> None:
        """Make the folder `inner` of the download folder; no symbolic link may lead out of that."""
        folder = os.path.join(self.index.folder, inner)
        if inner in self._safe and self._safe[inner] == _identity(folder):
            return
        if inner:
            self._make_folder(os.path.dirname(inner))
        if not inner or not _is_new(folder):
            check_inside(folder, self.real_root)
            os.makedirs(folder, exist_ok=True)
        self._safe[inner] = _identity(folder)

    def _check_space(self, job: Job) -> None:
        """Once the disk was full, only what surely fits is begun."""
        if not self.control.disk_full.is_set():
            return
        free = free_bytes(self.index.folder)
        if job.size is None or job.size > free:
            raise DiskFullError(f"No space left on the disk ({free:,} bytes are free).")

    def _explained(self, problem: BaseException, job: Job) -> str:
        if isinstance(problem, GiveUp) and problem.status and self._like_requests:
            return as_requests_says(problem.status, without_credentials(job.url))
        if is_disk_full(problem):
            self.control.disk_full.set()
            size = f" This file has {job.size:,} bytes." if job.size else ""
            return (
                f"No space left to write it ({said(problem)}).{size} Free some and run again: "
                "what has arrived is kept and goes on."
            )
        return said(problem)


def _identity(folder: str) -> tuple[int, int]:
    """What tells a folder from another, or a link, of the same name; zeros if there is none."""
    try:
        status = os.lstat(folder)
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def _is_new(folder: str) -> bool:
    """Make `folder`; False if something of this name was there, perhaps a link."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        return False
    return True


def sync_folder(folder: str) -> None:
    """Have the disk write down the names in a folder, as far as its file system can."""
    with suppress(OSError):
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _looked_at(part: Part, name: str) -> Content:
    sha256 = part.sha256
    return inspect(part.path, name, sha256, part.body if sha256 else None)


def _seems_short(transfer: Transfer, content: Content) -> bool:
    """Whether only the product table tells that bytes are missing: the format cannot, and the
    announced length may be wrong, too."""
    size = transfer.job.size
    return content.verdict.state is State.UNKNOWN and size is not None and content.size < size


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written on the disk that holds (or will hold) `folder`."""
    import shutil

    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).netloc.rpartition("@")[2]
