"""Which of millions of footprints touch a cone: an index of memory-mapped NumPy arrays.

A folder holds segments (footprint_segment.py) and ``current.json``, which names those in use,
oldest first. Rows added later make a small new segment, and small neighbours are merged. A segment
never changes once it is named, and ``current.json`` is replaced in one step: a writer killed at
any moment leaves the last whole state, and a reader that has the old state open goes on.

One writer at a time; any number of readers, in any number of processes.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from topmast.archive.disk import write_whole
from topmast.archive.footprints.segment import (
    CLASS_SHIFT,
    ORDER,
    Hits,
    Segment,
    merge_segments,
    write_segment,
)
from topmast.errors import ArchiveError

POINTER = "current.json"
FORMAT = 1

# A segment smaller than this many times the next one is merged with it, so that there are few.
MERGE_BELOW = 8


class FootprintIndex:
    """The footprints of a folder, as they were when it was opened.

    Opening maps the files and reads next to nothing. An index of nothing may be missing:
    a folder without ``current.json`` is an empty index.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder: Path = Path(folder)
        self._opened_as, self._segments = _open_segments(self.folder)

    def __len__(self) -> int:
        """Circles and polygons held, among them those that a later segment has replaced."""
        return sum(len(segment) for segment in self._segments)

    def stale(self) -> bool:
        """Whether a writer has been here since this index was opened."""
        return _fingerprint(self.folder) != self._opened_as

    def density(self, order: int) -> npt.NDArray[np.int64]:
        """How many shapes have their middle in each cell of `order`; replaced ones count too."""
        counts = np.zeros(12 << 2 * order, np.int64)
        for segment in self._segments:
            cells = (segment.keys & ((1 << CLASS_SHIFT) - 1)) >> 2 * (ORDER - order)
            counts += np.bincount(cells, minlength=len(counts))
        return counts

    def touching(
        self, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike, radius_deg: npt.ArrayLike
    ) -> Hits:
        """Footprints that share a place with a cone or with many, each once for a cone.

        They are sorted by cone and id. The distance is from the centre of the cone to the nearest
        place of the footprint, 0 inside. A nan position or radius matches nothing.
        """
        ra, dec, radius = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(each, np.float64)) for each in (ra_deg, dec_deg, radius_deg))
        )
        parts: list[Hits] = []
        for number, segment in enumerate(self._segments):
            found = segment.touching(ra, dec, radius)
            for newer in self._segments[number + 1 :]:
                found = found.take(~newer.contains(found.ids))
            parts.append(found)
        return _nearest_of_each(Hits.joined(parts))


def write_index(
    folder: str | os.PathLike[str],
    ids: Iterable[int],
    regions: Iterable[Any],
    *,
    ra_deg: Any = None,
    dec_deg: Any = None,
) -> None:
    """Make the index of these footprints, in place of the one that was there.

    `regions` are STC-S texts, Footprints or None, read a piece at a time. Where one is missing or
    cannot be read its position stands in; where that is nan too, the row is never found.
    """
    folder = Path(folder)
    name = _new_name(folder)
    with _cleared_after_failure(folder):
        write_segment(folder / name, ids, regions, ra_deg, dec_deg)
        _switch(folder, [name])


def add_footprints(
    folder: str | os.PathLike[str],
    ids: Iterable[int],
    regions: Iterable[Any],
    *,
    ra_deg: Any = None,
    dec_deg: Any = None,
) -> None:
    """Add footprints, or new ones of known ids, at a cost that grows with them alone."""
    folder = Path(folder)
    names = [*_segment_names(folder), _new_name(folder)]
    with _cleared_after_failure(folder):
        write_segment(folder / names[-1], ids, regions, ra_deg, dec_deg)
        while len(names) > 1:
            older, newer = (Segment(folder / name) for name in names[-2:])
            if len(older.ids) >= MERGE_BELOW * len(newer.ids):
                break
            merged = _new_name(folder)
            merge_segments(folder / merged, older, newer)
            names[-2:] = [merged]
        _switch(folder, names)


def _nearest_of_each(found: Hits) -> Hits:
    """One row for each cone and id: a footprint of several shapes is as near as its nearest."""
    found = found.take(np.lexsort((found.distances, found.ids, found.cones)))
    first = np.ones(len(found.ids), bool)
    first[1:] = (np.diff(found.ids) != 0) | (np.diff(found.cones) != 0)
    return found.take(first)


def _open_segments(folder: Path) -> tuple[Any, list[Segment]]:
    """The segments in use; asked again when a writer took them away between two steps."""
    for _ in range(100):
        fingerprint = _fingerprint(folder)
        names = _segment_names(folder)
        try:
            return fingerprint, [Segment(folder / name) for name in names]
        except FileNotFoundError:
            if _segment_names(folder) == names:
                break
    raise ArchiveError(f"The footprint index {folder} lacks a part. Build it again.")


def _segment_names(folder: Path) -> list[str]:
    try:
        pointer = json.loads((folder / POINTER).read_bytes())
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise ArchiveError(f"{folder / POINTER} cannot be read: {error}") from error
    if not isinstance(pointer, dict) or pointer.get("format") != FORMAT:
        raise ArchiveError(f"{folder / POINTER} is not in format {FORMAT}. Build the index again.")
    return [str(name) for name in pointer["segments"]]


def _fingerprint(folder: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(folder / POINTER)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _new_name(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return f"segment-{uuid.uuid4().hex[:12]}"


def _switch(folder: Path, names: list[str]) -> None:
    """Name these segments as the ones in use, and clear away all others."""
    content = json.dumps({"format": FORMAT, "segments": names}).encode()
    write_whole(folder / POINTER, lambda file: file.write(content))
    _clear(folder)


@contextmanager
def _cleared_after_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        _clear(folder)
        raise


def _clear(folder: Path) -> None:
    """Take away the segments that are not in use: replaced ones, and those of killed writers."""
    names = _segment_names(folder)
    for path in folder.glob("segment-*"):
        if path.name not in names:
            shutil.rmtree(path, ignore_errors=True)
