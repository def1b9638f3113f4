"""A folder that gets its name when all of it is there, and is cleared after whoever was killed.

While it is made it is called ``.NAME.<hex>.part`` and holds a file that says so, which is locked as
long as its maker lives. Only folders with that file, unlocked, are ever removed.
"""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from topmast.archive.store.locking import try_lock
from topmast.archive.store.paths import temporary_folder

MARK = ".topmast-unfinished"
SAYS = "topmast is making this folder, or was killed while it did; it may then be removed.\n"


@contextmanager
def unfinished_folder(target: Path) -> Iterator[Path]:
    """A new folder beside `target`, called `target` after the block, or removed if that fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    clear_unfinished(target)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    part.mkdir()
    try:
        with _held(part):
            yield part
        (part / MARK).unlink()
        part.replace(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


@contextmanager
def working_folder(prefix: str) -> Iterator[Path]:
    """A temporary folder for the length of a block; what killed processes have left is removed."""
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        if not left.is_symlink() and _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    owner = threading.Event()
    folder = temporary_folder(owner, prefix)
    with _held(folder):
        yield folder
    del owner  # and the folder with it


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Mark the folder as ours, in use as long as the block lasts."""
    with (folder / MARK).open("x", encoding="utf-8") as file:
        file.write(SAYS)
        file.flush()
        try_lock(file)
        yield


def clear_unfinished(target: Path) -> None:
    """Remove what was left of making `target` by processes that are no more."""
    name = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.part")
    for folder in target.parent.glob(".*.part"):
        if name.fullmatch(folder.name) and not folder.is_symlink() and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Whether it carries our mark and nobody holds it."""
    with suppress(OSError), (folder / MARK).open("r+", encoding="utf-8") as file:
        return file.read(len(SAYS) + 1) == SAYS and try_lock(file)
    return False
