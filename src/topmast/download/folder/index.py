"""What a download folder holds: one line of JSON for every file that was proven whole.

The file ``.topmast-index.jsonl`` only ever grows by whole lines, so that two processes and a
kill at any moment leave it readable; a line that cannot be read is skipped, and its file is then
checked again. Paths are relative to the folder, which may be moved.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path

import msgspec

from topmast.download.check.content import inspect
from topmast.download.check.verdict import GOOD, State
from topmast.download.folder.system import locked_for_writing, open_file, read_at
from topmast.download.product import Held, Product

INDEX_NAME = ".topmast-index.jsonl"

#: Lines beyond twice the entries, after which the file is rewritten.
SLACK = 2000
#: Entries that are added and not yet written down.
MOST_WAITING = 50
DECODER = msgspec.json.Decoder(Held)
ENCODER = msgspec.json.Encoder()


class Presence(Enum):
    """What is on disk, as far as can be told without reading the file."""

    HELD = "held"
    UNPROVEN = "on disk, to be checked"
    ABSENT = "to be fetched"


class Index:
    """The entries of one folder, by path; see the module's text for the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file: Path = folder / INDEX_NAME
        self._lock = threading.Lock()
        self._waiting: list[bytes] = []
        self._entries: dict[str, Held] = {}
        self._read_to = 0
        self._inode = 0
        self._lines = 0
        self.refresh()

    def __reduce__(self) -> tuple[type[Index], tuple[Path]]:
        return Index, (self.folder,)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Held]:
        return iter(list(self._entries.values()))

    def at(self, path: str) -> Held | None:
        """What is known of the file at this path (relative, with slashes)."""
        return self._entries.get(path)

    def find(self, product: Product) -> tuple[Presence, Held | None]:
        """Whether `product` is on disk: by the index and the file's status.

        Returns
        -------
        Presence, Held or None
            Held only if the file is the one that was proven whole.
        """
        try:
            status = os.stat(os.path.join(self.folder, product.path))
        except OSError:
            return Presence.ABSENT, None
        held = self._entries.get(product.path)
        if (
            held is not None
            and held.uri == product.uri
            and (held.size, held.mtime_ns) == (status.st_size, status.st_mtime_ns)
        ):
            return Presence.HELD, held
        return Presence.UNPROVEN, None

    def adopt(self, product: Product) -> tuple[Held | None, bool]:
        """Read a file that the index does not vouch for: what it is if it may stay.

        A file that another program has put here stays if its format proves it complete and its
        size is the one of the product table; a file of ours if its bytes are those of the
        download. One that was changed since, but is complete, is fetched again, and is to be
        kept under another name: then the second value is True.
        """
        path = self.folder / product.path
        known = self._entries.get(product.path)
        try:
            status = path.stat()
            content = inspect(path)
        except OSError:
            return None, False
        verdict = content.verdict
        if known is not None and known.uri == product.uri:
            version, stays = known, content.sha256 == known.sha256
        else:
            version = Held()
            stays = known is None and product.size == content.size
            stays = stays and verdict.state in GOOD and not verdict.doubtful
        if not stays:
            cut = verdict.doubtful and content.size < (version.size or 0)
            changed = version is known and verdict.state is State.WHOLE and not cut
            return None, changed
        held = Held.whole(product, status, content.sha256, version)
        self.add(held)
        return held, False

    def add(self, held: Held) -> None:
        """Remember one file; `flush` writes down all that were added.

        After a kill in between, the file is on disk and is checked again.
        """
        with self._lock:
            self._entries[held.path] = held
            self._waiting.append(ENCODER.encode(held))
            if len(self._waiting) < MOST_WAITING:
                return
        with suppress(OSError):  # nobody comes to flush: the caller's own work takes long
            self.flush()

    def flush(self) -> None:
        """Write down what was added."""
        with self._lock:
            if not self._waiting:
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked_for_writing(self.file) as file:
                size = os.fstat(file).st_size
                # A full disk may have cut the last line of another process.
                whole = size == 0 or read_at(file, 1, size - 1) == b"\n"
                lines = b"".join(line + b"\n" for line in self._waiting)
                os.write(file, lines if whole else b"\n" + lines)
            self._waiting.clear()

    def refresh(self) -> None:
        """Read what other processes have written meanwhile."""
        with self._lock:
            self._read_news()
            if self._lines > 2 * len(self._entries) + SLACK:
                self._rewrite()

    def _read_news(self) -> None:
        try:
            with open(open_file(self.file, os.O_RDONLY), "rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                if inode != self._inode:
                    self._entries, self._lines = {}, 0
                    self._read_to, self._inode = 0, inode
                file.seek(self._read_to)
                data = file.read()
        except OSError:
            return
        end = data.rfind(b"\n") + 1
        self._read_to += end
        for line in filter(None, data[:end].split(b"\n")):
            self._lines += 1
            with suppress(msgspec.MsgspecError):
                held = DECODER.decode(line)
                self._entries[held.path] = held

    def _rewrite(self) -> None:
        try:
            with locked_for_writing(self.file):
                self._read_news()
                fresh = self.file.with_name(f"{INDEX_NAME}.{os.getpid()}.new")
                fresh.unlink(missing_ok=True)
                with fresh.open("xb") as file:
                    file.write(b"".join(ENCODER.encode(held) + b"\n" for held in self))
                os.replace(fresh, self.file)
        except OSError:
            return


def find_index(path: Path, levels: int = 6) -> Path | None:
    """The folder at or above `path` that has an index."""
    for folder in [path, *path.parents][:levels]:
        if (folder / INDEX_NAME).is_file():
            return folder
    return None
