"""The catalogues that one archive holds: opened, searched, and added to."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from topmast.archive.catalogs.building import Builder
from topmast.archive.catalogs.definitions import known_catalog, own_catalog
from topmast.archive.catalogs.histograms import Histograms
from topmast.archive.catalogs.parquet import CatalogStore
from topmast.archive.catalogs.rows import fields_in, full_columns, merged, rows_of
from topmast.archive.catalogs.search import CatalogSearcher
from topmast.archive.store.locking import writer_lock
from topmast.archive.store.table_pieces import TableSource
from topmast.errors import ArchiveError, InvalidQueryError, did_you_mean
from topmast.tables.catalogs import fields_of_service
from topmast.tables.fields import Field

if TYPE_CHECKING:
    from topmast.archive.catalogs.importing import ImportOptions, ImportReport, Progress
    from topmast.archive.store.database import Store


class ArchiveCatalogs(CatalogStore):
    """All catalogues of an archive; safe to use from many threads."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.layout.catalogs)
        self._store = store
        self.searcher: CatalogSearcher = CatalogSearcher()
        self.histograms: Histograms = Histograms()

    def described(self, service: str) -> tuple[Field, ...]:
        """The columns that the column configuration of a service lists; none if it is not known."""
        fields = fields_of_service(service)
        if fields:
            return fields
        words = service.lower().split(".")
        for name in self.names():
            table = self.table(name) if name in words else None
            if table is not None and words[:2] == ["mast", "catalogs"]:
                return (*table.catalog.fields, table.catalog.distance)
        return ()

    def import_files(
        self,
        name: str,
        paths: Sequence[Path],
        options: ImportOptions,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Make a catalogue of files, whatever their size."""
        from topmast.archive.catalogs.importing import catalog_of, import_files, read_sources

        if self._store.read_only:
            raise ArchiveError(f"The archive {self._store.layout.folder} cannot be written to.")
        if self.table(name) is not None and not options.replace:
            raise InvalidQueryError(
                f"The catalogue {name} is there already; --replace lets the files take its place."
            )
        sources = read_sources(paths)
        catalog = catalog_of(name, sources, options)
        with writer_lock(self._store.layout):
            return import_files(Builder(self.folder / name, catalog, keep=True), sources, progress)

    def remove(self, name: str) -> None:
        """Remove a catalogue and all its files."""
        if self.table(name) is None:
            raise InvalidQueryError(
                f"The archive has no catalogue {name!r}.{did_you_mean(name, self.names())}"
            )
        with writer_lock(self._store.layout):
            shutil.rmtree(self.folder / name)

    def ingest(self, name: str, source: TableSource, *, ignore_unknown: bool = False) -> int:
        """Put rows into a catalogue, which is made if it is not there; how many they were."""
        if self._store.read_only:
            raise ArchiveError(f"The archive {self._store.layout.folder} cannot be written to.")
        with writer_lock(self._store.layout):
            table = self.table(name)
            catalog = table.catalog if table else known_catalog(name)
            catalog = catalog or own_catalog(name, fields_in(source))
            rows = rows_of(source, catalog, ignore_unknown=ignore_unknown)
            old = None if table is None else table.pieces(table.stored_columns)
            columns = {*full_columns(rows), *(table.stored_columns if table else ())}
            pieces = merged(old, rows, catalog, columns)
            Builder(self.folder / name, catalog).build(pieces)
        return int(rows.num_rows)
