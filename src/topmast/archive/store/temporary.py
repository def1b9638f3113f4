"""Temporary folders that go away with the object they belong to."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path


def temporary_folder(owner: object, prefix: str) -> Path:
    """A new folder; it is removed when `owner` is no more, or the process ends."""
    folder = tempfile.mkdtemp(prefix=prefix)
    weakref.finalize(owner, _remove, folder, os.getpid())
    return Path(folder)


def _remove(folder: str, process: int) -> None:
    # A forked child has the same finalizers, and must leave its parent's folders alone.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
