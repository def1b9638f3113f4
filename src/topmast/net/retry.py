"""Which requests are tried again, and after how long: pure functions, no clock, no sleep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from urllib.parse import urlsplit

from topmast.errors import TimeoutError, UnreachableError
from topmast.net.messages import Answer, Request

RETRIED = frozenset({429, 500, 502, 503, 504})
BUSY = frozenset({429, 503})
"""Statuses of a server that needs a rest."""
HEAVY_TRIES = 2
"""So often a query is sent that took the archive too long (504)."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SAFE_POSTS = (
    "/api/v0/invoke",
    "/api/v0.1/",
    "/mashup.asmx/columnsconfig",
    "/tap/sync",
)
"""Parts of the paths of POSTs that only ask: sending one twice does no harm."""
FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0

Outcome = Answer | UnreachableError | TimeoutError


@dataclass(frozen=True, slots=True)
class Next:
    """What follows a try: another after `seconds`, or the end (None), and why."""

    seconds: float | None
    note: str = ""


def plan(
    request: Request,
    outcome: Outcome,
    *,
    attempt: int,
    tries: int,
    left: float,
    rng: Random,
    now: datetime | None = None,
) -> Next:
    """What to do after try number `attempt` (from 1) with `left` seconds to go."""
    failed = not isinstance(outcome, Answer) or outcome.status_code in RETRIED
    if not failed or not may_repeat(request, outcome):
        return Next(None)
    status = outcome.status_code if isinstance(outcome, Answer) else 0
    if status == 504:
        tries = min(tries, HEAVY_TRIES)
    if attempt >= tries or left <= 0:
        return Next(None, f"Tried {attempt} times." if attempt > 1 else "")
    header = outcome.headers.get("Retry-After") if isinstance(outcome, Answer) else None
    asked = seconds_asked(header, now or datetime.now(UTC))
    if asked is not None and asked > left:
        return Next(
            None,
            f"It asks to wait {asked:.0f} s before the next try, longer than the "
            f"{left:.0f} s left of the time limit (conf.timeout).",
        )
    busy = asked is None and status in BUSY
    seconds = wait_when_busy(attempt, rng) if busy else wait_seconds(attempt, rng, asked)
    return Next(min(seconds, max(left / 2, asked or 0)))


def may_repeat(request: Request, outcome: Outcome) -> bool:
    """Whether sending `request` again can do no harm and may help."""
    if getattr(outcome, "lasting", False):
        return False
    path = urlsplit(request.url).path.lower()
    only_asks = request.method == "POST" and any(part in path for part in SAFE_POSTS)
    return (
        request.method in SAFE_METHODS
        or only_asks
        or bool(getattr(outcome, "never_sent", False))
        or (isinstance(outcome, Answer) and outcome.status_code in (429, 503))
    )


def wait_seconds(attempt: int, rng: Random, asked: float | None = None) -> float:
    """Seconds to wait after try number `attempt`.

    What the server asks for and up to a tenth more, so that not all come back at once; else a
    random part of a span that doubles with each try.
    """
    if asked is not None:
        return asked + rng.uniform(0, asked / 10)
    return rng.uniform(0, min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(attempt - 1, 20)))


def wait_when_busy(attempt: int, rng: Random) -> float:
    """Seconds to wait after answer number `attempt` of a server that needs a rest.

    So long that the usual five tries outlast half a minute.
    """
    span = min(LONGEST_SECONDS, 8 * FIRST_SECONDS * 2 ** min(attempt - 1, 20))
    return rng.uniform(0.6 * span, span)


def seconds_asked(retry_after: str | None, now: datetime) -> float | None:
    """The wait that a Retry-After header asks for, as seconds or as a date; None if it is unclear.

    >>> seconds_asked("7", datetime.now(UTC))
    7.0
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    from email.utils import parsedate_to_datetime  # late, for hardly a server sends dates

    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
