"""Ask the portal again, ever more slowly, until it has finished."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from topmast.errors import BadAnswerError, TimeoutError
from topmast.net.deadline import Deadline
from topmast.net.messages import Answer, Request
from topmast.net.session import Session
from topmast.wire.answers import OpenAnswer, Paging
from topmast.wire.portal import MashupRequest, encode_request

INVOKE = "/api/v0/invoke"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/plain"}
WITH_STATUS = frozenset({"json", "extjs"})
FIRST_WAIT = 0.05
LONGEST_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class PortalRequest:
    """A request to the portal as it is sent, byte for byte, at each poll.

    `has_status` is true where a finished answer has a status; one of another kind, such as CSV,
    has none.
    """

    service: str
    path: str
    body: bytes
    has_status: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished answer, and what its envelope says; `status` is in capital letters."""

    answer: Answer
    status: str
    paging: Paging | None
    opened: OpenAnswer | None = None

    @property
    def page(self) -> OpenAnswer | bytes:
        """What its rows are read from."""
        return self.answer.content if self.opened is None else self.opened


def ask(session: Session, request: MashupRequest) -> Finished:
    """The portal's finished answer to one request: COMPLETE, or ERROR with its message.

    Raises
    ------
    TimeoutError
        Still EXECUTING when the setting ``timeout`` has passed. An answer that is finished is
        returned even if it came a little later.
    BadAnswerError
        What came is no answer of the portal.
    """
    deadline = Deadline.after(session.setting("timeout"))
    return poll(session, invocation(with_breaker(request)), deadline)


def invocation(request: MashupRequest) -> PortalRequest:
    """The call of a service."""
    has_status = request.format in WITH_STATUS
    return PortalRequest(request.service, INVOKE, encode_request(request), has_status)


def with_breaker(request: MashupRequest) -> MashupRequest:
    """`request` with a text that sets it apart from an equal one that MAST remembers."""
    if request.cache_breaker is not None or any(
        name.lower() == "cachebreaker" for name in request.extra
    ):
        return request
    return replace(request, cache_breaker=str(uuid.uuid4()))


def poll(session: Session, request: PortalRequest, deadline: Deadline) -> Finished:
    """As `ask`, until a deadline."""
    message = Request("POST", session.servers.portal + request.path, HEADERS, request.body)
    percent: float | None = None
    grace = 0.0
    for wait in _growing_waits():
        started = time.monotonic()
        try:
            answer = session.send(message, total_seconds=max(deadline.left(), grace))
        except TimeoutError as problem:
            if not deadline.passed:
                raise
            raise _out_of_time(request, deadline, percent) from problem
        finished = _read_envelope(request, answer)
        if finished.status != "EXECUTING":
            return finished
        percent = _percent(answer, percent)
        if deadline.passed:
            raise _out_of_time(request, deadline, percent)
        # One poll is made when the time is up: the answer may be ready, and has to travel.
        grace = min(5.0, (deadline.seconds or 0) / 10)
        held = time.monotonic() - started
        time.sleep(max(0.0, min(wait - held, deadline.left())))
    raise AssertionError("the waits never end")


def _growing_waits() -> Iterator[float]:
    wait = FIRST_WAIT
    while True:
        yield wait
        wait = min(wait * 1.6, LONGEST_WAIT)


def _read_envelope(request: PortalRequest, answer: Answer) -> Finished:
    if not request.has_status and answer.content[:99].lstrip()[:1] != b"{":
        return Finished(answer, "COMPLETE", None)
    try:
        opened = OpenAnswer(answer.content)
    except BadAnswerError as problem:
        raise BadAnswerError(f"{request.service} was not answered properly. {problem}") from problem
    return Finished(answer, opened.status.upper(), opened.paging, opened)


def _percent(answer: Answer, before: float | None) -> float | None:
    try:
        percent = json.loads(answer.content).get("percent complete")
    except (ValueError, AttributeError, RecursionError):
        return before
    return float(percent) if isinstance(percent, int | float) else before


def _out_of_time(request: PortalRequest, deadline: Deadline, percent: float | None) -> TimeoutError:
    done = "" if percent is None else f", {percent:.0%} done"
    return TimeoutError(
        f"{request.service} was still at work after {deadline.seconds:g} s{done}. "
        "Ask for less (a smaller radius, more criteria), or raise the limit: conf.timeout."
    )
