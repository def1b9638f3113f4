"""Where the bytes of a URI come from."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from topmast.errors import InvalidQueryError
from topmast.net.address import without_credentials
from topmast.net.session import Session
from topmast.wire.files import DOWNLOAD_PATH

__all__ = ["bundle_url", "checked_uri", "data_url", "download_url", "file_name_of", "file_url"]


BUNDLE = "/api/v0.1/Download/bundle.sh"


def file_url(uri: str, base: str) -> str:
    """The address that serves the product `uri`; `base` is what answers ``?uri=``."""
    return f"{base}?uri={quote(uri, safe=':/')}"


def data_url(uri: str, base: str) -> str:
    """The same address as the manifest shows it, with the URI as it is written."""
    return f"{without_credentials(base)}?uri={uri}"


def download_url(session: Session) -> str:
    """What answers ``?uri=`` at this session's archive."""
    return session.servers.portal + DOWNLOAD_PATH


def bundle_url(session: Session) -> str:
    """What makes a script for a list of URIs at this session's archive."""
    return session.servers.portal + BUNDLE


def checked_uri(uri: object) -> str:
    """`uri` as text without control characters, or InvalidQueryError."""
    text = uri.strip() if isinstance(uri, str) else ""
    if not text or not text.isprintable():
        raise InvalidQueryError(
            f"A valid data product URI must be provided. {uri!r} is none; "
            "take one from the column dataURI of a product table."
        )
    return text


def file_name_of(uri: str) -> str:
    """The last part of the path of a URI."""
    path = urlsplit(uri).path if uri.startswith(("http://", "https://")) else uri
    return path.rstrip("/").rpartition("/")[2].rpartition(":")[2]
