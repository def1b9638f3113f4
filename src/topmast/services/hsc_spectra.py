"""What only the Hubble Source Catalog has: the detections behind a source, and spectra."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Row, Table, vstack

from topmast.config.dialects import choice
from topmast.download import download_script, plan_download
from topmast.download.folder.layout import SPECTRA_LAYOUT
from topmast.download.product import GUIDE_COLUMNS, MORE_COLUMNS, Sources
from topmast.download.script import save_script
from topmast.download.tables.manifest import table_of_rows
from topmast.download.tables.products_table import texts, values
from topmast.errors import InvalidQueryError, MastError, NoResultsWarning, warn
from topmast.net.messages import Request
from topmast.net.session import Session
from topmast.questions.catalog_list import find_catalog
from topmast.questions.polling import ask
from topmast.questions.portal import Question
from topmast.wire.bundle import BundleRequest, decode_bundle_answer, encode_bundle_request
from topmast.wire.portal import MashupRequest

SPECTRA = "Mast.HscSpectra.Db.All"
BUNDLE = "Mast.Bundle.Request"
NEWEST = 3
NOTHING = "No spectra to download."


def query_hsc_matchid(
    session: Session,
    /,
    match: Any,
    version: int | None = NEWEST,
    pagesize: int | None = None,
    page: int | None = None,
) -> Question:
    """The detections that one source of the Hubble Source Catalog was made from.

    Parameters
    ----------
    match : int or `~astropy.table.Row`
        A MatchID, or a source as `query_region` finds it.
    version : int, optional
        Of the catalogue, 2 or 3.
    pagesize, page : int, optional
        As for `query_region`.

    Examples
    --------
    >>> stars = Catalogs.query_object("M10", radius=0.02, catalog="HSC")
    >>> detections = Catalogs.query_hsc_matchid(stars[0])
    """
    found = find_catalog("HSC", version)
    return Question(found.matches, [{"input": _match_id(match)}], pagesize=pagesize, page=page)


def get_hsc_spectra(
    session: Session, /, pagesize: int | None = None, page: int | None = None
) -> Question:
    """All spectra of the Hubble Source Catalog.

    Examples
    --------
    >>> spectra = Catalogs.get_hsc_spectra()
    """
    return Question(SPECTRA, [{}], pagesize=pagesize, page=page)


def download_hsc_spectra(
    session: Session,
    /,
    spectra: Any,
    download_dir: str | os.PathLike[str] | None = None,
    cache: bool | str = True,
    curl_flag: bool = False,
    *,
    connections: int | None = None,
    verbose: bool = True,
    progress: Callable[[Any], object] | None = None,
    raise_on_error: bool = False,
) -> Table:
    """Download spectra, many at once; a file under its final name is always whole.

    Parameters
    ----------
    spectra : `~astropy.table.Table` or `~astropy.table.Row`
        As `get_hsc_spectra` gives them, all or some.
    download_dir, cache, curl_flag, connections, verbose, progress, raise_on_error
        As for `ObservationsClass.download_products`. The files go to
        ``mastDownload/HSC/<DatasetName>.fits`` in `download_dir`.

    Returns
    -------
    `~astropy.table.Table`
        One row a file: Local Path, Status, Message, URL. It has no rows, and a
        NoResultsWarning says so, if there is nothing to download.

    Examples
    --------
    >>> manifest = Catalogs.download_hsc_spectra(spectra[:2], folder, verbose=False)
    """
    products = _products(spectra)
    if not len(products):
        warn(NOTHING, NoResultsWarning)
        more = MORE_COLUMNS if choice(session, "full_manifest") else ()
        return table_of_rows([], (*GUIDE_COLUMNS, *more))
    if curl_flag and choice(session, "script_manifest") != GUIDE_COLUMNS:
        return _script_of_archive(session, products, download_dir)  # as astroquery does
    if curl_flag:
        return download_script(
            session, products, download_dir=download_dir, layout=SPECTRA_LAYOUT, verbose=verbose
        )
    plan = plan_download(
        session,
        products,
        download_dir=download_dir,
        layout=SPECTRA_LAYOUT,
        cache=cache,
        connections=connections,
    )
    return plan.run(verbose=verbose, progress=progress, raise_on_error=raise_on_error)


def _match_id(match: Any) -> str:
    """A MatchID as text, which is how it travels."""
    given = match
    if isinstance(match, Row):
        if "MatchID" not in match.colnames:
            raise InvalidQueryError(
                "The row has no MatchID: give one of a table of the Hubble Source Catalog."
            )
        match = match["MatchID"]
    text = "" if isinstance(match, (bool, np.bool_)) else str(match).strip()
    if not text.isdecimal():
        raise InvalidQueryError(f"A MatchID is a whole number such as 17554326, not {given!r}.")
    return text


def _products(spectra: Any) -> Table:
    """Spectra as a table of products, for the download engine."""
    table = _table_of(spectra)
    for name in ("DatasetName", "SpectrumType") if len(table) else ():
        if name not in table.colnames:
            raise InvalidQueryError(
                f"The table has no column {name!r}: give spectra as get_hsc_spectra returns them."
            )
    names = texts(table, "DatasetName")
    types = values(table, "SpectrumType")
    products = Table()
    products["dataURI"] = [_uri(*each) for each in zip(names, types, strict=True)]
    products["productFilename"] = [f"{name}.fits" for name in names]
    products["obs_collection"] = ["HSC"] * len(names)
    return products


def _table_of(spectra: Any) -> Table:
    if isinstance(spectra, Row):
        return Table(spectra)
    if isinstance(spectra, Table):
        return spectra
    if isinstance(spectra, Sequence) and all(isinstance(each, Row) for each in spectra):
        return vstack([Table(each) for each in spectra]) if spectra else Table()
    raise InvalidQueryError(
        f"Spectra are a table, or a row of one, as get_hsc_spectra returns it, not {spectra!r:.60}."
    )


def _uri(name: str, spectrum_type: Any) -> str:
    """Where the Hubble Legacy Archive has a spectrum: its own ones, and those of the ECF."""
    if not name:
        return ""
    if spectrum_type is not None and spectrum_type < 2:
        return f"hla:getdata.cgi?config=ops&dataset={name}"
    return f"hla:ecfproxy?file_id={name}.fits"


def _script_of_archive(
    session: Session, products: Table, download_dir: str | os.PathLike[str] | None
) -> Table:
    """The script that the archive makes, saved under the name that it has there."""
    name = f"mastDownload_{time.strftime('%Y%m%d%H%M%S')}"
    shown = os.path.join(os.fspath(download_dir or "."), f"{name}.sh")
    row: dict[str, Any] = {"Local Path": shown, "Status": "COMPLETE", "Message": None, "URL": None}
    try:
        answer = decode_bundle_answer(
            ask(session, _bundle_request(session, products, name)).answer.content
        )
        row["URL"] = answer.url
        save_script(
            Path(os.path.expanduser(shown)), session.send(Request("GET", answer.url)).content
        )
        row["URL"] = ",".join(answer.missing) or None
        if answer.missing:
            count = len(answer.missing)
            row["Message"] = f"{count} files could not be added to the curl script"
    except (MastError, OSError) as problem:
        row |= {"Status": "ERROR", "Message": f"Curl could not be downloaded: {problem}"}
    return table_of_rows([row], GUIDE_COLUMNS)


def _bundle_request(session: Session, products: Table, name: str) -> MashupRequest:
    sources = Sources.of(session)
    request = BundleRequest(
        filename=name,
        uris=tuple(sources.shown(uri) for uri in products["dataURI"]),
        paths=tuple(f"{name}/HSC/{file}" for file in products["productFilename"]),
        descriptions=("",) * len(products),
        product_types=("spectrum",) * len(products),
    )
    return MashupRequest(BUNDLE, encode_bundle_request(request))
