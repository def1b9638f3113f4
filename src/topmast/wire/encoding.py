"""The archive's half of the portal's answers: rows, errors and column configurations as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import starmap
from typing import Any

import msgspec
import numpy as np

from topmast.errors import BadAnswerError
from topmast.wire.answers import PAGING_WORDS, Paging
from topmast.wire.json import excerpt, read_json


def encode_answer(
    fields: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Any]],
    paging: Paging | None = None,
    *,
    status: str = "COMPLETE",
    msg: str = "",
) -> bytes:
    """An answer of format json.

    Parameters
    ----------
    fields : sequence of (name, type)
        The columns in order; types are MAST's words.
    rows : iterable of sequences
        Values in the order of `fields`. None and NaN become null. A number in a column declared
        ``string`` stays a number, as MAST sends its ids.
    """
    make_row = _row_maker(tuple(name for name, _ in fields))
    answer: dict[str, Any] = {
        "status": status,
        "msg": msg,
        "data": list(starmap(make_row, rows)),
        "fields": _fields_as_json(tuple(fields)),
    }
    if paging is not None:
        answer["paging"] = _paging_object(paging)
    return _json(answer)


@lru_cache(maxsize=64)
def _fields_as_json(fields: tuple[tuple[str, str], ...]) -> msgspec.Raw:
    return msgspec.Raw(_json(_field_list(fields)))


@lru_cache(maxsize=64)
def _row_maker(names: tuple[str, ...]) -> Callable[..., Any]:
    """What takes the cells of a row and gives an object with these names, quick to encode."""
    keys = {f"cell{number}": name for number, name in enumerate(names)}
    try:
        return msgspec.defstruct("Row", [(key, Any, None) for key in keys], rename=keys, gc=False)
    except ValueError:  # a name comes twice, or has quotes or control characters in it
        return lambda *cells: dict(zip(names, cells, strict=False))


def encode_extjs(
    fields: Sequence[tuple[str, str]] = (),
    rows: Iterable[Sequence[Any]] = (),
    paging: Paging | None = None,
    *,
    columns: Sequence[Mapping[str, Any]] | None = None,
    properties: Mapping[str, Any] | None = None,
    status: str = "COMPLETE",
    msg: str = "",
) -> bytes:
    """An answer of format extjs.

    Parameters
    ----------
    columns : sequence of mappings, optional
        One entry a column, with at least ``text`` and ``dataIndex``; made from `fields` if left
        out. `caom_histograms` makes those of Mast.Caom.All.
    properties : mapping, optional
        Put among the table's ExtendedProperties: ``discreteHistogram`` and
        ``continuousHistogram`` of the Mast.Catalogs.All services.
    """
    nothing = Paging(0, 0, 0, 0, 0, 0)
    table = {
        "name": "Table",
        "ExtendedProperties": {
            **(properties or {}),
            "Paging": _paging_object(paging or nothing),
        },
        "Columns": columns or [{"text": name, "dataIndex": name} for name, _ in fields],
        "Fields": _field_list(fields),
        "Rows": [list(row) for row in rows],
    }
    data = {"name": "NewDataSet", "Tables": [table], "ExtendedProperties": {}}
    return _json({"status": status, "msg": msg, "data": data})


def caom_histograms(
    entries: Mapping[str, Mapping[str, Any]], counts: Mapping[str, Mapping[str, int]]
) -> list[dict[str, Any]]:
    """The columns of an extjs answer that tell how often each value occurs.

    Parameters
    ----------
    entries : mapping
        The column configuration: one entry a column.
    counts : mapping
        For a column, how many rows there are of each value: ``{"obs_collection": {"HST": 3}}``.
    """
    return [_histogram_column(name, entry, counts.get(name)) for name, entry in entries.items()]


VOTABLE_WORD = "vot."


def _histogram_column(
    name: str, entry: Mapping[str, Any], counts: Mapping[str, int] | None
) -> dict[str, Any]:
    properties = {
        key if key.startswith(VOTABLE_WORD) else f"cc.{key}": value for key, value in entry.items()
    }
    if counts is not None:
        values = {value: {"count": count, "key": value} for value, count in counts.items()}
        properties["histObj"] = {**values, "hist": list(values.values())}
    return {"text": name, "dataIndex": name, "ExtendedProperties": properties}


def encode_error(msg: str) -> bytes:
    """An answer that reports an error; it travels with HTTP status 200, as at MAST."""
    return _json({"status": "ERROR", "msg": msg, "data": [], "fields": []})


def encode_executing(percent: float | None = None) -> bytes:
    """An answer that says: not ready, ask again. `percent` is from 0 to 1."""
    answer: dict[str, Any] = {"status": "EXECUTING", "msg": ""}
    if percent is not None:
        answer["percent complete"] = percent
    return _json(answer)


def encode_columns_config(config: Mapping[str, Mapping[str, Any]]) -> bytes:
    """A service's column configuration; ``{}`` for a service that has none."""
    return _json(config)


def decode_columns_config(content: bytes) -> dict[str, dict[str, Any]]:
    """The entries of a column configuration; entries that are no objects are left out.

    An empty answer is what MAST gives for an unknown service, and means no columns.
    """
    parsed = read_json(content) if content.strip() else {}
    if not isinstance(parsed or {}, dict):
        raise BadAnswerError(f"The column configuration is no object: {excerpt(content)}")
    entries = (parsed or {}).items()
    return {name: entry for name, entry in entries if isinstance(entry, dict)}


def _field_list(fields: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "type": type_word} for name, type_word in fields]


def _paging_object(paging: Paging) -> dict[str, int]:
    return {word: getattr(paging, name) for name, word in PAGING_WORDS.items()}


def _json(answer: Any) -> bytes:
    try:
        return ENCODER.encode(answer)
    except UnicodeEncodeError:  # half a surrogate pair in some text
        plain = json.loads(json.dumps(answer, default=_plain), parse_constant=lambda _: None)
        return json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    if value is np.ma.masked:
        return None
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, msgspec.Raw):
        return json.loads(bytes(value))
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value, enc_hook=_plain)
    return str(value)


ENCODER = msgspec.json.Encoder(enc_hook=_plain, decimal_format="number")
