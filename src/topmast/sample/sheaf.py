"""Observations with their products: the rows, and how the bytes of each file are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from topmast.tables.fields import OBSERVATION, PRODUCT

OBSERVATION_NAMES = tuple(column.name for column in OBSERVATION)
PRODUCT_NAMES = tuple(column.name for column in PRODUCT)
MINIMUM = "Minimum Recommended Products"
USUAL = {"intentType": "science", "dataRights": "PUBLIC", "mtFlag": False}

Maker = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Product:
    """One product row; `make` gives the bytes, or is None where another row brings the same URI."""

    row: dict[str, Any]
    make: Maker | None = None

    @property
    def uri(self) -> str:
        return str(self.row["dataURI"])


@dataclass(slots=True)
class Sheaf:
    """Observations that were made together, and the products of each."""

    observations: list[dict[str, Any]] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)

    def add(
        self,
        parent: dict[str, Any],
        name: str,
        make: Maker | None,
        *,
        uri: str = "",
        description: str = "",
        kind: str = "SCIENCE",
        group: str | None = None,
        minimum: bool = False,
        **changed: Any,
    ) -> None:
        """List a file under `parent`; `changed` overrides what follows from the observation."""
        mission = parent["obs_collection"]
        row = {
            "obsID": parent["obsid"],
            "obs_collection": mission,
            "dataproduct_type": parent["dataproduct_type"],
            "obs_id": parent["obs_id"],
            "description": description,
            "type": "S",
            "dataURI": uri or f"mast:{mission}/product/{name}",
            "productType": kind,
            "productGroupDescription": MINIMUM if minimum else None,
            "productSubGroupDescription": group,
            "productDocumentationURL": None,
            "project": parent["provenance_name"] or parent["project"],
            "prvversion": None,
            "proposal_id": parent["proposal_id"],
            "productFilename": name,
            "size": None,
            "parent_obsid": parent["obsid"],
            "dataRights": parent["dataRights"],
            "calib_level": parent["calib_level"],
            "filters": parent["filters"],
        } | changed
        self.products.append(Product(row, make))

    def list_again(self, parent: dict[str, Any], products: Iterable[Product]) -> None:
        """List files of other observations under `parent` too, as members of an association."""
        for product in products:
            self.products.append(Product(product.row | {"parent_obsid": parent["obsid"]}))


def observation(**values: Any) -> dict[str, Any]:
    """One observation row: what is not given is null, or what nearly every row has."""
    unknown = values.keys() - set(OBSERVATION_NAMES)
    if unknown:
        raise KeyError(f"No such observation columns: {sorted(unknown)}")
    return dict.fromkeys(OBSERVATION_NAMES) | USUAL | values


def alone(**values: Any) -> Sheaf:
    """A sheaf with one observation and, as yet, no products."""
    return Sheaf([observation(**values)])


def rows_of(sheaves: Iterable[Sheaf]) -> Iterator[dict[str, Any]]:
    for sheaf in sheaves:
        yield from sheaf.observations
