"""connect(where): MAST, another server or a folder on this disk, as one client."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from topmast.config import conf
from topmast.errors import ArchiveError, MissingExtraError, with_short_errors
from topmast.net.address import is_url
from topmast.net.messages import Transport
from topmast.net.session import Session
from topmast.questions.arguments import path_text
from topmast.services.service import set_sessions
from topmast.version import install_command

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.services.catalogs import CatalogsClass
    from topmast.services.cutouts import HapcutClass, TesscutClass, ZcutClass
    from topmast.services.getting import Got
    from topmast.services.mast import MastClass
    from topmast.services.missions import MastMissionsClass
    from topmast.services.observations import ObservationsClass

__all__ = [
    "Catalogs",
    "CatalogsClass",
    "Client",
    "Hapcut",
    "HapcutClass",
    "Mast",
    "MastClass",
    "MastMissions",
    "MastMissionsClass",
    "Observations",
    "ObservationsClass",
    "Tesscut",
    "TesscutClass",
    "Zcut",
    "ZcutClass",
    "connect",
    "get",
    "verify",
]

ARCHIVE_FILE = "archive.sqlite"


def _wants_all(*given: Any, tracebacks: str | None = None, **_: Any) -> bool:
    """Whether full tracebacks are wanted, by this call, this client, or the settings."""
    session = getattr(given[0], "session", None) if given else None
    if tracebacks is None and session is not None:
        tracebacks = session.setting("tracebacks")
    return (tracebacks or conf.tracebacks) == "full"


class Client:
    """Everything that can be asked of one archive, sharing one session.

    Parameters
    ----------
    where : str or path, optional
        A URL such as ``"https://mast.stsci.edu"``, or a folder that holds a local archive.
        Default: what the setting ``server`` says, also when that changes later.
    **settings
        Any setting of ``topmast.conf``, for this client only, such as ``timeout=60``.

    Raises
    ------
    ArchiveError
        If `where` is a folder that holds no archive.
    MissingExtraError
        If it does, and the packages that open it are not installed.
    """

    @with_short_errors(_wants_all)
    def __init__(self, where: str | os.PathLike[str] | None = None, **settings: Any) -> None:
        where = path_text("where", where)
        if where is not None and not is_url(where):
            _check_folder(where)
        self.session: Session = Session(where, open_folder=open_folder, **settings)

    def __repr__(self) -> str:
        return f"<Client of {self.session.where}>"

    def _repr_html_(self) -> str:
        from topmast.tables.html import lines_html

        parts = {name: getattr(Client, name).__doc__ or "" for name in _READY_MADE.values()}
        state = "logged in" if self.session.logged_in else "not logged in"
        return lines_html(f"Client of {self.session.where} ({state})", parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _copied_client, self.session.recipe()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        self.session.close()

    @with_short_errors(_wants_all)
    def verify(
        self, folder: str | os.PathLike[str], *, repair: bool = False, current: bool = False
    ) -> Table:
        """What every file under a download folder is worth; see `topmast.verify`."""
        from topmast.download import verify

        return verify(
            path_text("folder", folder) or "",
            repair=repair,
            current=current,
            session=self.session,
        )

    def open_product(self, product: Any, *, as_file: bool = False) -> Any:
        """A product, opened without downloading it; see `ObservationsClass.open_product`."""
        return self.observations.open_product(product, as_file=as_file)

    def headers(
        self, products: Any, ext: Any = 0, *, keywords: Iterable[str] | None = None
    ) -> Table:
        """The headers of many FITS files as a table; see `ObservationsClass.headers`."""
        return self.observations.headers(products, ext, keywords=keywords)

    def tap(self, adql: str, **options: Any) -> Table:
        """The table that answers a query in ADQL; see `CatalogsClass.tap`."""
        return self.catalogs.tap(adql, **options)

    @with_short_errors(_wants_all)
    def get(self, target: Any, kind: str = "lightcurve", **options: Any) -> Got:
        """The best light curve, spectrum or image of an object, downloaded; see `topmast.get`."""
        from topmast.services.getting import get

        return get(self.session, target, kind, **options)

    @cached_property
    def observations(self) -> ObservationsClass:
        """Find observations, list their products, download them."""
        from topmast.services.observations import ObservationsClass

        return ObservationsClass(session=self.session)

    @cached_property
    def catalogs(self) -> CatalogsClass:
        """Find sources in catalogues."""
        from topmast.services.catalogs import CatalogsClass

        return CatalogsClass(session=self.session)

    @cached_property
    def mast(self) -> MastClass:
        """Call any service of the archive by its name."""
        from topmast.services.mast import MastClass

        return MastClass(session=self.session)

    @cached_property
    def missions(self) -> MastMissionsClass:
        """Find datasets of one mission by the mission's own columns."""
        from topmast.services.missions import MastMissionsClass

        return MastMissionsClass(session=self.session)

    @cached_property
    def tesscut(self) -> TesscutClass:
        """Cut small pieces out of the full-frame images of TESS."""
        from topmast.services.cutouts import TesscutClass

        return TesscutClass(session=self.session)

    @cached_property
    def zcut(self) -> ZcutClass:
        """Cut small pieces out of the images of deep-field surveys."""
        from topmast.services.cutouts import ZcutClass

        return ZcutClass(session=self.session)

    @cached_property
    def hapcut(self) -> HapcutClass:
        """Cut small pieces out of the images of Hubble Advanced Products."""
        from topmast.services.cutouts import HapcutClass

        return HapcutClass(session=self.session)


@with_short_errors(_wants_all)
def connect(where: str | os.PathLike[str] | None = None, **settings: Any) -> Client:
    """A client of MAST, of another server, or of a local archive.

    Parameters
    ----------
    where : str or path, optional
        A URL such as ``"https://mast.stsci.edu"``, or a folder that holds a local archive.
        Default: what the setting ``server`` says.
    **settings
        Any setting of ``topmast.conf``, for this client only, such as ``timeout=60``.

    Examples
    --------
    >>> client = connect(folder)
    >>> table = client.observations.query_object("M8", radius="0.02 deg")
    """
    return Client(where, **settings)


@with_short_errors(_wants_all)
def verify(folder: str | os.PathLike[str], *, repair: bool = False, current: bool = False) -> Table:
    """Check every file under a download folder, whatever program downloaded it.

    Parameters
    ----------
    folder : path
        A download folder, or any folder below it.
    repair : bool
        Download damaged and missing files again.
    current : bool
        Ask the archive whether it still has the same version of each file.

    Returns
    -------
    Table
        One row a file: Path, State, Reason, Size, SHA-256, URI, Repaired. State is one of whole,
        truncated, corrupt, error page, superseded, unknown and missing.

    Raises
    ------
    InvalidQueryError
        There is no such folder.
    UnreachableError, TimeoutError
        With `current`: the archive did not answer at all.

    Examples
    --------
    >>> manifest = Observations.download_products(products, verbose=False)
    >>> judged = verify("mastDownload")
    >>> judged = verify("mastDownload", repair=True)
    """
    return default_client().verify(folder, repair=repair, current=current)


@with_short_errors(_wants_all)
def get(target: Any, kind: str = "lightcurve", **options: Any) -> Got:
    """The best light curve, spectrum or image of an object, downloaded.

    Nearest first, then the missions' own files before others, then the highest calibration level
    and the newest observation. Files that are still exclusive are left out.

    Parameters
    ----------
    target : str or place
        The name of an object, or a position.
    kind : {"lightcurve", "spectrum", "image"}
        What to look for.
    mission : str, optional
        Of this mission only, such as ``"TESS"``.
    radius : float, str or `~astropy.units.Quantity`, optional
        How far from the target; 10 arcsec if not given.
    download_dir : path, optional
        Where the file goes. Default: the current folder.
    cache, progress : optional
        As for `ObservationsClass.download_products`.

    Returns
    -------
    Got
        With the ``path`` of the file, ``why`` it was chosen, its ``observation`` and
        ``product``, and the ``others`` that were found. `topmast.plots.show` plots it.

    Raises
    ------
    InvalidQueryError
        For an unknown kind, and when nothing of the kind is found.
    DownloadError
        When the file does not come whole.

    Examples
    --------
    >>> got = get("TIC 307210830", "lightcurve")
    >>> got.path.name
    'tess2019087120000-s0010-0000000307210830-0129-s_lc.fits'
    """
    return default_client().get(target, kind, **options)


def open_folder(path: str) -> Transport:
    """The local archive in a folder, opened in this process."""
    _check_folder(path)
    try:
        from topmast.archive import Archive
    except ModuleNotFoundError as problem:
        raise MissingExtraError(
            f"To open the archive in {path} the package {problem.name!r} is needed. "
            f"Install it with: {install_command('archive')}"
        ) from problem
    archive = Archive(path)
    return archive.transport(on_close=archive.close)


def _check_folder(path: str) -> None:
    """Raise ArchiveError, saying what to do, unless the folder holds an archive."""
    folder = Path(path).expanduser()
    if (folder / ARCHIVE_FILE).is_file():
        return
    if "://" in path:
        raise ArchiveError(f"{path} is no address of an archive: it begins with https or http.")
    problem = "holds no archive" if folder.is_dir() else "is neither a URL nor a folder"
    raise ArchiveError(
        f"{path} {problem}. A URL begins with https:// or http://. "
        f"A local archive is made with: topmast init {path} --sample"
    )


# ------------------------------------------------------------------- copies, also in processes


def _copied_client(where: str | None, settings: dict[str, Any]) -> Client:
    """A client of the same archive, not logged in."""
    return Client(where, **settings)


def _copied_session(where: str | None, settings: dict[str, Any]) -> Session:
    """A session of the same archive, not logged in."""
    return Session(where, open_folder=open_folder, **settings)


# ------------------------------------------------------------------- the default client

_lock = Lock()
_default: list[Client] = []


def default_client() -> Client:
    """The client that the ready-made `topmast.Observations` and its like share."""
    with _lock:
        if not _default:
            _default.append(Client())
        return _default[0]


if TYPE_CHECKING:
    Catalogs: CatalogsClass
    Hapcut: HapcutClass
    Mast: MastClass
    MastMissions: MastMissionsClass
    Observations: ObservationsClass
    Tesscut: TesscutClass
    Zcut: ZcutClass

_READY_MADE = {
    "Catalogs": "catalogs",
    "Hapcut": "hapcut",
    "Mast": "mast",
    "MastMissions": "missions",
    "Observations": "observations",
    "Tesscut": "tesscut",
    "Zcut": "zcut",
}
"""Names that stand for parts of the default client, which is made when one is first used."""


_CLASSES = {
    "CatalogsClass": "topmast.services.catalogs",
    "MastClass": "topmast.services.mast",
    "MastMissionsClass": "topmast.services.missions",
    "ObservationsClass": "topmast.services.observations",
    **dict.fromkeys(("HapcutClass", "TesscutClass", "ZcutClass"), "topmast.services.cutouts"),
}
"""Where their classes live; each is loaded when it is first used."""


def __getattr__(name: str) -> Any:
    if name in _READY_MADE:
        return getattr(default_client(), _READY_MADE[name])
    if name in _CLASSES:
        return getattr(import_module(_CLASSES[name]), name)
    raise AttributeError(f"module 'topmast.client' has no attribute {name!r}")


set_sessions(
    new=lambda: Client().session,
    default=lambda: default_client().session,
    copied=_copied_session,
)
