"""`Archive`: one folder, with everything that can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.archive.portal.jobs import Jobs
from topmast.archive.portal.staging import StagedScripts
from topmast.archive.store import coverage
from topmast.archive.store.database import Store, create_database
from topmast.archive.store.migrations import migrate
from topmast.archive.store.paths import Layout
from topmast.archive.store.profiles import PROFILES, fields_of
from topmast.archive.store.query import Query, Rows, Searcher
from topmast.archive.store.table_pieces import TableSource
from topmast.errors import ArchiveError, InvalidQueryError
from topmast.tables.fields import Field

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from topmast.archive.catalogs.archive_catalogs import ArchiveCatalogs
    from topmast.archive.catalogs.importing import ImportReport
    from topmast.archive.cutouts.holdings import Holdings
    from topmast.archive.ingest import IngestReport, Progress
    from topmast.archive.missions.archive_missions import ArchiveMissions
    from topmast.archive.missions.ingest import MissionReport
    from topmast.archive.own_files.folder import FolderReport
    from topmast.archive.portal.answers import Answer
    from topmast.archive.server.transport import InProcess
    from topmast.archive.tap.jobs import TapJobs
    from topmast.archive.tap.snapshots import Snapshots
    from topmast.wire.mission_lists import MissionColumn

HeavyAnswers = Callable[[Callable[["Archive", Any], bytes], Any, float | None], "Answer"]
"""Has a function answer a question in another process, within so many seconds."""


class Archive:
    """A folder that holds observations, their products and the products' files.

    Safe to use from many threads, and in many processes at once.

    Parameters
    ----------
    folder : str or Path
        A folder made by `Archive.create`; see docs/archive-format.md for what is in it.
    profile : {"current", "2017"}, optional
        Which columns answers have this time; default: as the archive was made.

    Raises
    ------
    ArchiveError
        If the folder is not an archive, or one of a newer topmast.

    Examples
    --------
    >>> archive = Archive.create("my-archive")  # doctest: +SKIP
    >>> archive.ingest("observations.csv", "products.csv", files="downloads")  # doctest: +SKIP
    """

    def __init__(self, folder: str | Path, *, profile: str | None = None) -> None:
        if profile is not None:
            fields_of(profile)  # says now that there is no such profile
        self.folder: Path = Path(folder).expanduser()
        self.store: Store = Store(Layout(self.folder))
        with self.store.reading() as connection:
            own_profile = self.store.setting("profile", connection) or "current"
        self.profile: str = profile or own_profile
        self.fields: Mapping[str, tuple[Field, ...]] = fields_of(self.profile)
        self.fields_described: Mapping[str, tuple[Field, ...]] = PROFILES["current"]
        migrate(self.store)
        coverage.repair(self.store)
        self.searcher: Searcher = Searcher(self.store)
        self.jobs: Jobs = Jobs()
        self.staged: StagedScripts = StagedScripts()
        self.heavy_answers: HeavyAnswers | None = None
        """Answers heavy queries in place of this process; a server sets it."""
        self._app: Starlette | None = None

    @classmethod
    def create(cls, folder: str | Path, *, profile: str = "current") -> Archive:
        """A new, empty archive in `folder`, which is made if it is not there.

        Parameters
        ----------
        profile : {"current", "2017"}
            Which columns answers have, and in which order: those of MAST today, or of 2017.
        """
        fields_of(profile)
        layout = Layout(Path(folder).expanduser())
        try:
            layout.folder.mkdir(parents=True, exist_ok=True)
            for part in (layout.products, layout.footprints):
                part.mkdir(exist_ok=True)
        except OSError as problem:
            raise ArchiveError(f"The archive {folder} cannot be made: {problem}") from problem
        if layout.database.exists():
            raise ArchiveError(f"{folder} is an archive already; it needs not be made again.")
        create_database(layout, profile)
        return cls(folder)

    def ingest(
        self,
        observations: TableSource | None = None,
        products: TableSource | None = None,
        files: str | Path | None = None,
        *,
        names: TableSource | None = None,
        ignore_unknown: bool = False,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Put in tables and files: all of them, or nothing if there is an error.

        Parameters
        ----------
        observations, products, names : Table or path, optional
            Any of the columns of MAST; what is missing is null. Paths are read by their
            extension: ecsv, vot, fits, parquet, csv. Rows already there (the same objID; the same
            observation and dataURI; the same name and resolver) are brought up to date.
        files : path, optional
            A folder in which the files of `products` are looked for: as
            ``<collection>/<obs_id>/<file>`` (also below ``mastDownload``), ``<obs_id>/<file>`` or
            ``<file>``.
        ignore_unknown : bool
            Pass over columns that the archive does not know, in place of refusing them.
        progress : callable, optional
            Called as ``progress("products", 2000)`` now and then.

        Raises
        ------
        InvalidQueryError
            For a column or a value that does not fit, with its row.
        """
        from topmast.archive.ingest import IngestInput, ingest_all

        given = IngestInput(observations, products, _folder(files), names, ignore_unknown)
        return ingest_all(self.store, given, progress)

    def ingest_folder(
        self,
        folder: str | Path,
        *,
        mapping: str | Path | Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        previews: bool = True,
        progress: Progress | None = None,
    ) -> FolderReport:
        """Put in every FITS and ASDF file below a folder; again, only those that have changed.

        Files of the same collection and obs_id become one observation. The files are copied.

        Parameters
        ----------
        folder : path
            Where the files are; hidden ones, and links that lead out of it, are passed over.
        mapping : path or dict, optional
            A TOML file, or its content, with the header keyword that fills a column where it is
            called otherwise: ``target_name = "OBJNAME"``.
        values : dict, optional
            Values of columns for all files, such as ``{"obs_collection": "MYSCOPE"}``.
        previews : bool
            Whether to make a JPEG of the first image of each file.
        progress : callable, optional
            Called as ``progress("files", 200)`` now and then.

        Returns
        -------
        FolderReport
            What was put in, which files were left out and why, which columns no header told.

        Raises
        ------
        InvalidQueryError
            For a folder that is not there, or a mapping of unknown columns.
        """
        from topmast.archive.own_files.folder import ingest_folder
        from topmast.archive.own_files.mapping import make_mapping

        source = _folder(folder)
        assert source is not None
        return ingest_folder(
            self.store, source, make_mapping(mapping, values), previews=previews, progress=progress
        )

    def remove(self, obsids: Sequence[int | str]) -> tuple[int, int]:
        """Remove observations by their ``obsid``; how many rows and files that were.

        Products and files that another observation has stay. If one of `obsids` is not there,
        InvalidQueryError is raised and nothing is removed.
        """
        from topmast.archive.store.removal import remove_observations

        return remove_observations(self.store, obsids)

    @cached_property
    def cutouts(self) -> Holdings:
        """The cubes and images that cutouts are made of."""
        from topmast.archive.cutouts.holdings import Holdings

        return Holdings(self.store.layout)

    @cached_property
    def catalogs(self) -> ArchiveCatalogs:
        """The catalogues of the archive, opened when they are first asked for."""
        from topmast.archive.catalogs.archive_catalogs import ArchiveCatalogs

        return ArchiveCatalogs(self.store)

    def ingest_catalog(self, name: str, table: TableSource, *, ignore_unknown: bool = False) -> int:
        """Put rows into a catalogue; returns how many.

        Parameters
        ----------
        name : str
            One of MAST's catalogues ("tic", "ctl", "gaia_dr3", "gaia_dr2", "gaia_dr1",
            "gaia_tgas", "galex", "hsc_v3", "hsc_v2", "hsc_v3_matches", "hsc_v2_matches",
            "hsc_spectra", "disk_detective", "plato"), or any other name of small letters for a
            catalogue of your own, which is then served as ``Mast.Catalogs.<name>.Cone`` and
            ``Mast.Catalogs.Filtered.<name>``.
        table : Table or path
            For a catalogue of MAST any of its columns; for your own whatever columns it shall
            have, with ``ra`` and ``dec`` in degrees among them. A row whose identifier is there
            already takes the place of the older one.
        ignore_unknown : bool
            Pass over columns that the catalogue does not have, in place of refusing them.

        Raises
        ------
        InvalidQueryError
            For a column or a value that does not fit, with its row.
        """
        return self.catalogs.ingest(name, table, ignore_unknown=ignore_unknown)

    @cached_property
    def tap_snapshots(self) -> Snapshots:
        """Observations and products as files for queries in ADQL."""
        from topmast.archive.tap.snapshots import Snapshots

        return Snapshots(self.store)

    @cached_property
    def tap_jobs(self) -> TapJobs:
        """Queries in ADQL that run as jobs."""
        from topmast.archive.tap.jobs import TapJobs

        return TapJobs(self)

    def import_catalog(self, name: str, *paths: str | Path, **options: Any) -> ImportReport:
        """Make a catalogue of files of any size: Parquet, FITS, CSV, VOTable, ECSV, or a HATS tree.

        Parameters
        ----------
        name : str
            Small letters, digits and underscores.
        *paths : path
            Files, or folders of files.
        **options
            As for `ArchiveCatalogs.import_files`: ra, dec, key, without, replace, progress.
        """
        return self.catalogs.import_files(name, *paths, **options)

    @cached_property
    def missions(self) -> ArchiveMissions:
        """The missions of the mission search, opened when they are first asked for."""
        from topmast.archive.missions.archive_missions import ArchiveMissions

        return ArchiveMissions(self.store)

    def ingest_mission(
        self,
        name: str,
        datasets: TableSource | None = None,
        products: TableSource | None = None,
        files: str | Path | None = None,
        *,
        columns: Sequence[MissionColumn] = (),
        dataset: str = "",
        sort_by: Sequence[str] = (),
    ) -> MissionReport:
        """Put datasets of a mission and their products into what the mission search finds.

        Parameters
        ----------
        name : str
            The mission, in small letters: "hst", "jwst", "roman", or one of your own.
        datasets : Table or path, optional
            One row a dataset. A row whose dataset is there already takes its place.
        products : Table or path, optional
            One row a product, with ``dataset`` and ``filename``, and whatever else a product list
            shall tell: ``uri`` (default ``<dataset>/<filename>``), ``access`` (default PUBLIC;
            another word keeps the file for its owners), ``size``. ``dataURI`` names the file
            among those of `ingest`, if it is one. The new list of a dataset replaces its old one.
        files : path, optional
            A folder in which the files of `products` are looked for, as by `ingest`.
        columns : sequence of MissionColumn, optional
            What the columns are; default: as the table tells. Read when the mission is new.
        dataset : str, optional
            The column that names a dataset; it is known for the missions of MAST.
        sort_by : sequence of str, optional
            The usual order of answers; default: by dataset.

        Raises
        ------
        InvalidQueryError
            For a column or a value that does not fit, with its row.
        """
        from topmast.archive.missions.ingest import MissionInput

        given = MissionInput(name, datasets, products, _folder(files), columns, dataset, sort_by)
        return self.missions.ingest(given)

    def add_cube(self, *paths: str | Path) -> None:
        """Take cubes of TESS full-frame images into the archive, which then serves cutouts of them.

        A cube on the same disk is linked, not copied.

        Parameters
        ----------
        *paths : path
            Files made by `astrocut.CubeFactory`, each of one sector, camera and CCD. A cube of
            the same sector, camera and CCD takes the place of the older one.

        Raises
        ------
        InvalidQueryError
            For a file that is no such cube.

        """
        for path in paths:
            self.cutouts.add_cube(Path(path).expanduser())

    def add_images(self, survey: str, *paths: str | Path) -> None:
        """Take images of a survey into the archive, which then serves cutouts of them.

        Parameters
        ----------
        survey : str
            The name by which Zcut finds it, such as ``"goods_north"``; ``"hap"`` for Hubble
            Advanced Products, which HAPcut serves.
        *paths : path
            FITS files with an image that has celestial coordinates.

        Raises
        ------
        InvalidQueryError
            For a file without such an image.

        """
        self.cutouts.add_images(survey, [Path(path).expanduser() for path in paths])

    def search(self, query: Query) -> Rows:
        """The observations that `query` describes, one page of them."""
        return self.searcher.search(query)

    def app(self) -> Starlette:
        """The archive as an ASGI app, which any ASGI server can serve."""
        from topmast.archive.server.app import make_app

        if self._app is None:
            self._app = make_app(self)
        return self._app

    def transport(self, *, on_close: Callable[[], None] | None = None) -> InProcess:
        """The archive as a transport for a Session in this process; see topmast.connect."""
        from topmast.archive.server.transport import InProcess

        return InProcess(self.app(), on_close)

    def close(self) -> None:
        """Let go of the database; queries under way have a moment to finish first."""
        self.jobs.close()
        self.searcher.coverage.close()
        self.store.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Archive {self.folder}>"


def _folder(files: str | Path | None) -> Path | None:
    folder = None if files is None else Path(files).expanduser()
    if folder is not None and not folder.is_dir():
        raise InvalidQueryError(f"There is no folder {folder}.")
    return folder
