"""Choose and download the products of a mission, also those of a subscription's JSON file."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Row, Table

from topmast import download
from topmast.config.dialects import choice
from topmast.download import Plan
from topmast.download.plan import check_progress
from topmast.download.product import last_part, mission_uri
from topmast.download.tables.products_table import texts
from topmast.errors import InvalidQueryError, NoResultsWarning, warn
from topmast.net.session import Session
from topmast.questions import product_filters
from topmast.questions.mission_columns import checked_mission
from topmast.questions.mission_products import (
    ask_products,
    get_product_list,
    mission_of,
    product_table,
)
from topmast.questions.product_filters import unique_products
from topmast.services.cloud import cloud_source
from topmast.tables.missions import Mission

log: logging.Logger = logging.getLogger("topmast")

NOTHING = "No products to download after applying filters."
DATASET_WORDS = ("dataset", "fileset")
"""Columns that name the dataset of a product: in product lists, and in subscriptions."""


def filter_products(
    session: Session,
    /,
    products: Table,
    *,
    extension: str | Iterable[str] | None = None,
    **filters: Any,
) -> Table:
    """The rows of `products` that pass every filter, as a new table.

    Parameters and errors as for `ObservationsClass.filter_products`.

    Examples
    --------
    >>> chosen = MastMissions.filter_products(products, extension="fits", size="<1000000")
    """
    return product_filters.filter_products(
        products,
        extension=extension,
        any_letter_case=choice(session, "any_letter_case"),
        file_column="filename",
        **filters,
    )


def download_file(
    session: Session,
    /,
    uri: Any,
    *,
    local_path: str | PathLike[str] | None = None,
    cache: bool | str = True,
    cloud_only: bool = False,
    force_on_prem: bool = False,
    mission: str = "",
    verbose: bool = True,
) -> tuple[str, str | None, str | None]:
    """Download one product of a mission by its URI.

    Parameters
    ----------
    uri : str
        The ``uri`` of a product, such as ``"Z14Z0104T/z14z0104t_shf.fits"``, or a row of a
        product list. A mission of high-level products needs the whole ``mast:...`` URI.
    local_path, cache, cloud_only, force_on_prem, verbose
        As for `ObservationsClass.download_file`, as is what is returned.
    mission : str, optional
        Default: the mission of this object.

    Raises
    ------
    InvalidQueryError
        For a URI that is none, or that the mission cannot serve.

    Examples
    --------
    >>> uri = products["uri"][0]
    >>> status, message, url = MastMissions.download_file(uri, verbose=False)
    """
    if isinstance(uri, Row) and "uri" in uri.colnames:
        mission = missions_of(uri, mission)[0]
        uri = uri["uri"]
    if not isinstance(uri, str) or not uri.strip():
        raise InvalidQueryError(f"The uri of a product is a text, not {uri!r}.")
    status, said, url = download.download_file(
        session,
        address_of(checked_mission(mission), str(uri).strip()),
        local_path=local_path,
        cache=cache,
        cloud=cloud_source(session, cloud_only=cloud_only, force_on_prem=force_on_prem),
        verbose=verbose,
    )
    if UNAUTHORIZED.match(said or ""):
        log.warning("You are not authorized to download from %s. %s", url, _login_hint(session))
    return status, said, url


UNAUTHORIZED = re.compile(r"(?:HTTPError: )?401\b")


def _login_hint(session: Session) -> str:
    if session.login is None:
        return "Please authenticate yourself with MastMissions.login(token=...)."
    return "You do not have access to download this data, or your login has ended."


def plan_download(
    session: Session,
    /,
    products: Any,
    *,
    download_dir: str | PathLike[str] | None = None,
    flat: bool = False,
    cache: bool | str = True,
    extension: str | Iterable[str] | None = None,
    layout: str | None = None,
    connections: int | None = None,
    bandwidth: Any = None,
    check: str = "content",
    cloud_only: bool = False,
    force_on_prem: bool = False,
    mission: str = "",
    **filters: Any,
) -> Plan | None:
    """What `download_products` would do: files, bytes, what is here already, where each goes.

    Parameters as for `download_products`; see `ObservationsClass.plan_download`.

    Examples
    --------
    >>> plan = MastMissions.plan_download(products, download_dir=folder, mission="hst")
    """
    table = _as_products(session, products, mission)
    chosen = filter_products(session, table, extension=extension, **filters)
    if not len(chosen):
        warn(NOTHING, NoResultsWarning)
        return None
    return download.plan_download(
        session,
        _for_download(chosen, missions_of(products, mission, chosen), needs_dataset=not flat),
        download_dir=download_dir,
        flat=flat,
        layout=layout,
        cache=cache,
        connections=connections,
        bandwidth=bandwidth,
        check=check,
        cloud=cloud_source(session, cloud_only=cloud_only, force_on_prem=force_on_prem),
    )


def download_products(
    session: Session,
    /,
    products: Any,
    *,
    download_dir: str | PathLike[str] | None = None,
    flat: bool = False,
    cache: bool | str = True,
    extension: str | Iterable[str] | None = None,
    verbose: bool = True,
    progress: Callable[[Any], object] | None = None,
    raise_on_error: bool = False,
    mission: str = "",
    **options: Any,
) -> Table | None:
    """Download products of a mission, many at once; a file under its final name is whole.

    Parameters
    ----------
    products
        A product list or a row of it, the names of datasets, rows of a query, or what MAST's
        subscription service sends: the path of its ``.json`` file, or its rows as a list of
        dicts, each of which may name its own ``mission``.
    download_dir : str or path, optional
        Default: the current folder. Below it files go to ``mastDownload/<mission>/<dataset>/``.
    flat, cache, extension, verbose, progress, raise_on_error
        As for `ObservationsClass.download_products`.
    mission : str, optional
        Default: the mission that the rows are of, or else that of this object.
    **options
        Filters as for `filter_products`, and ``layout``, ``connections``, ``bandwidth``,
        ``check``, ``cloud_only`` and ``force_on_prem`` as for
        `ObservationsClass.download_products`.

    Returns
    -------
    Table or None
        The manifest, as `ObservationsClass.download_products` gives it. None, with a
        NoResultsWarning, if there is nothing to download.

    Raises
    ------
    InvalidQueryError
        For no products at all, or a file that is no subscription.

    Examples
    --------
    >>> manifest = MastMissions.download_products(
    ...     products, download_dir=folder, mission="hst", verbose=False
    ... )
    """
    check_progress(progress)
    plan = plan_download(
        session,
        products,
        download_dir=download_dir,
        flat=flat,
        cache=cache,
        extension=extension,
        mission=mission,
        **options,
    )
    if plan is None:
        return None
    manifest = plan.run(verbose=verbose, progress=progress, raise_on_error=raise_on_error)
    if choice(session, "path_objects"):
        manifest["Local Path"] = [Path(path) for path in manifest["Local Path"].tolist()]
    return manifest


def _as_products(session: Session, products: Any, mission: str) -> Table:
    """A table of products, from whatever was given."""
    if isinstance(products, (Table, Row)) and "filename" in products.colnames:
        return Table(products) if isinstance(products, Row) else products
    if isinstance(products, PathLike) or (
        isinstance(products, str) and products.lower().endswith(".json")
    ):
        return _subscription(_read_subscription(Path(products)), fspath(products))
    if isinstance(products, Mapping):
        products = [products]
    if isinstance(products, (list, tuple)) and any(isinstance(row, Mapping) for row in products):
        return _subscription(products, "the list")
    if products is None or (hasattr(products, "__len__") and not len(products)):
        raise InvalidQueryError("No products specified for download.")
    return ask_products(session, get_product_list(session, products, mission=mission))


def _read_subscription(path: Path) -> Any:
    try:
        return json.loads(path.expanduser().read_bytes())
    except OSError as problem:
        raise InvalidQueryError(f"{path} cannot be read: {problem.strerror}.") from problem
    except (ValueError, RecursionError) as problem:
        raise InvalidQueryError(f"Failed to decode JSON file at {path}: {problem}.") from problem


def _subscription(rows: Any, where: str) -> Table:
    """The rows of a subscription as a table; each has at least the name of a file."""
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, Mapping) for row in rows):
        raise InvalidQueryError(
            f"Expected a list of product rows in JSON file at {where}, each an object with a "
            "filename."
        )
    if not rows:
        raise InvalidQueryError(f"No products specified for download: {where} has no rows.")
    for number, row in enumerate(rows):
        if not isinstance(row.get("filename"), str) or not row["filename"].strip():
            raise InvalidQueryError(f"Row {number + 1} of {where} has no filename.")
    return product_table(rows)


def missions_of(products: Any, mission: str, chosen: Table | None = None) -> list[str]:
    """The mission of each row: its own, else that of the table, else the one that was asked."""
    rows = products if chosen is None else chosen
    usual = mission_of(products) or mission
    if "mission" not in rows.colnames:
        return [usual] * (1 if isinstance(rows, Row) else len(rows))
    own = [rows["mission"]] if isinstance(rows, Row) else rows["mission"].tolist()
    return [str(name).strip() if name else usual for name in own]


def _for_download(products: Table, missions: list[str], *, needs_dataset: bool) -> Table:
    """The table that the download engine reads: URIs, names, folders and sizes."""
    known = {name: checked_mission(name) for name in dict.fromkeys(missions)}
    rows = [known[name] for name in missions]
    names = texts(products, "filename")
    uris = [uri or name for uri, name in zip(texts(products, "uri"), names, strict=True)]
    table = Table(products)
    table["productFilename"] = np.array([last_part(name) for name in names], dtype=str)
    served = [address_of(*each) for each in zip(rows, uris, strict=True)]
    table["dataURI"] = np.array(served, dtype=str)
    table["obs_collection"] = np.array([mission.name for mission in rows], dtype=str)
    table["obs_id"] = np.array(_datasets(products, needs_dataset), dtype=str)
    if "access" in table.colnames:
        table["dataRights"] = texts(products, "access")
    same = [
        f"{mission.name}/{name}" if mission.has_own_files else uri
        for mission, name, uri in zip(rows, names, served, strict=True)
    ]
    table["same_file"] = np.array(same, dtype=str)
    return unique_products(table, "same_file")


def _datasets(products: Table, needed: bool) -> list[str]:
    columns = [texts(products, word) for word in DATASET_WORDS]
    found = [first or second for first, second in zip(*columns, strict=True)]
    if needed and not all(found):
        row = found.index("")
        raise InvalidQueryError(
            f"Row {row + 1} of the products has neither dataset nor fileset, which name the "
            "folder of its file. flat=True puts all files into one folder."
        )
    return found


def address_of(mission: Mission, uri: str) -> str:
    """The URI of a product as the download engine takes it."""
    if uri.startswith("mast:"):
        return uri
    if mission.has_own_files:
        return mission_uri(mission.name, uri)
    raise InvalidQueryError(
        f'For mission "{mission.name}", a full MAST URI is required for downloading. Got "{uri}".'
    )
