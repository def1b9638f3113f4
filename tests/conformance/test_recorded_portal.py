"""Recorded and random portal answers give the same Table as astroquery's own decoder."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topmast.errors import BadAnswerError
from topmast.questions.columns import Columns, metadata_table
from topmast.wire.answers import peek_status, table_of

pytestmark = pytest.mark.peer

TABLES = {
    "Mast.Caom.Cone/caom_2017.json": 19,
    "Mast.Caom.Filtered/advSearch_2017.json": 3,
    "Mast.Caom.Filtered.Position/advSearchPos_2017.json": 12,
    "Mast.Caom.Products/products_2017.json": 22,
    "Mast.Catalogs.DiskDetective.Cone/dd_2018.json": 7,
    "Mast.Catalogs.Tic.Cone/tic_2018-09.json": 7,
    "Mast.Hsc.Db.v3/hsc_2018.json": 28,
    "Mast.HscMatches.Db.v3/matchid_2018.json": 9,
    "Mast.HscSpectra.Db.All/spectra_2018.json": 26,
}
"""The recorded tables, and how many rows they have."""


@pytest.fixture(scope="module")
def peer() -> Iterator[Any]:
    """astroquery's portal module, its server an address of this machine that nobody serves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("astroquery")
        from astroquery.mast import conf

        with conf.set_temp("server", "http://127.0.0.1:9"):
            from astroquery.mast import discovery_portal

            yield discovery_portal


def theirs(peer: Any, content: bytes, config: Any = None) -> Any:
    portal = peer.PortalAPI()
    portal._column_configs["S"] = config
    portal._current_service = "S"
    answer = SimpleNamespace(json=lambda: json.loads(content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return portal._parse_result([answer])


def ours(content: bytes, config: Any = None) -> Any:
    return table_of([content], columns=config, null_floats="nan", units=False)


def assert_same(mine: Any, peer_table: Any) -> None:
    """Names, types, masks and values, those under the masks too."""
    assert mine.colnames == peer_table.colnames
    for name in mine.colnames:
        got, want = mine[name], peer_table[name]
        assert got.dtype == want.dtype, name
        np.testing.assert_array_equal(np.asarray(got.mask), np.asarray(want.mask), name)
        np.testing.assert_array_equal(got.data.data, want.data.data, name)


def has_table(path: Path) -> bool:
    parsed = json.loads(path.read_bytes())
    return isinstance(parsed, dict) and "fields" in parsed


def recorded_answers(recorded: Path) -> list[Path]:
    return sorted((recorded / "responses").glob("Mast.*/*.json"))


def test_all_recorded_tables_are_compared(recorded: Path) -> None:
    found = {
        f"{path.parent.name}/{path.name}" for path in recorded_answers(recorded) if has_table(path)
    }

    assert found == set(TABLES)


@pytest.mark.recorded
@pytest.mark.parametrize("name", TABLES)
def test_a_recorded_answer_gives_astroquery_s_table(name: str, recorded: Path, peer: Any) -> None:
    content = (recorded / "responses" / name).read_bytes()
    config = json.loads((recorded / "responses/ColumnsConfig/caom_cone_2019.json").read_bytes())

    for entries in (None, config):
        mine = ours(content, entries)

        assert_same(mine, theirs(peer, content, entries))
        assert len(mine) == TABLES[name]


@pytest.mark.recorded
def test_recorded_answers_that_are_no_tables_are_taken_as_what_they_are(recorded: Path) -> None:
    for path in recorded_answers(recorded):
        if has_table(path):
            continue
        content = path.read_bytes()
        if content.lstrip().startswith(b"["):
            # Bare lists of rows or of fields, as a notebook printed them.
            with pytest.raises(BadAnswerError, match="no object with a status"):
                peek_status(content)
        else:
            assert peek_status(content)[0] in ("", "COMPLETE")
        with pytest.raises(BadAnswerError):
            table_of([content])


@pytest.mark.recorded
def test_the_histograms_in_extjs_form_are_a_table_without_rows(recorded: Path) -> None:
    content = (recorded / "responses/Mast.Missions.List/missions_2017.extjs").read_bytes()

    table = table_of([content])

    assert len(table) == 0
    assert "obs_collection" in table.colnames


@pytest.mark.recorded
@pytest.mark.parametrize("name", ["caom_cone_2019.json", "diskdetective_2018.json"])
def test_the_metadata_table_is_astroquery_s(name: str, recorded: Path, peer: Any) -> None:
    config = json.loads((recorded / "responses/ColumnsConfig" / name).read_bytes())
    portal = peer.PortalAPI()
    portal._request = lambda *_, **__: [SimpleNamespace(json=lambda: config)]

    want = portal._get_columnsconfig_metadata("any")
    mine = metadata_table(Columns(config))

    assert mine.colnames == want.colnames
    for heading in want.colnames:
        assert list(mine[heading]) == list(want[heading])


# ---------------------------------------------------------------- random answers

CELLS = {
    "string": st.text(max_size=5)
    | st.text("a\0", max_size=2)
    | st.integers()
    | st.floats(allow_nan=False)
    | st.booleans(),
    "float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70),
    "int": st.integers(-(2**63), 2**63 - 1) | st.just(-999),
    "boolean": st.booleans() | st.integers(0, 2),
}
IGNORED = {
    "string": st.sampled_from(["", "a", "none"]),
    "float": st.sampled_from([0, -9999, 0.5]),
    "int": st.sampled_from([0, -9999]),
    "boolean": st.none(),
}


@st.composite
def answers(draw: Any) -> tuple[bytes, dict[str, Any]]:
    names = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5))
    fields = [{"name": name, "type": draw(st.sampled_from(sorted(CELLS)))} for name in names]
    types = {field["name"]: field["type"] for field in reversed(fields)}
    row = st.fixed_dictionaries({}, optional={n: st.none() | CELLS[t] for n, t in types.items()})
    rows = draw(st.lists(row, min_size=1, max_size=6))
    config = {
        name: draw(st.just({}) | st.fixed_dictionaries({"ignoreValue": IGNORED[type_word]}))
        for name, type_word in types.items()
    }
    answer = {"status": "COMPLETE", "msg": "", "data": rows, "fields": fields}
    return json.dumps(answer).encode(), config


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers())
def test_a_random_answer_gives_astroquery_s_table(
    peer: Any, answer: tuple[bytes, dict[str, Any]]
) -> None:
    content, config = answer

    assert_same(ours(content, config), theirs(peer, content, config))
