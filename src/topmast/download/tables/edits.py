"""What was changed in the table of a plan: rows taken out, and files put elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topmast.download.folder.index import Index
from topmast.download.folder.layout import path_key, unusable_part
from topmast.download.job import Job
from topmast.errors import InvalidQueryError, UnsafeNameError

if TYPE_CHECKING:
    from astropy.table import Table


def edited_jobs(jobs: Sequence[Job], table: Table, index: Index) -> list[Job]:
    """The jobs whose rows are still in `table`, each with the path that stands there.

    Raises
    ------
    InvalidQueryError
        For a URI that was changed or added, and for two files at one path.
    UnsafeNameError
        For a path outside the download folder, or with a name that not every disk can hold.
    """
    paths = _paths_by_uri(table)
    added = paths.keys() - {job.uri for job in jobs}
    if added:
        raise InvalidQueryError(
            f"The plan has no product {min(map(str, added))!r}: rows of plan.table may be removed, "
            "and 'Local Path' changed. For other products make another plan."
        )
    left = [job for job in jobs if job.uri in paths]
    kept = [_at(job, paths[job.uri]) for job in left]
    if any(new is not old for new, old in zip(kept, left, strict=True)):
        _check_apart(kept, index)
    return kept


def _paths_by_uri(table: Table) -> dict[str, Any]:
    for name in ("URI", "Local Path"):
        if name not in table.colnames:
            raise InvalidQueryError(
                f"plan.table has lost its column {name!r}, which tells what goes where. "
                "Work on a copy, or make the plan again."
            )
    return dict(zip(table["URI"].tolist(), table["Local Path"].tolist(), strict=True))


def _at(job: Job, wanted: Any) -> Job:
    """The job, put where the table says."""
    text = "" if wanted is None else str(wanted)
    if job.error or text == job.shown:
        return job
    start = job.shown.removesuffix(job.path)
    path = text.removeprefix(start)
    bad = unusable_part(path)
    if bad is not None:
        raise UnsafeNameError(
            f"{text!r} cannot be the 'Local Path' of {job.uri}, because of {bad!r}: give a path "
            f"below {start!r}, with that in front or without, such as {job.path!r}."
        )
    return replace(job, path=path, shown=start + path, message="")


def _check_apart(jobs: Sequence[Job], index: Index) -> None:
    """Two products cannot be one file, nor can one be the folder of another."""
    jobs = [job for job in jobs if not job.error]
    owners = {path_key(job.path): job.uri for job in jobs}
    for job in jobs:
        held = index.at(job.path)
        other = owners[path_key(job.path)] if held is None else held.uri
        folders = job.path.split("/")[:-1]
        for count in range(len(folders)):
            other = owners.get(path_key("/".join(folders[: count + 1])), other)
        if other != job.uri:
            raise InvalidQueryError(
                f"{job.shown!r} cannot be the 'Local Path' of {job.uri}: {other} is there. "
                "Give each file a path of its own."
            )


def rows_to_drop(rows: Any, count: int) -> NDArray[np.bool_]:
    """Which of `count` rows are meant by a mask, a list of row numbers, or one number."""
    if isinstance(rows, (int, np.integer)) and not isinstance(rows, bool):
        rows = [rows]
    chosen = np.zeros(count, dtype=bool)
    given = _as_array(rows)
    if given is not None and given.dtype == bool and given.shape == (count,):
        return given
    if given is not None and (given.dtype.kind in "iu" or not given.size):
        numbers = given.ravel().astype(int)
        if np.all((-count <= numbers) & (numbers < count)):
            chosen[numbers] = True
            return chosen
    raise InvalidQueryError(
        f"drop takes a mask of {count} truth values, such as plan.table['Size'] > 1e9, or a list "
        f"of row numbers below {count}, such as [0, 2], not {rows!r}."
    )


def _as_array(rows: Any) -> NDArray[Any] | None:
    """An array of truth values or of whole numbers, where `rows` can be one; masked is False."""
    if isinstance(rows, (str, bytes)) or not np.iterable(rows):
        return None
    if np.ma.isMaskedArray(rows) and rows.dtype == bool:
        return np.asarray(rows.filled(False))
    try:
        array = np.asarray(list(rows) if isinstance(rows, (set, frozenset, range)) else rows)
    except ValueError:  # rows of different lengths
        return None
    if array.dtype == object and all(isinstance(each, (bool, np.bool_)) for each in array.flat):
        return array.astype(bool)
    return array
