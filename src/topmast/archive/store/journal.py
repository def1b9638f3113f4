"""Which files an ingest has put down: so that one that was killed leaves nothing behind.

Each line is written before its file gets its name. The next ingest removes those that no row
names, if they are still the very files: of the same inode, size and time.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from topmast.archive.store.paths import Layout, is_inside

PART = re.compile(r"\.[0-9a-f]{32}\.part")
"""How a file is called while it is copied into ``products/``."""


class PlacementJournal:
    """The file ``ingest.journal`` of an archive; whoever uses it holds the writer's lock."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._file: IO[str] | None = None

    def note(self, part: Path, path: str) -> None:
        """The file `part` is about to be called `path`."""
        if self._file is None:
            self._file = self._layout.journal.open("a", encoding="utf-8")
        self._file.write(json.dumps([path, *_marks(part)]) + "\n")
        self._file.flush()

    def end(self) -> None:
        """Everything that was noted is either named in the database or gone."""
        if self._file is not None:
            self._file.close()
            self._file = None
        with suppress(OSError):
            self._layout.journal.unlink()

    def clear(self, connection: sqlite3.Connection) -> None:
        """Remove what an ingest that was killed has left."""
        for path in self._layout.products.glob(".*.part"):
            if PART.fullmatch(path.name):
                with suppress(OSError):
                    path.unlink()
        for path, *marks in self._entries():
            held = self._layout.held(path)
            known = connection.execute("SELECT 1 FROM files WHERE path = ?", (path,)).fetchone()
            with suppress(OSError):
                if not known and _marks(held) == marks and is_inside(held, self._layout.products):
                    held.unlink()
        self.end()

    def _entries(self) -> list[list[Any]]:
        """What the journal says; a line that was cut short is passed over."""
        try:
            lines = self._layout.journal.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        entries = []
        for line in lines:
            with suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, list) and len(entry) == 4 and isinstance(entry[0], str):
                    entries.append(entry)
        return entries


def _marks(path: Path) -> list[int]:
    """What tells a file from every other that may have its name."""
    status = os.lstat(path)
    return [status.st_ino, status.st_size, status.st_mtime_ns]
