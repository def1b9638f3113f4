"""The catalogues of a local archive as LSDB opens them: for work on Dask over the very files."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from topmast.errors import InvalidQueryError, MissingExtraError, did_you_mean
from topmast.net.session import Session
from topmast.questions.catalogs import chosen_catalog
from topmast.tables.catalogs import SERVICE_CATALOGS
from topmast.version import install_command


def to_lsdb(
    session: Session, /, catalog: str = "HSC", version: int | None = None, **options: Any
) -> Any:
    """A catalogue of a local archive as an `lsdb.Catalog`, which works on Dask.

    The catalogues of an archive are HATS collections, so nothing is copied or converted: LSDB
    reads the files of the archive, a partition at a time, on the threads, processes or machines
    of the Dask client that is in force.

    Parameters
    ----------
    catalog : str
        As for `query_region`, or the name of a catalogue of your own.
    version : int, optional
        Of a catalogue that has several.
    **options
        For `lsdb.open_catalog`, such as ``columns=["ra", "dec"]`` or ``filters``.

    Returns
    -------
    lsdb.Catalog
        With the margin of 10 arcsec, so that a cross-match up to that radius misses nothing.

    Raises
    ------
    InvalidQueryError
        If the archive is no folder on this disk, or has no such catalogue.
    MissingExtraError
        If LSDB is not installed.

    Examples
    --------
    >>> archive = topmast.connect("~/survey")  # doctest: +SKIP
    >>> stars = archive.catalogs.to_lsdb("variables")  # doctest: +SKIP
    >>> stars.crossmatch(archive.catalogs.to_lsdb("Gaia"), radius_arcsec=1)  # doctest: +SKIP
    """
    if "://" in session.where:
        raise InvalidQueryError(
            f"LSDB opens the catalogues of an archive in a folder on this disk, and not those of "
            f"{session.where}. crossmatch and query_region work there."
        )
    try:
        lsdb: Any = importlib.import_module("lsdb")
    except ImportError as problem:
        raise MissingExtraError(f"to_lsdb needs LSDB: {install_command('dask')}") from problem
    return lsdb.open_catalog(str(_folder(session, catalog, version)), **options)


def _folder(session: Session, name: str, version: int | None) -> Path:
    """Where the collection of a catalogue is."""
    catalogs = Path(session.where).expanduser() / "catalogs"
    own = str(name).lower()
    if re.fullmatch(r"[a-z]\w*", own) and (catalogs / own).is_dir():
        return catalogs / own
    service = chosen_catalog(session, name, version).cone.lower()
    starts = [start for start in SERVICE_CATALOGS if service.startswith(start)]
    found = SERVICE_CATALOGS[max(starts, key=len)] if starts else ""
    if not found or not (catalogs / found).is_dir():
        known = sorted(each.name for each in catalogs.glob("*/")) if catalogs.is_dir() else []
        raise InvalidQueryError(
            f"The archive has no catalogue {name!r}.{did_you_mean(str(name), known)} "
            f"It has: {', '.join(known) or 'none'}."
        )
    return catalogs / found
