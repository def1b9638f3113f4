"""What goes with the mission search: lists of missions, columns and products, both directions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.json import excerpt, read_json
from topmast.wire.missions import json_object, texts_of

MOST_DATASETS = 1000
"""Datasets whose products one request may ask for."""


@dataclass(frozen=True, slots=True)
class MissionColumn:
    """One column of a mission, as the column list describes it.

    `kind` is string, substring, integer, float, datetime, boolean, ra or dec. `is_dataset` marks
    the column that names a dataset, where the server says so.
    """

    name: str
    kind: str = "string"
    label: str = ""
    description: str = ""
    datatype: str = "char"
    queryable: bool = True
    in_default: bool = False
    indexed: bool = False
    is_dataset: bool = False


def encode_columns(columns: Iterable[MissionColumn]) -> bytes:
    """A column list."""
    return msgspec.json.encode([_column_object(column) for column in columns])


def _column_object(column: MissionColumn) -> dict[str, str]:
    found = {
        "field_name": column.label or column.name,
        "description": column.description,
        "column_name": column.name,
        "queryable": YES_NO[column.queryable],
        "qual_type": column.kind,
        "default_output": YES_NO[column.in_default],
        "indexed": YES_NO[column.indexed],
        "datatype": column.datatype,
    }
    return found | ({"dataset_id": "yes"} if column.is_dataset else {})


YES_NO = {True: "yes", False: "no"}


def decode_columns(content: bytes) -> list[MissionColumn]:
    """The columns of a mission.

    Raises BadAnswerError if it is no list, or has an entry without a name or a type.
    """
    listed = read_json(content)
    if not isinstance(listed, list):
        raise BadAnswerError(f"The column list is no list: {excerpt(content)}")
    return [_read_column(entry) for entry in listed]


def _read_column(entry: Any) -> MissionColumn:
    try:
        name, kind = str(entry["column_name"]), str(entry["qual_type"])
    except (KeyError, TypeError) as problem:
        raise BadAnswerError(
            f"An entry of the column list has no column_name and qual_type: {entry!r:.80}"
        ) from problem
    return MissionColumn(
        name,
        kind,
        label=str(entry.get("field_name") or ""),
        description=str(entry.get("description") or ""),
        datatype=str(entry.get("datatype") or ""),
        queryable=entry.get("queryable") != "no",
        in_default=entry.get("default_output") == "yes",
        indexed=entry.get("indexed") == "yes",
        is_dataset=entry.get("dataset_id") == "yes",
    )


def encode_datasets(datasets: Sequence[str]) -> bytes:
    """The body that asks for the products of datasets."""
    return msgspec.json.encode({"dataset_ids": list(datasets)})


def decode_datasets(body: bytes) -> list[str]:
    """The datasets that a body asks for; InvalidQueryError if there are none, or too many."""
    datasets = texts_of(json_object(body), "dataset_ids")
    return checked_datasets(datasets)


def checked_datasets(datasets: Sequence[str]) -> list[str]:
    """`datasets` without blanks; InvalidQueryError if there are none, or too many."""
    found = [text.strip() for text in datasets if text.strip()]
    if not found:
        raise InvalidQueryError("dataset_ids is a list of dataset names, and has none.")
    if len(found) > MOST_DATASETS:
        raise InvalidQueryError(
            f"{len(found)} datasets are more than the {MOST_DATASETS} that one request may have."
        )
    return found


def encode_products(products: Sequence[Mapping[str, Any]]) -> bytes:
    """A product list."""
    return msgspec.json.encode({"products": list(products)})


def decode_products(content: bytes) -> list[dict[str, Any]]:
    """The products of an answer, also where their list is wrapped in another one.

    Raises BadAnswerError if there is no list of products.
    """
    parsed = read_json(content)
    products = parsed.get("products") if isinstance(parsed, dict) else None
    if isinstance(products, list) and products and isinstance(products[0], list):
        products = products[0]
    if not isinstance(products, list) or not all(isinstance(each, dict) for each in products):
        raise BadAnswerError(f"The answer has no list of products: {excerpt(content)}")
    return products


def product_query(name: str) -> str:
    """The query of the address that serves the product `name`."""
    return f"product_name={quote(name, safe='')}"


def encode_missions(missions: Iterable[str]) -> bytes:
    """The page that lists the missions, each with a link to its search."""
    links = "".join(
        f'<li><a href="/search/{html.escape(name)}/api/v0.1/search">{html.escape(name)}</a></li>'
        for name in missions
    )
    text = "<!doctype html><html><head><title>Mission search</title></head><body>"
    return f"{text}<ul>{links}</ul></body></html>".encode()


MISSION = re.compile(
    r"/search/(?!docs|util)([a-z][a-z0-9_]*)/api/|/search/docs/?(?:\?mission=|#/?)?([a-z][a-z0-9_]*)",
    re.IGNORECASE,
)
"""Links to a mission's search, or to its part of the page. MAST's own page is nowhere recorded:
this is what its addresses let expect."""
NO_MISSION = {"openapi", "swagger", "static", "all_missions"}


def decode_missions(content: bytes) -> list[str]:
    """The missions that a page links to, each once, in its order."""
    text = content.decode("utf-8", "replace")
    found = dict.fromkeys((one or other).lower() for one, other in MISSION.findall(text))
    return [name for name in found if name not in NO_MISSION]
