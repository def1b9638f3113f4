"""Object names to positions on the sky: many at once, remembered for the session."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from topmast.config.dialects import choice
from topmast.errors import (
    BadAnswerError,
    HTTPStatusError,
    InputWarning,
    InvalidQueryError,
    RemoteServiceError,
    ResolverError,
    TimeoutError,
    UnreachableError,
    warn,
)
from topmast.net.messages import Request
from topmast.net.parallel import at_once
from topmast.questions.arguments import in_batches, object_names
from topmast.questions.catalog_names import entries_of_holdings
from topmast.questions.polling import ask
from topmast.sky import separation_deg
from topmast.wire.names import (
    NAMES_AT_ONCE,
    ResolvedName,
    ResolverQuery,
    decode_names,
    encode_resolver_query,
)
from topmast.wire.portal import MashupRequest

if TYPE_CHECKING:
    from astropy.coordinates import SkyCoord

    from topmast.net.session import Session

log: logging.Logger = logging.getLogger("topmast")

RESOLVER_PATH = "/Santa-war/query"
RESOLVERS = ("NED", "SIMBAD")
CATALOGS = {"TIC ": "TIC", "KIC ": "KEPLER", "EPIC ": "K2"}
"""Names that begin so are rows of a MAST catalogue, which is asked as well."""
MOST_NAMES = 100_000
"""That a session remembers."""
PATIENCE_SECONDS = 60.0
"""For the name resolver; after that the portal is asked."""

FAR_ARCSEC = 60.0
"""Between two resolvers' positions of an object, from here on it is said."""

Position = tuple[float, float]


def resolve_object(
    session: Session,
    /,
    object_name: str | Iterable[str] | None = None,
    *,
    resolver: str | None = None,
    resolve_all: bool = False,
    objectname: str | Iterable[str] | None = None,
) -> Any:
    """The position of an object by name, or of several.

    Parameters
    ----------
    object_name : str or list of str
        One name or many; many are asked for together. ``objectname`` is the same.
    resolver : {"NED", "SIMBAD"}, optional
        Whom to ask; default: the first that knows the name.
    resolve_all : bool
        Give the position of every resolver that knows the name.

    Returns
    -------
    `~astropy.coordinates.SkyCoord` or dict
        One position for one name. With `resolve_all` a dict from resolver to position; for
        several names a dict from name to either.

    Raises
    ------
    ResolverError
        If the name, or none of the names, is known. Among several, unknown ones are warned of.
    """
    names = _names(one_name(object_name, objectname))
    known = known_entries(session, names, resolver, resolve_all)
    found: dict[str, Any] = {
        name: {each.resolver: _sky(each) for each in entries} if resolve_all else _sky(entries[0])
        for name, entries in known.items()
    }
    return found[names[0]] if len(names) == 1 else found


def known_entries(
    session: Session, names: Sequence[str], resolver: str | None, resolve_all: bool
) -> dict[str, list[ResolvedName]]:
    """What is known of the known ones of `names`: one entry, or with `resolve_all` all entries.

    Errors and warnings as those of `resolve_object`.
    """
    resolver = _checked(resolver)
    if resolve_all and resolver:
        warn(
            "The resolver parameter is ignored when resolve_all is True: all resolvers are asked.",
            InputWarning,
        )
        resolver = None
    entries = _look_up(session, names, resolver, resolve_all)
    known = _known(names, entries, resolver, len(names) > 1)
    if choice(session, "disagreement"):
        for name in known:
            _compare_resolvers(name, entries[name])
    return {name: entries[name] if resolve_all else [entry] for name, entry in known.items()}


def one_name(object_name: Any, objectname: Any) -> Any:
    """The object name, given under the name of either generation."""
    if (object_name is None) == (objectname is None):
        raise InvalidQueryError("Give an object name, as object_name or objectname.")
    return objectname if object_name is None else object_name


def positions_of_names(
    session: Session, resolver: str | None, names: Sequence[str], from_list: bool
) -> Mapping[str, Position]:
    """The positions in degrees of the names that are known, as `questions.places` asks for them."""
    resolver = _checked(resolver)
    entries = _look_up(session, names, resolver, False)
    known = _known(names, entries, resolver, from_list, all_unknown=from_list)
    return {name: (entry.ra_deg, entry.dec_deg) for name, entry in known.items()}


# --------------------------------------------------------------------------- the question


def _names(object_name: str | Iterable[str]) -> list[str]:
    names = object_names(object_name)
    for name in names:
        if not name.strip():
            raise InvalidQueryError(f"{name!r} is no object name.")
    if not names:
        raise InvalidQueryError("No object name was given.")
    return list(dict.fromkeys(map(str, names)))


def _checked(resolver: Any) -> str | None:
    if resolver is None or resolver is False or (isinstance(resolver, str) and not resolver):
        return None
    if not isinstance(resolver, str) or resolver.upper() not in RESOLVERS:
        raise ResolverError(f'Invalid resolver. Must be "NED" or "SIMBAD", not {resolver!r}.')
    return resolver.upper()


def _look_up(
    session: Session, names: Sequence[str], resolver: str | None, resolve_all: bool
) -> dict[str, list[ResolvedName]]:
    """The entries of each name; what this session has asked before is not asked again."""
    cache = session.cache(_NamesCache)
    server = (session.where, session.servers.resolver)
    keys = {name: (server, _plain(name), resolver, resolve_all) for name in names}
    found = {name: cache.get(key) for name, key in keys.items()}
    asked = [name for name, entries in found.items() if not entries]
    batches = in_batches(asked, NAMES_AT_ONCE)
    question = partial(_ask, session, resolver=resolver, resolve_all=resolve_all)
    answers = at_once(question, batches, int(session.setting("connections")))
    for batch, entries in zip(batches, answers, strict=True):
        for name in batch:
            found[name] = _entries_about(name, entries, alone=len(batch) == 1)
            cache.put(keys[name], found[name])
    if choice(session, "catalog_names") and resolver is None:
        held = entries_of_holdings(session, [name for name in names if not found[name]])
        for name, its_entries in held.items():
            cache.put(keys[name], its_entries)
        found |= held
    return found


class _NamesCache:
    """The names that one session has found, the latest of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: LRUCache[tuple[Any, ...], list[ResolvedName]] = LRUCache(MOST_NAMES)

    def get(self, key: tuple[Any, ...]) -> list[ResolvedName]:
        with self._lock:
            return self._entries.get(key, [])

    def put(self, key: tuple[Any, ...], entries: list[ResolvedName]) -> None:
        """Remember a name, if it is known."""
        if entries:
            with self._lock:
                self._entries[key] = entries


class _Down(set[str]):
    """The name resolvers that do not answer in this session."""


def _ask(
    session: Session, names: Sequence[str], *, resolver: str | None, resolve_all: bool
) -> list[ResolvedName]:
    """The entries of one batch, of the name resolver or else of the portal."""
    catalogs = [catalog for start, catalog in CATALOGS.items() if _any_starts(names, start)]
    resolvers = [resolver, *catalogs] if resolver else []
    query = ResolverQuery(tuple(names), tuple(filter(None, resolvers)), resolve_all)
    servers, down = session.servers, session.cache(_Down)
    patience = min(PATIENCE_SECONDS, float(session.setting("timeout")))
    if servers.resolver in down:
        return _ask_portal(session, names)
    try:
        url = f"{servers.resolver}{RESOLVER_PATH}?{encode_resolver_query(query)}"
        request = Request("GET", url, {"Accept": "text/plain"})
        return decode_names(session.send(request, total_seconds=patience).content)
    except (UnreachableError, TimeoutError, HTTPStatusError, BadAnswerError) as problem:
        if servers.resolver == servers.portal:
            raise
        entries = _ask_portal(session, names, problem)
        down.add(servers.resolver)
        log.warning(
            "The name resolver does not answer (%s); the portal is asked, in this session also "
            "for all other names.",
            problem,
        )
        return entries


def _ask_portal(
    session: Session, names: Sequence[str], problem: Exception | None = None
) -> list[ResolvedName]:
    """The entries that the portal's own name lookup gives, which takes one name at a time."""

    def look_up(name: str) -> list[ResolvedName]:
        params = {"input": name, "format": "json"}
        request = MashupRequest("Mast.Name.Lookup", params)
        return decode_names(ask(session, request).answer.content)

    try:
        return [entry for name in names for entry in look_up(name)]
    except RemoteServiceError as second:
        raise second from problem


def _entries_about(
    name: str, entries: Sequence[ResolvedName], *, alone: bool
) -> list[ResolvedName]:
    """The entries of one name; where it was asked for alone, also in another spelling of it."""
    found = [entry for entry in entries if _plain(entry.search_string) == _plain(name)]
    spellings = {_plain(entry.search_string) for entry in entries}
    return list(entries) if alone and not found and len(spellings) == 1 else found


def _any_starts(names: Sequence[str], start: str) -> bool:
    return any(name.upper().startswith(start) for name in names)


def _plain(name: str) -> str:
    """A name as resolvers compare it: lower case, single spaces."""
    return " ".join(name.lower().split())


# ----------------------------------------------------------------------------- the answer


def _known(
    names: Sequence[str],
    entries: Mapping[str, list[ResolvedName]],
    resolver: str | None,
    from_list: bool,
    *,
    all_unknown: bool = False,
) -> dict[str, ResolvedName]:
    """The entry of each known name; the unknown ones are warned of, or raised if there is one.

    That no name at all is known is an error, unless `all_unknown` leaves that to the caller.
    """
    known = {}
    for name in names:
        wanted = (each for each in entries[name] if resolver in (None, each.resolver.upper()))
        if entry := next(wanted, None):
            known[name] = entry
            _compare_with_catalog(name, entry, entries[name], resolver)
        elif from_list:
            warn(_unknown(name, resolver), InputWarning)
        else:
            raise ResolverError(_unknown(name, resolver))
    if not known and not all_unknown:
        raise ResolverError("Could not resolve any of the given object names to sky positions.")
    return known


def _unknown(name: str, resolver: str | None) -> str:
    message = f'Could not resolve "{name}" to a sky position'
    if resolver is None:
        return f"{message}."
    return (
        f'{message} using resolver "{resolver}". Please try another resolver or set '
        "`resolver=None` to use the first that knows the name."
    )


def _compare_with_catalog(
    name: str, entry: ResolvedName, entries: Sequence[ResolvedName], resolver: str | None
) -> None:
    """Warn where the chosen resolver puts a catalogue star elsewhere than the catalogue does."""
    catalog = next((word for start, word in CATALOGS.items() if _any_starts([name], start)), None)
    if resolver is None or catalog is None:
        return
    for other in entries:
        if other.resolver.upper() == catalog and _arcsec_between(entry, other) > 1:
            warn(
                f"Resolver {resolver} puts {name} more than 1 arcsec from its place in the MAST "
                f"{catalog} catalog.",
                InputWarning,
            )
            return


def _compare_resolvers(name: str, entries: Sequence[ResolvedName]) -> None:
    """Warn where the resolver that is taken and another one put an object elsewhere."""
    for other in entries[1:]:
        if (apart := _arcsec_between(entries[0], other)) > FAR_ARCSEC:
            places = " and ".join(
                f"{each.resolver} at {each.ra_deg:.5f} {each.dec_deg:+.5f}"
                for each in (entries[0], other)
            )
            warn(
                f"Resolvers disagree on {name} by {apart / 60:.1f} arcmin: {places}. "
                "resolver= chooses one of them.",
                InputWarning,
            )
            return


def _arcsec_between(first: ResolvedName, second: ResolvedName) -> float:
    return 3600 * float(separation_deg(first.ra_deg, first.dec_deg, second.ra_deg, second.dec_deg))


def _sky(entry: ResolvedName) -> SkyCoord:
    from astropy.coordinates import SkyCoord

    log.debug(
        "%s: %s knows it at %s %s", entry.search_string, entry.resolver, entry.ra_deg, entry.dec_deg
    )
    return SkyCoord(entry.ra_deg, entry.dec_deg, unit="deg")
