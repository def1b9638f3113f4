"""Ask the portal again, ever more slowly, until it has finished."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from topmast.errors import BadAnswerError, TimeoutError
from topmast.net.deadline import Deadline
from topmast.net.messages import Answer, Request
from topmast.net.session import Session
from topmast.wire.answers import Paging, peek_status
from topmast.wire.portal import MashupRequest, encode_request

INVOKE = "/api/v0/invoke"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/plain"}
WITH_STATUS = frozenset({"json", "extjs"})
FIRST_WAIT = 0.05
LONGEST_WAIT = 5.0

OnProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Polled:
    """A finished answer, and what its envelope says."""

    answer: Answer
    status: str
    paging: Paging | None


def ask(
    session: Session,
    request: MashupRequest,
    *,
    total_seconds: float | None = None,
    on_progress: OnProgress | None = None,
) -> Answer:
    """The portal's finished answer to one request: COMPLETE, or ERROR with its message.

    Parameters
    ----------
    session : Session
        Whom to ask.
    request : MashupRequest
        What to ask; sent again, byte for byte, while the portal answers EXECUTING.
    total_seconds : float, optional
        The limit for all polls together; default: the setting ``timeout``. An answer that is
        finished is returned even if it came a little later.
    on_progress : callable, optional
        Gets the part that is done, from 0 to 1, whenever the portal tells it.

    Raises
    ------
    TimeoutError
        Still EXECUTING when the time is up.
    BadAnswerError
        What came is no answer of the portal.
    """
    limit = session.setting("timeout") if total_seconds is None else total_seconds
    return poll(session, request, Deadline.after(limit), on_progress).answer


def poll(
    session: Session,
    request: MashupRequest,
    deadline: Deadline,
    on_progress: OnProgress | None = None,
) -> Polled:
    """As `ask`, with the status and the paging of the answer beside it."""
    message = Request(
        "POST", session.servers.portal + INVOKE, HEADERS, encode_request(with_breaker(request))
    )
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
        status, paging = _envelope(request, answer)
        if status.upper() != "EXECUTING":
            return Polled(answer, status, paging)
        percent = _percent(answer, percent)
        if on_progress is not None and percent is not None:
            on_progress(percent)
        if deadline.passed:
            raise _out_of_time(request, deadline, percent)
        # One poll is made when the time is up: the answer may be ready, and has to travel.
        grace = min(5.0, (deadline.seconds or 0) / 10)
        held = time.monotonic() - started
        time.sleep(max(0.0, min(wait - held, deadline.left())))
    raise AssertionError("the waits never end")


def with_breaker(request: MashupRequest) -> MashupRequest:
    """`request` with a text that sets it apart from an equal one that MAST remembers."""
    if request.cache_breaker is not None or any(
        name.lower() == "cachebreaker" for name in request.extra
    ):
        return request
    return replace(request, cache_breaker=str(uuid.uuid4()))


def _growing_waits() -> Iterator[float]:
    wait = FIRST_WAIT
    while True:
        yield wait
        wait = min(wait * 1.6, LONGEST_WAIT)


def _envelope(request: MashupRequest, answer: Answer) -> tuple[str, Paging | None]:
    """Status and paging; a format such as csv or votable has neither once it is finished."""
    if request.format not in WITH_STATUS and answer.content[:99].lstrip()[:1] != b"{":
        return "COMPLETE", None
    try:
        status, _, paging = peek_status(answer.content)
    except BadAnswerError as problem:
        raise BadAnswerError(f"{request.service} was not answered properly. {problem}") from problem
    return status, paging


def _percent(answer: Answer, before: float | None) -> float | None:
    try:
        percent = json.loads(answer.content).get("percent complete")
    except (ValueError, AttributeError, RecursionError):
        return before
    return float(percent) if isinstance(percent, int | float) else before


def _out_of_time(request: MashupRequest, deadline: Deadline, percent: float | None) -> TimeoutError:
    done = "" if percent is None else f", {percent:.0%} done"
    return TimeoutError(
        f"{request.service} was still at work after {deadline.seconds:g} s{done}. "
        "Ask for less (a smaller radius, more criteria), or raise the limit: conf.timeout."
    )
