"""Which products are in the cloud, and where: batches of path_lookup in parallel."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from topmast.errors import BadAnswerError, HTTPStatusError, NotAuthorizedError
from topmast.net.messages import Answer, Request
from topmast.net.parallel import at_once
from topmast.net.session import Session
from topmast.questions.arguments import in_batches
from topmast.wire.addresses import PATH_LOOKUP
from topmast.wire.path_lookup import URIS_AT_ONCE, decode_paths, encode_lookup
from topmast.wire.s3 import (
    ListingQuery,
    bucket_url,
    decode_error,
    decode_listing,
    encode_listing_query,
    object_url,
)

log: logging.Logger = logging.getLogger("topmast")
COLLECTIONS = "mast/"
"""The prefix of contributed data sets, each of which counts as one."""
COLLECTIONS_BELOW = "mast/hlsp/"
MOST_PAGES = 1000
OF_A_MISSION = re.compile(r"missions:([a-z0-9_]+)/(?:.*/)?([^/]+)")
REGION = "x-amz-bucket-region"


@dataclass
class CloudAccess:
    """Whether files come from the cloud where they can; of one session."""

    is_cache: ClassVar[bool] = False
    enabled: bool = False


def find_keys(session: Session, uris: Sequence[str]) -> dict[str, str]:
    """The key in the bucket of each of `uris` that is in the cloud.

    Raises
    ------
    BadAnswerError, UnreachableError, TimeoutError, HTTPStatusError
        The archive did not say it.
    """
    named = {uri: _portal_name(uri) for uri in uris}
    wanted = list(dict.fromkeys(named.values()))
    batches = in_batches(wanted, URIS_AT_ONCE)

    def ask(batch: Sequence[str]) -> dict[str, str]:
        url = f"{session.servers.portal}{PATH_LOOKUP}?{encode_lookup(batch)}"
        keys = decode_paths(session.send(Request("GET", url)).content)
        return {uri: keys[uri] for uri in batch if uri in keys}

    found: dict[str, str] = {}
    for keys in at_once(ask, batches, int(session.setting("connections"))):
        found |= keys
    return {uri: found[name] for uri, name in named.items() if name in found}


def _portal_name(uri: str) -> str:
    """The URI under which the portal lists a product of the mission search, where it has one."""
    match = OF_A_MISSION.fullmatch(uri)
    return f"mast:{match[1].upper()}/product/{match[2]}" if match else uri


def find_urls(session: Session, uris: Sequence[str]) -> dict[str, str]:
    """The address in the cloud of each of `uris` that is there."""
    return {uri: key_url(session, key) for uri, key in find_keys(session, uris).items()}


def key_url(session: Session, key: str) -> str:
    """The address of an object of the bucket of public files."""
    return object_url(session.servers.s3, session.setting("s3_bucket"), key)


def list_datasets(session: Session) -> list[str]:
    """The top folders of the bucket; the contributed collections one by one."""
    found: list[str] = []
    for prefix in _prefixes(session, ""):
        if prefix == COLLECTIONS:
            found += _prefixes(session, COLLECTIONS_BELOW)
        else:
            found.append(prefix)
    return [prefix.rstrip("/") for prefix in found]


def _prefixes(session: Session, prefix: str) -> list[str]:
    found, query = list[str](), ListingQuery(prefix)
    for _ in range(MOST_PAGES):
        listing = decode_listing(_ask_bucket(session, query).content)
        found += listing.prefixes
        if not listing.next or listing.next == query.after:
            return found
        query = ListingQuery(prefix, listing.next)
    raise BadAnswerError(f"The listing of the bucket did not end after {MOST_PAGES} pages.")


def _ask_bucket(session: Session, query: ListingQuery) -> Answer:
    url = bucket_url(session.servers.s3, session.setting("s3_bucket"))
    request = Request("GET", f"{url}?{encode_listing_query(query)}")
    answer = session.send(request, check=False)
    if answer.status_code != 200:
        raise refusal(answer)
    return answer


def refusal(answer: Answer) -> HTTPStatusError:
    """What an error of S3 means, and what to do."""
    status = answer.status_code
    said = decode_error(answer.content) or answer.detail() or answer.reason
    region = answer.headers.get(REGION, "")
    advice = ""
    if status in (301, 307, 400) and region:
        advice = (
            f" The bucket is in the region {region}: set conf.s3_server to "
            f"'https://s3.{region}.amazonaws.com'."
        )
    elif status == 403:
        advice = (
            " Requests are not signed, so only public objects can be read; a wrong key looks the "
            "same. Ask the archive for the file instead (force_on_prem=True)."
        )
    elif status == 404:
        advice = " Look at Observations.get_cloud_uris(...) for what is in the cloud."
    kind = NotAuthorizedError if status in (401, 403) else HTTPStatusError
    url = answer.url.partition("?")[0]
    return kind(
        f"{url[:300]} answered {status} {said.rstrip('.')}.{advice}", status_code=status, url=url
    )
