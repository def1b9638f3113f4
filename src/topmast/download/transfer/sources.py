"""Where the bytes of a URI come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from topmast.errors import InvalidQueryError
from topmast.net.address import without_credentials
from topmast.net.session import Session
from topmast.wire.files import DOWNLOAD_PATH

BUNDLE = "/api/v0.1/Download/bundle.sh"
HLA_PROGRAMS = r"(?:ecfproxy|getdata\.cgi)\?.+"
HLA_URI = re.compile(f"hla:({HLA_PROGRAMS})")
HLA_URL = re.compile(f"https?://[^/]+/cgi-bin/({HLA_PROGRAMS})")


@dataclass(frozen=True, slots=True)
class Sources:
    """Who serves which URI.

    `files` is what answers ``?uri=``. `hla` is the Hubble Legacy Archive, which has spectra that
    MAST's download service has not; their URIs are ``hla:`` and a program of its with a query.
    """

    files: str
    hla: str

    @classmethod
    def of(cls, session: Session, base_url: str | None = None) -> Sources:
        """Those of this session's archive, or `base_url` in the place of its download service."""
        return cls(base_url or session.servers.portal + DOWNLOAD_PATH, session.servers.hla)

    def url(self, uri: str) -> str:
        """The address that serves the product `uri`."""
        found = HLA_URI.fullmatch(uri)
        if found:
            return f"{self.hla}/cgi-bin/{quote(found[1], safe='?=&+:/')}"
        return f"{self.files}?uri={quote(uri, safe=':/')}"

    def shown(self, uri: str) -> str:
        """The same address as the manifest shows it, with the URI as it is written."""
        found = HLA_URI.fullmatch(uri)
        if found:
            return f"{without_credentials(self.hla)}/cgi-bin/{found[1]}"
        return f"{without_credentials(self.files)}?uri={uri}"


def uri_of(url: str) -> str | None:
    """The URI of the product that an address in a manifest serves; None if it is no such one."""
    _, found, uri = url.partition("?uri=")
    if found:
        return uri
    spectrum = HLA_URL.fullmatch(url)
    if spectrum:
        return f"hla:{spectrum[1]}"
    asked = parse_qs(urlsplit(url).query).get("uri")
    return asked[0] if asked else None


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
