"""The public files in Amazon's cloud: switch their use on and off, and ask where products are."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.download.transfer.cloud import Cloud
from topmast.errors import (
    InputWarning,
    InvalidQueryError,
    NoResultsWarning,
    RemoteServiceError,
    warn,
)
from topmast.net.session import Session
from topmast.questions import cloud, observations
from topmast.questions.portal import ask_table
from topmast.questions.product_filters import filter_products as filtered
from topmast.questions.products import get_product_list
from topmast.wire.path_lookup import URIS_AT_ONCE

if TYPE_CHECKING:
    from astropy.table import Row, Table

log: logging.Logger = logging.getLogger("topmast")
LOOKUPS_AT_ONCE = 4


def enable_cloud_dataset(
    session: Session,
    /,
    provider: str = "AWS",
    profile: str | None = None,
    verbose: bool = True,
) -> None:
    """From now on, files come from Amazon's cloud where they are there.

    No account and no further package is needed: the files are public. What is not in the cloud
    comes from the archive.

    Parameters
    ----------
    provider : str
        ``"AWS"``; there is no other.
    profile : str, optional
        Without effect, since requests are not signed.
    verbose : bool
        Tell that it is enabled.

    Examples
    --------
    >>> Observations.enable_cloud_dataset()
    >>> Observations.disable_cloud_dataset()
    """
    if str(provider).upper() != "AWS":
        raise InvalidQueryError(f"provider is 'AWS', not {provider!r}: MAST has no other cloud.")
    if profile is not None:
        warn("profile has no effect: the files are public, and no login is used.", InputWarning)
    session.cache(cloud.CloudAccess).enabled = True
    if verbose:
        log.info(
            "Files come from the bucket %s where they are there.", session.setting("s3_bucket")
        )


def disable_cloud_dataset(session: Session, /) -> None:
    """From now on, all files come from the archive.

    Examples
    --------
    >>> Observations.disable_cloud_dataset()
    """
    session.cache(cloud.CloudAccess).enabled = False


def list_cloud_datasets(session: Session, /) -> list[str]:
    """The data sets in the cloud: the top folders of the bucket, such as ``"hst"``.

    Raises
    ------
    HTTPStatusError
        The bucket cannot be listed, such as one that is not public.

    Examples
    --------
    >>> datasets = Observations.list_cloud_datasets()
    """
    _check_enabled(session)
    return cloud.list_datasets(session)


def get_cloud_uri(
    session: Session,
    /,
    data_product: str | Row,
    *,
    include_bucket: bool = True,
    full_url: bool = False,
) -> str | None:
    """Where a product is in the cloud, such as ``"s3://stpubdata/hst/public/..."``.

    Parameters
    ----------
    data_product : str or `~astropy.table.Row`
        The ``dataURI`` of a product, or a row of a product table.
    include_bucket : bool
        False gives the key alone, without ``s3://`` and the bucket.
    full_url : bool
        With ``include_bucket=False``: an address for a browser.

    Returns
    -------
    str or None
        None, with a NoResultsWarning, if the product is not in the cloud.

    Examples
    --------
    >>> uri = Observations.get_cloud_uri(products[0])
    """
    _check_enabled(session)
    uri = data_product if isinstance(data_product, str) else str(data_product["dataURI"])
    found = _cloud_uris(session, [uri], include_bucket, full_url, verbose=True)
    return found[uri]


def get_cloud_uris(
    session: Session,
    /,
    data_products: Table | Iterable[str] | None = None,
    *,
    include_bucket: bool = True,
    full_url: bool = False,
    pagesize: int | None = None,
    page: int | None = None,
    mrp_only: bool = False,
    extension: str | Iterable[str] | None = None,
    filter_products: Mapping[str, Any] | None = None,
    return_uri_map: bool = False,
    verbose: bool = True,
    **criteria: Any,
) -> list[str] | dict[str, str | None] | None:
    """Where products are in the cloud, for a product table, a list of URIs, or criteria.

    Forty products are asked for in one request, several requests at once. S3 itself is not asked
    for each object.

    Parameters
    ----------
    data_products : `~astropy.table.Table` or list of str, optional
        Products, or their URIs. Without them, `criteria` say whose products are meant.
    include_bucket, full_url : bool
        As for `get_cloud_uri`.
    pagesize, page : int, optional
        As for `query_criteria`.
    mrp_only, extension
        As for `filter_products`.
    filter_products : dict, optional
        Further filters, as `filter_products` takes them by name.
    return_uri_map : bool
        Give a dict instead, from the URI of each product to that in the cloud, or None.
    verbose : bool
        Warn of products that are not in the cloud.
    **criteria
        As for `query_criteria`.

    Returns
    -------
    list of str, dict, or None
        One entry a product that is in the cloud, each product once. None, with a
        NoResultsWarning, if there are no products.

    Examples
    --------
    >>> uris = Observations.get_cloud_uris(products, verbose=False)
    """
    _check_enabled(session)
    filters = {"mrp_only": mrp_only, "extension": extension, **(filter_products or {})}
    if data_products is None:
        data_products = _products_of(session, criteria, pagesize, page)
    elif criteria:
        raise InvalidQueryError(
            f"Give products or criteria, not both: {', '.join(map(repr, criteria))}."
        )
    uris = _uris(session, data_products, filters)
    if not uris:
        warn("No matching products to fetch associated cloud URIs.", NoResultsWarning)
        return None
    found = _cloud_uris(session, uris, include_bucket, full_url, verbose)
    return found if return_uri_map else [uri for uri in found.values() if uri is not None]


def cloud_source(
    session: Session, *, cloud_only: bool = False, force_on_prem: bool = False
) -> Cloud | None:
    """Where the files of a download may come from beside the archive; None: from nowhere else."""
    if cloud_only and force_on_prem:
        raise InvalidQueryError("Give only one of cloud_only and force_on_prem.")
    if force_on_prem:
        return None
    if not session.cache(cloud.CloudAccess).enabled:
        if cloud_only:
            warn(
                "cloud_only has no effect before enable_cloud_dataset(): files come from the "
                "archive.",
                InputWarning,
            )
        return None
    return Cloud(
        lambda uris: cloud.find_urls(session, uris),
        only=cloud_only,
        batch=URIS_AT_ONCE,
        at_once=min(LOOKUPS_AT_ONCE, int(session.setting("connections"))),
    )


def _check_enabled(session: Session) -> None:
    if choice(session, "cloud_first") and not session.cache(cloud.CloudAccess).enabled:
        raise RemoteServiceError(
            "Cloud data access is not enabled. Call enable_cloud_dataset() first."
        )


def _products_of(
    session: Session, criteria: dict[str, Any], pagesize: int | None, page: int | None
) -> Table:
    """The products of all observations that meet the criteria."""
    if not criteria:
        raise InvalidQueryError("Give products, a list of URIs, or criteria such as obs_id='...'.")
    question = observations.query_criteria(session, pagesize=pagesize, page=page, **criteria)
    found = ask_table(session, question)
    return ask_table(session, get_product_list(session, found)) if len(found) else found


def _uris(session: Session, products: Any, filters: dict[str, Any]) -> list[str]:
    """The URIs of the products that pass the filters, each once."""
    if hasattr(products, "colnames"):
        if not len(products):
            return []
        letter_case = choice(session, "any_letter_case")
        chosen = filtered(products, any_letter_case=letter_case, **filters)
        return list(dict.fromkeys(str(uri) for uri in chosen["dataURI"]))
    if any(filters.values()):
        warn("Filtering is not supported for a list of URIs, which has no columns.", InputWarning)
    given = [products] if isinstance(products, str) else list(products)
    for uri in given:
        if not isinstance(uri, str) or not uri.strip():
            raise InvalidQueryError(
                f"{uri!r} is no URI of a product, such as 'mast:HST/product/...'."
            )
    return list(dict.fromkeys(str(uri) for uri in given))


def _cloud_uris(
    session: Session, uris: list[str], include_bucket: bool, full_url: bool, verbose: bool
) -> dict[str, str | None]:
    keys = cloud.find_keys(session, uris)
    bucket = session.setting("s3_bucket")

    def named(key: str) -> str:
        if include_bucket:
            return f"s3://{bucket}/{key}"
        if not full_url:
            return key
        form: str | None = choice(session, "cloud_address")
        return form.format(bucket=bucket, key=key) if form else cloud.key_url(session, key)

    missing = [uri for uri in uris if uri not in keys]
    if missing and verbose:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        warn(
            f"Failed to retrieve MAST relative path for {missing[0][:300]}{more}: "
            "not in the cloud.",
            NoResultsWarning,
        )
    return {uri: named(keys[uri]) if uri in keys else None for uri in uris}
