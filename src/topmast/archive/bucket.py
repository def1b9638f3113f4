"""The product files as objects of a bucket: their keys, and what lies below a prefix.

The key of a file is its path below ``products/``: ``<collection>/<obs_id>/<file>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from topmast.archive.accounts.rights import restricted
from topmast.archive.store.database import Store
from topmast.archive.store.products import HeldFile, find_file, find_files
from topmast.wire.s3 import Listing, ListingQuery, is_key, named_prefixes

LAST = "\U0010ffff"


def public_keys(store: Store, uris: Iterable[str]) -> dict[str, str | None]:
    """The key of each URI; None where the archive holds no file that everybody may have."""
    uris = list(uris)
    found = find_files(store, uris)
    closed = restricted(store, found.values())
    return {uri: key_of(store, found[uri]) if _open(found, closed, uri) else None for uri in uris}


def key_of(store: Store, file: HeldFile) -> str | None:
    """The key of a file; None if it is not here, or its name can be no key."""
    if file.path is None or not file.path.is_relative_to(store.layout.products):
        return None
    key = file.path.relative_to(store.layout.products).as_posix()
    return key if is_key(key) else None


def find_object(store: Store, key: str) -> HeldFile | None:
    """The file with this key, in the letters as they are."""
    with store.reading() as connection:
        row = connection.execute(
            "SELECT uri FROM files WHERE path = ?", (f"{_start(store)}{key}",)
        ).fetchone()
    file = find_file(store, row[0]) if row else None
    return file if file is not None and key_of(store, file) == key else None


def list_prefixes(store: Store, query: ListingQuery) -> Listing:
    """The names of the folders right below the prefix, by one step of the index for each."""
    start = _start(store)
    after, found = start + max(query.prefix, query.after), list[str]()
    with store.reading() as connection:
        while len(found) < query.most:
            row = connection.execute(
                "SELECT path FROM files WHERE path > ? AND path < ? ORDER BY path LIMIT 1",
                (after, start + query.prefix + LAST),
            ).fetchone()
            if row is None:
                return Listing(tuple(found))
            prefixes = named_prefixes([row[0].removeprefix(start)], query.prefix)
            found += prefixes
            after = start + prefixes[0] + LAST if prefixes else row[0]
    return Listing(tuple(found), next=after.removeprefix(start))


def _start(store: Store) -> str:
    return store.layout.products.relative_to(store.layout.folder).as_posix() + "/"


def _open(found: Mapping[str, HeldFile], closed: Mapping[str, object], uri: str) -> bool:
    return uri in found and uri not in closed
