"""topmast sends the requests that the unmodified astroquery sends, but for what a table lists."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from .calls import CALLS
from .request_calls import REQUEST_CALLS
from .requests_recorder import Recorder, Sent

PROJECT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("peer"),
    pytest.mark.skipif(
        importlib.util.find_spec("astroquery") is None, reason="astroquery is not installed"
    ),
]

ALL_CALLS = [*CALLS, *REQUEST_CALLS]
FILE = "/api/v0.1/Download/file"
COLUMNS = "/portal/Mashup/Mashup.asmx/columnsconfig"
RESOLVER = "/Santa-war/query"
PRODUCTS = "Mast.Caom.Products"

Requests = list[Sent]
Memory = set[Any]
"""What one client has asked in the calls before."""


# --------------------------------------------------------- what may differ in any call


def without_columns(requests: Requests, memory: Memory) -> Requests:
    return [one for one in requests if one.path != COLUMNS and "Catalogs.All" not in one.service]


def names_asked_once(requests: Requests, memory: Memory) -> Requests:
    found = []
    for one in requests:
        if one.path != RESOLVER:
            found.append(one)
            continue
        how = {name: value for name, value in one.parameters.items() if name != "name"}
        for name in one.parameters["name"]:
            key = (name, json.dumps(how, sort_keys=True))
            if key not in memory:
                memory.add(key)
                found.append(replace(one, parameters=how | {"name": name}))
    return found


def files_got_at_once(requests: Requests, memory: Memory) -> Requests:
    got = dict.fromkeys(str(replace(one, method="GET")) for one in requests if one.path == FILE)
    files = [Sent("GET", file) for file in got]
    return [*files, *(one for one in requests if one.path != FILE)]


def ids_in_one_request(requests: Requests, memory: Memory) -> Requests:
    lists = [one for one in requests if one.service == PRODUCTS]
    if not lists:
        return requests
    ids = ",".join(str(one.parameters["params"].get("obsid")) for one in lists)
    params = {"obsid": sorted(set(ids.split(",")))}
    one_list = replace(lists[0], parameters=lists[0].parameters | {"params": params})
    return [one_list, *(one for one in requests if one.service != PRODUCTS)]


def in_one_letter_case(requests: Requests, memory: Memory) -> Requests:
    return [replace(one, parameters=_small(one.parameters)) for one in requests]


def _small(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with the names of the service and of the filtered columns in small letters."""
    if "service" not in parameters:
        return parameters
    params = dict(parameters["params"])
    if isinstance(params.get("filters"), list):
        params["filters"] = [
            one | {"paramName": one["paramName"].lower()} for one in params["filters"]
        ]
    return parameters | {"service": parameters["service"].lower(), "params": params}


def without_use_json(requests: Requests, memory: Memory) -> Requests:
    return [
        replace(one, parameters={k: v for k, v in one.parameters.items() if k != "use_json"})
        for one in requests
    ]


@dataclass(frozen=True)
class Difference:
    """Something that the requests may differ in, and why; `fold` makes both sides alike."""

    what: str
    why: str
    fold: Callable[[Requests, Memory], Requests]


DIFFERENCES = [
    Difference(
        "use_json: false in requests for catalogues",
        "The portal ignores properties that it does not know; this one is documented nowhere.",
        without_use_json,
    ),
    Difference(
        "the column configuration is asked once a session, and only where a table is made",
        "astroquery asks again for each service with the same columns, and for answers that "
        "have none. Which are asked is compared below.",
        without_columns,
    ),
    Difference(
        "a name that was resolved in this session is not resolved again",
        "Positions of names do not change within a session, and the resolver is slow.",
        names_asked_once,
    ),
    Difference(
        "no HEAD before the GET of a file",
        "The GET says the same before its body; one request a file less.",
        files_got_at_once,
    ),
    Difference(
        "several ids in one request, each id once",
        "The service takes a list. astroquery asks for each id of a download by itself.",
        ids_in_one_request,
    ),
    Difference(
        "names of services and columns are spelt as MAST spells them",
        "They are matched in any letter case; one spelling is one entry of the portal's cache.",
        in_one_letter_case,
    ),
]

CALL_DIFFERENCES = {
    "Observations.query_criteria(obstype='science', obs_collection='HST')": (
        "The guide's word for intentType works in both dialects; astroquery refuses it."
    ),
    "Observations.get_product_list(['', ' '])": (
        "A blank id is refused as an empty one is, where astroquery asks for the id ' '."
    ),
    "Observations.query_region_count('10 20', pagesize=5, page=2)": (
        "A count is one row: it has no second page, and asking for it may give nothing."
    ),
    "Mast.mast_query('Mast.Catalogs.Filtered.Tic.Rows', columns='id', Teff=3, pagesize=5)": (
        "The values of a filter are a list, as MAST documents it; astroquery sends a bare 3, and "
        "a list since its next version."
    ),
}
"""Calls whose requests differ by more than that, and why."""

OTHER_COLUMNS = {
    "mast.caom.filtered",
    "mast.caom.filtered.position",
    "mast.catalogs.filtered.tic.rows",
}
"""Configurations of services called by name, which astroquery has stored under that name from
another service already, whichever method came first."""


# ------------------------------------------------------------------------- recording


@pytest.fixture(scope="module")
def recorded_calls(sample_archive: Any) -> dict[str, list[Requests]]:
    """What each client sent for each call."""
    return {package: list(record(package, sample_archive)) for package in ("astroquery", "topmast")}


def record(package: str, archive: Any) -> Iterator[Requests]:
    from topmast.archive.server.serve import serve_in_thread

    recorder = Recorder(archive)
    with serve_in_thread(recorder) as server:
        module = "tests.conformance.requests_recorder"
        subprocess.run(
            [sys.executable, "-m", module, package, server],
            input=json.dumps(ALL_CALLS),
            text=True,
            cwd=PROJECT,
            check=True,
            timeout=280,
        )
    assert len(recorder.calls) == len(ALL_CALLS)
    return iter(recorder.calls)


@pytest.fixture(scope="module")
def folded(recorded_calls: dict[str, list[Requests]]) -> dict[str, tuple[Requests, Requests]]:
    """For each call what astroquery and topmast sent, after all differences are folded."""
    theirs, ours = (fold_all(recorded_calls[name]) for name in ("astroquery", "topmast"))
    return {call: pair for call, *pair in zip(ALL_CALLS, theirs, ours, strict=True)}


def fold_all(
    calls: list[Requests], differences: list[Difference] = DIFFERENCES
) -> Iterator[Requests]:
    memories: dict[str, Memory] = {difference.what: set() for difference in differences}
    for requests in calls:
        for difference in differences:
            requests = difference.fold(requests, memories[difference.what])
        yield requests


def texts(requests: Requests) -> Counter[str]:
    return Counter(map(str, requests))


# ----------------------------------------------------------------------------- tests


@pytest.mark.parametrize("call", ALL_CALLS)
def test_both_clients_send_the_same_requests(
    call: str, folded: dict[str, tuple[Requests, Requests]]
) -> None:
    theirs, ours = folded[call]
    if call in CALL_DIFFERENCES:
        assert texts(ours) != texts(theirs), "no longer differs: remove it"
        return
    assert texts(ours) == texts(theirs)


def test_more_than_a_hundred_calls_send_something(
    recorded_calls: dict[str, list[Requests]],
) -> None:
    assert sum(map(bool, recorded_calls["topmast"])) > 100


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda one: one.what)
def test_each_difference_of_the_table_is_met(
    difference: Difference, recorded_calls: dict[str, list[Requests]]
) -> None:
    others = [one for one in DIFFERENCES if one is not difference]
    theirs, ours = (fold_all(recorded_calls[name], others) for name in ("astroquery", "topmast"))

    assert any(texts(a) != texts(b) for a, b in zip(theirs, ours, strict=True))


def test_the_columns_of_the_same_services_are_asked(
    recorded_calls: dict[str, list[Requests]],
) -> None:
    theirs, ours = (columns_asked(recorded_calls[name]) for name in ("astroquery", "topmast"))

    assert set(ours) - set(theirs) <= OTHER_COLUMNS
    assert set(ours.values()) == {1}


def columns_asked(calls: list[Requests]) -> Counter[str]:
    """How often the column configuration of each service is asked for."""
    return Counter(
        one.parameters["colConfigId"][0].lower()
        for requests in calls
        for one in requests
        if one.path == COLUMNS
    )
