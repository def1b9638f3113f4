"""Scripts that wait to be fetched, in a temporary folder that all processes of a server share."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from topmast.archive.store.paths import temporary_folder


class StagedScripts:
    """A temporary folder of scripts that wait to be fetched; the processes of one server share it.

    Scripts older than a day go, and the oldest when there are too many.
    """

    MOST = 1000
    KEEP_SECONDS = 86400.0

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._guard = threading.Lock()

    def put(self, texts: Mapping[str, str]) -> str:
        """Keep these files; the name of the place where they lie."""
        place = str(uuid.uuid4())
        folder = self._root() / place
        folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        self._tidy()
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

    def _tidy(self) -> None:
        with suppress(OSError):
            places = sorted(self._root().iterdir(), key=lambda place: place.stat().st_mtime)
            too_many = places[: max(0, len(places) - self.MOST)]
            old = time.time() - self.KEEP_SECONDS
            for place in places:
                if place in too_many or place.stat().st_mtime < old:
                    for file in place.iterdir():
                        file.unlink()
                    place.rmdir()
