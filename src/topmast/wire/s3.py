"""Public objects in S3, both ways: their addresses, the listing of a bucket, and errors.

Reading a public object needs no library for S3 and no signature: it is a plain HTTPS request
(docs/decisions/s3-is-plain-https.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.json import excerpt

SCHEME = "s3://"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
AMAZON = ".amazonaws.com"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what lies below a prefix: the next part of each name, and where to go on."""

    prefixes: tuple[str, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """What a listing is about: the names that begin with `prefix`, after the place `after`."""

    prefix: str = ""
    after: str = ""
    most: int = 1000


def is_key(key: str) -> bool:
    """Whether `key` can name an object: a path that no part of a URL changes on its way."""
    parts = key.split("/")
    return bool(key) and key.isprintable() and len(key) <= 1024 and not {"", ".", ".."} & set(parts)


def object_url(server: str, bucket: str, key: str) -> str:
    """The address of an object; Amazon's own servers have the bucket in their name.

    Raises InvalidQueryError for a name that no bucket, or a key that no object can have here.
    """
    if not is_key(key):
        raise InvalidQueryError(
            f"{key[:200]!r} is no key of an object: it needs text, and no '//', '.' or '..'."
        )
    return f"{bucket_url(server, bucket)}/{quote(key, safe='/~')}"


def bucket_url(server: str, bucket: str) -> str:
    """The address of a bucket; see `object_url`."""
    if not BUCKET.fullmatch(bucket) or ".." in bucket:
        raise InvalidQueryError(
            f"{bucket[:80]!r} is no name of a bucket: 3 to 63 small letters, digits, '-' and '.'."
        )
    parts = urlsplit(server)
    # A certificate for *.s3.amazonaws.com fits no name with a dot in it.
    if parts.netloc.endswith(AMAZON) and "." not in bucket:
        return parts._replace(netloc=f"{bucket}.{parts.netloc}", path="").geturl()
    return f"{server.rstrip('/')}/{bucket}"


def parse_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    bucket, slash, key = uri.removeprefix(SCHEME).partition("/")
    if not uri.startswith(SCHEME) or not slash:
        raise InvalidQueryError(f"{uri[:200]!r} is no address in S3: write s3://bucket/key.")
    return bucket, key


def encode_listing_query(query: ListingQuery) -> str:
    """The query string that lists a bucket (ListObjectsV2, with the delimiter "/")."""
    pairs = {"list-type": "2", "delimiter": "/", "prefix": query.prefix}
    if query.after:
        pairs["continuation-token"] = query.after
    return urlencode(pairs)


def decode_listing_query(query: str) -> ListingQuery:
    """The question in a query string; of clients that name no delimiter, too."""
    given = dict(parse_qsl(query, max_num_fields=100))
    most = given.get("max-keys", "1000")
    return ListingQuery(
        prefix=given.get("prefix", ""),
        after=given.get("continuation-token") or given.get("start-after", ""),
        most=min(int(most), 1000) if most.isascii() and most.isdigit() else 1000,
    )


def encode_listing(bucket: str, query: ListingQuery, listing: Listing) -> bytes:
    """An answer that lists the common prefixes of a bucket's names."""
    lines = [f"<Name>{escape(bucket)}</Name><Prefix>{escape(query.prefix)}</Prefix>"]
    lines.append("<Delimiter>/</Delimiter>")
    lines.append(f"<MaxKeys>{query.most}</MaxKeys><KeyCount>{len(listing.prefixes)}</KeyCount>")
    lines.append(f"<IsTruncated>{str(bool(listing.next)).lower()}</IsTruncated>")
    if listing.next:
        lines.append(f"<NextContinuationToken>{escape(listing.next)}</NextContinuationToken>")
    lines += [
        f"<CommonPrefixes><Prefix>{escape(prefix)}</Prefix></CommonPrefixes>"
        for prefix in listing.prefixes
    ]
    body = "".join(lines)
    return f'<ListBucketResult xmlns="{NAMESPACE}">{body}</ListBucketResult>'.encode()


def decode_listing(content: bytes) -> Listing:
    """The common prefixes in an answer; BadAnswerError if the bytes are no such answer."""
    root = _read(content)
    if root is None or _local(root) != "ListBucketResult":
        raise BadAnswerError(f"The listing of the bucket cannot be read: {excerpt(content)}")
    prefixes = [
        (child.text or "").strip()
        for element in root
        if _local(element) == "CommonPrefixes"
        for child in element
        if _local(child) == "Prefix"
    ]
    return Listing(tuple(filter(None, prefixes)), _text(root, "NextContinuationToken"))


def encode_error(code: str, message: str) -> bytes:
    """The body of an error, as S3 sends it."""
    text = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{text}</Error>'.encode()


def decode_error(content: bytes) -> str:
    """Code and message of an error of S3, such as ``NoSuchKey: ...``; empty if it is none."""
    root = _read(content)
    if root is None or _local(root) != "Error":
        return ""
    words = [_text(root, "Code"), _text(root, "Message")]
    return " ".join(": ".join(filter(None, words)).split())[:200]


def named_prefixes(keys: Sequence[str], prefix: str) -> list[str]:
    """The part of each of `keys` up to the next slash after `prefix`; keys without one fall out."""
    ends = ((key, key.find("/", len(prefix))) for key in keys)
    return [key[: end + 1] for key, end in ends if end >= 0]


def _read(content: bytes) -> ElementTree.Element | None:
    if b"<!DOCTYPE" in content[:2000] or b"<!ENTITY" in content:
        return None
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(root: ElementTree.Element, name: str) -> str:
    return next(((each.text or "").strip() for each in root if _local(each) == name), "")
