"""TAP: queries that run as jobs (UWS), each with an address of its own."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from topmast.archive.portal.jobs import BusyError
from topmast.archive.server.routes.common import Endpoint, archive_of, base_url_of
from topmast.archive.server.routes.files import PiecesResponse, stepwise
from topmast.archive.server.routes.tap import XML, collection_of, form_of, refused, service_url
from topmast.archive.server.routes.users import current_user
from topmast.archive.server.threads import in_thread, pause
from topmast.errors import ArchiveError, InvalidQueryError
from topmast.wire.forms import Form
from topmast.wire.uws import (
    PHASES,
    UwsJob,
    encode_job,
    encode_job_list,
    encode_parameters,
    encode_results,
    seconds_of_time,
    time_text,
)

if TYPE_CHECKING:
    from topmast.archive.tap.jobs import TapJobs

LONGEST_WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.2
WORKING = ("PENDING", "QUEUED", "EXECUTING")
PIECE = 1 << 18
JobEndpoint = Callable[[Request, "Asked"], Awaitable[Response]]


class Asked:
    """A request about one job: the job, whoever keeps it, and the form that came."""

    def __init__(self, jobs: TapJobs, job: UwsJob, form: Form, url: str) -> None:
        self.jobs = jobs
        self.job = job
        self.form = form
        self.url = url


def with_refusals(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, with what cannot be done answered as a VOTable."""

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (InvalidQueryError, ArchiveError, BusyError) as problem:
            return await refused(problem)

    return answered


def about_job(endpoint: JobEndpoint) -> Endpoint:
    """An endpoint about the job in its address, which must be one of the user's own."""

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        form, user = await form_of(request), await current_user(request)
        name, jobs = request.path_params["job"], await _jobs(request)
        base_url, collection = base_url_of(request), collection_of(request)
        job = await in_thread(lambda: jobs.find(name, base_url))
        if job is None or await in_thread(lambda: jobs.store.collection_of(name)) != collection:
            return _plain("There is no such job, or no longer.", 404)
        if job.owner and job.owner != (user.account.name if user.account else ""):
            return _plain("This job belongs to somebody else. Log in as its owner.", 403)
        url = f"{service_url(request)}/async/{job.id}"
        return await endpoint(request, Asked(jobs, job, form, url))

    return with_refusals(answered)


async def _jobs(request: Request) -> TapJobs:
    archive = archive_of(request)
    return await in_thread(lambda: archive.tap_jobs)


@with_refusals
async def make(request: Request) -> Response:
    """A new job, started at once if PHASE=RUN says so; leads to its address."""
    form, user = await form_of(request), await current_user(request)
    jobs, base_url = await _jobs(request), base_url_of(request)
    owner, collection = user.account.name if user.account else "", collection_of(request)
    if await in_thread(lambda: _is_missing(request)):
        return _plain("There is no such collection.", 404)

    def made() -> UwsJob:
        job = jobs.make(form, owner, collection)
        _set_limits(jobs, job, form)
        if _phase_in(form) == "RUN":
            jobs.start(job, base_url)
        return job

    job = await in_thread(made)
    return RedirectResponse(f"{service_url(request)}/async/{job.id}", 303)


def _is_missing(request: Request) -> bool:
    from topmast.archive.tap.schema import tables_of

    return tables_of(archive_of(request), collection_of(request)) is None


@with_refusals
async def listed(request: Request) -> Response:
    """The jobs of whoever is logged in; those without an owner are known to their makers only."""
    form, user = await form_of(request), await current_user(request)
    phases = [value.upper() for name, value in form.every if name == "PHASE"]
    for phase in phases:
        if phase not in PHASES:
            raise InvalidQueryError(f"PHASE is one of {', '.join(PHASES)}, not {phase[:40]!r}.")
    found: list[UwsJob] = []
    if user.account is not None:
        jobs, owner, collection = await _jobs(request), user.account.name, collection_of(request)
        found = await in_thread(lambda: jobs.store.owned(owner, collection))
    after = form.words.get("AFTER")
    found = [job for job in found if not phases or job.phase in phases]
    found = [job for job in found if not after or job.created > seconds_of_time(after)]
    found = found[: _count(form.words.get("LAST"))]
    return Response(encode_job_list(found, f"{service_url(request)}/async"), media_type=XML)


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise InvalidQueryError(f"LAST is a whole number from 1 on, not {text[:60]!r}.")
    return int(text)


@about_job
async def show(request: Request, asked: Asked) -> Response:
    """The job; with WAIT, when something has happened to it or that many seconds have passed."""
    job = await _after_waiting(asked, base_url_of(request))
    return Response(encode_job(job, asked.url), media_type=XML)


async def _after_waiting(asked: Asked, base_url: str) -> UwsJob:
    job, words = asked.job, asked.form.words
    wait, phase = words.get("WAIT"), words.get("PHASE", asked.job.phase).upper()
    if wait is None or job.phase not in WORKING or job.phase != phase:
        return job
    try:
        seconds = float(wait)
    except ValueError as problem:
        raise InvalidQueryError(f"WAIT is a number of seconds, not {wait[:60]!r}.") from problem
    longest = seconds if 0 <= seconds < LONGEST_WAIT_SECONDS else LONGEST_WAIT_SECONDS
    end = time.monotonic() + longest
    while job.phase == phase and time.monotonic() < end:
        await pause(min(LOOK_SECONDS, max(0.0, end - time.monotonic())))
        found = await in_thread(lambda: asked.jobs.find(asked.job.id, base_url))
        if found is None:  # deleted meanwhile
            break
        job = found
    return job


@about_job
async def change(request: Request, asked: Asked) -> Response:
    """Delete the job, or change what it asks."""
    if asked.form.words.get("ACTION", "").upper() == "DELETE":
        return await _removed(request, asked)
    await in_thread(lambda: _set_limits(asked.jobs, asked.job, asked.form))
    await in_thread(lambda: asked.jobs.set_words(asked.job, asked.form))
    if "PHASE" in asked.form.words:
        await _move(request, asked)
    return RedirectResponse(asked.url, 303)


@about_job
async def delete(request: Request, asked: Asked) -> Response:
    """Delete the job and its result; what runs is ended."""
    return await _removed(request, asked)


async def _removed(request: Request, asked: Asked) -> Response:
    await in_thread(lambda: asked.jobs.store.remove(asked.job.id))
    return RedirectResponse(f"{service_url(request)}/async", 303)


@about_job
async def move(request: Request, asked: Asked) -> Response:
    """Start the job or end it."""
    await _move(request, asked)
    return RedirectResponse(asked.url, 303)


async def _move(request: Request, asked: Asked) -> None:
    wanted, base_url = _phase_in(asked.form), base_url_of(request)
    if wanted == "RUN":
        await in_thread(lambda: asked.jobs.start(asked.job, base_url))
    else:
        await in_thread(lambda: asked.jobs.abort(asked.job))


def _phase_in(form: Form) -> str:
    phase = form.words.get("PHASE", "").upper()
    if phase and phase not in ("RUN", "ABORT"):
        raise InvalidQueryError(f"PHASE is RUN or ABORT, not {phase[:40]!r}.")
    return phase


def _set_limits(jobs: TapJobs, job: UwsJob, form: Form) -> None:
    """What a form says of how long the job may take, and is kept."""
    seconds, moment = (form.words.get(name) for name in ("EXECUTIONDURATION", "DESTRUCTION"))
    if seconds is not None:
        if not seconds.isdecimal() or len(seconds) > 9:
            raise InvalidQueryError(
                f"EXECUTIONDURATION is a number of seconds, not {seconds[:60]!r}."
            )
        jobs.set_seconds(job, float(seconds))
    if moment is not None:
        jobs.set_destruction(job, seconds_of_time(moment))


@about_job
async def parameters(request: Request, asked: Asked) -> Response:
    """What the job was given; a POST changes it."""
    if request.method == "POST":
        await in_thread(lambda: asked.jobs.set_words(asked.job, asked.form))
        return RedirectResponse(asked.url, 303)
    return Response(encode_parameters(asked.job), media_type=XML)


@about_job
async def one_value(request: Request, asked: Asked) -> Response:
    """A single thing about the job, as text; a POST changes those that can be changed."""
    if request.method == "POST":
        await in_thread(lambda: _set_limits(asked.jobs, asked.job, asked.form))
        return RedirectResponse(asked.url, 303)
    job = asked.job
    texts = {
        "phase": job.phase,
        "owner": job.owner,
        "quote": "",
        "executionduration": f"{job.seconds:.0f}",
        "destruction": time_text(job.destruction),
    }
    return Response(texts[request.url.path.rpartition("/")[2]], media_type="text/plain")


@about_job
async def error(request: Request, asked: Asked) -> Response:
    """Why the job has failed."""
    if asked.job.phase != "ERROR":
        return _plain("The job has not failed.", 404)
    return await refused(InvalidQueryError(asked.job.error), 200)


@about_job
async def results(request: Request, asked: Asked) -> Response:
    """Where the result is."""
    return Response(encode_results(asked.job, asked.url), media_type=XML)


@about_job
async def result(request: Request, asked: Asked) -> Response:
    """The result itself."""
    job = asked.job
    if job.phase == "ERROR":
        return await refused(InvalidQueryError(job.error))
    path = asked.jobs.store.result_path(job.id)
    if job.phase != "COMPLETED" or not path.is_file():
        return _plain(f"The job has no result: it is {job.phase}.", 404)
    headers = {"Content-Type": job.media_type, "Content-Length": str(job.size)}
    return PiecesResponse(stepwise(_pieces(path)), 200, headers)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _plain(text: str, status_code: int) -> Response:
    return Response(f"{text}\n", status_code, media_type="text/plain")


GET, POST = ["GET"], ["POST"]
