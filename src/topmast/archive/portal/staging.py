"""Scripts that wait to be fetched, in a temporary folder that all processes of a server share."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from topmast.archive.store.paths import temporary_folder
from topmast.errors import InvalidQueryError


@dataclass(frozen=True, slots=True)
class _Place:
    """One set of scripts: where it lies, who asked for it, when, and its size in bytes."""

    folder: Path
    time: float
    size: int

    @property
    def owner(self) -> str:
        return self.folder.name[:8]


class StagedScripts:
    """A temporary folder of scripts that wait to be fetched; the processes of one server share it.

    Scripts older than a day go. When there are too many, or too many bytes, the oldest of the
    client that has most go, so that nobody can crowd out the others.
    """

    MOST = 1000
    MOST_BYTES = 256 << 20
    LEAST_FREE_BYTES = 1 << 30
    """So much of the disk is left to others."""
    KEEP_SECONDS = 86400.0

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._guard = threading.Lock()

    def put(self, texts: Mapping[str, str], client: str = "") -> str:
        """Keep these files; the name of the place where they lie."""
        contents = {name: text.encode() for name, text in texts.items()}
        size = sum(map(len, contents.values()))
        if size > self.MOST_BYTES // 2:
            raise InvalidQueryError(
                f"A script of {size} bytes is more than the archive keeps. Ask for fewer files."
            )
        root = self._root()
        self._make_room(size)
        if shutil.disk_usage(root).free - size < self.LEAST_FREE_BYTES:
            raise InvalidQueryError(
                "The archive has no space for another script now. Ask again later."
            )
        # Eight characters that tell one client's places from another's, and not who it is.
        owner = hashlib.sha256(client.encode()).hexdigest()[:8]
        place = owner + str(uuid.uuid4())[8:]
        folder = root / place
        folder.mkdir()
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        return place

    def get(self, place: str, name: str) -> str | None:
        """A file that was kept, or None; both names come from whoever asks."""
        if not re.fullmatch(r"[0-9a-f-]{36}", place) or not re.fullmatch(r"\w[\w.-]*", name):
            return None
        try:
            return (self._root() / place / name).read_text(encoding="utf-8")
        except OSError:
            return None

    def _root(self) -> Path:
        with self._guard:
            if self._folder is None:
                self._folder = temporary_folder(self, "topmast-stage-")
            return self._folder

    def _make_room(self, size: int) -> None:
        """Remove what is old, and what is too much with another `size` bytes."""
        places = [place for path in self._root().iterdir() if (place := _look_at(path))]
        places.sort(key=lambda place: place.time)
        old = time.time() - self.KEEP_SECONDS
        while places:
            total = sum(place.size for place in places)
            too_many = len(places) >= self.MOST or total + size > self.MOST_BYTES
            if not too_many and places[0].time >= old:
                return
            shares = Counter[str]()
            for place in places:
                shares[place.owner] += place.size
            most = places[0].owner if not too_many else shares.most_common(1)[0][0]
            gone = next(place for place in places if place.owner == most)
            places.remove(gone)
            with suppress(OSError):
                for file in gone.folder.iterdir():
                    file.unlink()
                gone.folder.rmdir()


def _look_at(path: Path) -> _Place | None:
    try:
        size = sum(file.stat().st_size for file in path.iterdir())
        return _Place(path, path.stat().st_mtime, size)
    except OSError:  # another process has just removed it
        return None
