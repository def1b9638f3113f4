"""Ask whether the archive has more of a file than it announced."""

from __future__ import annotations

from topmast.download.transfer.answers import content_range
from topmast.download.transfer.stretches import Stretch, Stretches
from topmast.download.transfer.transfer import PLAIN, Transfer
from topmast.errors import BadAnswerError, TimeoutError, UnreachableError
from topmast.net.messages import Request


def find_more(transfer: Transfer) -> bool:
    """Ask for what follows the last byte; whether there is something, ready to be fetched."""
    have = transfer.part.size
    request = Request("GET", transfer.job.url, {"Range": f"bytes={have}-"} | PLAIN)
    transfer.attempts += 1
    try:
        with transfer.session.stream(request, limits=transfer.limits) as answer:
            given = content_range(answer.headers)
    except (UnreachableError, TimeoutError, BadAnswerError):
        return False
    if answer.status_code != 206 or given is None or given[0] != have or not given[2]:
        return False
    with transfer.changed:
        transfer.origin.size = given[2]
        transfer.stretches = Stretches([Stretch(have, given[2])])
    return True
