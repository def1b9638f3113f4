"""What an archive of an older format lacks, and how it gets it."""

from __future__ import annotations

from contextlib import suppress

from topmast.archive.store.database import Store
from topmast.archive.store.locking import writer_lock
from topmast.archive.store.paths import FORMAT_VERSION
from topmast.archive.store.schema import own_file_statements
from topmast.errors import ArchiveError

MIGRATIONS = {2: own_file_statements}
"""By the format that they lead to: a function that gives the statements."""


def migrate(store: Store) -> None:
    """Bring the folder to the format of today, if we may write; an old one can be read as it is."""
    if store.read_only or _version(store) >= FORMAT_VERSION:
        return
    with suppress(ArchiveError), writer_lock(store.layout, wait_seconds=0):
        for version in range(_version(store) + 1, FORMAT_VERSION + 1):
            with store.writing() as connection:
                for statement in MIGRATIONS[version]():
                    connection.execute(statement)
                connection.execute(
                    "UPDATE settings SET value = ? WHERE name = 'format_version'", (version,)
                )


def _version(store: Store) -> int:
    with store.reading() as connection:
        return int(store.setting("format_version", connection) or 1)
