"""Choose and download data products, at once or as a plan, a script or one file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from os import PathLike
from typing import TYPE_CHECKING, Any

from topmast import download
from topmast.config.dialects import choice
from topmast.errors import InputWarning, InvalidQueryError, warn
from topmast.net.session import Session
from topmast.questions import product_filters
from topmast.questions.arguments import is_astropy, path_text, plain_argument
from topmast.services.chosen import DOWNLOADING, PLANNING, chosen_products, why_none
from topmast.services.cloud import cloud_source

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.download import Plan

log: logging.Logger = logging.getLogger("topmast")


def filter_products(
    session: Session,
    /,
    products: Table,
    mrp_only: bool | None = False,
    extension: str | Iterable[str] | None = None,
    **filters: Any,
) -> Table:
    """The rows of `products` that pass every filter, as a new table.

    Parameters
    ----------
    products : `~astropy.table.Table`
        As `get_product_list` gives it.
    mrp_only : bool
        Keep the Minimum Recommended Products only.
    extension : str or list of str
        Keep files whose name ends in this, or in one of these.
    **filters
        Column name and the value, or list of values, to keep. A text starting with ``!`` is
        left out instead, and ``""`` keeps missing texts. Columns of numbers also take
        ``"10..20"`` (both ends included), ``">=10"``, ``">10"``, ``"<=10"`` and ``"<10"``.

    Raises
    ------
    InvalidQueryError
        For a column that is not there, or a number that cannot be read.

    Examples
    --------
    >>> chosen = Observations.filter_products(products, extension="fits", size="<1000000")
    """
    chosen = product_filters.filter_products(
        products,
        mrp_only=mrp_only,
        extension=extension,
        any_letter_case=choice(session, "any_letter_case"),
        **filters,
    )
    if not len(chosen) and (reason := why_none(session, products, mrp_only, extension, filters)):
        log.warning("No product is left. %s", reason)
    return chosen


def download_products(
    session: Session,
    /,
    products: Any,
    download_dir: str | PathLike[str] | None = None,
    cache: bool | str = True,
    curl_flag: bool = False,
    mrp_only: bool | None = None,
    *,
    extension: str | Iterable[str] | None = None,
    flat: bool = False,
    layout: str | None = None,
    connections: int | None = None,
    bandwidth: Any = None,
    check: str = "content",
    cloud_only: bool = False,
    force_on_prem: bool = False,
    verbose: bool = True,
    progress: Callable[[Any], object] | None = None,
    raise_on_error: bool = False,
    **filters: Any,
) -> Table | None:
    """Download products, many at once; a file under its final name is always whole.

    Parameters
    ----------
    products
        A table of products or a row of it, or observations as `get_product_list` takes them.
    download_dir : str or path, optional
        Default: the current folder.
    cache : bool or "check"
        True keeps files that are there and whole; ``"check"`` asks the archive whether they
        are current; False downloads anew.
    curl_flag : bool
        Write a script that downloads the files later, instead of downloading them. The
        archive has to be a server: a folder is served first, with ``topmast serve FOLDER``.
    mrp_only : bool, optional
        Minimum Recommended Products only. Default: only these, and of an observation without any
        its SCIENCE products, unless the call has filters; all of a table that does not say which
        are recommended.
    extension, **filters
        As for `filter_products`.
    flat : bool
        All files into one folder, not into ``mastDownload/<mission>/<obs_id>/``.
    layout : str, optional
        Folders and file name of each file, such as ``"{obs_collection}/{productFilename}"``.
        The last part has to name the file: with ``{productFilename}`` or ``{dataURI}``, or
        with an extension and a column that tells the products of an observation apart.
    connections : int, optional
        Files under way at once; default: the setting ``connections``.
    bandwidth : number, str or `~astropy.units.Quantity`, optional
        The maximum download rate, such as ``"10 MB/s"``.
    check : {"content", "length"}
        Whether a file whose content looks broken counts as failed.
    cloud_only, force_on_prem : bool
        After `enable_cloud_dataset`: skip what is not in the cloud; or fetch all from the archive.
    verbose : bool
        Tell what is being done.
    progress : callable, optional
        Called after each file with what is done so far.
    raise_on_error : bool
        Raise DownloadError after all files were tried, if any failed.

    Returns
    -------
    `~astropy.table.Table` or None
        The manifest, one row a file. Its first four columns are those of the astroquery guide:
        Local Path, Status, Message and URL (named only where the file failed). Five are
        ours: Bytes, SHA-256, Attempts, Seconds and Source ("disk" for a file that was there);
        ``pprint_all()`` prints all. In the dialect of astroquery, and for a script, there are
        only the first four. None, with a NoResultsWarning, if there is nothing to download.

    Examples
    --------
    >>> manifest = Observations.download_products(products, folder, verbose=False)
    """
    download.check_progress(progress)
    download_dir = path_text("download_dir", download_dir)
    chosen = chosen_products(session, products, mrp_only, extension, filters, DOWNLOADING)
    if chosen is None:
        return None
    if curl_flag:
        if flat:
            warn("flat=True has no effect on curl downloads.", InputWarning)
        return download.download_script(
            session, chosen, download_dir=download_dir, layout=layout, verbose=verbose
        )
    plan = download.plan_download(
        session,
        chosen,
        download_dir=download_dir,
        flat=flat,
        layout=layout,
        cache=cache,
        connections=connections,
        bandwidth=bandwidth,
        check=check,
        cloud=cloud_source(session, cloud_only=cloud_only, force_on_prem=force_on_prem),
    )
    return plan.run(verbose=verbose, progress=progress, raise_on_error=raise_on_error)


def plan_download(
    session: Session,
    /,
    products: Any,
    download_dir: str | PathLike[str] | None = None,
    *,
    mrp_only: bool | None = None,
    extension: str | Iterable[str] | None = None,
    flat: bool = False,
    layout: str | None = None,
    cache: bool | str = True,
    connections: int | None = None,
    bandwidth: Any = None,
    check: str = "content",
    cloud_only: bool = False,
    force_on_prem: bool = False,
    **filters: Any,
) -> Plan | None:
    """What `download_products` would do: files, bytes, what is here already, where each goes.

    Parameters as for `download_products`. The plan can be looked at, changed and run:
    ``print(plan)``, ``plan.table`` (remove rows, or change where a file goes in the column
    'Local Path'), ``plan.drop(...)`` with a mask or row numbers, ``plan.run()``.

    Of observations, it tells until when exclusive files are exclusive; a table of products
    does not say that.

    Examples
    --------
    >>> plan = Observations.plan_download(products, folder)
    """
    download_dir = path_text("download_dir", download_dir)
    chosen = chosen_products(session, products, mrp_only, extension, filters, PLANNING)
    if chosen is None:
        return None
    return download.plan_download(
        session,
        chosen,
        download_dir=download_dir,
        flat=flat,
        layout=layout,
        cache=cache,
        connections=connections,
        bandwidth=bandwidth,
        check=check,
        cloud=cloud_source(session, cloud_only=cloud_only, force_on_prem=force_on_prem),
    )


def iter_download(
    session: Session,
    /,
    products: Any,
    download_dir: str | PathLike[str] | None = None,
    *,
    verbose: bool = False,
    progress: Callable[[Any], object] | None = None,
    **options: Any,
) -> Iterator[dict[str, Any]]:
    """Download products, and give each row of the manifest when its file has come.

    Other parameters as for `plan_download`.
    """
    download.check_progress(progress)
    plan = plan_download(session, products, download_dir, **options)
    if plan is None:
        return iter(())
    return plan.iter_download(verbose=verbose, progress=progress)


def download_file(
    session: Session,
    /,
    uri: str,
    local_path: str | PathLike[str] | None = None,
    base_url: str | None = None,
    cache: bool | str = True,
    *,
    cloud_only: bool = False,
    force_on_prem: bool = False,
    verbose: bool = True,
) -> tuple[str, str | None, str | None]:
    """Download one file by its URI.

    Parameters
    ----------
    uri : str
        The ``dataURI`` of a product, or a row of a product table.
    local_path : str or path, optional
        A file, or a folder (one that is there, or a name without a suffix). Default: the
        product's own name in the current folder.
    base_url : str, optional
        Another address that takes ``?uri=...``.
    cache : bool or "check"
        As for `download_products`.
    cloud_only, force_on_prem : bool
        As for `download_products`.
    verbose : bool
        Tell what is being done.

    Returns
    -------
    status, message, url
        ``"COMPLETE"``, None, None; or ``"ERROR"``, what happened, and the URL.
    """
    source = cloud_source(session, cloud_only=cloud_only, force_on_prem=force_on_prem)
    return download.download_file(
        session,
        _one_uri(uri),
        local_path=path_text("local_path", local_path),
        base_url=base_url,
        cache=cache,
        cloud=None if base_url else source,
        verbose=verbose,
    )


def retry(
    session: Session,
    /,
    manifest: Table | str | PathLike[str],
    *,
    verbose: bool = True,
    progress: Callable[[Any], object] | None = None,
    raise_on_error: bool = False,
) -> Table:
    """Download the files of a manifest that did not arrive.

    Parameters
    ----------
    manifest : `~astropy.table.Table` or path
        What `download_products` returned, or a file with it.
    verbose, progress, raise_on_error
        As for `download_products`.

    Returns
    -------
    `~astropy.table.Table`
        The manifest, with what came of the failed rows now.
    """
    download.check_progress(progress)
    return download.retry(
        session,
        manifest if is_astropy(manifest, "table.Table") else path_text("manifest", manifest) or "",
        cloud=cloud_source(session),
        verbose=verbose,
        progress=progress,
        raise_on_error=raise_on_error,
    )


def _one_uri(uri: Any) -> str:
    if is_astropy(uri, "table.Row") and "dataURI" in uri.colnames:
        uri = uri["dataURI"]
    uri = plain_argument(uri)
    if not isinstance(uri, str) or not uri.strip():
        raise InvalidQueryError(f"A valid data product URI must be provided, not {uri!r}.")
    return str(uri)
