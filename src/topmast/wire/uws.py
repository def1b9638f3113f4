"""Jobs as UWS 1.1 describes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from topmast.errors import InvalidQueryError

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACES = (
    'xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
PHASES = ("PENDING", "QUEUED", "EXECUTING", "COMPLETED", "ERROR", "ABORTED", "ARCHIVED")


@dataclass(frozen=True, slots=True)
class UwsJob:
    """A job as its owner sees it; times are seconds since 1970, 0 for those still to come."""

    id: str
    phase: str
    owner: str = ""
    run_id: str = ""
    created: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    seconds: float = 0.0
    destruction: float = 0.0
    words: tuple[tuple[str, str], ...] = ()
    error: str = ""
    media_type: str = ""
    size: int = 0


def encode_job(job: UwsJob, url: str) -> bytes:
    """One job; `url` is its address."""
    error = f'<uws:errorSummary type="fatal" hasDetail="true"><uws:message>{_clean(job.error)}'
    error += "</uws:message></uws:errorSummary>\n"
    return (
        f'{HEAD}<uws:job {SPACES} version="1.1">\n<uws:jobId>{job.id}</uws:jobId>\n'
        + _optional("runId", job.run_id)
        + _nillable("ownerId", job.owner)
        + f"<uws:phase>{job.phase}</uws:phase>\n"
        + _nillable("quote", "")
        + f"<uws:creationTime>{time_text(job.created)}</uws:creationTime>\n"
        + _nillable("startTime", time_text(job.started) if job.started else "")
        + _nillable("endTime", time_text(job.ended) if job.ended else "")
        + f"<uws:executionDuration>{job.seconds:.0f}</uws:executionDuration>\n"
        + f"<uws:destruction>{time_text(job.destruction)}</uws:destruction>\n"
        + _parameters(job, "")
        + _results(job, url, "")
        + (error if job.phase == "ERROR" else "")
        + "</uws:job>\n"
    ).encode("utf-8", "replace")


def encode_job_list(jobs: Iterable[UwsJob], url: str) -> bytes:
    """References to jobs; `url` is the address of the list."""
    listed = "".join(
        f'<uws:jobref id="{job.id}" xlink:type="simple" xlink:href={quoteattr(f"{url}/{job.id}")}>'
        f"<uws:phase>{job.phase}</uws:phase>{_optional('runId', job.run_id)}"
        f"{_nillable('ownerId', job.owner)}"
        f"<uws:creationTime>{time_text(job.created)}</uws:creationTime></uws:jobref>\n"
        for job in jobs
    )
    return f'{HEAD}<uws:jobs {SPACES} version="1.1">\n{listed}</uws:jobs>\n'.encode()


def encode_parameters(job: UwsJob) -> bytes:
    """What the job was given."""
    return (HEAD + _parameters(job, f" {SPACES}")).encode("utf-8", "replace")


def encode_results(job: UwsJob, url: str) -> bytes:
    """Where the results of the job at `url` are."""
    return (HEAD + _results(job, url, f" {SPACES}")).encode()


def time_text(seconds: float) -> str:
    """A moment as UWS writes it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def seconds_of_time(text: str) -> float:
    """The moment in a text, in seconds since 1970; times without a zone are UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as problem:
        raise InvalidQueryError(
            f"DESTRUCTION is a time such as 2030-01-31T12:00:00Z, not {text[:60]!r}."
        ) from problem
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _parameters(job: UwsJob, spaces: str) -> str:
    listed = "".join(
        f"<uws:parameter id={quoteattr(_plain(name))}>{_clean(value)}</uws:parameter>\n"
        for name, value in job.words
    )
    return f"<uws:parameters{spaces}>\n{listed}</uws:parameters>\n"


def _results(job: UwsJob, url: str, spaces: str) -> str:
    if job.phase != "COMPLETED":
        return f"<uws:results{spaces}/>\n"
    address = f"{url}/results/result"
    return (
        f'<uws:results{spaces}>\n<uws:result id="result" xlink:type="simple" '
        f"xlink:href={quoteattr(quote(address, safe=':/?=&%[]'))} "
        f'mime-type={quoteattr(job.media_type)} size="{job.size}"/>\n</uws:results>\n'
    )


def _optional(name: str, text: str) -> str:
    return f"<uws:{name}>{_clean(text)}</uws:{name}>\n" if text else ""


def _nillable(name: str, text: str) -> str:
    return _optional(name, text) or f'<uws:{name} xsi:nil="true"/>\n'


def _clean(text: str) -> str:
    return escape(_plain(text))


def _plain(text: str) -> str:
    """The text without letters that XML does not have."""
    return "".join(x if x.isprintable() or x in "\n\t" else " " for x in text)
