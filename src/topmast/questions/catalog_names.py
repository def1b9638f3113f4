"""Names that are a number in a catalogue (TIC, KIC, EPIC), found in the archive's own holdings."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from topmast.errors import RemoteServiceError
from topmast.net.session import Session
from topmast.questions.polling import ask
from topmast.wire.answers import read_page
from topmast.wire.names import ResolvedName
from topmast.wire.portal import MashupRequest

log: logging.Logger = logging.getLogger("topmast")


@dataclass(frozen=True, slots=True)
class Holding:
    """Where the archive keeps the position of a numbered star.

    `column` of `service` has the number, written as `form` says; `ra` and `dec` the position.
    """

    catalog: str
    service: str
    column: str
    form: str
    ra: str
    dec: str


HOLDINGS = (
    Holding("TIC", "Mast.Catalogs.Filtered.Tic.Rows", "ID", "{}", "ra", "dec"),
    Holding("TIC", "Mast.Caom.Filtered", "target_name", "{}", "s_ra", "s_dec"),
    Holding("KIC", "Mast.Caom.Filtered", "target_name", "kplr{:0>9}", "s_ra", "s_dec"),
    Holding("EPIC", "Mast.Caom.Filtered", "target_name", "ktwo{:0>9}", "s_ra", "s_dec"),
)
"""Asked in this order, until one has the number."""

NUMBERED = re.compile(r"\s*(TIC|KIC|EPIC)[\s_-]*(\d{1,12})\s*", re.IGNORECASE)


def entries_of_holdings(session: Session, names: Iterable[str]) -> dict[str, list[ResolvedName]]:
    """The entry of each name that is a number in a catalogue and known to the archive."""
    found: dict[str, list[ResolvedName]] = {}
    for name in names:
        match = NUMBERED.fullmatch(name)
        if match is not None and (entry := _entry(session, name, match[1].upper(), match[2])):
            found[name] = [entry]
    return found


def _entry(session: Session, name: str, catalog: str, number: str) -> ResolvedName | None:
    for holding in HOLDINGS:
        if holding.catalog == catalog and (place := _place(session, holding, number)):
            log.info("%s: no resolver knows it; its position is from %s.", name, holding.service)
            return ResolvedName(name, catalog, f"{catalog} {int(number)}", *place)
    return None


def _place(session: Session, holding: Holding, number: str) -> tuple[float, float] | None:
    value = holding.form.format(str(int(number)))
    wanted = {"paramName": holding.column, "values": [value]}
    params: dict[str, Any] = {
        "columns": ",".join((holding.column, holding.ra, holding.dec)),
        "filters": [wanted],
    }
    if holding.service == "Mast.Caom.Filtered" and holding.catalog == "TIC":
        params["filters"].append({"paramName": "obs_collection", "values": ["TESS"]})
    request = MashupRequest(holding.service, params, "json", pagesize=1, page=1)
    try:
        columns = read_page(ask(session, request).answer.content)
        ra, dec = columns[holding.ra], columns[holding.dec]
    except (RemoteServiceError, LookupError) as problem:
        log.debug("%s cannot tell where %s %s is: %s", holding.service, *wanted.values(), problem)
        return None
    if not len(ra.data) or ra.mask[0] or dec.mask[0]:
        return None
    return float(ra.data[0]), float(dec.data[0])
