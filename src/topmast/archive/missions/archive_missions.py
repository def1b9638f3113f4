"""The missions that one archive has: listed, searched, and added to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from topmast.archive.missions.definitions import (
    MissionTable,
    has_missions,
    mission_names,
    read_mission,
)
from topmast.archive.missions.ingest import MissionInput, MissionReport, ingest_mission
from topmast.archive.missions.search import Found, search
from topmast.archive.store.schema import AMONG
from topmast.errors import ArchiveError

if TYPE_CHECKING:
    from topmast.archive.store.database import Store
    from topmast.wire.missions import SearchRequest


class ArchiveMissions:
    """All missions of an archive; safe to use from many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def names(self) -> list[str]:
        """The missions that are there."""
        with self._store.reading() as connection:
            return mission_names(connection)

    def table(self, name: str) -> MissionTable | None:
        """One mission, in any letter case; None if the archive does not have it."""
        with self._store.reading() as connection:
            return read_mission(connection, name.lower())

    def search(self, name: str, request: SearchRequest) -> Found | None:
        """The rows that a request describes; None if the archive does not have the mission."""
        with self._store.reading() as connection:
            table = read_mission(connection, name.lower())
            return None if table is None else search(connection, table, request)

    def products(self, name: str, datasets: Sequence[str]) -> list[dict[str, Any]]:
        """The products of datasets, ordered by dataset, each dataset's as they came in."""
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT about FROM mission_products WHERE mission = ? "
                f"AND dataset {AMONG} ORDER BY dataset, number",
                (name.lower(), json.dumps(list(datasets))),
            )
            return [json.loads(about) for (about,) in rows]

    def file_of(self, name: str, product: str) -> str | None:
        """The URI under which the archive's index of files has a product, named by its own URI
        or file name; None for an unknown one.
        """
        with self._store.reading() as connection:
            if not has_missions(connection):
                return None
            for column in ("uri", "file_name"):
                row = connection.execute(
                    f"SELECT file FROM mission_products WHERE mission = ? AND {column} = ?",
                    (name.lower(), product),
                ).fetchone()
                if row is not None:
                    return str(row[0])
        return None

    def ingest(self, given: MissionInput) -> MissionReport:
        """Put in datasets and products; see `Archive.ingest_mission`."""
        if self._store.read_only:
            raise ArchiveError(f"The archive {self._store.layout.folder} cannot be written to.")
        return ingest_mission(self._store, given)
