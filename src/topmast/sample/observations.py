"""Observations with their files, made from the tables of missions.toml."""

from __future__ import annotations

import gzip
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from topmast.sample import documents, light_curves, makers, pictures
from topmast.sample.programs import FUTURE, mjd_text, programme, target_columns
from topmast.sample.seeds import seeded
from topmast.sample.spectra import observed_spectrum
from topmast.sample.templates import fill, header_cards, load
from topmast.sample.wcs import ImageWcs, circle_text, polygon_text
from topmast.tables.fields import OBSERVATION, PRODUCT

Row = dict[str, Any]
Values = dict[str, Any]

OBSERVATION_NAMES = tuple(column.name for column in OBSERVATION)
PRODUCT_NAMES = frozenset(column.name for column in PRODUCT)
MINIMUM = "Minimum Recommended Products"
USUAL: dict[str, str | bool] = {"intentType": "science", "dataRights": "PUBLIC", "mtFlag": False}
PREVIEWS = {"PREVIEW": "Preview-Full", "THUMBNAIL": "Preview-Thumb"}
# What a line of missions.toml says about a file apart from its columns and what its maker needs.
ABOUT_LINE = frozenset({"make", "each", "when", "file", "uri", "group", "minimum"})


@dataclass(frozen=True, slots=True)
class Product:
    """One product row; `make` gives the bytes, or is None where another row brings the same URI."""

    row: Row
    make: Callable[[], bytes] | None = None


@dataclass(slots=True)
class Group:
    """Observations that were made together, and the products of each."""

    observations: list[Row] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)

    def observe(self, kind: str, values: Values) -> Row:
        """Add an observation of a kind of missions.toml, with its files; its row."""
        row, known = observation(kind, values)
        self.observations.append(row)
        if known.get("with_files", True):
            self.list_files(row, known)
        return row

    def combine(self, kind: str, values: Values) -> Row:
        """Add an observation made of those in the group, which lists their files after its own."""
        members = list(self.products)
        names = [row["obs_id"] for row in self.observations]
        row = self.observe(kind, values | {"members": names})
        self.list_again(row, members)
        return row

    def list_files(self, row: Row, known: Values) -> None:
        """Add the files that the kind of the observation has."""
        known = {"seed": row["obs_id"]} | header_values(row) | known
        for line in known["products"]:
            if "when" in line and not known[line["when"]]:
                continue
            for item in known[line["each"]] if "each" in line else ({},):
                self.products.append(product(known.get("common", {}) | line, row, known | item))

    def list_again(self, parent: Row, products: Iterable[Product]) -> None:
        """List files of other observations under `parent` too, as members of an association."""
        for each in products:
            self.products.append(Product(each.row | {"parent_obsid": parent["obsid"]}))


def observe(kind: str, values: Values) -> Group:
    """A group of one observation."""
    group = Group()
    group.observe(kind, values)
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


def observation(kind: str, values: Values) -> tuple[Row, Values]:
    """The row of an observation, and all that its files may ask for.

    Columns come from `values` or its "mode", else from the row of the kind, else from the target
    and the program. Those still missing follow from the others.
    """
    table = kind_of(kind)
    known = table | values.get("mode", {}) | values
    row = dict.fromkeys(OBSERVATION_NAMES) | USUAL
    if "target" in known:
        row |= target_columns(known["target"])
    if "program" in known:
        row |= programme(known["program"], known["target"])
    given = {name: known[name] for name in OBSERVATION_NAMES if name in known}
    for name, template in table["row"].items():
        if name not in given:
            row[name] = fill(template, row | known)
    row |= given
    complete(row, known)
    return row, known | row


def complete(row: Row, known: Values) -> None:
    """Fill in identifiers, limits, times and footprint; add the WCS and the spectrum for files."""
    if row["obsid"] is None:
        row["obsid"] = known["first_obsid"] + known["number"]
    if row["objID"] is None:
        row["objID"] = row["obsid"] + known.get("objid_offset", 0)
    if "limits" in known:
        row["em_min"], row["em_max"] = known["limits"]
    if row["t_max"] is None:
        row["t_max"] = round(row["t_min"] + known.get("days", row["t_exptime"] / 86400), 8)
    if known.get("exclusive"):
        row |= {"dataRights": "EXCLUSIVE_ACCESS", "t_obs_release": FUTURE + known["number"]}
    if row["t_obs_release"] is None:
        row["t_obs_release"] = round(row["t_min"] + known["release_days"], 5)
    ra, dec = row["s_ra"], row["s_dec"]
    if "pixels" in known:
        pixels, scale = known["pixels"], known["arcsec"] / known["pixels"] / 3600
        known["wcs"] = ImageWcs(ra, dec, pixels, pixels, scale, known.get("angle", 0.0))
    if row["s_region"] is None and known.get("radius"):
        row["s_region"] = circle_text(ra, dec, known["radius"], frame=known.get("frame", "ICRS "))
    elif row["s_region"] is None:
        frame, closed = known.get("frame", "ICRS"), known.get("closed", True)
        row["s_region"] = polygon_text(known["wcs"].corners(), frame=frame, closed=closed)
    if "points" in known:
        random, kind = seeded("spectrum", row["obs_id"]), known["target"].kind
        known["spectrum"] = observed_spectrum(kind, known["limits"], known["points"], random)


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
        "proposal_number": int(number) if number.isdigit() else number,
        "investigator": surname.encode("ascii", "replace").decode(),
        "date": start[:10],
        "clock": start[11:19],
    }


def product(line: dict[str, Any], parent: Row, known: Values) -> Product:
    """The file that a line of missions.toml describes, under the observation `parent`."""
    file = fill(line["file"], known)
    known = known | {"file": file}
    filled = {name: fill(value, known) for name, value in line.items()}
    kind, mission = filled.get("productType", "SCIENCE"), parent["obs_collection"]
    row = dict.fromkeys(column.name for column in PRODUCT)
    row |= {name: value for name, value in parent.items() if name in PRODUCT_NAMES}
    row |= {
        "obsID": parent["obsid"],
        "parent_obsid": parent["obsid"],
        "description": PREVIEWS.get(kind, ""),
        "type": "S",
        "dataURI": filled.get("uri", f"mast:{mission}/product/{file}"),
        "productType": kind,
        "productGroupDescription": MINIMUM if filled.get("minimum") else None,
        "productSubGroupDescription": filled.get("group"),
        "project": parent["provenance_name"] or parent["project"],
        "productFilename": file,
    }
    row |= {name: value for name, value in filled.items() if name in PRODUCT_NAMES}
    options = filled.keys() - PRODUCT_NAMES - ABOUT_LINE
    return Product(row, maker(line["make"], known | {name: filled[name] for name in options}))


def maker(name: str, values: Values) -> Callable[[], bytes]:
    """The maker with the arguments that it asks for by name."""
    function, parameters = function_of(name)
    arguments = {key: values[key] for key in parameters if key in values}
    if "cards" in parameters:
        arguments["cards"] = header_cards(values["header"], values)
    make = partial(function, **arguments)
    return partial(compressed, make) if values["file"].endswith(".gz") else make


@cache
def function_of(name: str) -> tuple[Callable[..., bytes], tuple[str, ...]]:
    """The function that `make` names, and its parameters."""
    modules = (makers, light_curves, documents, pictures)
    function = next(vars(module)[name] for module in modules if name in vars(module))
    return function, tuple(inspect.signature(function).parameters)


def compressed(make: Callable[[], bytes]) -> bytes:
    return gzip.compress(make(), mtime=0)
