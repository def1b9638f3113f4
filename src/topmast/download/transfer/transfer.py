"""Bring the bytes of one file into its ``.part``: one stream, or several stretches at once.

A `Transfer` knows which stretches of the file are missing. The thread that owns it works
through them; other threads may help, each taking half of the largest stretch, once the server
has shown that it gives parts of an unchanging version (Accept-Ranges and a validator).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from topmast.download.control import Control
from topmast.download.folder.part import Origin, Part
from topmast.download.job import Job
from topmast.download.rules import Rules
from topmast.download.transfer.answers import (
    Version,
    accepts_ranges,
    content_length,
    content_range,
    is_chunked,
    unsatisfied_size,
    version_of,
)
from topmast.download.transfer.pace import Pace, Patience
from topmast.download.transfer.problems import GiveUp, StartAnew, TryAgain, problem_of_status
from topmast.download.transfer.stretches import Stretch, Stretches
from topmast.errors import BadAnswerError, TimeoutError, UnreachableError
from topmast.login.validity import note_of_refusal
from topmast.net.body import ReceivedStream
from topmast.net.messages import Request
from topmast.net.session import Session

CHUNK = 1 << 18
#: An attempt that brings this much, or this share of the file, counts as progress: the tries
#: start over.
PROGRESS = 1 << 20
PROGRESS_SHARE = 0.1
SAVE_SECONDS = 0.02
MOST_FAILED_HELPS = 3
PLAIN = {"Accept-Encoding": "identity"}
NO_VERSION = Version()


class NotModified(Exception):
    """The server says that the file held is still its version."""


@dataclass(eq=False)
class Transfer:
    """One file under way."""

    job: Job
    part: Part
    session: Session
    rules: Rules
    control: Control
    held: Version = NO_VERSION
    attempts: int = 0
    origin: Origin = field(init=False)
    stretches: Stretches = field(default_factory=Stretches)
    helpers: int = 0
    splittable: bool = False
    final_url: str = ""
    length_known: bool = False
    #: Told when other threads may help.
    on_splittable: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self.changed = threading.Condition()
        self.began = time.monotonic()
        self.saved_at = 0.0
        self.outdated = self.refused = False
        self.no_ranges = False
        self.failed_helps = 0
        self.limits = replace(self.rules.limits, total_seconds=None)
        self.forget()

    def resume(self) -> None:
        """Go on from what an earlier run has left, if that can be trusted."""
        if self.part.began_empty:
            return
        origin = self.part.origin()
        same = origin is not None and origin.uri == self.job.uri
        missing = origin.missing(self.part.size) if origin is not None and same else None
        if origin is None or missing is None:
            self._drop()
            return
        self.origin = origin
        self.stretches = Stretches(Stretch(first, end) for first, end in missing)
        self.length_known = True

    def forget(self) -> None:
        """Count nothing as received."""
        self.origin = Origin(url=self.job.data_url, uri=self.job.uri)
        self.stretches = Stretches([Stretch(0, None)])
        self.splittable = self.length_known = self.outdated = False

    def run(self) -> None:
        """Bring in all that is missing.

        Raises
        ------
        GiveUp, Stopped, NotModified, OSError
        """
        with self.control.slot():
            self._run()

    def _run(self) -> None:
        patience = Patience(self.rules, self.control)
        while not self.complete:
            before = self.received
            try:
                self._work()
            except TryAgain as problem:
                if isinstance(problem, StartAnew) or self.no_ranges:
                    self.start_anew()
                late = self._seconds_left() <= 0
                patience.wait_after(problem, got_on=self._got_on(before), late=late)
        self._wait_for_helpers()

    def _got_on(self, before: int) -> bool:
        """Whether the last attempt brought enough to go on trying."""
        gain = self.received - before
        return gain >= PROGRESS or gain >= PROGRESS_SHARE * (self.origin.size or PROGRESS)

    def _seconds_left(self) -> float:
        """What is left of the limit for the whole file, by the larger of the sizes known."""
        size = max(self.job.size or 0, self.origin.size or 0)
        return self.began + self.rules.longest_seconds(size) - time.monotonic()

    def start_anew(self) -> None:
        """Throw away what was received; helpers end first."""
        with self.changed:
            self.splittable, self.outdated = False, True
        self._wait_for_helpers()
        self._drop()

    def leave(self) -> None:
        """Keep what a later run can go on with, and remove what is of no use."""
        with suppress(OSError):
            if self.origin.missing(self.part.size) is None:
                self.part.remove()
            else:
                self._save(time.monotonic())

    @property
    def unanswered(self) -> bool:
        """Whether no server has said a word about the file."""
        return not self.final_url and not self.refused

    @property
    def complete(self) -> bool:
        with self.changed:
            return self.stretches.done

    @property
    def received(self) -> int:
        """Bytes that are here."""
        with self.changed:
            if self.origin.size is None:
                return self.stretches[0].place if self.stretches else 0
            return self.origin.size - self.stretches.length

    def wants_help(self) -> int:
        """How many bytes a helper would find; 0 if none is wanted."""
        with self.changed:
            if not self.splittable or self.outdated or self.helpers + 1 >= self.rules.parts:
                return 0
            return self.stretches.longest_for_helper(self.rules.split_least)

    def help(self) -> None:
        """Fetch one stretch beside the owner; a failure only means that the owner does it."""
        with self.changed:
            if not self.wants_help():  # others may have come first
                return
            stretch = self.stretches.free() or self._half()
            if stretch is None:
                return
            stretch.taken = True
            self.helpers += 1
        try:
            self._stream(stretch, helping=True)
        except (TryAgain, GiveUp, OSError):
            self.failed_helps += 1
            if self.failed_helps >= MOST_FAILED_HELPS:
                self.splittable = False
        finally:
            with self.changed:
                stretch.taken = False
                self.helpers -= 1
                self.changed.notify_all()

    # One request --------------------------------------------------------------------------

    def _work(self) -> None:
        with self.changed:
            stretch = self.stretches.free()
            if stretch is None:  # the helpers have the rest
                self.changed.wait(0.05)
            else:
                stretch.taken = True
        self.control.check()
        if stretch is None:
            return
        try:
            self._stream(stretch)
        finally:
            with self.changed:
                stretch.taken = False

    def _stream(self, stretch: Stretch, helping: bool = False) -> None:
        self.control.wait_for_turn()
        self.attempts += 1
        request = Request("GET", self.job.url, self._headers(stretch, helping))
        key = threading.get_ident()
        try:
            with self.session.stream(request, limits=self.limits) as stream:
                self.control.guard(key, stream.abort)
                self._check_answer(stream, stretch, helping, "Range" in request.headers)
                self._receive(stream, stretch)
        except (UnreachableError, TimeoutError, BadAnswerError) as problem:
            self.control.check()
            if getattr(problem, "lasting", False):
                raise GiveUp(str(problem)) from problem
            raise TryAgain(str(problem)) from problem
        finally:
            self.control.guard(key, None)

    def _headers(self, stretch: Stretch, helping: bool) -> dict[str, str]:
        headers = dict(PLAIN)
        if stretch.place or helping or len(self.stretches) > 1:
            last = "" if stretch.end in (None, self.origin.size) else str((stretch.end or 0) - 1)
            headers["Range"] = f"bytes={stretch.place}-{last}"
            headers["If-Range"] = self.origin.validator
        elif self.held.etag or self.held.modified:
            if self.held.etag:
                headers["If-None-Match"] = self.held.etag
            if self.held.modified:
                headers["If-Modified-Since"] = self.held.modified
        return headers

    def _check_answer(
        self, stream: ReceivedStream, stretch: Stretch, helping: bool, part: bool
    ) -> None:
        """Find out what the answer is, and prepare the stretch for its body."""
        status, headers = stream.status_code, stream.headers
        if status == 304 and (self.held.etag or self.held.modified):
            raise NotModified
        if status == 206 and part:
            self._check_stretch(headers, stretch)
        elif status == 200:
            if part:
                self._whole_instead(version_of(headers), helping)
            self._begin(stream, stretch)
        elif status == 416:
            self._check_end(headers, stretch)
        else:
            self.refused = True
            raise problem_of_status(
                status, stream.reason, headers, self.job.exclusive_until, self._about_login(status)
            )
        self.final_url = stream.url

    def _about_login(self, status: int) -> str:
        return note_of_refusal(self.session) if status in (401, 403) else ""

    def _begin(self, stream: ReceivedStream, stretch: Stretch) -> None:
        """The whole file follows, from its first byte."""
        headers = stream.headers
        version = version_of(headers)
        size = None if is_chunked(headers) else content_length(headers)
        if self.held.same(version):
            raise NotModified
        if self.part.size:
            self.part.empty()
        with self.changed:
            self.origin = Origin(
                url=self.job.data_url,
                uri=self.job.uri,
                etag=version.etag,
                modified=version.modified,
                size=size,
                encoding=headers.get("Content-Encoding", "").strip().lower(),
            )
            stretch.place, stretch.end = 0, size
            self.stretches = Stretches([stretch])
            self.length_known = size is not None or is_chunked(headers)
        if size is not None and size > self.rules.resumable and self.origin.validator:
            self.part.remember(self.origin)
        if self._may_split(headers, size):
            self._offer_help()

    def _check_stretch(self, headers: Mapping[str, str], stretch: Stretch) -> None:
        """A 206 has to be the stretch that was asked for, of the version that was begun."""
        version = version_of(headers)
        known = Version(self.origin.etag, self.origin.modified)
        given = content_range(headers)
        if not known.same(version):
            self._outdate()
            raise StartAnew("the file changed in the archive while it was fetched")
        if given is None or given[0] != stretch.place or given[2] not in (None, self.origin.size):
            self._outdate()
            self.no_ranges = True
            raise StartAnew("the archive sent another part than was asked for")

    def _whole_instead(self, version: Version, helping: bool) -> None:
        """The whole file came where a part was asked for: it changed, or there are no parts."""
        known = Version(self.origin.etag, self.origin.modified)
        if known.same(version):
            self.no_ranges = True
        if helping or self.helpers:
            self._outdate()
            raise StartAnew("the archive sent the whole file where a part was asked for")

    def _check_end(self, headers: Mapping[str, str], stretch: Stretch) -> None:
        """Nothing follows: either all is here, or what is here is not of this version."""
        size = unsatisfied_size(headers)
        if size is not None and size == stretch.place and len(self.stretches) == 1:
            with self.changed:
                stretch.end = self.origin.size = size
            return
        self._outdate()
        raise StartAnew("what was fetched before is no part of the archive's version")

    def _outdate(self) -> None:
        with self.changed:
            self.outdated, self.splittable = True, False

    # The body -----------------------------------------------------------------------------

    def _receive(self, stream: ReceivedStream, stretch: Stretch) -> None:
        if stretch.done:
            return
        pace = Pace(self.rules)
        stream.end_within(self._seconds_left())
        for chunk in stream.raw_chunks(CHUNK):
            self.control.check()
            place, end = stretch.place, stretch.end
            data = chunk if end is None or place + len(chunk) <= end else chunk[: end - place]
            self.part.write(data, place)
            with self.changed:
                stretch.place += len(data)
            self.control.received(len(data))
            self._save_now_and_then()
            pace.note(len(chunk))
            if self.outdated or (stretch.end is not None and stretch.place >= stretch.end):
                break
        else:
            self._ended(stretch)
        if self.outdated:
            raise StartAnew("the file changed in the archive while it was fetched")

    def _ended(self, stretch: Stretch) -> None:
        """The body has ended by itself."""
        with self.changed:
            if stretch.end is None:
                stretch.end = self.origin.size = stretch.place
                return
        if not stretch.done:
            raise TryAgain(f"the connection ended {stretch.length:,} bytes too early")

    def _save_now_and_then(self) -> None:
        """With several stretches the length of the file does not tell what is missing."""
        if len(self.stretches) < 2:
            return
        now = time.monotonic()
        if now - self.saved_at < SAVE_SECONDS:
            return
        self._save(now)

    def _save(self, now: float) -> None:
        with self.changed:
            if self.outdated:
                return
            self.saved_at = now
            self.origin.left = None if self._only_tail_missing() else self.stretches.left
            self.part.remember(self.origin)

    def _only_tail_missing(self) -> bool:
        """Whether the length of the file alone tells what is missing."""
        if len(self.stretches) != 1:
            return False
        stretch = self.stretches[0]
        return stretch.end == self.origin.size and stretch.place == self.part.size

    def _may_split(self, headers: Mapping[str, str], size: int | None) -> bool:
        """Whether other threads may fetch parts of what has just been begun."""
        strong = bool(self.origin.etag) and not self.origin.etag.startswith("W/")
        unpacked = not self.origin.encoding
        large = (size or 0) >= self.rules.split_above
        return large and strong and unpacked and accepts_ranges(headers) and not self.no_ranges

    def _offer_help(self) -> None:
        with self.changed:
            self.splittable = True
        if self.on_splittable is not None:
            self.on_splittable()

    def _half(self) -> Stretch | None:
        """Half of the longest stretch, and the new division written down."""
        half = self.stretches.halve(self.rules.split_least)
        if half is not None:
            self._save(time.monotonic())
        return half

    def _wait_for_helpers(self) -> None:
        with self.changed:
            while self.helpers:
                self.changed.wait(0.1)

    def _drop(self) -> None:
        self.forget()
        self.part.empty()
