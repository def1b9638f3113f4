"""Product lists that come in pieces: the first at once, and the rest as the archive can give it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.errors import HTTPStatusError, InvalidQueryError, TimeoutError
from topmast.questions.arguments import whole_number
from topmast.questions.paging import ask_all_pages
from topmast.questions.portal import config_of
from topmast.questions.product_filters import filter_products
from topmast.questions.products import BATCH_SIZE, PRODUCTS, find_obsids, is_too_much
from topmast.wire.answers import table_of
from topmast.wire.portal import MashupRequest

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.session import Session

log: logging.Logger = logging.getLogger("topmast")

FIRST_BATCH = 8
"""Observations of the first request, so that its rows are there soon."""
BATCH_SECONDS = 30.0
QUICK = 0.25
"""A batch that took less than this part of its time is followed by one of twice the size."""
AGAIN_AFTER = 16
"""After so many batches in a row a size that was too much is tried again."""


def stream_products(
    session: Session,
    /,
    observations: Any,
    *,
    batch_seconds: float = BATCH_SECONDS,
    batch_size: int = BATCH_SIZE,
    progress_file: str | os.PathLike[str] | None = None,
    mrp_only: bool = False,
    extension: str | Iterable[str] | None = None,
    **filters: Any,
) -> ProductStream:
    """The data products of very many observations, a table at a time.

    The first rows come at once, and downloads can begin while the others are still listed. A
    batch that the archive does not manage in time is asked for in halves, and batches grow again
    where it is quick. Memory holds one batch.

    Parameters
    ----------
    observations
        As for `get_product_list`.
    batch_seconds : float
        How long the archive may take for a batch of several observations; for a single one it
        may take as long as the setting ``timeout`` says.
    batch_size : int
        Most observations in one request.
    progress_file : str or path, optional
        A file that keeps which observations are done, for another program or another day: a
        call with the same file leaves them out. An observation is done when the table with its
        products was used, that is, when the next table is asked for.
    mrp_only, extension, **filters
        As for `filter_products`; applied to each table as it comes.

    Returns
    -------
    ProductStream
        An iterator over tables. After Ctrl-C or an error the same object goes on where it was:
        ``stream.left`` has the obsids that are still to be listed.

    Examples
    --------
    >>> for products in Observations.stream_products(table[:2], extension="fits"):
    ...     manifest = Observations.download_products(products, folder, verbose=False)
    """
    if isinstance(batch_seconds, bool) or not isinstance(batch_seconds, (int, float)) \
            or not 0 < batch_seconds < float("inf"):  # fmt: skip
        raise InvalidQueryError(f"batch_seconds is a number above 0, not {batch_seconds!r}.")
    most = whole_number("batch_size", batch_size)
    chosen = {"mrp_only": mrp_only, "extension": extension} | filters
    obsids = find_obsids(session, observations)
    done = None if progress_file is None else DoneFile(Path(progress_file).expanduser())
    return ProductStream(session, obsids, float(batch_seconds), most, done, chosen)


class DoneFile:
    """The obsids that are done, one a line; a line without an end was cut by a kill."""

    def __init__(self, path: Path) -> None:
        self.path: Path = path

    def read(self) -> set[str]:
        """The obsids in the file; none if there is no file yet."""
        try:
            content = self.path.read_bytes() if self.path.exists() else b""
        except OSError as problem:
            raise InvalidQueryError(f"{self.path} cannot be read: {problem.strerror}.") from problem
        whole, _, cut = content.rpartition(b"\n")
        lines = whole.split(b"\n") if whole else []
        if not all(line.isdigit() for line in [*lines, cut or b"0"]):
            raise InvalidQueryError(
                f"{self.path} is no list of finished obsids, one a line. Give another file."
            )
        if cut:
            os.truncate(self.path, len(content) - len(cut))
        return {line.decode() for line in lines}

    def add(self, obsids: Iterable[str]) -> None:
        """Note that these are done."""
        try:
            with self.path.open("a") as file:
                file.write("".join(f"{obsid}\n" for obsid in obsids))
        except OSError as problem:
            raise InvalidQueryError(
                f"{self.path} cannot be written: {problem.strerror}. Choose another file."
            ) from problem


class ProductStream(Iterator["Table"]):
    """Tables of products, one for each batch of observations; see `stream_products`.

    Attributes
    ----------
    left : list of str
        The obsids whose products were not given yet, or whose table is not yet done with.
    rows : int
        Products listed so far, before filters.
    batch_size : int
        Observations of the next request.
    """

    def __init__(
        self,
        session: Session,
        obsids: list[str],
        seconds: float,
        most: int,
        done: DoneFile | None,
        filters: dict[str, Any],
    ) -> None:
        known = done.read() if done else set()
        self.left: list[str] = [obsid for obsid in obsids if obsid not in known]
        self.rows: int = 0
        self.batch_size: int = min(FIRST_BATCH, most)
        self._session, self._seconds, self._most = session, seconds, most
        self._done, self._filters = done, filters
        self._given: list[str] = []
        self._too_much, self._in_a_row = most + 1, 0

    def __iter__(self) -> ProductStream:
        return self

    def __next__(self) -> Table:
        self._finish_given()
        while self.left:
            batch = self.left[: self.batch_size]
            table = self._asked(batch)
            if table is None:
                continue
            self._given = batch
            if len(table):
                return table
            self._finish_given()
        raise StopIteration

    def __repr__(self) -> str:
        return f"<ProductStream: {self.rows:,} products, {len(self.left):,} observations left>"

    def _finish_given(self) -> None:
        """The table that was given before is done with."""
        if self._given and self._done:
            self._done.add(self._given)
        del self.left[: len(self._given)]
        self._given = []

    def _asked(self, batch: list[str]) -> Table | None:
        """The products of a batch that pass the filters; None if it was too much."""
        request = MashupRequest(PRODUCTS, {"obsid": ",".join(batch)})
        started = time.monotonic()
        try:
            pages = ask_all_pages(self._session, request, self._seconds if len(batch) > 1 else None)
        except (TimeoutError, HTTPStatusError) as problem:
            if len(batch) == 1 or not is_too_much(problem):
                raise
            self._too_much, self._in_a_row = len(batch), 0
            self.batch_size = len(batch) // 2
            log.info("%s: asking for %d observations at a time.", problem, self.batch_size)
            return None
        except KeyboardInterrupt:
            log.warning(
                "Stopped: %s products are listed, %s observations are left. Iterate over the "
                "same stream again to go on, or call with the same progress_file.",
                f"{self.rows:,}", f"{len(self.left):,}",
            )  # fmt: skip
            raise
        self._grow(quick=time.monotonic() - started < QUICK * self._seconds)
        table = self._read([page.answer.content for page in pages])
        self.rows += len(table)
        return self._filtered(table)

    def _grow(self, quick: bool) -> None:
        """Ask for more at a time if that was quick, but seldom for what was too much before."""
        self._in_a_row += 1
        if self._in_a_row >= AGAIN_AFTER:
            self._too_much, self._in_a_row = self._most + 1, 0
        larger = min(2 * self.batch_size, self._most)
        if quick and larger < self._too_much:
            self.batch_size = larger

    def _read(self, answers: list[bytes]) -> Table:
        return table_of(
            answers,
            columns=config_of(self._session, PRODUCTS),
            null_floats=choice(self._session, "null_floats"),
            service=PRODUCTS,
            units=choice(self._session, "units"),
        )

    def _filtered(self, table: Table) -> Table:
        letter_case = choice(self._session, "any_letter_case")
        return filter_products(table, any_letter_case=letter_case, **self._filters)
