"""The portal's services on catalogues: shapes, limits, counts, filters, hostile requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.archive.conftest import Caller
from topmast.archive import Archive
from topmast.archive.catalogs.cones import distances_deg
from topmast.archive.portal.catalog_services import CATALOG_SERVICES
from topmast.tables.catalogs import fields_of, fields_of_service
from topmast.tables.hubble_filters import filters_by_wavelength

COUNT = 4000
WORDS = ["STAR", "Extended", "50%_x", "l'été", None, "a;b"]


def some_stars() -> dict[str, Any]:
    random = np.random.default_rng(3)
    bmag = np.where(random.random(COUNT) < 0.3, np.nan, np.round(random.uniform(5, 20, COUNT), 2))
    return {
        "ID": random.permutation(COUNT) + 2**40,
        "ra": random.uniform(158.2, 158.8, COUNT),
        "dec": random.uniform(-7.6, -7.0, COUNT),
        "Bmag": bmag,
        "KIC": np.arange(COUNT),
        "gaiaqflag": random.integers(0, 2, COUNT),
        "objType": [WORDS[k] for k in random.integers(0, len(WORDS), COUNT)],
        "objID": random.permutation(COUNT),
    }


STARS = some_stars()


@pytest.fixture(scope="module")
def stars(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with Archive.create(tmp_path_factory.mktemp("services") / "a") as archive:
        table = pa.table({n: pa.array(v, from_pandas=True) for n, v in STARS.items()})
        archive.ingest_catalog("tic", table)
        archive.ingest_catalog("gaia_dr2", [{"source_id": 5, "ra": 158.5, "dec": -7.3}])
        galex = {"objID": np.arange(300), "ra": np.full(300, 10.0), "dec": np.linspace(5, 5.1, 300)}
        archive.ingest_catalog("galex", pa.table(galex))
        hubble = [
            {"MatchID": k, "MatchRA": 20.0, "MatchDec": 1 + k / 3600, "NumImages": k,
             "A_F814W": 20.0, "A_F814W_Auto": 19.0, "A_F814W_N": 1, "W3_F160W_N": int(k == 9)}
            for k in range(10)
        ]  # fmt: skip
        archive.ingest_catalog("hsc_v3", hubble)
        mine = [
            {"id": 1, "ra": 40.0, "dec": 5.0, "redshift": 0.7},
            {"id": 2, "ra": 41.0, "dec": 5.0},
        ]
        archive.ingest_catalog("quasars", mine)
        yield Caller(archive)


@pytest.fixture
def nothing(empty: Archive) -> Caller:
    return Caller(empty)


def names(answer: Any) -> list[str]:
    return [field["name"] for field in answer["fields"]]


# ------------------------------------------------------------------------------------ cones, order


def test_a_cone_comes_nearest_first_with_the_distance_of_its_catalogue(stars: Caller) -> None:
    answer = stars.ask("mast.catalogs.TIC.cone", {"ra": 158.5, "dec": -7.3, "radius": 0.05})

    away = np.sort(distances_deg(158.5, -7.3, STARS["ra"], STARS["dec"]))
    away = away[away <= 0.05] * 3600
    assert [row["dstArcSec"] for row in answer["data"]] == away.tolist()
    assert names(answer)[:3] == ["ID", "ra", "dec"]
    assert names(answer)[-1] == "dstArcSec"
    assert len(names(answer)) == 125


def test_pages_of_a_cone_make_up_the_whole(stars: Caller) -> None:
    params = {"ra": 158.5, "dec": -7.3, "radius": 0.1}
    whole = stars.column("ID", "Mast.Catalogs.Tic.Cone", params, pagesize=50_000)

    parts = [
        stars.column("ID", "Mast.Catalogs.Tic.Cone", params, pagesize=100, page=page)
        for page in range(1, -(-len(whole) // 100) + 2)
    ]

    assert [number for part in parts for number in part] == whole
    assert parts[-1] == []


@pytest.mark.parametrize("service", sorted(CATALOG_SERVICES))
def test_every_service_answers_in_an_empty_archive(nothing: Caller, service: str) -> None:
    params = {"ra": 1, "dec": 2, "input": "5", "filters": [], "nr": 3, "maxrecords": 3}

    answer = nothing.ask(service, params, extra={"data": {"data": []}})

    assert answer["status"] == "COMPLETE", answer
    if "All." not in service and "Count" not in service:
        assert answer["data"] == []
        assert answer["fields"]


def test_a_limit_keeps_the_nearest(stars: Caller) -> None:
    params = {"ra": 10, "dec": 5, "radius": 1, "maxrecords": 7}

    answer = stars.ask("Mast.Galex.Catalog", params)

    assert [row["objID"] for row in answer["data"]] == list(range(7))
    assert answer["paging"]["rowsTotal"] == 7
    assert answer["data"][1]["distance_arcmin"] == pytest.approx(0.1 / 299 * 60)
    assert len(stars.column("objID", "Mast.Galex.Catalog", {**params, "maxrecords": 10**15})) == 300


@pytest.mark.parametrize("value", [-1, "x", None, [], 2.5, True, 10**30, "1; DROP TABLE", {}])
def test_a_wrong_limit_is_an_error_answer(stars: Caller, value: Any) -> None:
    for service, name in (("Mast.Galex.Catalog", "maxrecords"), ("Mast.Hsc.Db.v3", "nr")):
        answer = stars.ask(service, {"ra": 10, "dec": 5, "radius": 1, name: value})
        if value is None:
            assert answer["status"] in ("COMPLETE", "ERROR")
        else:
            assert answer["status"] == "ERROR"
            assert name in answer["msg"]


# --------------------------------------------------------------------------- Hubble Source Catalog


def test_hubble_answers_have_the_filters_that_some_source_was_seen_in(stars: Caller) -> None:
    near = {"ra": 20, "dec": 1, "radius": 0.001}
    far = {"ra": 20, "dec": 1, "radius": 0.01}

    assert names(stars.ask("Mast.Hsc.Db.v3", near))[-4:] == [
        "A_F814W", "A_F814W_MAD", "A_F814W_N", "_selected_",
    ]  # fmt: skip
    answer = stars.ask("Mast.Hsc.Db.v3", far)
    assert names(answer)[-4:-1] == ["W3_F160W", "W3_F160W_MAD", "W3_F160W_N"]
    assert [row["W3_F160W_N"] for row in answer["data"]] == [0] * 9 + [1]


def test_magtype_2_gives_the_other_magnitudes(stars: Caller) -> None:
    params = {"ra": 20, "dec": 1, "radius": 0.01}

    assert set(stars.column("A_F814W", "Mast.Hsc.Db.v3", {**params, "magtype": 1})) == {20.0}
    assert set(stars.column("A_F814W", "Mast.Hsc.Db.v3", {**params, "magtype": "2"})) == {19.0}
    assert stars.ask("Mast.Hsc.Db.v3", {**params, "magtype": 3})["status"] == "ERROR"


def test_nr_and_ni_limit_what_comes(stars: Caller) -> None:
    params = {"ra": 20, "dec": 1, "radius": 0.01, "ni": 4}

    assert stars.column("MatchID", "Mast.Hsc.Db.v3", params) == [4, 5, 6, 7, 8, 9]
    assert stars.column("MatchID", "Mast.Hsc.Db", {**params, "nr": 2}) == [4, 5]
    assert stars.column("MatchID", "Mast.Hsc.Db", {**params, "nr": 0}) == []


def test_filters_are_sorted_by_wavelength() -> None:
    filters = filters_by_wavelength()
    assert filters.index("W2_F170W") < filters.index("W3_F275W") < filters.index("W3_F105W")
    assert filters.index("A_F606W") + 1 == filters.index("W2_F606W")


# --------------------------------------------------------------------------------------- filtered


FILTER_CASES: list[tuple[dict[str, Any], Any]] = [
    ({"paramName": "bmag", "values": [{"min": 6, "max": 7.5}]},
     lambda s: [6 <= b <= 7.5 for b in s["Bmag"]]),
    ({"paramName": "Bmag", "values": [{"min": 19, "max": None}, {"max": 6}]},
     lambda s: [b >= 19 or b <= 6 for b in s["Bmag"]]),
    ({"paramName": "objtype", "values": ["star"]}, lambda s: [w == "STAR" for w in s["objType"]]),
    ({"paramName": "objType", "values": ["EXTENDED", "50%_X"]},
     lambda s: [w in ("Extended", "50%_x") for w in s["objType"]]),
    ({"paramName": "objType", "values": [], "freeText": "%t%"},
     lambda s: [w is not None and "t" in w.lower() for w in s["objType"]]),
    ({"paramName": "objType", "values": ["star"], "freeText": "50%"},
     lambda s: [w in ("STAR", "50%_x") for w in s["objType"]]),
    ({"paramName": "objType", "values": [], "freeText": "_____x"}, lambda s: [False] * COUNT),
    ({"paramName": "objType", "values": [None]}, lambda s: [w is None for w in s["objType"]]),
    ({"paramName": "objType", "values": ["B"], "separator": ";"},
     lambda s: [w == "a;b" for w in s["objType"]]),
    ({"paramName": "objType", "values": []}, lambda s: [False] * COUNT),
    ({"paramName": "ID", "values": [str(2**40), 2**40 + 1, "nonsense"]},
     lambda s: [i in (2**40, 2**40 + 1) for i in s["ID"]]),
    ({"paramName": "KIC", "values": ["3", 4.0, 5.5, "1e30"]},
     lambda s: [k in (3, 4) for k in s["KIC"]]),
    ({"paramName": "KIC", "values": [], "freeText": "39%9"},
     lambda s: [str(k).startswith("39") and str(k).endswith("9") and k > 39 for k in s["KIC"]]),
    ({"paramName": "gaiaqflag", "values": ["1"]}, lambda s: [g == 1 for g in s["gaiaqflag"]]),
    ({"paramName": "dec", "values": [{"min": -7.2, "max": 90}]},
     lambda s: [d >= -7.2 for d in s["dec"]]),
    ({"paramName": "dstArcSec", "values": [{"min": 0, "max": 1}]}, lambda s: [False] * COUNT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "oracle"), FILTER_CASES, ids=[str(item) for item, _ in FILTER_CASES]
)
def test_filters_select_what_brute_force_does(
    stars: Caller, item: dict[str, Any], oracle: Any
) -> None:
    wanted = np.flatnonzero(oracle(STARS))
    wanted = wanted[np.argsort(STARS["objID"][wanted])]

    params = {"columns": "ID", "filters": [item]}
    found = stars.column("ID", "Mast.Catalogs.Filtered.Tic.Rows", params, pagesize=50_000)

    assert found == STARS["ID"][wanted].tolist()
    params["columns"] = "count_big(*)"
    assert stars.column("Column1", "Mast.Catalogs.Filtered.Tic", params) == [len(wanted)]


def test_filters_are_anded_and_a_position_narrows_them(stars: Caller) -> None:
    params = {
        "filters": [
            {"paramName": "objType", "values": ["STAR"]},
            {"paramName": "Bmag", "values": [{"min": 10, "max": 15}]},
            {"paramName": "dstArcSec", "values": [{"min": 60, "max": 600}]},
        ],
        "ra": 158.5,
        "dec": -7.3,
        "radius": 0.2,
    }
    away = distances_deg(158.5, -7.3, STARS["ra"], STARS["dec"]) * 3600
    keep = (np.array(STARS["objType"]) == "STAR") & (STARS["Bmag"] >= 10) & (STARS["Bmag"] <= 15)
    keep &= (away >= 60) & (away <= 600)

    answer = stars.ask("Mast.Catalogs.Filtered.Tic.Position.Rows", params)

    assert sorted(row["ID"] for row in answer["data"]) == sorted(STARS["ID"][keep].tolist())
    assert names(answer)[-2:] == ["objID", "dstArcSec"]
    counted = {**params, "columns": "COUNT_BIG(*)"}
    assert stars.column("Column1", "Mast.Catalogs.Filtered.Tic.Position", counted) == [keep.sum()]


@pytest.mark.parametrize(
    "service", ["Tic.Rows", "Tic.Position.Rows", "Ctl.Rows", "Ctl.Position.Rows"]
)
def test_a_count_of_a_rows_service_is_an_error(stars: Caller, service: str) -> None:
    params = {"columns": "COUNT_BIG(*)", "filters": [], "ra": 1, "dec": 1}

    answer = stars.ask(f"Mast.Catalogs.Filtered.{service}", params)

    assert answer["status"] == "ERROR"
    assert answer["msg"] == "Incorrect syntax near '*'."


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("id", ["ID"]),
        ("c.ra, c.DEC,  tmag", ["ra", "dec", "Tmag"]),
        (["ID", "id"], ["ID"]),
        ("", [field.name for field in fields_of("tic")][:-1]),
        ("*", [field.name for field in fields_of("tic")][:-1]),
        ("c.*", [field.name for field in fields_of("tic")][:-1]),
        (None, [field.name for field in fields_of("tic")][:-1]),
    ],
)
def test_columns_can_be_chosen(stars: Caller, columns: Any, expected: list[str]) -> None:
    params = {"columns": columns, "filters": []}

    answer = stars.ask("Mast.Catalogs.Filtered.Tic", params, pagesize=2)

    assert names(answer) == expected


def test_a_range_beside_the_filters_is_one_of_them(stars: Caller) -> None:
    params = {
        "columns": "dec",
        "filters": [],
        "dec": {"min": -7.1, "max": 90},
        "RA": [{"max": 158.5}],
    }

    found = stars.column("dec", "Mast.Catalogs.Filtered.Tic.Rows", params, pagesize=50_000)

    wanted = STARS["dec"][(STARS["dec"] >= -7.1) & (STARS["ra"] <= 158.5)]
    assert sorted(found) == sorted(wanted.tolist())


@pytest.mark.parametrize(
    "params",
    [
        {"ra": "NaN", "dec": 1},
        {"ra": 1},
        {"ra": 1, "dec": 91},
        {"ra": 1, "dec": 1, "radius": "NaN"},
        {"ra": 1, "dec": 1, "radius": -0.1},
        {"ra": 1, "dec": 1, "radius": {"min": 1}},
        {"ra": "1 OR 1=1", "dec": 1},
    ],
)
@pytest.mark.parametrize(
    "service",
    ["Mast.Catalogs.Tic.Cone", "Mast.Hsc.Db.v3", "Mast.Catalogs.Filtered.Tic.Position.Rows"],
)
def test_a_wrong_position_is_an_error_answer(
    stars: Caller, service: str, params: dict[str, Any]
) -> None:
    assert stars.ask(service, {"filters": [], **params})["status"] == "ERROR"


@pytest.mark.parametrize(
    "params",
    [
        {"filters": [{"paramName": "bmagg", "values": [1]}]},
        {"filters": [{"paramName": "_healpix_29", "values": [1]}]},
        {"filters": [{"paramName": "Bmag; DROP TABLE", "values": [1]}]},
        {"filters": [{"paramName": "Bmag", "values": ["x' OR '1'='1"]}]},
        {"filters": [{"paramName": "objType", "values": [{"min": 1, "max": 2}]}]},
        {"filters": [{}]},
        {"filters": {"paramName": "ID"}},
        {"filters": "x"},
        {"filters": [], "columns": "ID, password"},
        {"filters": [], "columns": {"a": 1}},
        {"filters": [{"paramName": "ID", "values": []}] * 1000},
    ],
)
def test_hostile_filters_and_columns_are_error_answers(
    stars: Caller, params: dict[str, Any]
) -> None:
    answer = stars.ask("Mast.Catalogs.Filtered.Tic.Rows", params)

    assert answer["status"] == "ERROR"
    assert answer["msg"]


def test_a_wrong_column_is_told_with_the_nearest_name(stars: Caller) -> None:
    item = {"paramName": "bmagg", "values": [1]}

    answer = stars.ask("Mast.Catalogs.Filtered.Tic", {"filters": [item]})

    assert "Did you mean 'Bmag'" in answer["msg"]


# ------------------------------------------------------------------- histograms and configurations


def test_histograms_have_the_shape_that_clients_read(stars: Caller) -> None:
    answer = stars.ask("Mast.Catalogs.All.Tic", format="extjs")

    table = answer["data"]["Tables"][0]
    discrete = table["ExtendedProperties"]["discreteHistogram"]
    continuous = table["ExtendedProperties"]["continuousHistogram"]
    kinds = [word or "" for word in STARS["objType"]]
    assert discrete["objType"]["STAR"] == {"count": kinds.count("STAR"), "key": "STAR"}
    assert sum(entry["count"] for entry in discrete["objType"]["hist"]) == COUNT
    assert continuous["Bmag"]["type"] == "numeric"
    assert continuous["Bmag"]["min"] == np.nanmin(STARS["Bmag"])
    assert continuous["Bmag"]["max"] == np.nanmax(STARS["Bmag"])
    bins = continuous["Bmag"]["hist"]["hist"]
    assert len(bins) == 145
    assert sum(each["count"] for each in bins) == np.isfinite(STARS["Bmag"]).sum()
    assert not {"ID", "KIC", "objID"} & continuous.keys()
    assert table["Rows"] == []
    assert table["ExtendedProperties"]["Paging"]["rowsTotal"] == 0


@pytest.mark.parametrize(
    ("service", "column"),
    [
        ("Mast.Catalogs.Tess.Cone", "Tmag"),
        ("Mast.Catalogs.Dd.Cone", "oval"),
        ("mast.catalogs.gaiadr2.cone", "parallax"),
        ("Mast.Galex.Catalog", "fuv_mag"),
        ("Mast.Hsc.Db.v3", "W3_F160W"),
        ("Mast.HscMatches.Db.v3", "CatID"),
        ("Mast.HscSpectra.Db.All", "DatasetName"),
        ("Mast.Catalogs.Filtered.Ctl.Position.Rows", "dstArcSec"),
        ("Mast.Catalogs.Plato.Cone", "PICidDR1"),
        ("Mast.Catalogs.Quasars.Cone", "redshift"),
    ],
)
def test_columns_are_described(stars: Caller, service: str, column: str) -> None:
    path = "/portal/Mashup/Mashup.asmx/columnsconfig"

    config = stars.send("POST", path, f"colConfigId={service}".encode()).json

    assert column in config
    assert config[column]["vot.datatype"]


def test_units_are_those_of_the_catalogue() -> None:
    gaia = {field.name: field for field in fields_of_service("Mast.Catalogs.GaiaDR3.Cone")}

    assert gaia["pmra"].unit == "mas/yr"
    assert gaia["parallax"].unit == "mas"
    assert gaia["distance"].unit == "arcmin"
    assert all(field.ucd and field.description for field in gaia.values())


# --------------------------------------------------------------------- crossmatch, own, recordings


def test_an_uploaded_table_is_matched(stars: Caller) -> None:
    data = {"data": [{"x": 0, "y": 0}, {"x": "158.5", "y": -7.3}, {"x": None, "y": 1}]}
    params = {"raColumn": "x", "decColumn": "Y", "radius": 0.01}

    answer = stars.ask("mast.gaiadr2.CROSSMATCH", params, extra={"data": data})

    assert names(answer)[:5] == [
        "_searched_id_", "_searched_ra_", "_searched_dec_", "solution_id", "designation",
    ]  # fmt: skip
    assert [(r["_searched_id_"], r["source_id"], r["distance"]) for r in answer["data"]] == [
        (1, 5, 0)
    ]
    wrong = stars.ask("Mast.Tic.Crossmatch", {"radius": 999}, extra={"data": data})
    assert wrong["status"] == "ERROR"
    assert stars.ask("Mast.Tic.Crossmatch", {})["status"] == "ERROR"


def test_hubble_crossmatches_know_both_kinds_of_magnitudes(stars: Caller) -> None:
    data = {"data": [{"ra": 20, "dec": 1}]}

    for service, magnitude in (("MagAper2v3", 20.0), ("MagAutov3", 19.0)):
        answer = stars.ask(f"Mast.Hsc.Crossmatch.{service}", {}, extra={"data": data})
        assert {row["A_F814W"] for row in answer["data"]} == {magnitude}


def test_a_catalogue_of_ones_own_is_served_like_the_others(stars: Caller) -> None:
    cone = stars.ask("Mast.Catalogs.Quasars.Cone", {"ra": 40, "dec": 5, "radius": 0.1})
    rich = {"filters": [{"paramName": "Redshift", "values": [{"min": 0.5, "max": 1}]}]}

    assert cone["data"] == [{"id": 1, "ra": 40.0, "dec": 5.0, "redshift": 0.7, "dstArcSec": 0.0}]
    assert stars.column("id", "Mast.Catalogs.Filtered.Quasars", rich) == [1]
    assert stars.ask("Mast.Catalogs.Filtered.Nobody", rich)["status"] == "ERROR"


RECORDED = {
    "Mast.Catalogs.Tic.Cone/tic_2018-09.json": ("Mast.Catalogs.Filtered.Tic", {}),
    "Mast.Catalogs.DiskDetective.Cone/dd_2018.json": (
        "Mast.Catalogs.Filtered.DiskDetective.Position",
        {"ra": 1, "dec": 1},
    ),
    "Mast.HscMatches.Db.v3/matchid_2018.json": ("Mast.HscMatches.Db.v3", {"input": 1}),
    "Mast.HscSpectra.Db.All/spectra_2018.json": ("Mast.HscSpectra.Db.All", {}),
}


@pytest.mark.parametrize("file", RECORDED)
def test_columns_and_types_are_those_of_the_recordings(
    recorded: Path, tmp_path: Path, file: str
) -> None:
    service, params = RECORDED[file]
    real = json.loads((recorded / "responses" / file).read_text())

    with Archive.create(tmp_path / "a", profile="2017") as archive:
        answer = Caller(archive).ask(service, {"filters": [], **params})

    assert answer["fields"] == real["fields"]


@pytest.mark.parametrize(
    ("file", "service"),
    [
        ("galex_2rows_30cols", "Mast.Galex.Catalog"),
        ("tic_kepler_ffi_125cols", "Mast.Catalogs.Tic.Cone"),
        ("tic_occurrence_20rows_125cols", "Mast.Catalogs.Filtered.Tic.Rows"),
    ],
)
def test_columns_are_those_of_recorded_tables(
    recorded: Path, nothing: Caller, file: str, service: str
) -> None:
    lines = (recorded / "tables" / "catalogs" / f"{file}.columns.csv").read_text().split()[1:]

    answer = nothing.ask(service, {"ra": 1, "dec": 1, "filters": []})

    assert names(answer) == [line.split(",")[0] for line in lines]


def test_a_recorded_hubble_table_has_our_columns_in_our_order(recorded: Path) -> None:
    file = recorded / "tables" / "catalogs" / "hsc_v3_summary_116cols.columns.csv"
    real = [line.split(",")[0] for line in file.read_text().split()[1:]]

    ours = [field.name for field in fields_of("hsc_v3") if field.name in real]

    assert ours == real
