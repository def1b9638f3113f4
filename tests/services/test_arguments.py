"""An argument of any kind works or is refused by a MastError; nothing masked is ever asked for."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topmast
from tests.services.arguments import HIDDEN, KINDS, M101, DataFrame, Series
from topmast.client import Client
from topmast.errors import InvalidQueryError, MastError

Call = Callable[[Client, Any], Any]


def calls_of(part: str, names: Iterable[str], keyword: str, /, **others: Any) -> dict[str, Call]:
    """For each method, a call that passes the value as `keyword`."""

    def call(name: str) -> Call:
        def made(client: Client, value: Any) -> Any:
            return getattr(getattr(client, part), name)(**{keyword: value}, **others)

        return made

    return {f"{part}.{name}({keyword})": call(name) for name in names}


def with_twins(*names: str) -> list[str]:
    return [f"{name}{ending}" for name in names for ending in ("", "_async", "_count")]


SMALL = {"radius": 0.02}
CONE = {"coordinates": M101}
CALLS: dict[str, Call] = {
    **calls_of("observations", with_twins("query_region"), "coordinates", **SMALL),
    **calls_of("observations", with_twins("query_region"), "radius", **CONE),
    **calls_of("observations", ["query_region"], "pagesize", **CONE, **SMALL),
    **calls_of("observations", with_twins("query_object"), "object_name", **SMALL),
    **calls_of("observations", ["query_object"], "resolver", object_name="M101", **SMALL),
    **calls_of("observations", with_twins("query_criteria"), "obs_collection"),
    **calls_of("observations", with_twins("query_criteria"), "t_min"),
    **calls_of("observations", ["query_criteria"], "obsid"),
    **calls_of("observations", ["query_criteria"], "calib_level"),
    **calls_of("observations", ["query_criteria"], "obstype"),
    **calls_of("observations", ["query_criteria"], "coordinates", obs_collection="HST"),
    **calls_of("observations", ["explain"], "filters", obs_collection="HST"),
    **calls_of("observations", ["explain"], "products"),
    **calls_of("observations", ["get_metadata"], "query_type"),
    **calls_of("observations", ["resolve_object"], "object_name"),
    **calls_of(
        "observations",
        ["get_product_list", "get_product_list_async", "get_unique_product_list"],
        "observations",
    ),
    **calls_of("observations", ["filter_products"], "products"),
    **calls_of("observations", ["plan_download", "iter_download"], "products"),
    **calls_of("observations", ["plan_download"], "download_dir", products="3000007760"),
    **calls_of("observations", ["plan_download"], "mrp_only", products="3000007760"),
    **calls_of("observations", ["plan_download"], "extension", products="3000007760"),
    **calls_of("observations", ["plan_download"], "productType", products="3000007760"),
    **calls_of("observations", ["download_products"], "products", curl_flag=False, verbose=False),
    **calls_of("observations", ["download_file"], "uri", verbose=False),
    **calls_of("observations", ["retry"], "manifest", verbose=False),
    **calls_of("catalogs", with_twins("query_region"), "coordinates", catalog="TIC", **SMALL),
    **calls_of("catalogs", ["query_region"], "catalog", **CONE, **SMALL),
    **calls_of("catalogs", ["query_region"], "version", catalog="Gaia", **CONE, **SMALL),
    **calls_of("catalogs", ["query_region"], "nr", catalog="HSC", **CONE, **SMALL),
    **calls_of("catalogs", with_twins("query_object"), "object_name", catalog="TIC", **SMALL),
    **calls_of("catalogs", with_twins("query_criteria"), "ID", catalog="TIC"),
    **calls_of("catalogs", ["query_criteria"], "Tmag", catalog="TIC"),
    **calls_of("catalogs", ["query_criteria"], "catalog", ID="1"),
    **calls_of("catalogs", ["query_hsc_matchid", "query_hsc_matchid_async"], "match"),
    **calls_of("catalogs", ["download_hsc_spectra"], "spectra"),
    **calls_of("catalogs", ["get_metadata"], "catalog"),
    **calls_of("mast", ["service_request", "mashup_request"], "service", params={}),
    **calls_of("mast", ["service_request", "mashup_request"], "params", service="Mast.Caom.Cone"),
    **calls_of("mast", ["mast_query"], "filters", service="Mast.Caom.Filtered"),
    **calls_of("missions", ["query_region", "query_region_async"], "coordinates", radius=1),
    **calls_of("missions", ["query_region"], "radius", **CONE),
    **calls_of("missions", ["query_object", "query_object_async"], "object_name", radius=1),
    **calls_of("missions", ["query_criteria", "query_criteria_async"], "sci_instrume"),
    **calls_of("missions", ["query_criteria"], "sci_start_time"),
    **calls_of("missions", ["query_criteria"], "limit", sci_instrume="ACS"),
    **calls_of("missions", ["query_criteria"], "select_cols", sci_instrume="ACS"),
    **calls_of("missions", ["get_product_list", "get_unique_product_list"], "datasets"),
    **calls_of("missions", ["filter_products"], "products"),
    **calls_of("missions", ["download_file"], "uri", verbose=False),
    **calls_of("observations", ["login"], "token"),
    **calls_of("observations", ["login"], "password", username="nobody@nowhere"),
    "connect(where)": lambda client, value: value is not None and topmast.connect(value),
    "verify(folder)": lambda client, value: client.verify(value),
}
"""A call of each public method that takes a value, for each argument that people fill from data."""


@pytest.fixture(scope="module")
def client(sample_folder: Path) -> Client:
    return topmast.connect(sample_folder)


@pytest.fixture
def sent(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is sent to the archive from now on."""
    texts: list[str] = []
    session = client.session
    send = session.send

    def remembered(request: Any, **options: Any) -> Any:
        texts.append(f"{request.url} {request.body!r}")
        return send(request, **options)

    monkeypatch.setattr(session, "send", remembered)
    return texts


@pytest.mark.parametrize("call", CALLS)
def test_every_kind_of_argument_works_or_is_refused(
    client: Client,
    sent: list[str],
    call: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("getpass.getpass", lambda *prompt: "typed")
    monkeypatch.setattr("builtins.input", lambda *prompt: "typed")
    wrong = []
    for kind, make in KINDS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                CALLS[call](client, make())
            except MastError as problem:
                if not str(problem).strip():
                    wrong.append(f"{kind}: an error without a word")
            except Exception as problem:
                wrong.append(f"{kind}: {type(problem).__name__}: {problem}")
    hidden = [text for text in sent if str(HIDDEN) in text or "masked" in text]

    assert not wrong
    assert not hidden


# ------------------------------------------------------------------------- the right values


@pytest.mark.filterwarnings("ignore::topmast.InputWarning")
@pytest.mark.parametrize(
    "kind",
    ["position", "cartesian sky", "0-d text", "tuple", "dict", "h:m:s table", "h:m:s row",
     "DataFrame"],
)  # fmt: skip
def test_a_position_of_any_kind_finds_the_same(client: Client, kind: str) -> None:
    expected = client.observations.query_region(M101, radius=0.02)
    found = client.observations.query_region(KINDS[kind](), radius=0.02)
    assert sorted(found["obsid"]) == sorted(expected["obsid"])


@pytest.mark.parametrize(
    "kind", ["set", "generator of texts", "list of bytes", "array of bytes", "Series of texts"]
)
def test_names_of_any_kind_find_the_same(client: Client, kind: str) -> None:
    expected = client.observations.query_object(["M101", "M8"], radius=0.02)
    found = client.observations.query_object(KINDS[kind](), radius=0.02)
    assert sorted(found["obsid"]) == sorted(expected["obsid"])
    assert set(found["target_given"]) == {"M101", "M8"}


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("masked sky", "Position 1 is masked"),
        ("masked sky, one", "Position 0 is masked|A masked value was given"),
        ("masked texts", "Entry 1 of the list is masked"),
        ("masked table", "Position 1 is masked"),
        ("masked row", "Position 0 is masked"),
        ("masked", "A masked value was given"),
        ("nan sky", "Position 0 is not a number: nan"),
        ("list with None", "Entry 1 of the list is None"),
        ("Series with nan", "Entry 1 of the list is nan"),
        ("DataFrame with nan", "Position 1 is not a number: nan"),
        ("bytes that are no text", r"b'\\xff\\xfe' is no text in UTF-8"),
        ("other dict", "The table has no positions.*Its columns: a"),
    ],
)
def test_what_is_missing_among_places_is_named(client: Client, kind: str, says: str) -> None:
    with pytest.raises(InvalidQueryError, match=says):
        client.observations.query_region(KINDS[kind](), radius=0.02)


@pytest.mark.parametrize("radius", [np.ma.masked, "masked quantity"])
def test_a_masked_radius_is_refused(client: Client, radius: Any) -> None:
    value = KINDS[radius]() if isinstance(radius, str) else radius
    with pytest.raises(InvalidQueryError, match="masked"):
        client.observations.query_region(M101, radius=value)


@pytest.mark.parametrize(
    "value", [np.ma.array([1.0, HIDDEN], mask=[False, True]), [np.ma.masked, 5], [1, np.nan]]
)
def test_a_range_with_a_masked_end_is_refused(client: Client, value: Any) -> None:
    with pytest.raises(InvalidQueryError, match=r"'t_min' cannot be (masked|nan)"):
        client.observations.query_criteria(t_min=value)


def test_ids_may_be_whole_floats_and_texts_of_digits(client: Client) -> None:
    observations = client.observations
    expected = observations.get_product_list("3000007760")
    for ids in (3000007760.0, [3000007760.0], np.array([3.00000776e9]), Series([3000007760.0])):
        assert list(observations.get_product_list(ids)["dataURI"]) == list(expected["dataURI"])
    with pytest.raises(InvalidQueryError, match=r"3\.5 is no observation id"):
        observations.get_product_list(3.5)


def test_an_obs_id_of_digits_alone_is_looked_up(client: Client) -> None:
    row = client.observations.query_criteria(obs_id="00035031001")[0]
    with pytest.warns(topmast.InputWarning, match="'00035031001' is no obsid"):
        products = client.observations.get_product_list("00035031001")
    assert set(products["obsID"]) <= {row["obsid"]}
    assert len(products)


def test_a_path_may_be_bytes(client: Client, sample_folder: Path, tmp_path: Path) -> None:
    manifest = client.observations.download_products(
        "3000007760", os.fsencode(tmp_path), verbose=False
    )
    assert manifest is not None
    assert all(Path(path).is_file() for path in manifest["Local Path"])
    assert topmast.connect(os.fsencode(sample_folder)).session.where == str(sample_folder)
    assert len(client.verify(os.fsencode(tmp_path))) == len(manifest)
    with pytest.raises(InvalidQueryError, match="download_dir is a path, not 5"):
        client.observations.download_products("3000007760", 5, verbose=False)


def test_a_data_frame_gives_one_target_a_row(client: Client) -> None:
    frame = DataFrame({"ra": [M101[0], 270.92194], "dec": [M101[1], -24.38017]})
    table = client.observations.query_region(frame, radius=0.02)
    assert set(table["target_index"]) == {0, 1}
