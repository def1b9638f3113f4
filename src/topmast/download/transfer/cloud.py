"""The cloud as one more source of a run's files: where each one is there, and what failed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from topmast.download.transfer.backoff import Failed
from topmast.errors import CloudAccessWarning, MastError, warn
from topmast.net.parallel import at_once

log: logging.Logger = logging.getLogger("topmast")

#: Files in a row that may fail without an answer before the run does without the cloud.
UNANSWERED = 3
ABSENT = "Product not found in cloud"


class Cloud:
    """Where in the cloud the files of one run are.

    `find` gives the addresses of up to `batch` URIs at once; those that are not in the cloud are
    missing. The batches are looked up in the background, so that the first files begin at once.
    `only`: what is not in the cloud is skipped, and the archive is not asked for it.
    """

    def __init__(
        self,
        find: Callable[[Sequence[str]], Mapping[str, str]],
        *,
        only: bool = False,
        batch: int = 40,
        at_once: int = 4,
    ) -> None:
        self.only = only
        self._find = find
        self._batch, self._at_once = batch, at_once
        self._batches: dict[str, _Batch] = {}
        self._unanswered = 0
        self._failures: list[str] = []
        self._ended = False

    def begin(self, uris: Sequence[str]) -> None:
        """Look up where `uris` are, those that come first first."""
        parts = [uris[start : start + self._batch] for start in range(0, len(uris), self._batch)]
        batches = [_Batch(part, self._find) for part in parts]
        self._batches = {uri: batch for batch in batches for uri in batch.uris}
        lookups = (self._look_up, batches, self._at_once)
        threading.Thread(target=at_once, args=lookups, daemon=True).start()

    def url(self, uri: str) -> str | None:
        """The address of a file in the cloud, as soon as it is known; None if it is not there.

        Raises
        ------
        MastError
            The archive did not say where it is.
        """
        if self._unanswered >= UNANSWERED:
            return None
        batch = self._batches.get(uri)
        return batch.url(uri) if batch is not None else None

    def arrived(self) -> None:
        """A file has come from the cloud."""
        self._unanswered = 0

    def failed(self, problem: Failed | MastError) -> str:
        """Note a file that did not come; gives what is said about it."""
        status = problem.status if isinstance(problem, Failed) else ""
        self._unanswered = 0 if status else self._unanswered + 1
        reason = (status or " ".join(str(problem).split())).rstrip(".")
        self._failures.append(reason)
        return f"It could not be fetched from the cloud: {reason}."

    def end(self) -> None:
        """Look up no more; warn if files did not come from the cloud although they are there."""
        self._ended = True
        if not self._failures:
            return
        count = len(self._failures)
        what = "were skipped" if self.only else "were asked of the archive instead"
        warn(
            f"{count} file{'s' if count > 1 else ''} could not be fetched from the cloud and "
            f"{what}; the first: {self._failures[0]}.",
            CloudAccessWarning,
        )

    def _look_up(self, batch: _Batch) -> None:
        if not self._ended:
            batch.look_up()


class _Batch:
    """URIs that are looked up with one request."""

    def __init__(
        self, uris: Sequence[str], find: Callable[[Sequence[str]], Mapping[str, str]]
    ) -> None:
        self.uris = uris
        self._find = find
        self._done = threading.Event()
        self._urls: Mapping[str, str] = {}
        self._problem: MastError | None = None

    def look_up(self) -> None:
        try:
            self._urls = self._find(self.uris)
        except MastError as problem:
            self._problem = problem
        except Exception as problem:  # a fault of ours must not leave the files waiting
            log.debug("path_lookup", exc_info=True)
            self._problem = MastError(f"Unexpected {type(problem).__name__}: {problem}")
        finally:
            self._done.set()

    def url(self, uri: str) -> str | None:
        self._done.wait()
        if self._problem is not None:
            raise self._problem
        return self._urls.get(uri)
