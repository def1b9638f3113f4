"""What a download folder holds: one line of JSON for every file that was proven whole.

The file ``.topmast-index.jsonl`` only ever grows by whole lines, so that two processes and a
kill at any moment leave it readable; a line that cannot be read is passed over, and the file
it spoke of is then looked at anew. Paths are relative to the folder, which may be moved.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from topmast.download.folder.locks import locked_for_writing
from topmast.download.folder.system import open_file, read_at

INDEX_NAME = ".topmast-index.jsonl"

#: Lines beyond twice the living entries, after which the file is written anew.
SLACK = 2000
#: Entries that are noted and not yet written down.
MOST_WAITING = 50


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file that is held, as it was when it was proven whole."""

    path: str
    uri: str
    size: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    etag: str = ""
    modified: str = ""
    checked: float = 0.0
    gone: bool = False

    @property
    def has_validator(self) -> bool:
        """Whether the server can be asked if this is still its version."""
        return bool(self.etag or self.modified)


class Index:
    """The entries of one folder, by path; see the module's text for the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / INDEX_NAME
        self._lock = threading.Lock()
        self._waiting: list[bytes] = []
        self._entries: dict[str, Entry] = {}
        self._by_uri: dict[str, str] = {}
        self._read_to = 0
        self._inode = 0
        self._lines = 0
        self.refresh()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def at(self, path: str) -> Entry | None:
        """What is known of the file at this path (relative, with slashes)."""
        return self._entries.get(path)

    def path_of(self, uri: str) -> str | None:
        """Where a product was last put."""
        return self._by_uri.get(uri)

    def held(self, entry: Entry) -> bool:
        """Whether the file on disk is still the one that was proven whole."""
        try:
            found = os.stat(os.path.join(self.folder, entry.path))
        except OSError:
            return False
        return found.st_size == entry.size and found.st_mtime_ns == entry.mtime_ns

    def put(self, entry: Entry) -> None:
        """Remember one file, on disk at once."""
        self.note(entry)
        self.flush()

    def note(self, entry: Entry) -> None:
        """Remember one file; `flush` writes down all that were noted.

        After a kill in between, the file is on disk and is looked at anew.
        """
        with self._lock:
            self._take(entry)
            self._waiting.append(encode(entry))
            if len(self._waiting) < MOST_WAITING:
                return
        with suppress(OSError):  # nobody comes to flush: the caller's own work takes long
            self.flush()

    def flush(self) -> None:
        """Write down what was noted."""
        with self._lock:
            if self._waiting:
                self._append(b"\n".join(self._waiting))
                self._waiting.clear()

    def forget(self, path: str) -> None:
        """Say that the file at `path` is no longer vouched for."""
        entry = self._entries.get(path)
        if entry is not None:
            self.put(replace_entry(entry, gone=True))

    def refresh(self) -> None:
        """Read what other processes have written since the last look."""
        with self._lock:
            self._read_news()
            if self._lines > 2 * len(self._entries) + SLACK:
                self._write_anew()

    def _take(self, entry: Entry) -> None:
        if entry.gone:
            self._entries.pop(entry.path, None)
            if self._by_uri.get(entry.uri) == entry.path:
                del self._by_uri[entry.uri]
        else:
            self._entries[entry.path] = entry
            self._by_uri[entry.uri] = entry.path

    def _read_news(self) -> None:
        try:
            with open(open_file(self.file, os.O_RDONLY), "rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                if inode != self._inode:
                    self._entries, self._by_uri, self._lines = {}, {}, 0
                    self._read_to, self._inode = 0, inode
                file.seek(self._read_to)
                data = file.read()
        except OSError:
            return
        end = data.rfind(b"\n") + 1
        self._read_to += end
        for line in data[:end].split(b"\n"):
            if line:
                self._lines += 1
                self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        with suppress(msgspec.MsgspecError):
            self._take(DECODER.decode(line))

    def _append(self, line: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked_for_writing(self.file) as file:
            os.write(file, (b"" if _ends_with_line(file) else b"\n") + line + b"\n")

    def _write_anew(self) -> None:
        try:
            with locked_for_writing(self.file):
                self._read_news()
                fresh = self.file.with_name(f"{INDEX_NAME}.{os.getpid()}.new")
                fresh.unlink(missing_ok=True)
                with fresh.open("xb") as file:
                    file.write(b"".join(encode(entry) + b"\n" for entry in self))
                os.replace(fresh, self.file)
        except OSError:
            return


def _ends_with_line(file: int) -> bool:
    """Whether nobody's last line was cut, as a full disk may do."""
    size = os.fstat(file).st_size
    return size == 0 or read_at(file, 1, size - 1) == b"\n"


DECODER = msgspec.json.Decoder(Entry)
ENCODER = msgspec.json.Encoder()


def encode(entry: Entry) -> bytes:
    return ENCODER.encode(entry)


def replace_entry(entry: Entry, **changes: Any) -> Entry:
    """A copy of `entry` with some values changed."""
    return msgspec.structs.replace(entry, **changes)


def find_index(path: Path, levels: int = 6) -> Path | None:
    """The folder at or above `path` that has an index."""
    for folder in [path, *path.parents][:levels]:
        if (folder / INDEX_NAME).is_file():
            return folder
    return None
