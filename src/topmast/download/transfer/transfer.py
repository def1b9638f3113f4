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
from dataclasses import dataclass, field, replace

import msgspec

from topmast.download.control import Control, RunSettings
from topmast.download.folder.part import Part
from topmast.download.product import Held, Product, Version
from topmast.download.transfer.backoff import Backoff, Failed, Problem, Restart, Retry
from topmast.download.transfer.judge import (
    CHANGED,
    NO_VERSION,
    Action,
    Answer,
    Decision,
    Segment,
    Segments,
    content_range,
    judge,
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
MOST_FAILED_HELPS = 3
PLAIN = {"Accept-Encoding": "identity"}
PROBLEMS: dict[Action, type[Problem]] = {
    Action.RESTART: Restart,
    Action.RETRY: Retry,
    Action.FAIL: Failed,
}


class NotModified(Exception):
    """The server says that the file held is still its version."""


@dataclass(slots=True, eq=False)
class Copy:
    """The version that is being fetched. Another one takes its place when a transfer restarts;
    threads that still work at the old one then end.
    """

    held: Held
    segments: Segments = field(default_factory=lambda: Segments([Segment(0, None)]))
    length_known: bool = False
    can_split: bool = False

    @property
    def received(self) -> int:
        """Bytes that are here."""
        if self.held.size is None:
            return self.segments[0].position if self.segments else 0
        return self.held.size - self.segments.length


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
        self._session, self._settings, self._control = session, settings, control
        self._current = current
        self._on_splittable = on_splittable
        self._changed = threading.Condition()
        self._copy = Copy(Held(uri=product.uri))
        self._helpers = self._failed_helps = 0
        self._ranges_work = True
        self._limits = replace(settings.limits, total_seconds=None)
        self._began = time.monotonic()
        self._saved_at = 0.0

    @property
    def version(self) -> Held:
        """What is known of the version that is being fetched."""
        return self._copy.held

    @property
    def length_known(self) -> bool:
        """Whether a cut body would have been noticed."""
        return self._copy.length_known

    # Begin, go on, end --------------------------------------------------------------------

    def resume(self) -> None:
        """Go on from what an earlier run has left, if that can be trusted."""
        held = self.part.held()
        same = held is not None and held.uri == self.product.uri
        missing = held.missing(self.part.size) if held is not None and same else None
        if held is None or missing is None:
            self.restart()
            return
        segments = Segments(Segment(first, end) for first, end in missing)
        self._copy = Copy(held, segments, length_known=True)

    def restart(self) -> None:
        """Throw away what was received; helpers end first."""
        with self._changed:
            self._copy = Copy(Held(uri=self.product.uri))
        self._wait_for_helpers()
        self.part.empty()

    def keep(self) -> None:
        """Keep what a later run can go on with, and remove what is useless."""
        with suppress(OSError):
            if self._copy.held.missing(self.part.size) is None:
                self.part.remove()
            else:
                self._save(self._copy)

    def run(self) -> None:
        """Fetch all that is missing, and unpack it.

        Raises
        ------
        Failed, Stopped, NotModified, OSError
        """
        backoff = Backoff(self._settings, self._control)
        with self._control.slot():
            while not all(segment.done for segment in self._copy.segments):
                before = self._copy.received
                try:
                    with self._changed:
                        copy = self._copy
                        segment = self._take_segment(copy)
                        if segment is None:  # the helpers have the rest
                            self._changed.wait(0.05)
                    self._control.check()
                    if segment is not None:
                        self._fetch(copy, segment)
                except Retry as problem:
                    if isinstance(problem, Restart) or not self._ranges_work:
                        self.restart()
                    gain = self._copy.received - before
                    enough = min(PROGRESS, PROGRESS_SHARE * (self._copy.held.size or PROGRESS))
                    late = self._seconds_left() <= 0
                    backoff.wait_after(problem, progress=gain >= enough, late=late)
            if self._helpers:
                self._wait_for_helpers()
        if self._copy.held.encoding:
            unpack(self.part, self._copy.held.encoding, self.product)

    def find_more(self) -> bool:
        """Ask for what follows the last byte, and fetch it; whether there was something."""
        if self._copy.held.encoding:
            return False
        have = self.part.size
        request = Request("GET", self.product.url, {"Range": f"bytes={have}-"} | PLAIN)
        self.attempts += 1
        try:
            with self._session.stream(request, limits=self._limits) as answer:
                given = content_range(answer.headers)
        except (UnreachableError, TimeoutError, BadAnswerError):
            return False
        if answer.status_code != 206 or given is None or given[0] != have or not given[2]:
            return False
        with self._changed:
            self._copy.held = self._copy.held.resized(given[2])
            self._copy.segments = Segments([Segment(have, given[2])])
        self.run()
        return True

    # Help of other threads ----------------------------------------------------------------

    def wants_help(self) -> int:
        """How many bytes a helper would find; 0 if none is wanted."""
        with self._changed:
            if not self._copy.can_split or self._helpers + 1 >= self._settings.parts:
                return 0
            return self._copy.segments.longest_for_helper(self._settings.split_least)

    def help(self) -> None:
        """Fetch one segment beside the owner; a failure only means that the owner does it."""
        with self._changed:
            if not self.wants_help():  # others may have come first
                return
            copy = self._copy
            segment = self._take_segment(copy) or self._take_half(copy)
            if segment is None:
                return
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

    def _take_half(self, copy: Copy) -> Segment | None:
        """Half of the longest segment, and the new division written down."""
        half = copy.segments.halve(self._settings.split_least)
        if half is not None:
            half.taken = True
            self._save(copy)
        return half

    def _wait_for_helpers(self) -> None:
        with self._changed:
            while self._helpers:
                self._changed.wait(0.1)

    # One request --------------------------------------------------------------------------

    def _take_segment(self, copy: Copy) -> Segment | None:
        """One that nobody works at, under the lock."""
        for segment in copy.segments:
            if not segment.taken and not segment.done:
                segment.taken = True
                return segment
        return None

    def _fetch(self, copy: Copy, segment: Segment, helping: bool = False) -> None:
        """Ask for a segment that was taken, and write what comes."""
        part = bool(segment.position or helping or len(copy.segments) > 1)
        request = Request("GET", self.product.url, self._headers(copy, segment, part))
        key = threading.get_ident()
        try:
            self._control.wait_while_paused()
            self.attempts += 1
            with self._session.stream(request, limits=self._limits) as stream:
                self._control.close_on_stop(key, stream.abort)
                self.answered_by = stream.url
                status = stream.status_code
                answer = Answer(
                    status,
                    stream.headers,
                    stream.reason,
                    part,
                    self._current,
                    self.product.exclusive_until,
                    self._session.explain_refusal() if status in (401, 403) else "",
                )
                decision = judge(answer, segment, copy.held)
                copy = self._follow(decision, copy, segment, helping)
                self._receive(stream, copy, segment)
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
        current = self._current
        conditions = {"If-None-Match": current.etag, "If-Modified-Since": current.modified}
        return PLAIN | {name: value for name, value in conditions.items() if value}

    def _follow(self, decision: Decision, copy: Copy, segment: Segment, helping: bool) -> Copy:
        """Do what the decision says, as far as it comes before the body; the copy to go on with.

        Raises
        ------
        NotModified, Problem
        """
        action = decision.action
        if not decision.ranges:
            self._ranges_work = False
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
            if action is Action.RESTART and self._copy is copy:  # stops the other threads, too
                self._copy = Copy(Held(uri=self.product.uri))
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
        with self._changed:
            segment.position, segment.end = 0, held.size
            copy = Copy(held, Segments([segment]), decision.length_known)
            copy.can_split = (
                decision.can_split and self._ranges_work and size >= settings.split_above
            )
            self._copy = copy
        if size > settings.resumable and held.validator:
            self.part.save(held)
        if copy.can_split and self._on_splittable is not None:
            self._on_splittable()
        return copy

    # The body -----------------------------------------------------------------------------

    def _receive(self, stream: ReceivedStream, copy: Copy, segment: Segment) -> None:
        if segment.done:
            return
        stream.end_within(self._seconds_left())
        # A server that sends a byte now and then keeps every read limit and would still never
        # end; so each window of one read limit has to bring a least amount.
        window = self._settings.limits.read_seconds
        window_began, in_window = time.monotonic(), 0
        for chunk in stream.raw_chunks(CHUNK):
            if self._copy is not copy:
                raise Restart(CHANGED)
            position, end = segment.position, segment.end
            data = chunk if end is None else chunk[: max(0, end - position)]
            self.part.write(data, position)
            with self._changed:
                segment.position += len(data)
            self._control.received(len(data))
            if len(copy.segments) > 1:
                self._save_now_and_then(copy)
            now = time.monotonic()
            in_window += len(chunk)
            if now - window_began >= window:
                if in_window < self._settings.stall_rate * window:
                    raise Retry(f"only {in_window} bytes came in {now - window_began:.0f} s")
                window_began, in_window = now, 0
            if segment.end is not None and segment.position >= segment.end:
                return
        with self._changed:
            if segment.end is None:
                segment.end = segment.position
                copy.held = copy.held.resized(segment.position)
        if not segment.done:
            raise Retry(f"the connection ended {segment.length:,} bytes too early")

    def _seconds_left(self) -> float:
        """What is left of the limit for the whole file, by the larger of the sizes known."""
        size = max(self.product.size or 0, self._copy.held.size or 0)
        return self._began + self._settings.longest_seconds(size) - time.monotonic()

    def _save_now_and_then(self, copy: Copy) -> None:
        """With several segments the length of the file does not tell what is missing."""
        if time.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._save(copy)

    def _save(self, copy: Copy) -> None:
        """Write down what is missing, unless the length of the file alone tells it."""
        with self._changed:
            if self._copy is not copy:
                return
            self._saved_at = time.monotonic()
            segments = copy.segments
            tail = len(segments) == 1 and segments[0].end == copy.held.size
            left = None if tail and segments[0].position == self.part.size else segments.ranges
            self.part.save(msgspec.structs.replace(copy.held, left=left))
