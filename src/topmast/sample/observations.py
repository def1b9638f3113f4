"""Observations with their files, made from the templates of missions.toml."""

from __future__ import annotations

import gzip
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from topmast.sample.makers import MAKERS
from topmast.sample.programs import mjd_text
from topmast.sample.templates import fill, header_cards, load
from topmast.tables.fields import OBSERVATION, PRODUCT

Row = dict[str, Any]
Values = dict[str, Any]

OBSERVATION_NAMES = tuple(column.name for column in OBSERVATION)
PRODUCT_NAMES = frozenset(column.name for column in PRODUCT)
MINIMUM = "Minimum Recommended Products"
USUAL = {"intentType": "science", "dataRights": "PUBLIC", "mtFlag": False}
PREVIEWS = {"PREVIEW": "Preview-Full", "THUMBNAIL": "Preview-Thumb"}
# What a line of missions.toml says about a file apart from its columns and what its maker needs.
ABOUT_LINE = frozenset({"make", "each", "when", "file", "uri", "group", "minimum"})


@dataclass(frozen=True, slots=True)
class Product:
    """One product row; `make` gives the bytes, or is None where another row brings the same URI."""

    row: Row
    make: Callable[[], bytes] | None = None

    @property
    def uri(self) -> str:
        return str(self.row["dataURI"])


@dataclass(slots=True)
class Group:
    """Observations that were made together, and the products of each."""

    observations: list[Row] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)

    def observe(self, kind: str, *, with_files: bool = True, **values: Any) -> Row:
        """Add an observation of a kind of missions.toml, with its files; its row.

        Columns among `values` come before what the template says; the rest fills its braces.
        """
        row = observation_row(kind, values)
        self.observations.append(row)
        if with_files:
            self.list_files(kind, row, values)
        return row

    def list_files(self, kind: str, row: Row, values: Values) -> None:
        """Add the files that an observation of this kind has."""
        table = kind_of(kind)
        known = header_values(row) | {"seed": row["obs_id"], "header": table.get("header")}
        known |= row | values
        for line in table["products"]:
            if "when" in line and not known[line["when"]]:
                continue
            for item in known[line["each"]] if "each" in line else ({},):
                self.products.append(product(table.get("common", {}) | line, row, known | item))

    def list_again(self, parent: Row, products: Iterable[Product]) -> None:
        """List files of other observations under `parent` too, as members of an association."""
        for each in products:
            self.products.append(Product(each.row | {"parent_obsid": parent["obsid"]}))


def observe(kind: str, **values: Any) -> Group:
    """A group of one observation."""
    group = Group()
    group.observe(kind, **values)
    return group


@cache
def kind_of(name: str) -> dict[str, Any]:
    """The table of a kind of observation, with what the kind has that it is like."""
    table: dict[str, Any] = load("missions.toml")[name]
    base = kind_of(table["like"]) if "like" in table else {}
    row = base.get("row", {}) | table.get("row", {})
    if unknown := row.keys() - set(OBSERVATION_NAMES):
        raise KeyError(f"No such observation columns: {sorted(unknown)}")
    return base | table | {"row": row}


def observation_row(kind: str, values: Values) -> Row:
    table = kind_of(kind)
    row = dict.fromkeys(OBSERVATION_NAMES) | USUAL
    row |= {name: values[name] for name in OBSERVATION_NAMES if name in values}
    for name, template in table["row"].items():
        if name not in values:
            row[name] = fill(template, row | values)
    if row["objID"] is None:
        row["objID"] = row["obsid"] + table.get("objid_offset", 0)
    return row


def header_values(row: Row) -> Values:
    """Values that headers have, told from the columns."""
    instrument, _, detector = row["instrument_name"].partition("/")
    number, start = row["proposal_id"] or "", mjd_text(row["t_min"])
    surname = (row["proposal_pi"] or "").partition(",")[0]
    return {
        "instrument": instrument,
        "detector": detector,
        "filter": (row["filters"] or "").partition(";")[0],
        "dispersion": (row["filters"] or "").partition(" ")[0],
        "program": int(number) if number.isdigit() else number,
        "investigator": surname.encode("ascii", "replace").decode(),
        "date": start[:10],
        "clock": start[11:19],
    }


def product(line: dict[str, Any], parent: Row, known: Values) -> Product:
    """The file that a line of missions.toml describes, under the observation `parent`."""
    named = {"file": fill(line["file"], known)}
    known = known | named
    filled = {name: fill(value, known) for name, value in line.items() if name not in named}
    kind = filled.get("productType", "SCIENCE")
    mission = parent["obs_collection"]
    row = {
        "obsID": parent["obsid"],
        "obs_collection": mission,
        "dataproduct_type": parent["dataproduct_type"],
        "obs_id": parent["obs_id"],
        "description": PREVIEWS.get(kind, ""),
        "type": "S",
        "dataURI": filled.get("uri", f"mast:{mission}/product/{named['file']}"),
        "productType": kind,
        "productGroupDescription": MINIMUM if filled.get("minimum") else None,
        "productSubGroupDescription": filled.get("group"),
        "productDocumentationURL": None,
        "project": parent["provenance_name"] or parent["project"],
        "prvversion": None,
        "proposal_id": parent["proposal_id"],
        "productFilename": named["file"],
        "size": None,
        "parent_obsid": parent["obsid"],
        "dataRights": parent["dataRights"],
        "calib_level": parent["calib_level"],
        "filters": parent["filters"],
    } | {name: value for name, value in filled.items() if name in PRODUCT_NAMES}
    options = filled.keys() - PRODUCT_NAMES - ABOUT_LINE
    return Product(row, maker(line["make"], known | {name: filled[name] for name in options}))


def maker(name: str, values: Values) -> Callable[[], bytes]:
    """The maker with the arguments that it asks for by name."""
    wanted = parameters(name)
    arguments = {key: values[key] for key in wanted if key in values}
    if "cards" in wanted:
        arguments["cards"] = header_cards(values["header"], values)
    make = partial(MAKERS[name], **arguments)
    return partial(compressed, make) if values["file"].endswith(".gz") else make


@cache
def parameters(name: str) -> tuple[str, ...]:
    return tuple(inspect.signature(MAKERS[name]).parameters)


def compressed(make: Callable[[], bytes]) -> bytes:
    return gzip.compress(make(), mtime=0)


def rows_of(groups: Iterable[Group]) -> Iterator[Row]:
    for group in groups:
        yield from group.observations
