"""Serve an archive over HTTP: in this process, in several that share a socket, or in a thread."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLError
from types import FrameType
from typing import NamedTuple, NoReturn

import uvicorn

from topmast.archive.archive import Archive
from topmast.archive.portal.jobs import HEAVY_THREADS, Jobs
from topmast.archive.portal.staging import StagedScripts
from topmast.archive.server.connection_limits import (
    LARGEST_HEAD,
    ConnectionLimits,
    most_connections,
)
from topmast.archive.server.query_process import QueryProcesses
from topmast.archive.store.paths import remove_temporary_folders
from topmast.archive.store.unfinished import working_folder
from topmast.errors import ArchiveError

LOGGER = logging.getLogger("topmast")

BACKLOG = 1024
QUERY_SECONDS = 4
"""Queries under way at the end have this long to finish; then they are refused."""
STOP_SECONDS = 5
"""Other answers have this long."""
LAST_SECONDS = 8.5
"""From the signal on; then the process ends, whatever its threads do."""
STAGING = "topmast-stage-"
EARLY_EXIT_SECONDS = 5.0
MOST_EARLY_EXITS = 5


class Tls(NamedTuple):
    """The files of a certificate and of its key, for https; one file may hold both."""

    certificate: Path
    key: Path | None = None

    def check(self) -> None:
        """Raise ArchiveError, saying why, if they cannot be used."""
        try:
            SSLContext(PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
        except (OSError, SSLError) as problem:
            raise ArchiveError(
                f"The certificate {self.certificate} and its key cannot be used: {problem}"
            ) from problem


class ServerOptions(NamedTuple):
    """What the processes of one server have in common."""

    open_archive: Callable[[], Archive]
    """Every process opens the archive for itself."""
    staging: Path | None = None
    workers: int = 1
    verbose: bool = False
    tls: Tls | None = None


def serve(
    folder: str | Path,
    host: str = "127.0.0.1",
    port: int = 8787,
    workers: int = 1,
    *,
    profile: str | None = None,
    tls: Tls | None = None,
    verbose: bool = False,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the archive in `folder` until Ctrl-C or a signal to end; then finish and return.

    Parameters
    ----------
    port : int
        0 takes any port that is free; `announce` is told which.
    workers : int
        Processes that answer at once; one a core is a good number.
    profile : {"current", "2017"}, optional
        Which columns answers have; default: as the archive was made.
    tls : Tls, optional
        Serve https with this certificate.
    verbose : bool
        Log every request.
    announce : callable
        Called with a line that says where the archive is served.

    Raises
    ------
    ArchiveError
        If the folder is no archive, or the address cannot be listened on.
    """
    folder = Path(folder).expanduser()
    open_archive = partial(Archive, folder, profile=profile)
    if tls is not None:
        tls.check()
    open_archive().close()  # says now what is wrong, and brings the footprints up to date
    listening = _listen(host, port)
    with listening, _ended_by_signals(), working_folder(STAGING) as staging:
        announce(f"Serving {folder} at {_url(listening, tls)} (Ctrl-C ends it)")
        options = ServerOptions(open_archive, staging, workers, verbose, tls)
        if workers == 1:
            _work(listening, options)
        else:
            _supervise(workers, listening, options)


@contextmanager
def serve_in_thread(
    archive: Archive, host: str = "127.0.0.1", port: int = 0, *, tls: Tls | None = None
) -> Iterator[str]:
    """Serve `archive` from a thread for the length of a ``with`` block; gives the URL."""
    with _listen(host, port) as listening:
        server = uvicorn.Server(_config(archive, ServerOptions(lambda: archive, tls=tls)))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="topmast-server", daemon=True
        )
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.005)
            yield _url(listening, tls)
        finally:
            server.should_exit = True
            thread.join()


def _work(listening: socket.socket, options: ServerOptions) -> None:
    """Answer requests until a signal comes."""
    with warnings.catch_warnings(), _ended_by_signals(), options.open_archive() as archive:
        # A signal that comes before the first request finds the server not yet awaited.
        warnings.simplefilter("ignore", RuntimeWarning)
        assert options.staging is not None
        archive.staged = StagedScripts(options.staging)
        heavy = max(2, HEAVY_THREADS // options.workers)
        archive.jobs = Jobs(heavy)
        processes = QueryProcesses(
            archive.folder, archive.profile, options.staging, most=heavy * options.workers
        )
        archive.heavy_answers = processes.ask

        def end_queries() -> None:
            archive.jobs.close(wait_seconds=0)
            processes.close()

        server = _Server(_config(archive, options), end_queries)
        try:
            processes.start()
            server.run(sockets=[listening])
        finally:
            processes.close()


class _Server(uvicorn.Server):
    """A server that ends in time after a signal, whatever is under way."""

    def __init__(self, config: uvicorn.Config, end_queries: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_queries = end_queries

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            for seconds, end in ((QUERY_SECONDS, self._end_queries), (LAST_SECONDS, _exit)):
                timer = threading.Timer(seconds, end)
                timer.daemon = True
                timer.start()
        super().handle_exit(sig, frame)


def _exit() -> None:
    """End the process without waiting for its threads."""
    LOGGER.warning("Work under way did not end in time; the server ends without it.")
    remove_temporary_folders()
    os._exit(0)


def _config(archive: Archive, options: ServerOptions) -> uvicorn.Config:
    return uvicorn.Config(
        archive.app(),
        ws="none",
        http=ConnectionLimits(most_connections()).protocol(),
        h11_max_incomplete_event_size=LARGEST_HEAD,
        ssl_certfile=options.tls.certificate if options.tls else None,
        ssl_keyfile=options.tls.key if options.tls else None,
        log_level="info" if options.verbose else "warning",
        access_log=options.verbose,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def _supervise(workers: int, listening: socket.socket, options: ServerOptions) -> None:
    """Keep so many workers running; one that dies is replaced, unless all die at once."""
    early_exits = 0
    with _ended_by_signals(), _worker_processes() as processes:
        while True:
            while len(processes) < workers:
                started = SpawnProcess(target=_worker, args=(listening, options), daemon=True)
                started.start()
                processes[started] = time.monotonic()
            wait([process.sentinel for process in processes])
            for dead in [process for process in processes if not process.is_alive()]:
                lived = time.monotonic() - processes.pop(dead)
                LOGGER.warning("A worker ended with exit code %s.", dead.exitcode)
                early_exits = early_exits + 1 if lived < EARLY_EXIT_SECONDS else 0
            if early_exits >= MOST_EARLY_EXITS:
                raise ArchiveError("The workers cannot start; the messages above say why.")


def _worker(listening: socket.socket, options: ServerOptions) -> None:
    # Ctrl-C reaches all processes of a terminal; the one that started this one will end it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _work(listening, options)


@contextmanager
def _worker_processes() -> Iterator[dict[SpawnProcess, float]]:
    """Worker processes that end when the block does."""
    processes: dict[SpawnProcess, float] = {}
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        end = time.monotonic() + LAST_SECONDS + 0.5
        for process in processes:
            process.join(max(0.0, end - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A block that Ctrl-C and SIGTERM end, so that what follows it can clean up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        return socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as problem:
        reason = str(problem.strerror or problem).partition(" (while ")[0]
        raise ArchiveError(
            f"Cannot listen on {host}, port {port}: {reason}. "
            "Another port may be free; 0 takes any that is."
        ) from problem


def _url(listening: socket.socket, tls: Tls | None) -> str:
    host, port = listening.getsockname()[:2]
    scheme = "http" if tls is None else "https"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
