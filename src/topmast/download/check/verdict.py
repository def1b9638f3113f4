"""What a check of the bytes of a file says about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial


class State(StrEnum):
    """Judgement on one file."""

    WHOLE = "whole"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    ERROR_PAGE = "error page"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    MISSING = "missing"


GOOD = (State.WHOLE, State.UNKNOWN)
"""Nothing speaks against the file."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement and, unless all is well, the reason for it.

    `doubtful`: the file is not what its name promises, or it is complete and its own checksum
    does not fit. Products that the archive serves have such checksums (Kepler's and TESS's
    cotrending basis vectors do), so this alone condemns no file; a wrong checksum is a reason
    to fetch it a second time and compare. `maybe_cut`: it is complete, but says that it has more
    parts than there are; some products are wrong about that.
    """

    state: State
    reason: str = ""
    doubtful: bool = False
    maybe_cut: bool = False


#: The format itself proves that the file is complete.
whole: partial[Verdict] = partial(Verdict, State.WHOLE)
#: The file ends too early.
truncated: partial[Verdict] = partial(Verdict, State.TRUNCATED)
#: The file is not what its format promises.
corrupt: partial[Verdict] = partial(Verdict, State.CORRUPT)
#: A server's message was saved in place of the file.
error_page: partial[Verdict] = partial(Verdict, State.ERROR_PAGE)
#: Nothing speaks against the file, and nothing in it proves that it is complete.
unproven: partial[Verdict] = partial(Verdict, State.UNKNOWN)
NO_END = unproven("this format does not mark its end")
