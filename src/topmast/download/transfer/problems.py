"""Why a transfer stopped, and whether it may go on."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from topmast.download.tables.products_table import UNKNOWN_DATE
from topmast.errors import MastError
from topmast.net.retry import seconds_asked

#: Statuses that may pass.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
BUSY = frozenset({429, 503})
REASONS = {
    400: "400 Bad Request: the archive cannot read this URI.",
    401: "401 Unauthorized: {exclusive}log in with a token (Observations.login, MAST_API_TOKEN).",
    403: "403 Forbidden: {exclusive}your account has no right to it.",
    404: "404 Not Found: the archive does not have this file; search again for its new name.",
    410: "410 Gone: it was withdrawn; search for a newer version.",
    429: "429 Too Many Requests: the archive asks for fewer requests; lower conf.connections.",
    500: "500 Internal Server Error: the archive failed at it; try again later.",
    503: "503 Service Unavailable: the archive is overloaded or down; try again later.",
}


class TryAgain(Exception):
    """It failed, and the same request may succeed later; `seconds`: as the server asks."""

    def __init__(self, reason: str, seconds: float | None = None, status: str = "") -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.status = status


class StartAnew(TryAgain):
    """What was received so far is worth nothing."""


class GiveUp(Exception):
    """It failed, and will again; `status`: the code and words of an HTTP error, if it is one."""

    def __init__(self, reason: str, status: str = "") -> None:
        super().__init__(reason)
        self.status = status


def problem_of_status(
    status: int,
    reason: str,
    headers: Mapping[str, str],
    exclusive_until: str = "",
    about_login: str = "",
) -> TryAgain | GiveUp:
    """What an HTTP status other than 200 and 206 means for a download.

    `about_login` tells what became of the login that the request carried, if it had one.
    """
    until = "" if exclusive_until == UNKNOWN_DATE else f" until {exclusive_until}"
    exclusive = f"exclusive{until}; " if exclusive_until else ""
    if about_login:
        words = reason or HTTPStatus(status).phrase
        return GiveUp(f"{status} {words}: {exclusive}{about_login}", f"{status} {reason}")
    text = REASONS.get(status, f"{status} {reason}".strip() + ".").format(exclusive=exclusive)
    if status in PASSING:
        asked = seconds_asked(headers.get("Retry-After"), datetime.now(UTC))
        seconds = asked if asked is not None else (1.0 if status in BUSY else None)
        return TryAgain(text, seconds, f"{status} {reason}")
    return GiveUp(text, f"{status} {reason}")


def as_requests_says(status: str, url: str) -> str:
    """The words of the library requests, which astroquery's manifests have."""
    code, _, reason = status.partition(" ")
    side = "Client" if code < "500" else "Server"
    return f"HTTPError: {code} {side} Error: {reason} for url: {url}"


def is_disk_full(problem: BaseException) -> bool:
    """Whether an error of the system says that nothing more can be written."""
    codes = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}
    return isinstance(problem, OSError) and problem.errno in codes


def said(problem: BaseException) -> str:
    """The words of an error for a manifest, on one line."""
    text = str(problem)
    if isinstance(problem, OSError) and problem.strerror and not isinstance(problem, MastError):
        text = problem.strerror + (f": {problem.filename}" if problem.filename else "")
    return " ".join(text.split()) or type(problem).__name__
