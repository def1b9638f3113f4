"""Open a product where it is, in the archive or in the cloud, and read only what is needed."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from topmast.download.product import Sources, checked_uri
from topmast.errors import (
    BadAnswerError,
    CloudAccessWarning,
    HTTPStatusError,
    InvalidQueryError,
    MastError,
    MissingExtraError,
    UnreachableError,
    warn,
)
from topmast.net.address import under
from topmast.net.ranged import RangedFile
from topmast.net.session import Session
from topmast.questions import cloud
from topmast.questions.arguments import is_astropy
from topmast.services.hdus import find_hdus, look_ahead
from topmast.version import install_command
from topmast.wire.s3 import AMAZON, SCHEME, bucket_url, object_url, parse_s3_uri

if TYPE_CHECKING:
    from asdf import AsdfFile
    from astropy.io.fits import HDUList

GZIP = b"\x1f\x8b"
FITS = b"SIMPLE  ="
ASDF = b"#ASDF"


def open_product(
    session: Session, /, product: Any, *, as_file: bool = False, force_on_prem: bool = False
) -> HDUList | AsdfFile | BinaryIO:
    """Open a product without downloading it; only the bytes that are used travel.

    Of a FITS file the headers come at once, and data when they are looked at:
    ``hdus[1].section[100:150, 200:250]`` fetches those rows only.

    Parameters
    ----------
    product : str or `~astropy.table.Row`
        The ``dataURI`` of a product, a row of a product table, or the address
        ``s3://bucket/key`` of a public object.
    as_file : bool
        Give the file itself, whatever its format.
    force_on_prem : bool
        Ask the archive, also after `enable_cloud_dataset`.

    Returns
    -------
    `~astropy.io.fits.HDUList`, ``asdf.AsdfFile`` or file
        By what is in it. A file has ``read``, ``seek`` and ``tell``.

    Raises
    ------
    HTTPStatusError, UnreachableError, TimeoutError
        The product cannot be had.
    BadAnswerError
        It is broken, or is large and comes from a server that gives no parts of files.
    MissingExtraError
        It is an ASDF file, and the package asdf is not installed.

    Examples
    --------
    >>> fits = Observations.filter_products(products, extension="fits")
    >>> with Observations.open_product(fits[0]) as hdus:
    ...     telescope = hdus[0].header["TELESCOP"]
    """
    file = _open_file(session, product, force_on_prem)
    return cast("BinaryIO", file) if as_file else _opened(file)


def read_product(
    session: Session, /, product: Any, *, force_on_prem: bool = False
) -> HDUList | AsdfFile:
    """Open a FITS or ASDF product without downloading it; see `open_product`.

    Raises
    ------
    InvalidQueryError
        It is neither FITS nor ASDF.

    Examples
    --------
    >>> fits = Observations.filter_products(products, extension="fits")
    >>> hdus = Observations.read_product(fits[0])
    >>> hdus.close()
    """
    found = open_product(session, product, force_on_prem=force_on_prem)
    if isinstance(found, io.IOBase):
        start = found.read(16)
        found.close()
        raise InvalidQueryError(
            f"{_uri_of(product)[:300]} is neither FITS nor ASDF: it begins with {start!r}. "
            "open_product opens any file."
        )
    return cast("HDUList | AsdfFile", found)


def find_address(
    session: Session, product: Any, in_cloud: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """The URI of a product, and the address to read it from.

    `in_cloud`: the addresses of those that are in the cloud; None asks for it.
    """
    uri = checked_uri(_uri_of(product))
    if uri.startswith(SCHEME):
        return uri, object_url(session.servers.s3, *parse_s3_uri(uri))
    if in_cloud is None:
        in_cloud = {}
        if session.cache(cloud.CloudAccess).enabled:
            in_cloud = _find_in_cloud(session, uri)
    return uri, in_cloud.get(uri) or Sources.of(session).url(uri)


def open_address(session: Session, url: str) -> RangedFile:
    """The remote file at `url`."""
    if _is_in_s3(session, url):  # which answers a request for several parts with the whole object
        return RangedFile(session, url, refusal=cloud.refusal, several=False)
    return RangedFile(session, url)


def _is_in_s3(session: Session, url: str) -> bool:
    servers = session.servers
    if (urlsplit(url).hostname or "").endswith(AMAZON):
        return True
    # The archive's own server may give its files as a bucket, too.
    apart = servers.s3 if servers.s3 != servers.portal else ""
    return under(url, apart or bucket_url(servers.s3, session.setting("s3_bucket")))


def _open_file(session: Session, product: Any, force_on_prem: bool) -> RangedFile:
    """From the cloud if that is enabled and has it, else from the archive."""
    uri, url = find_address(session, product, {} if force_on_prem else None)
    at_home = Sources.of(session).url(uri)
    if url == at_home or uri.startswith(SCHEME):
        return open_address(session, url)
    try:
        return open_address(session, url)
    except (HTTPStatusError, UnreachableError, BadAnswerError) as problem:
        warn(f"{problem} The archive is asked instead.", CloudAccessWarning)
        return open_address(session, at_home)


def _find_in_cloud(session: Session, uri: str) -> dict[str, str]:
    try:
        return cloud.find_urls(session, [uri])
    except (HTTPStatusError, UnreachableError, BadAnswerError) as problem:
        warn(f"{problem} The archive is asked instead.", CloudAccessWarning)
        return {}


def _uri_of(product: Any) -> str:
    """The URI of a product: itself, or that of a row."""
    if is_astropy(product, "table.Row"):
        named = [name for name in ("dataURI", "uri") if name in product.colnames]
        if named:
            return str(product[named[0]])
    if isinstance(product, str):
        return str(product)
    raise InvalidQueryError(
        f"A product is a URI, or a row of a product table with the column dataURI, not {product!r}."
    )


def _opened(file: RangedFile) -> Any:
    start = file.read_at(0, 16)
    if start.startswith(FITS):
        file.look_ahead = partial(look_ahead, find_hdus(file))
        return _fits_of(file)
    if start.startswith(ASDF):
        return _open_asdf(file)
    if start.startswith(GZIP):
        unpacked = gzip.GzipFile(fileobj=cast("BinaryIO", file))
        with_fits = _starts_with_fits(unpacked, file)
        unpacked.seek(0)
        return _fits_of(unpacked) if with_fits else file
    return file


def _starts_with_fits(unpacked: gzip.GzipFile, file: RangedFile) -> bool:
    try:
        return unpacked.read(len(FITS)) == FITS
    except (OSError, EOFError) as problem:
        raise BadAnswerError(f"{file.name[:300]} is a broken gzip file: {problem}.") from problem


def _fits_of(file: Any) -> HDUList:
    from astropy.io import fits

    try:
        return fits.open(file, mode="readonly", memmap=False, lazy_load_hdus=True)
    except MastError:
        raise
    except (OSError, ValueError) as problem:
        raise BadAnswerError(f"{file.name[:300]} cannot be read as FITS: {problem}.") from problem


def _open_asdf(file: RangedFile) -> AsdfFile:
    try:
        import asdf
    except ImportError as problem:
        raise MissingExtraError(
            "To open an ASDF file the package asdf is needed. Install it with: "
            f"{install_command('asdf')}"
        ) from problem
    try:
        return asdf.open(file, mode="r", lazy_load=True, memmap=False)
    except MastError:
        raise
    except (OSError, ValueError) as problem:
        raise BadAnswerError(f"{file.name[:300]} cannot be read as ASDF: {problem}.") from problem
