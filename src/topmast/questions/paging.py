"""Ask for page 1, then for all the others at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.net.deadline import Deadline
from topmast.net.parallel import in_order
from topmast.net.session import Session
from topmast.questions.polling import Finished, invocation, poll, with_breaker
from topmast.wire.answers import Paging
from topmast.wire.portal import MashupRequest

MOST_PAGES = 10_000
"""More pages than this are not fetched; with 50,000 rows a page MAST never needs a hundred."""
UNSUSPICIOUS_PAGES = 100


def ask_all_pages(
    session: Session, request: MashupRequest, seconds: float | None = None
) -> list[Finished]:
    """The answers that `ask_pages` gives, when all are there."""
    return list(ask_pages(session, request, seconds))


def ask_pages(
    session: Session, request: MashupRequest, seconds: float | None = None
) -> Iterator[Finished]:
    """The answers for every page, in order; only one if `request` names a page or fails.

    Each is given as soon as it is there, while the others are still on their way. Page 1 tells how
    many there are; the others are fetched ``connections`` at once. `seconds`, or else the setting
    ``timeout``, is the limit for them all.

    Raises
    ------
    TimeoutError
        A page is still EXECUTING when the time is up.
    BadAnswerError
        The page numbers in the answers contradict each other.
    """
    deadline = Deadline.after(session.setting("timeout") if seconds is None else seconds)
    # MAST keeps a finished answer under the whole request: all pages share one cache breaker.
    request = with_breaker(request)
    if request.pagesize is None:
        request = replace(request, pagesize=int(session.setting("pagesize")))
    if request.page is not None:
        yield poll(session, invocation(request), deadline)
        return
    first = poll(session, invocation(replace(request, page=1)), deadline)
    pages = _pages(request, first)

    def page(number: int) -> Finished:
        numbered = invocation(replace(request, page=number))
        return _checked(poll(session, numbered, deadline), request, number, pages)

    others = in_order(page, range(2, pages + 1), int(session.setting("connections")))
    yield first
    del first  # which may be large
    yield from others


def _pages(request: MashupRequest, first: Finished) -> int:
    """How many pages there are, as far as that can be true."""
    paging = first.paging
    if paging is None or first.status != "COMPLETE":
        return 1
    pages = max(1, paging.pages_filtered)
    if pages > 1 and paging.page != 1:
        raise BadAnswerError(
            f"{request.service} was asked for page 1 and sent page {paging.page}. "
            "Ask again, or ask for one page at a time (page=1, page=2, ...)."
        )
    if pages > UNSUSPICIOUS_PAGES and not _plausible(paging):
        raise BadAnswerError(
            f"{request.service} says that {paging.rows_filtered:,} rows fill {pages:,} pages of "
            f"{paging.page_size:,}, which cannot be. Ask for one page at a time (page=1, ...)."
        )
    if pages > MOST_PAGES:
        raise InvalidQueryError(
            f"{request.service} has {pages:,} pages of {request.pagesize:,} rows for this: at "
            f"most {MOST_PAGES:,} are fetched. Ask for larger pages (pagesize=50000) or less."
        )
    return pages


def _plausible(paging: Paging) -> bool:
    if paging.page_size <= 0 or paging.rows_filtered <= 0:
        return False
    return paging.pages_filtered <= math.ceil(paging.rows_filtered / paging.page_size) + 1


def _checked(finished: Finished, request: MashupRequest, number: int, pages: int) -> Finished:
    paging = finished.paging
    if paging is None or finished.status != "COMPLETE":
        return finished
    if paging.page != number:
        raise BadAnswerError(
            f"{request.service} was asked for page {number} and sent page {paging.page}: rows "
            "would be missing or double. Ask again, or ask for one page at a time (page=1, ...)."
        )
    if paging.pages_filtered != pages:
        raise BadAnswerError(
            f"{request.service} had {pages} pages at first and {paging.pages_filtered} when page "
            f"{number} came: the result changed on the way. Ask again."
        )
    return finished
