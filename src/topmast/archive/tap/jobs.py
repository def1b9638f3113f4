"""Queries that run as jobs: made, started, ended, and found again after a restart.

A job runs in the process that was told to start it, one after the other, within its own limit of
time. That process notes every moment that it is alive. A job that was under way in a process that
is no more is an error; one that waited is started anew by whoever is asked about it.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from topmast.archive.portal.answers import AnswerFile
from topmast.archive.portal.call import answer_heavy
from topmast.archive.portal.jobs import BusyError
from topmast.archive.tap.asked import format_of, query_of
from topmast.archive.tap.job_store import STOP, JobStore, new_id
from topmast.archive.tap.results import result_format
from topmast.archive.tap.run import GRACE_SECONDS, run_query
from topmast.archive.tap.service import KEPT_SECONDS, MOST_JOB_SECONDS, MOST_KEPT_SECONDS
from topmast.errors import ArchiveError, InvalidQueryError, MastError
from topmast.wire.forms import Form
from topmast.wire.uws import UwsJob

if TYPE_CHECKING:
    from topmast.archive.archive import Archive

JOB_SECONDS = 600.0
BEAT_SECONDS = 2.0
DEAD_SECONDS = 15.0
"""A process that has not been seen for so long is no more."""
MOST_JOBS = 5000
MOST_UNDER_WAY = 50
"""Jobs of one owner; those without a login count as one."""
MOST_BYTES = 20 << 30
CONTROL = ("PHASE", "ACTION", "RUNID", "WAIT", "DESTRUCTION", "EXECUTIONDURATION")
"""Words that are about the job and no part of the query."""
RESULT_ADDRESS = re.compile(r"/async/([0-9a-f]{32})/results/result\Z")
MOST_UPLOAD = 64 << 20
LOST = "The server ended while the job ran. Submit the query again."


class TapJobs:
    """The jobs of one archive, as this process sees them; safe to use from many threads."""

    def __init__(self, archive: Archive) -> None:
        if archive.store.read_only:
            raise BusyError(
                "This archive cannot be written to, so it keeps no jobs. Ask at /sync instead."
            )
        self._archive = archive
        self.store: JobStore = JobStore(archive.tap_snapshots.folder)
        self._guard = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._mine: set[str] = set()
        self._threads: list[threading.Thread] = []

    def make(self, form: Form, owner: str, collection: str) -> UwsJob:
        """A new job, which waits to be started."""
        self.store.remove_old()
        jobs, under_way, kept = self.store.totals(owner)
        if jobs >= MOST_JOBS or under_way >= MOST_UNDER_WAY or kept > MOST_BYTES:
            raise BusyError("The archive keeps too many jobs. Delete some, or ask again later.")
        now = time.time()
        job = UwsJob(
            new_id(), "PENDING", owner, form.words.get("RUNID", "")[:200], now,
            seconds=JOB_SECONDS, destruction=now + KEPT_SECONDS, words=_query_words(form),
        )  # fmt: skip
        self.store.add(job, collection, form.files)
        return job

    def find(self, job_id: str, base_url: str) -> UwsJob | None:
        """A job as it is now; None: there is none, or no longer."""
        job = self.store.get(job_id)
        if job is None or job.phase not in ("QUEUED", "EXECUTING") or job.id in self._mine:
            return job
        if time.time() - self.store.last_beat(job.id) < DEAD_SECONDS:
            return job
        if job.phase == "EXECUTING":
            self.store.change(job.id, "EXECUTING", phase="ERROR", error=LOST, ended=time.time())
        else:
            self._enqueue(job.id, base_url)
        return self.store.get(job_id)

    def start(self, job: UwsJob, base_url: str) -> None:
        """Have the job done as soon as it is its turn."""
        if self.store.change(job.id, "PENDING", phase="QUEUED"):
            self._enqueue(job.id, base_url)

    def abort(self, job: UwsJob) -> None:
        """End the job, whatever it does."""
        among = ("PENDING", "QUEUED", "EXECUTING")
        if self.store.change(job.id, *among, phase="ABORTED", ended=time.time()):
            self.store.stop(job.id)

    def set_words(self, job: UwsJob, form: Form) -> None:
        """Change what the job asks, before it is started."""
        given = _query_words(form)
        if not given:
            return
        names = {name for name, _ in given}
        words = (*((name, value) for name, value in job.words if name not in names), *given)
        if not self.store.change(job.id, "PENDING", words=words):
            raise InvalidQueryError("The job has been started; its query can no longer change.")

    def set_seconds(self, job: UwsJob, seconds: float) -> None:
        """How long the job may run."""
        wanted = min(seconds, MOST_JOB_SECONDS) if seconds > 0 else MOST_JOB_SECONDS
        self.store.change(job.id, "PENDING", seconds=wanted)

    def set_destruction(self, job: UwsJob, moment: float) -> None:
        """When the job and its result are forgotten."""
        moment = min(moment, job.created + MOST_KEPT_SECONDS)
        self.store.change(job.id, job.phase, destruction=moment)

    def result_at(self, address: str, *, base_url: str, owner: str) -> bytes | None:
        """The result of a job of the same owner's, by its address here; None if there is none."""
        if not address.startswith(f"{base_url}/"):
            return None
        found = RESULT_ADDRESS.search(address)
        job = self.store.get(found[1]) if found else None
        if job is None or job.phase != "COMPLETED" or job.owner not in ("", owner):
            return None
        return self.store.result_path(job.id).read_bytes() if job.size <= MOST_UPLOAD else None

    # ------------------------------------------------------------------ the work

    def _enqueue(self, job_id: str, base_url: str) -> None:
        with self._guard:
            if job_id in self._mine:
                return
            self._mine.add(job_id)
            if not self._threads:
                works = ((self._work, "topmast-tap-jobs"), (self._beat, "topmast-tap-beat"))
                self._threads = [
                    threading.Thread(target=work, name=name, daemon=True) for work, name in works
                ]
                for thread in self._threads:
                    thread.start()
        self.store.beat([job_id])
        self._waiting.put((job_id, base_url))

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            if mine := list(self._mine):
                try:
                    self.store.beat(mine)
                except ArchiveError:  # the folder may be gone for good
                    continue

    def _work(self) -> None:
        while True:
            job_id, base_url = self._waiting.get()
            try:
                self._run(job_id, base_url)
            except Exception as problem:  # the thread goes on with the next job
                self._failed(job_id, str(problem) if isinstance(problem, MastError) else LOST)
            finally:
                self._mine.discard(job_id)

    def _run(self, job_id: str, base_url: str) -> None:
        started = self.store.change(job_id, "QUEUED", phase="EXECUTING", started=time.time())
        job = self.store.get(job_id) if started else None
        if job is None:
            return
        form, collection = self.store.form_of(job), self.store.collection_of(job_id) or ""
        stop = str(self.store.job_folder(job_id) / STOP)
        fetch = partial(self.result_at, base_url=base_url, owner=job.owner)
        query = query_of(form, collection, base_url, fetch, job.seconds, stop)
        seconds = job.seconds + GRACE_SECONDS
        answer = answer_heavy(self._archive, run_query, query, seconds)
        pieces = answer.pieces() if isinstance(answer, AnswerFile) else iter([answer])
        size = self.store.write_result(job_id, pieces)
        media_type = result_format(format_of(form)).media_type
        done = {"phase": "COMPLETED", "ended": time.time(), "size": size, "media_type": media_type}
        self.store.change(job_id, "EXECUTING", **done)

    def _failed(self, job_id: str, text: str) -> None:
        try:
            self.store.change(
                job_id, "QUEUED", "EXECUTING", phase="ERROR", error=text, ended=time.time()
            )
        except ArchiveError:
            return


def _query_words(form: Form) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in form.every if name not in CONTROL)
