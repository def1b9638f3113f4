"""Download one file into its ``.part``: as one stream, or in several segments at once.

The thread that owns a `Transfer` works through the missing segments; other threads may help, each
taking half of the largest one, once the server has shown that it gives parts of an unchanging
version (Accept-Ranges and a validator).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn

import msgspec

from topmast.download.control import Control, RunSettings
from topmast.download.folder.part import Part
from topmast.download.folder.system import free_bytes
from topmast.download.product import Held, Product, Version
from topmast.download.transfer.backoff import Backoff, Failed, Problem, Restart, Retry
from topmast.download.transfer.copy import Copy
from topmast.download.transfer.judge import (
    CHANGED,
    NO_VERSION,
    OTHER_PART,
    Action,
    Answer,
    Decision,
    Segment,
    Segments,
    content_range,
    judge,
    unsatisfied_length,
)
from topmast.download.transfer.unpack import unpack
from topmast.errors import BadAnswerError, TimeoutError, UnreachableError
from topmast.net.body import ReceivedStream
from topmast.net.messages import Request
from topmast.net.session import Session

CHUNK = 1 << 18
#: An attempt that brings this much, or this share of the file, counts as progress: the tries
#: start over.
PROGRESS = 1 << 20
PROGRESS_SHARE = 0.1
SAVE_SECONDS = 0.02
#: For larger files it is asked how much is free on the disk.
ALWAYS_FITS = 64 << 20
MOST_FAILED_HELPS = 3
PLAIN = {"Accept-Encoding": "identity"}
PROBLEMS: dict[Action, type[Problem]] = {
    Action.RESTART: Restart,
    Action.RETRY: Retry,
    Action.FAIL: Failed,
}


class NotModified(Exception):
    """The server says that the file held is still its version."""


class Transfer:
    """One file under way; its state is its own."""

    def __init__(
        self,
        product: Product,
        part: Part,
        session: Session,
        settings: RunSettings,
        control: Control,
        *,
        current: Version = NO_VERSION,
        on_splittable: Callable[[], None] | None = None,
    ) -> None:
        self.product = product
        self.part = part
        self.attempts: int = 0
        #: Where the last answer came from; empty while there is none.
        self.answered_by: str = ""
        #: Whether that was on a connection with a past: a late answer to an earlier request could
        #: be taken for this one's.
        self.kept_connection: bool = False
        self._session, self._settings, self._control = session, settings, control
        self._current = current
        self._on_splittable = on_splittable
        self._changed = threading.Condition()
        #: The version that is being fetched.
        self.copy: Copy = Copy(Held(uri=product.uri))
        self._helpers = self._failed_helps = self._gained = 0
        self._ranges_work = True
        self._limits = replace(settings.limits, total_seconds=None)
        self._began = time.monotonic()
        self._saved_at = 0.0

    def resume(self) -> None:
        """Go on from what an earlier run has left, if that can be trusted."""
        held = self.part.held()
        same = held is not None and held.uri == self.product.uri
        missing = held.missing(self.part.size) if held is not None and same else None
        if held is None or missing is None:
            self.restart()
            return
        segments = Segments(Segment(first, end) for first, end in missing)
        self.copy = Copy(held, segments, length_known=True)

    def restart(self) -> None:
        """Throw away what was received; helpers end first."""
        with self._changed:
            self.copy = Copy(Held(uri=self.product.uri))
        self._wait_for_helpers()
        self.part.empty()

    def keep(self) -> None:
        """Keep what a later run can go on with, and remove what is useless."""
        with suppress(OSError):
            if self.copy.held.missing(self.part.size) is None:
                self.part.remove()
            else:
                self._save(self.copy)

    def run(self) -> None:
        """Fetch all that is missing, and unpack it.

        Raises
        ------
        Failed, Stopped, NotModified, OSError
        """
        backoff = Backoff(self._settings, self._control)
        with self._control.slot():
            while not all(segment.done for segment in self.copy.segments):
                self._gained = 0
                try:
                    with self._changed:
                        copy = self.copy
                        segment = copy.segments.take()
                        if segment is None:  # the helpers have the rest
                            self._changed.wait(0.05)
                    self._control.check()
                    if segment is not None:
                        self._fetch(copy, segment)
                except Retry as problem:
                    if isinstance(problem, Restart) or not self._ranges_work:
                        self.restart()
                    gain = self._gained
                    enough = min(PROGRESS, PROGRESS_SHARE * (self.copy.held.size or PROGRESS))
                    late = self._seconds_left() <= 0
                    backoff.wait_after(problem, progress=gain >= enough, late=late)
            self._wait_for_helpers()
        if self.copy.held.encoding:
            unpack(self.part, self.copy.held.encoding, self.product)

    def find_more(self) -> bool | None:
        """Ask for what follows the last byte, and fetch it.

        True if there was something, False if the archive says that there is nothing, None if
        it does not say.
        """
        if self.copy.held.encoding:
            return None
        have = self.part.size
        request = Request("GET", self.product.url, {"Range": f"bytes={have}-"} | PLAIN)
        self.attempts += 1
        try:
            with self._session.stream(request, limits=self._limits) as answer:
                given = content_range(answer.headers)
        except (UnreachableError, TimeoutError, BadAnswerError):
            return None
        if answer.status_code == 416 and unsatisfied_length(answer.headers) == have:
            return False
        if answer.status_code != 206 or given is None or given[0] != have or not given[2]:
            return None
        with self._changed:
            self.copy.held = self.copy.held.resized(given[2])
            self.copy.segments = Segments([Segment(have, given[2])])
        self.run()
        return True

    def wants_help(self) -> int:
        """How many bytes a helper would find; 0 if none is wanted."""
        with self._changed:
            if not self.copy.can_split or self._helpers + 1 >= self._settings.parts:
                return 0
            return self.copy.segments.longest_for_helper(self._settings.split_least)

    def help(self) -> bool:
        """Fetch one segment, or fail and leave it; False if every connection is in use."""
        with self._control.spare_slot() as free:
            if free:
                self._help()
            return free

    def _help(self) -> None:
        with self._changed:
            if not self.wants_help():  # others may have come first
                return
            copy = self.copy
            segment = copy.segments.take()
            if segment is None:
                if (segment := copy.segments.halve(self._settings.split_least)) is None:
                    return
                segment.taken = True
                self._save(copy)  # the new division
            self._helpers += 1
        try:
            self._fetch(copy, segment, helping=True)
        except (Problem, OSError):
            self._failed_helps += 1
            if self._failed_helps >= MOST_FAILED_HELPS:
                copy.can_split = False
        finally:
            with self._changed:
                self._helpers -= 1
                self._changed.notify_all()

    def _wait_for_helpers(self) -> None:
        with self._changed:
            while self._helpers:
                self._changed.wait(0.1)

    def _fetch(self, copy: Copy, segment: Segment, helping: bool = False) -> None:
        """Ask for a segment that was taken, and write what comes."""
        asked_end = segment.end
        part = bool(segment.position or helping or len(copy.segments) > 1)
        request = Request("GET", self.product.url, self._headers(copy, segment, part))
        key = threading.get_ident()
        try:
            self._control.wait_while_paused()
            self.attempts += 1
            with self._session.stream(request, limits=self._limits) as stream:
                self._control.close_on_stop(key, stream.abort)
                self.answered_by, self.kept_connection = stream.url, stream.kept
                about_login = ""
                if stream.status_code in (401, 403):
                    stream.close()  # the explanation may need the only connection
                    about_login = self._session.explain_refusal()
                answer = Answer(
                    stream.status_code,
                    stream.headers,
                    stream.reason,
                    part,
                    self._current,
                    self.product.exclusive_until,
                    about_login,
                    asked_end,
                )
                decision = judge(answer, segment, copy.held)
                copy = self._follow(decision, copy, segment, helping)
                self._receive(stream, copy, segment, decision.end, helping)
        except (UnreachableError, TimeoutError, BadAnswerError) as problem:
            self._control.check()
            kind = Failed if getattr(problem, "lasting", False) else Retry
            raise kind(str(problem)) from problem
        finally:
            segment.taken = False
            self._control.close_on_stop(key, None)

    def _headers(self, copy: Copy, segment: Segment, part: bool) -> dict[str, str]:
        if part:
            end = segment.end
            last = "" if end is None or end == copy.held.size else str(end - 1)
            validator = copy.held.validator
            return PLAIN | {"Range": f"bytes={segment.position}-{last}", "If-Range": validator}
        etag, modified = self._current.etag, self._current.modified
        conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
        return PLAIN | {name: value for name, value in conditions.items() if value}

    def _follow(self, decision: Decision, copy: Copy, segment: Segment, helping: bool) -> Copy:
        """Do what the decision says, as far as it comes before the body; the copy to go on with."""
        action = decision.action
        self._ranges_work = self._ranges_work and decision.ranges
        if action is Action.UNCHANGED:
            raise NotModified
        with self._changed:
            alone = {
                Action.WHOLE: not helping and not self._helpers,
                Action.COMPLETE: len(copy.segments) == 1,
            }
            if not alone.get(action, True):
                action = Action.RESTART
            if action in (Action.WHOLE, Action.RESTART):
                copy.can_split = False  # no helper may join now
            if action is Action.RESTART and self.copy is copy:  # stops the other threads, too
                self.copy = Copy(Held(uri=self.product.uri))
        if action in PROBLEMS:
            raise PROBLEMS[action](decision.reason, decision.status, decision.wait_seconds)
        if action is Action.COMPLETE and decision.held is not None:
            with self._changed:
                copy.held, segment.end = decision.held, segment.position
        if action is Action.WHOLE and decision.held is not None:
            return self._begin(decision, decision.held, segment)
        return copy

    def _begin(self, decision: Decision, held: Held, segment: Segment) -> Copy:
        """The whole file follows, from its first byte."""
        if self.part.size:
            self.part.empty()
        size, settings = held.size or 0, self._settings
        if size > ALWAYS_FITS and size > (free := free_bytes(self.part.final.parent)):
            raise Failed(f"No space left to write it: it has {size:,} bytes, {free:,} are free.")
        with self._changed:
            segment.position, segment.end = 0, held.size
            copy = Copy(held, Segments([segment]), decision.length_known)
            copy.digests = decision.digests
            copy.can_split = (
                decision.can_split and self._ranges_work and size >= settings.split_above
            )
            self.copy = copy
        if size > settings.resumable and held.validator:
            self.part.save(held)
        if copy.can_split and self._on_splittable is not None:
            self._on_splittable()
        return copy

    def _distrust(self, copy: Copy) -> NoReturn:
        """Bytes of another part may be among those of `copy`: use none of them."""
        with self._changed:
            copy.can_split = self._ranges_work = False
            if self.copy is copy:
                self.copy = Copy(Held(uri=self.product.uri))
        raise Restart(OTHER_PART)

    def _receive(
        self,
        stream: ReceivedStream,
        copy: Copy,
        segment: Segment,
        stretch_end: int | None,
        helping: bool,
    ) -> None:
        """Write the body; `stretch_end` is where the part that the server announced ends."""
        if segment.done:
            return
        chunked = bool(stream.headers.get("Transfer-Encoding"))
        unbounded = stretch_end is not None and not stream.headers.get("Content-Length")
        # A server that sends a byte now and then keeps every read limit and would still never
        # end; so each window of one read limit has to bring a least amount.
        window = self._settings.stall_seconds
        stream.end_within(self._seconds_left(), window)
        window_began, in_window = time.monotonic(), 0
        for chunk in stream.raw_chunks(CHUNK):
            if self.copy is not copy:
                raise Restart(CHANGED)
            if helping and self._control.waiting:
                return  # a whole file comes first; the owner fetches the rest of this segment
            if stretch_end is not None and segment.position + len(chunk) > stretch_end:
                self._distrust(copy)
            data = chunk if segment.end is None else chunk[: segment.length]
            self._write(segment, data)
            self._control.received(len(data))
            now = time.monotonic()
            # With several segments the length of the file does not tell what is missing.
            if len(copy.segments) > 1 and now - self._saved_at >= SAVE_SECONDS:
                self._save(copy)
            in_window += len(chunk)
            if now - window_began >= window:
                if in_window < self._settings.stall_rate * window:
                    raise Retry(f"only {in_window} bytes came in {now - window_began:.0f} s")
                window_began, in_window = now, 0
            done = segment.end is not None and segment.position >= segment.end
            if done and not (unbounded and segment.end == stretch_end):
                return  # else more than that part may come
        if stretch_end is not None and chunked and segment.position < stretch_end:
            self._distrust(copy)
        with self._changed:
            if segment.end is None:
                segment.end = segment.position
                copy.held = copy.held.resized(segment.position)
        if not segment.done:
            raise Retry(f"the connection ended {segment.length:,} bytes too early")

    def _write(self, segment: Segment, data: bytes) -> None:
        while data:
            count = self.part.write(data, segment.position)
            data = data[count:]
            with self._changed:
                segment.position += count
                self._gained += count

    def _seconds_left(self) -> float:
        """What is left of the limit for the whole file, by the larger of the sizes known."""
        size = max(self.product.size or 0, self.copy.held.size or 0)
        longest = (self._settings.limits.total_seconds or 600.0) + size / self._settings.least_rate
        return self._began + longest - time.monotonic()

    def _save(self, copy: Copy) -> None:
        """Write down what is missing, unless the length of the file alone tells it."""
        with self._changed:
            if self.copy is not copy:
                return
            self._saved_at = time.monotonic()
            segments = copy.segments
            tail = len(segments) == 1 and segments[0].end == copy.held.size
            left = None if tail and segments[0].position == self.part.size else segments.ranges
            self.part.save(msgspec.structs.replace(copy.held, left=left))
