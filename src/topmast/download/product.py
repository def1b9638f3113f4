"""Records of a product: what to download, what is on disk, and the result."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import msgspec

from topmast.config.output import without_controls
from topmast.errors import InvalidQueryError
from topmast.net.address import without_credentials
from topmast.net.session import Session
from topmast.wire.addresses import RETRIEVE_PRODUCT
from topmast.wire.files import DOWNLOAD_PATH
from topmast.wire.mission_lists import product_query

GUIDE_COLUMNS = ("Local Path", "Status", "Message", "URL")
MORE_COLUMNS = ("Bytes", "SHA-256", "Attempts", "Seconds", "Source")
DISK = "disk"
HLA_PROGRAMS = r"(?:ecfproxy|getdata\.cgi)\?.+"
HLA_URI = re.compile(f"hla:({HLA_PROGRAMS})")
HLA_URL = re.compile(f"https?://[^/]+/cgi-bin/({HLA_PROGRAMS})")
MISSION_URI = re.compile(r"missions:([a-z0-9_]+)/(.+)")
MISSION_URL = re.compile(
    r"https?://.+?/search/([a-z0-9_]+)/api/v0.1/retrieve_product\?product_name=(.+)"
)


@dataclass(frozen=True, slots=True)
class Product:
    """One file that is wanted; made by `Sources.product`.

    `path` is relative to the download folder, with slashes; `local_path` is the path in the
    manifest. `size` is what the product table says, which is not always true. `sources` tells
    who serves it. `error` tells why the product cannot be fetched. `keep_existing`: the
    file that is here is renamed, not replaced. `cloud_url`: where it is in the cloud, if it comes
    from there; then `url` is that, too.
    """

    uri: str
    url: str
    path: str
    local_path: str
    size: int | None = None
    message: str = ""
    sources: Sources | None = None
    exclusive_until: str = ""
    error: str = ""
    keep_existing: bool = False
    cloud_url: str = ""

    @property
    def shown_url(self) -> str:
        """The address as the manifest has it: the URI as it is written, no credentials."""
        return without_controls(self.sources.shown(self.uri) if self.sources else self.url)


@dataclass(frozen=True, slots=True)
class Sources:
    """Who serves which URI.

    `files` is what answers ``?uri=``. `hla` is the Hubble Legacy Archive, which has spectra that
    MAST's download service has not; their URIs are ``hla:`` and a program of its with a query.
    `portal` is the archive itself, whose mission search serves ``missions:<mission>/<product>``.
    """

    files: str
    hla: str
    portal: str = ""

    @classmethod
    def of(cls, session: Session, base_url: str | None = None) -> Sources:
        """Those of this session's archive, or `base_url` in the place of its download service."""
        servers = session.servers
        return cls(base_url or servers.portal + DOWNLOAD_PATH, servers.hla, servers.portal)

    def product(self, uri: str, path: str, local_path: str, **more: Any) -> Product:
        """The product `uri`, which is to be saved as `path`."""
        return Product(uri, self.url(uri), path, local_path, sources=self, **more)

    def url(self, uri: str) -> str:
        """The address that serves the product `uri`."""
        if found := HLA_URI.fullmatch(uri):
            return f"{self.hla}/cgi-bin/{quote(found[1], safe='?=&+:/')}"
        if found := MISSION_URI.fullmatch(uri):
            path = RETRIEVE_PRODUCT.format(mission=found[1])
            return f"{self.portal}{path}?{product_query(found[2])}"
        return f"{self.files}?uri={quote(uri, safe=':/')}"

    def shown(self, uri: str) -> str:
        """The same address as the manifest shows it, with the URI as it is written."""
        if found := HLA_URI.fullmatch(uri):
            return f"{without_credentials(self.hla)}/cgi-bin/{found[1]}"
        if found := MISSION_URI.fullmatch(uri):
            path = RETRIEVE_PRODUCT.format(mission=found[1])
            return f"{without_credentials(self.portal)}{path}?product_name={found[2]}"
        return f"{without_credentials(self.files)}?uri={uri}"


class Version(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What distinguishes two versions of a file: the validators of HTTP."""

    etag: str = ""
    modified: str = ""

    @property
    def known(self) -> bool:
        return bool(self.etag or self.modified)

    @property
    def has_strong_etag(self) -> bool:
        return bool(self.etag) and not self.etag.startswith("W/")

    @property
    def validator(self) -> str:
        """What If-Range needs: a strong ETag, else a date; empty if there is neither."""
        return self.etag if self.has_strong_etag else self.modified

    def is_same(self, other: Version) -> bool:
        """Whether both are known to be the same: all that both name is equal."""
        pairs = ((self.etag, other.etag), (self.modified, other.modified))
        equal = [mine == theirs for mine, theirs in pairs if mine and theirs]
        return bool(equal) and all(equal)


class Held(Version, frozen=True, kw_only=True):
    """What is on disk of a product: a whole file (a line of the index), or the beginning of one
    (the text beside ``name.part``).

    `size` is that of the whole file. `left` lists the ranges (from, to) that an unfinished file
    misses; without it everything after the last byte. `boot` is the run of the machine: after a
    power cut, bytes that were never synced may be zeros. `cloud_url`: where in the cloud the file
    came from, whose validators these are; empty for the archive.
    """

    uri: str = ""
    path: str = ""
    size: int | None = None
    sha256: str = ""
    mtime_ns: int = 0
    checked: float = 0.0
    encoding: str = ""
    left: list[tuple[int, int]] | None = None
    boot: str = ""
    cloud_url: str = ""

    @classmethod
    def whole(cls, product: Product, status: os.stat_result, sha256: str, version: Version) -> Held:
        """The line of the index for a file that was just checked."""
        return cls(
            path=product.path,
            uri=product.uri,
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            sha256=sha256,
            etag=version.etag,
            modified=version.modified,
            checked=round(time.time(), 3),
            cloud_url=product.cloud_url,
        )

    def resized(self, size: int) -> Held:
        """The same with another size."""
        return msgspec.structs.replace(self, size=size)

    def missing(self, have: int) -> list[tuple[int, int]] | None:
        """The ranges missing from an unfinished file of `have` bytes; None if it is useless."""
        if not have or self.size is None or have > self.size or not self.validator:
            return None
        left = self.left if self.left is not None else [(have, self.size)]
        if any(not 0 <= first <= end <= self.size for first, end in left):
            return None
        return [(first, end) for first, end in left if first < end]


@dataclass(slots=True)
class Result:
    """What became of one product: a row of the manifest. `cloud_url`: where it came from there."""

    product: Product
    status: str = "COMPLETE"
    message: str | None = None
    bytes: int = 0
    sha256: str = ""
    attempts: int = 0
    seconds: float = 0.0
    source: str = ""
    cloud_url: str = ""

    @classmethod
    def held(cls, product: Product, held: Held) -> Result:
        """A file that was on disk already."""
        size, message = held.size or 0, product.message or None
        return cls(product, message=message, bytes=size, sha256=held.sha256, source=DISK)

    def row(self) -> dict[str, Any]:
        """One row of the manifest; the address is named only when the file failed."""
        product = self.product
        return {
            "Local Path": product.local_path,
            "Status": self.status,
            "Message": self.message and without_controls(self.message),
            "URL": None if self.status == "COMPLETE" else product.shown_url,
            "Bytes": self.bytes,
            "SHA-256": self.sha256,
            "Attempts": self.attempts,
            "Seconds": round(self.seconds, 3),
            "Source": self.source,
        }


def total_bytes(products: Sequence[Product]) -> int:
    """What the products have together, by the sizes in the product table."""
    return sum([product.size or 0 for product in products])


def mission_uri(mission: str, product: str) -> str:
    """The URI of a product that the mission search serves under the name `product`."""
    return f"missions:{mission}/{product}"


def uri_of(url: str) -> str | None:
    """The URI of the product that an address in a manifest serves; None if there is none."""
    _, found, uri = url.partition("?uri=")
    if found:
        return uri
    if spectrum := HLA_URL.fullmatch(url):
        return f"hla:{spectrum[1]}"
    if product := MISSION_URL.fullmatch(url):
        return mission_uri(product[1], unquote(product[2]))
    asked = parse_qs(urlsplit(url).query).get("uri")
    return asked[0] if asked else None


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


def last_part(name: str) -> str:
    """A file name without folders, however they are separated."""
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]
