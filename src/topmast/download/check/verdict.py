"""What a look at the bytes of a file says about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Judgement on one file."""

    WHOLE = "whole"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    ERROR_PAGE = "error page"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement and, unless all is well, the reason for it.

    `doubtful`: the file is not what its name promises, or it is complete and its own checksum
    does not fit. Products that the archive serves have such checksums (Kepler's and TESS's
    cotrending basis vectors do), so this alone condemns no file; a wrong checksum is a reason
    to fetch it a second time and compare.
    """

    state: State
    reason: str = ""
    doubtful: bool = False

    @property
    def good(self) -> bool:
        """Whether nothing speaks against the file."""
        return self.state in (State.WHOLE, State.UNKNOWN)


def whole(remark: str = "", *, doubtful: bool = False) -> Verdict:
    """The format itself proves that the file is complete."""
    return Verdict(State.WHOLE, remark, doubtful)


def truncated(reason: str) -> Verdict:
    """The file ends too early."""
    return Verdict(State.TRUNCATED, reason)


def corrupt(reason: str) -> Verdict:
    """The file is not what its format promises."""
    return Verdict(State.CORRUPT, reason)


def error_page(reason: str) -> Verdict:
    """A server's message was saved in place of the file."""
    return Verdict(State.ERROR_PAGE, reason)


def unproven(
    reason: str = "this format does not tell where it ends", *, doubtful: bool = False
) -> Verdict:
    """Nothing speaks against the file, and nothing in it proves that it is complete."""
    return Verdict(State.UNKNOWN, reason, doubtful)
