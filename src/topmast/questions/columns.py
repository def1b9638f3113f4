"""Which columns a service has, with types and units; asked once a session and service."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cachetools import LRUCache

from topmast.errors import BadAnswerError
from topmast.net.deadline import Deadline
from topmast.net.session import Session
from topmast.questions.polling import PortalRequest, ask, poll
from topmast.tables.fields import Field
from topmast.tables.values import KINDS
from topmast.wire.encoding import decode_columns_config
from topmast.wire.json import read_json
from topmast.wire.portal import MashupRequest

if TYPE_CHECKING:
    from astropy.table import Table

log: logging.Logger = logging.getLogger("topmast")

SELECTED = "_selected_"
CONTINUOUS_WORDS = ("double", "float", "numeric")
HISTOGRAM_SERVICES = {
    "tess": "Mast.Catalogs.All.Tic",
    "dd.": "Mast.Catalogs.All.DiskDetective",
}
"""For a configuration whose id has this in it, that service tells which columns are ranges."""

CONFIG_PATH = "/portal/Mashup/Mashup.asmx/columnsconfig"
MOST_SERVICES = 500
"""Whose columns a session remembers."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a service.

    Attributes
    ----------
    name, label, type, unit, description, example : str
        `type` is string, integer, float or boolean; `unit` is MAST's word for it.
    separator : str
        Between the elements of a stored list, each of which a criterion may match; or "".
    continuous : bool
        Whether a criterion is a range of numbers rather than a list of values.
    hidden : bool
        Whether MAST keeps the column out of its lists.
    ucd : str
        What kind of quantity it is, in the IVOA's words.
    """

    name: str
    label: str = ""
    type: str = ""
    unit: str = ""
    description: str = ""
    example: str = ""
    separator: str = ""
    continuous: bool = False
    hidden: bool = False
    ucd: str = ""


class Columns(Mapping[str, Column]):
    """The columns of one service by name, in the archive's order.

    Parameters
    ----------
    config : mapping
        The column configuration as the archive sent it; an empty entry is no column.
    ranges, choices : mapping
        The histograms of a catalogue, which settle for their columns whether a criterion is a
        range (`ranges`) or a list of values (`choices`).
    """

    def __init__(
        self,
        config: Mapping[str, Mapping[str, Any]],
        *,
        ranges: Mapping[str, Any] | None = None,
        choices: Mapping[str, Any] | None = None,
    ) -> None:
        self.config: dict[str, dict[str, Any]] = {
            name: dict(entry) for name, entry in config.items()
        }
        kinds = {**dict.fromkeys(choices or {}, False), **dict.fromkeys(ranges or {}, True)}
        found = {name: entry for name, entry in self.config.items() if entry or name in kinds}
        found |= {name: {} for name in kinds if name not in found}
        self._columns = {
            name: _column(name, entry, kinds.get(name)) for name, entry in found.items()
        }
        self._in_lower_case = {name.lower(): name for name in reversed(self._columns)}

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def find(self, name: str) -> Column | None:
        """The column of this name in any case; None if there is none."""
        return self._columns.get(name) or self._columns.get(
            self._in_lower_case.get(name.lower(), "")
        )

    def described_by(self, fields: Iterable[Field]) -> Columns:
        """The same columns, with what `fields` know of them where the archive says nothing."""
        known = {field.name.lower(): field for field in fields}
        made = copy(self)
        made._columns = {
            name: _described(column, known.get(name.lower()))
            for name, column in self._columns.items()
        }
        return made


def columns_of(session: Session, service: str) -> Columns:
    """The columns of a service; asked of the archive once a session and server.

    Raises
    ------
    topmast.errors.BadAnswerError
        If the answer is no column configuration; it is asked for again the next time.
    """
    entry = session.cache(_ColumnsCache).entry((session.where, service.lower()))
    with entry.lock:
        if entry.columns is None:
            entry.columns = _ask_columns(session, service)
        return entry.columns


def is_known(session: Session, service: str) -> bool:
    """Whether `columns_of` need not ask the archive."""
    return session.cache(_ColumnsCache).entry((session.where, service.lower())).columns is not None


class _ColumnsCache:
    """The columns that one session knows, by server and service."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: LRUCache[tuple[str, str], _Entry] = LRUCache(MOST_SERVICES)

    def entry(self, key: tuple[str, str]) -> _Entry:
        with self._lock:
            if key not in self._entries:
                self._entries[key] = _Entry()
            return self._entries[key]


class _Entry:
    """The columns of one service, once they are known; `lock` so that they are asked for once."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.columns: Columns | None = None


def _ask_columns(session: Session, service: str) -> Columns:
    request = PortalRequest(service, CONFIG_PATH, f"colConfigId={quote(service)}".encode())
    deadline = Deadline.after(session.setting("timeout"))
    config = decode_columns_config(poll(session, request, deadline).answer.content)
    choices, ranges = _histograms(session, service)
    return Columns(config, ranges=ranges, choices=choices)


def _histograms(session: Session, service: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The discrete and the continuous histogram of the catalogue that `service` searches."""
    services = (found for part, found in HISTOGRAM_SERVICES.items() if part in service.lower())
    asked = next(services, None)
    if asked is None:
        return {}, {}
    try:
        content = ask(session, MashupRequest(asked, format="extjs")).answer.content
        table = read_json(content)["data"]["Tables"][0]["ExtendedProperties"]
        return dict(table["discreteHistogram"]), dict(table["continuousHistogram"])
    except (BadAnswerError, LookupError, TypeError, ValueError):
        log.warning("%s gave no histograms; its column types alone decide.", asked)
        return {}, {}


def _column(name: str, entry: Mapping[str, Any], continuous: bool | None) -> Column:
    given, of_votable = _text(entry, "type"), _text(entry, "vot.datatype")
    word = (given or of_votable).lower()
    if continuous is None:
        numeric = bool(entry.get("treatNumeric"))
        continuous = numeric or (of_votable or given) in CONTINUOUS_WORDS
    return Column(
        name=name,
        label=_text(entry, "text") or name,
        type=KINDS[word].word if word in KINDS else word,
        unit=_text(entry, "unit") or _text(entry, "vot.unit"),
        description=_text(entry, "vot.description"),
        example=_text(entry, "example"),
        separator=_text(entry, "separator"),
        continuous=continuous,
        hidden=bool(entry.get("remove", False)),
        ucd=_text(entry, "vot.ucd"),
    )


def _described(column: Column, field: Field | None) -> Column:
    if field is None:
        return column
    return replace(
        column,
        unit=column.unit or field.wire_unit or field.unit,
        description=column.description or field.description,
        ucd=column.ucd or field.ucd,
    )


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return "" if value is None else str(value)


def metadata_table(columns: Columns, *, with_ucd: bool = False) -> Table:
    """The columns as a Table to read: name, label, type, unit, meaning and example values.

    `with_ucd` adds the UCDs. Columns that MAST hides are left out, and so is a heading under
    which nothing would stand.
    """
    from astropy.table import Table

    listed = (_column(name, entry, None) for name, entry in columns.config.items())
    shown = [c for c in listed if c.name != SELECTED and not c.hidden]
    headings = {
        "Column Name": [c.name for c in shown],
        "Column Label": [c.label for c in shown],
        "Data Type": [c.type for c in shown],
        "Units": [c.unit for c in shown],
        "Description": [c.description for c in shown],
        "Examples/Valid Values": [c.example for c in shown],
        "UCD": [c.ucd if with_ucd else "" for c in shown],
    }
    return Table({heading: texts for heading, texts in headings.items() if any(texts)})
