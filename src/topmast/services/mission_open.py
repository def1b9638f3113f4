"""Open the products of a mission where they are, and list their headers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from topmast.net.session import Session
from topmast.questions.arguments import is_astropy
from topmast.questions.mission_columns import checked_mission
from topmast.services import headers as many
from topmast.services import open as one
from topmast.services.mission_downloads import address_of, missions_of
from topmast.wire.s3 import SCHEME

if TYPE_CHECKING:
    from asdf import AsdfFile
    from astropy.io.fits import HDUList
    from astropy.table import Table


def open_product(
    session: Session,
    /,
    product: Any,
    *,
    mission: str = "",
    as_file: bool = False,
    force_on_prem: bool = False,
) -> HDUList | AsdfFile | BinaryIO:
    """Open a product of a mission without downloading it; see `ObservationsClass.open_product`.

    Parameters
    ----------
    product : str or `~astropy.table.Row`
        The ``uri`` of a product, a row of a product list, or ``s3://bucket/key``.
    mission : str, optional
        Default: the mission of this object.
    as_file, force_on_prem : bool
        As for `ObservationsClass.open_product`.

    Examples
    --------
    >>> table = MastMissions.query_object("M101", radius=5, mission="hst")
    >>> products = MastMissions.get_product_list(table[:1])
    >>> fits = MastMissions.filter_products(products, extension="fits")
    >>> hdus = MastMissions.open_product(fits[0])
    >>> hdus.close()
    """
    uri = _uri(product, mission)
    return one.open_product(session, uri, as_file=as_file, force_on_prem=force_on_prem)


def read_product(
    session: Session, /, product: Any, *, mission: str = "", force_on_prem: bool = False
) -> HDUList | AsdfFile:
    """Open a FITS or ASDF product of a mission without downloading it; see `open_product`.

    Raises
    ------
    InvalidQueryError
        It is neither FITS nor ASDF.

    Examples
    --------
    >>> table = MastMissions.query_object("M101", radius=5, mission="hst")
    >>> products = MastMissions.get_product_list(table[:1])
    >>> fits = MastMissions.filter_products(products, extension="fits")
    >>> hdus = MastMissions.read_product(fits[0])
    >>> hdus.close()
    """
    return one.read_product(session, _uri(product, mission), force_on_prem=force_on_prem)


def headers(
    session: Session,
    /,
    products: Any,
    ext: int | str | Sequence[int | str] | None = 0,
    *,
    keywords: Iterable[str] | None = None,
    mission: str = "",
    force_on_prem: bool = False,
) -> Table:
    """The headers of many FITS files of a mission; see `ObservationsClass.headers`.

    Parameters
    ----------
    products : `~astropy.table.Table`, list of str, str or row
        A product list, or what `open_product` takes.
    mission : str, optional
        Default: the mission of the rows, else that of this object.
    ext, keywords, force_on_prem
        As for `ObservationsClass.headers`.

    Examples
    --------
    >>> table = MastMissions.query_object("M101", radius=5, mission="hst")
    >>> products = MastMissions.get_product_list(table[:1])
    >>> fits = MastMissions.filter_products(products, extension="fits")
    >>> found = MastMissions.headers(fits, keywords=["TELESCOP"])
    """
    if hasattr(products, "colnames") and "uri" in products.colnames:
        given = np.atleast_1d(products["uri"])
        names = missions_of(products, mission)
        products = [_named(name, str(uri)) for name, uri in zip(names, given, strict=True)]
    elif isinstance(products, str):
        products = _named(mission, products)
    elif isinstance(products, (list, tuple, np.ndarray)):
        products = [_uri(each, mission) for each in products]
    return many.headers(session, products, ext, keywords=keywords, force_on_prem=force_on_prem)


def _uri(product: Any, mission: str) -> Any:
    """The URI under which the archive serves a product, or what was given where it is none."""
    if is_astropy(product, "table.Row") and "uri" in product.colnames:
        return _named(missions_of(product, mission)[0], str(product["uri"]))
    return _named(mission, product) if isinstance(product, str) else product


def _named(mission: str, uri: str) -> str:
    if uri.startswith(SCHEME) or not uri.strip():
        return uri
    return address_of(checked_mission(mission), uri.strip())
