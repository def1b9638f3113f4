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
    from topmast.archive.catalogs.importing import ImportReport, Progress
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
        *paths: str | Path,
        ra: str = "",
        dec: str = "",
        key: str = "",
        without: Sequence[str] = (),
        replace: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Make a catalogue of files of any size: Parquet, FITS, CSV, VOTable, ECSV, or a HATS tree.

        Files are read a piece at a time. An import that was killed goes on after the last file
        that was done, when it is called again with the same files. Until the end the archive
        answers as before.

        Parameters
        ----------
        name : str
            Small letters, digits and underscores. For the name of one of MAST's catalogues the
            files' columns are those of the catalogue.
        *paths : path
            Files, or folders of files.
        ra, dec : str, optional
            The columns of the position, in degrees; default: by their UCDs or usual names.
        key : str, optional
            The column that identifies a row; default: id, objid, source_id or the like.
        without : sequence of str
            Columns to leave out.
        replace : bool
            Whether to take the place of a catalogue of the same name.
        progress : callable, optional
            Called as ``progress("rows", 200000)`` now and then.

        Returns
        -------
        ImportReport
            How many rows were read, how many of them have no position, and columns that only some
            of the files have.

        Raises
        ------
        InvalidQueryError
            For a file that is broken or missing, a column that cannot be kept, no position.
        """
        from topmast.archive.catalogs.importing import (
            ImportOptions,
            catalog_of,
            import_files,
            read_sources,
        )

        options = ImportOptions(ra, dec, key, tuple(without))
        if self._store.read_only:
            raise ArchiveError(f"The archive {self._store.layout.folder} cannot be written to.")
        if self.table(name) is not None and not replace:
            raise InvalidQueryError(
                f"The catalogue {name} is there already; --replace lets the files take its place."
            )
        sources = read_sources([Path(path).expanduser() for path in paths])
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
