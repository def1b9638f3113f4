"""What the archive offers by TAP: collections, their catalogues and columns; never listed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from topmast.errors import (
    BadAnswerError,
    HTTPStatusError,
    InvalidQueryError,
    NotAuthorizedError,
    did_you_mean,
)
from topmast.net.messages import Request
from topmast.questions.arguments import plain_text
from topmast.tables.fields import Field
from topmast.wire.tap import (
    CAPABILITIES,
    MOST_ROWS,
    OPENAPI,
    SYNC,
    can_upload,
    check_refusal,
    decode_collections,
    decode_result,
    encode_tap_query,
)

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.session import Session

Found = TypeVar("Found")
HIDDEN = ("tap_schema.", "uws.", "ivoa.obscore_")
"""Tables that describe the service, and are no catalogues."""
POSITION_UCDS = ("pos.eq.ra", "pos.eq.dec")
POSITION_NAMES = (("ra", "dec"), ("s_ra", "s_dec"), ("ramean", "decmean"), ("matchra", "matchdec"))


class _Cache:
    """What one session has been told, by server and question."""

    def __init__(self) -> None:
        self._found: dict[Any, Any] = {}

    def get(self, key: Any, ask: Callable[[], Found]) -> Found:
        if key not in self._found:
            self._found[key] = ask()
        found: Found = self._found[key]
        return found


def collections(session: Session) -> list[str]:
    """The names of the collections; none where the archive has no TAP service."""

    def ask() -> list[str]:
        try:
            answer = session.send(Request("GET", session.servers.portal + OPENAPI))
            return decode_collections(answer.content)
        except NotAuthorizedError:
            raise
        except (HTTPStatusError, BadAnswerError) as problem:
            if isinstance(problem, HTTPStatusError) and problem.status_code not in (400, 404):
                raise
            return []

    return session.cache(_Cache).get((session.where, "collections"), ask)


def find_collection(session: Session, name: Any) -> str:
    """The collection that a user names in any letter case, with or without spaces and dots."""
    text = plain_text(name)
    known = collections(session)
    wanted = plain_word(text) if isinstance(text, str) else ""
    found = next((each for each in known if plain_word(each) == wanted), None)
    if found is None:
        listed = f"It has: {', '.join(known)}." if known else "It has no TAP service."
        near = did_you_mean(text, known) if isinstance(text, str) else ""
        raise InvalidQueryError(
            f"There is no collection {name!r} at {session.where}.{near} {listed}"
        )
    return found


def plain_word(name: str) -> str:
    """A name without case and punctuation: ``gaiadr3`` for "Gaia DR3"."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def get_collections(session: Session, /) -> Table:
    """The collections of catalogues that the archive offers by TAP, in the column collection_name.

    Examples
    --------
    >>> names = Catalogs.get_collections()["collection_name"]
    """
    from astropy.table import Table

    return Table({"collection_name": collections(session)}, dtype=[str])


def get_catalogs(session: Session, /, collection: str) -> Table:
    """The catalogues (tables) of a collection, with what each of them is.

    Parameters
    ----------
    collection : str
        As `get_collections` lists it, in any letter case.

    Returns
    -------
    Table
        One row a catalogue: catalog_name and description.

    Raises
    ------
    InvalidQueryError
        For a collection that the archive does not have, with the nearest name.
    """
    from astropy.table import Table

    found = catalogs_of(session, find_collection(session, collection))
    return Table(rows=list(found.items()), names=("catalog_name", "description"), dtype=[str, str])


def catalogs_of(session: Session, collection: str) -> dict[str, str]:
    """The tables of a collection and their descriptions, but for those about the service."""

    def ask() -> dict[str, str]:
        table = run_query(
            session, collection, "SELECT table_name, description FROM tap_schema.tables"
        )
        pairs = zip(_texts(table, "table_name"), _texts(table, "description"), strict=True)
        return {name: told for name, told in pairs if not name.lower().startswith(HIDDEN)}

    return session.cache(_Cache).get((session.where, collection, "tables"), ask)


def find_table(session: Session, collection: str, name: Any = None) -> str:
    """The table that a user names, or the only one of the collection.

    The schema may be left out; letter case does not matter.
    """
    known = catalogs_of(session, collection)
    if name is None:
        if len(known) == 1:
            return next(iter(known))
        raise InvalidQueryError(
            f"The collection {collection} has several catalogues: say catalog=, one of "
            f"{', '.join(known) or 'none'}."
        )
    wanted = str(plain_text(name)).strip().lower()
    names = [each for each in known if wanted in (each.lower(), each.lower().rpartition(".")[2])]
    if not names:
        raise InvalidQueryError(
            f"The collection {collection} has no catalogue {name!r}.{did_you_mean(wanted, known)} "
            f"It has: {', '.join(known)}."
        )
    return names[0]


def get_column_metadata(session: Session, /, collection: str, catalog: str | None = None) -> Table:
    """The columns of a catalogue: name, data_type, unit, ucd and description.

    Parameters
    ----------
    collection, catalog : str
        As `get_collections` and `get_catalogs` list them; `catalog` may be left out where the
        collection has a single one.
    """
    from astropy.table import Table

    found = find_collection(session, collection)
    fields = columns_of_table(session, found, find_table(session, found, catalog)).values()
    headings = {"name": "name", "data_type": "datatype", "unit": "unit", "ucd": "ucd"}
    headings["description"] = "description"
    columns = {
        title: [getattr(field, word) for field in fields] for title, word in headings.items()
    }
    return Table(columns, dtype=[str] * len(columns))


def supports_spatial_queries(
    session: Session, /, collection: str, catalog: str | None = None
) -> bool:
    """Whether a catalogue can be searched by place."""
    found = find_collection(session, collection)
    fields = columns_of_table(session, found, find_table(session, found, catalog))
    return position_columns(fields.values()) is not None


def columns_of_table(session: Session, collection: str, table: str) -> Mapping[str, Field]:
    """The columns of a table by name, in the service's order."""

    def ask() -> dict[str, Field]:
        name = table.replace("'", "''")
        adql = f"SELECT * FROM tap_schema.columns WHERE table_name = '{name}'"
        return {field.name: field for field in _fields(run_query(session, collection, adql))}

    return session.cache(_Cache).get((session.where, collection, table), ask)


def _fields(table: Table) -> Iterable[Field]:
    words = ("column_name", "datatype", "unit", "ucd", "description")
    for name, kind, unit, ucd, told in zip(*(_texts(table, word) for word in words), strict=True):
        number = any(
            word in kind.lower() for word in ("int", "float", "double", "real", "short", "long")
        )
        yield Field(
            name.strip('"'), "float" if number else "string", name, told,
            unit=unit, datatype=kind, ucd=ucd,
        )  # fmt: skip


def _texts(table: Table, name: str) -> list[str]:
    if name not in table.colnames:
        return [""] * len(table)
    return ["" if cell is None else str(cell) for cell in table[name].tolist()]


def position_columns(fields: Iterable[Field]) -> tuple[str, str] | None:
    """The columns of the position: by their UCDs, the main ones first, or else by their names."""
    listed = sorted(fields, key=lambda field: "meta.main" not in field.ucd.lower())
    by_ucd = [
        next((f.name for f in listed if f.ucd.lower().split(";")[0] == ucd), "")
        for ucd in POSITION_UCDS
    ]
    if all(by_ucd):
        return by_ucd[0], by_ucd[1]
    names = {field.name.lower(): field.name for field in listed}
    found = (pair for pair in POSITION_NAMES if {*pair} <= names.keys())
    return next(((names[ra], names[dec]) for ra, dec in found), None)


def takes_uploads(session: Session, collection: str) -> bool:
    """Whether the service of a collection joins tables that come with the query."""

    def ask() -> bool:
        url = session.servers.portal + CAPABILITIES.format(collection=collection)
        try:
            return can_upload(session.send(Request("GET", url)).content)
        except HTTPStatusError:
            return False

    return session.cache(_Cache).get((session.where, collection, "uploads"), ask)


def run_query(
    session: Session,
    collection: str,
    adql: str,
    maxrec: int = MOST_ROWS,
    uploads: Mapping[str, bytes] | None = None,
) -> Table:
    """The table that answers a query at once; `table.meta["overflow"]` tells that it is cut off.

    Raises InvalidQueryError with the service's words where it refuses the query.
    """
    headers, body = encode_tap_query(adql, maxrec, uploads=uploads)
    url = session.servers.portal + SYNC.format(collection=collection)
    answer = session.send(Request("POST", url, headers, body), check=False)
    if not answer.ok:
        check_refusal(answer.content)
        raise answer.status_error("")
    table, overflow = decode_result(answer.content)
    table.meta["overflow"] = overflow
    return table
