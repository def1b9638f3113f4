"""Heavy queries in processes of their own, which have a limit of memory and can be ended.

A thread cannot be stopped, and what it does in Python holds up all others. So a server hands
each heavy query to a process that it started for that, which runs `main`. Questions and answers
go through its pipes, each with its length before it. When the server is gone, its end of the
pipe closes, and the process ends at once.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import IO, Any

from topmast.archive.archive import Archive
from topmast.archive.portal.answers import Answer, AnswerFile
from topmast.archive.portal.jobs import BusyError
from topmast.archive.portal.staging import StagedScripts
from topmast.archive.store.limits import LONGEST_SECONDS, TOO_LARGE
from topmast.archive.store.paths import remove_temporary_folders
from topmast.config import environment
from topmast.errors import ArchiveError, InvalidQueryError, MastError, TimeoutError

LENGTH = struct.Struct("!cQ")
PIECE = 1 << 20
MOST_MEMORY = 1200 << 20
"""Bytes that all processes of a server together may have, besides mapped files; but ..."""
LEAST_MEMORY = 400 << 20
"""... each may have so many: 50,000 rows of the widest catalogue need 320 MiB."""
SMALL_STEPS = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1"}
"""Settings of libraries that otherwise reserve a gibibyte at once, which counts as used."""
SMALL_ANSWER = 1 << 20
MOST_ANSWER_BYTES = 2 << 30
"""Of all answers that wait in temporary files."""
NICENESS = 5
"""Light queries and logins come first where processors are few."""
MOMENT_SECONDS = 0.3
OLD_AFTER = 200
"""Queries after which a process is replaced, for what libraries keep of memory."""
ERRORS: Mapping[bytes, type[Exception]] = {
    b"I": InvalidQueryError,
    b"T": TimeoutError,
    b"M": InvalidQueryError,
}
SOUND = (b"A", b"I", b"T")
"""Outcomes after which a process goes on; what ran out of memory may lack it ever after."""


class QueryProcesses:
    """Processes that answer heavy queries on one archive folder; safe to use from many threads.

    `most` is how many there will be at once, in all processes of the server; they share memory.
    """

    def __init__(
        self,
        folder: Path,
        profile: str,
        staging: Path,
        *,
        most: int = 1,
        seconds: float = LONGEST_SECONDS,
    ) -> None:
        memory = max(LEAST_MEMORY, MOST_MEMORY // most)
        start = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main()"
        options = [str(folder), profile, str(staging), str(memory)]
        self._command = [sys.executable, "-c", start, *options]
        self._seconds = seconds
        self._guard = threading.Lock()
        self._idle: list[_QueryProcess] = []
        self._busy: set[_QueryProcess] = set()
        self._answers: weakref.WeakSet[AnswerFile] = weakref.WeakSet()
        self._closed = False

    def start(self) -> None:
        """Have one ready for the first question."""
        with self._lent():
            pass

    def ask(
        self, answer: Callable[[Archive, Any], bytes], asked: Any, seconds: float | None = None
    ) -> Answer:
        """What `answer` gives for a question, once one of the processes has it."""
        with self._guard:
            waiting = sum(each.size for each in self._answers)
        if waiting > MOST_ANSWER_BYTES:
            raise BusyError("Too many large answers wait to be fetched. Ask again later.")
        with self._lent() as process:
            found = process.ask(pickle.dumps((answer, asked)), seconds or self._seconds)
        if isinstance(found, AnswerFile):
            with self._guard:
                self._answers.add(found)
        return found

    def close(self) -> None:
        """End all processes at once, whatever they do."""
        with self._guard:
            self._closed = True
            processes = [*self._idle, *self._busy]
            self._idle.clear()
        for process in processes:
            process.end()

    @contextmanager
    def _lent(self) -> Iterator[_QueryProcess]:
        with self._guard:
            if self._closed:
                raise ArchiveError("The archive has been closed.")
            process = self._idle.pop() if self._idle else _QueryProcess(self._command)
            self._busy.add(process)
        try:
            yield process
        finally:
            with self._guard:
                self._busy.discard(process)
                keep = process.usable and not self._closed
                if keep:
                    self._idle.append(process)
            if not keep:
                process.end()


class _QueryProcess:
    """One process; it answers one query after the other."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=PIECE,
            env=environment(**SMALL_STEPS),
        )
        self._queries = 0
        self._whole = True
        self._late = False

    @property
    def usable(self) -> bool:
        """Whether it can take another query."""
        return self._whole and self._queries < OLD_AFTER and self._process.poll() is None

    def ask(self, question: bytes, seconds: float) -> Answer:
        """The answer to a question, in a temporary file if it is large."""
        self._queries += 1
        self._whole = False
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = threading.Timer(seconds, self._end_late)
        timer.daemon = True
        timer.start()
        try:
            _send(self._process.stdin, b"Q", question)
            kind, found = _received(self._process.stdout)
        except (OSError, EOFError) as problem:
            if self._late:
                text = f"The query took longer than {seconds:.0f} seconds."
                raise TimeoutError(text) from problem
            code = self._process.wait()
            if code < 0:  # by a signal, as the system does when memory runs out
                raise InvalidQueryError(TOO_LARGE) from problem
            text = f"The process for heavy queries ended with exit code {code}; the log says why."
            raise ArchiveError(text) from problem
        finally:
            timer.cancel()
        self._whole = kind in SOUND
        if kind == b"A":
            return found
        assert isinstance(found, bytes)
        raise ERRORS.get(kind, ArchiveError)(found.decode())

    def end(self) -> None:
        """End it at once; it has a moment to remove its temporary files."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError, ValueError):
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(MOMENT_SECONDS)
        self._process.kill()
        self._process.wait()

    def _end_late(self) -> None:
        self._late = True
        self._process.kill()


def _send(pipe: IO[bytes], kind: bytes, content: bytes) -> None:
    pipe.write(LENGTH.pack(kind, len(content)))
    pipe.write(content)
    pipe.flush()


def _received(pipe: IO[bytes]) -> tuple[bytes, Answer]:
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    kind, size = LENGTH.unpack(head)
    if size <= SMALL_ANSWER:
        content = pipe.read(size)
        if len(content) < size:
            raise EOFError
        return kind, content
    file = tempfile.TemporaryFile(prefix="topmast-answer-")  # noqa: SIM115
    try:
        left = size
        while left:
            piece = pipe.read(min(PIECE, left))
            if not piece:
                raise EOFError
            try:
                file.write(piece)
            except OSError as problem:
                raise BusyError("The archive has no space for a large answer now.") from problem
            left -= len(piece)
        file.flush()
        return kind, AnswerFile(file, size)
    except BaseException:
        file.close()
        raise


class WithoutPandas(MetaPathFinder):
    """Keeps pyarrow from loading pandas, which is of no use here.

    None in `sys.modules` would not do: pyarrow's compiled code takes it for the module, and the
    first query on a catalogue fails.
    """

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not loaded here", name="pandas")


def main() -> None:
    """Answer the questions that come in, until no more can come."""
    folder, profile, staging, memory = sys.argv[1:]
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends it
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (int(memory), int(memory)))
    sys.meta_path.insert(0, WithoutPandas())
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    questions: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, questions), daemon=True).start()
    with Archive(folder, profile=profile) as archive:
        archive.staged = StagedScripts(Path(staging))
        while True:
            kind, content = _outcome(lambda: _answered(archive, questions.get()))
            _send(output, kind, content)
            del content


def _answered(archive: Archive, question: bytes) -> bytes:
    answer, asked = pickle.loads(question)
    found: bytes = answer(archive, asked)
    return found


def _read(pipe: IO[bytes], questions: queue.SimpleQueue[bytes]) -> None:
    with suppress(Exception):
        while len(head := pipe.read(LENGTH.size)) == LENGTH.size:
            questions.put(pipe.read(LENGTH.unpack(head)[1]))
    remove_temporary_folders()
    os._exit(0)  # the server is gone


def _outcome(work: Callable[[], bytes]) -> tuple[bytes, bytes]:
    try:
        return b"A", work()
    except MastError as problem:
        if str(problem) == TOO_LARGE:
            return b"M", TOO_LARGE.encode()
        kinds = [kind for kind, error in ERRORS.items() if isinstance(problem, error)]
        return kinds[0] if kinds else b"E", str(problem).encode()
    except (MemoryError, ImportError):  # a library that is loaded late may find no room
        return b"M", TOO_LARGE.encode()
    except Exception:
        traceback.print_exc()
        return b"E", b"The archive failed at this query; its log says why."
