"""An empty result names the criterion that is the reason."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import topmast
from tests.questions.wrong_queries import PLACE, WrongQuery, wrong_queries
from tests.scripted import session_with, table_answer
from topmast.errors import InvalidQueryError, NoResultsWarning
from topmast.net.messages import Request
from topmast.questions.explain import MOST_LINES, _Told
from topmast.services.observations import ObservationsClass

QUERIES = 500
SEED = 20261126


@pytest.fixture(scope="module")
def observations(sample_folder: Path) -> ObservationsClass:
    return topmast.connect(sample_folder).observations


def found_nothing(observations: ObservationsClass, **criteria: Any) -> str:
    """The warning of a search that finds nothing."""
    observations._session.cache(_Told).lines = 0
    with pytest.warns(NoResultsWarning) as said:
        assert len(observations.query_criteria(**criteria)) == 0
    return str(said[-1].message)


def is_a_fault(observations: ObservationsClass, query: WrongQuery) -> bool:
    """Whether the right search finds something, and the wrong one nothing."""
    right = observations.query_criteria_count(**query.right)
    return right > 0 and observations.query_criteria_count(**query.wrong) == 0


@pytest.mark.filterwarnings("ignore::topmast.InputWarning")
def test_of_500_wrong_searches_the_guilty_criterion_is_named(
    observations: ObservationsClass,
) -> None:
    table = observations.query_criteria(obs_collection="*")
    rows = [
        dict(zip(table.colnames, row, strict=True))
        for row in zip(*(table[name].tolist() for name in table.colnames), strict=True)
    ]
    faults = (query for query in wrong_queries(rows, SEED) if is_a_fault(observations, query))
    missed: Counter[str] = Counter()
    for query in islice(faults, QUERIES):
        reasons = observations.explain(**query.wrong)
        line = found_nothing(observations, **query.wrong)
        named = "the place" if query.guilty == PLACE else f"{query.guilty}="
        missed["table"] += reasons["criterion"][0] != query.guilty
        missed["line"] += f"The reason is {named}" not in line

    assert missed["table"] <= 0.05 * QUERIES
    assert missed["line"] <= 0.05 * QUERIES


@pytest.mark.parametrize(
    ("criteria", "hint"),
    [
        ({"obs_collection": "HTS"}, "did you mean 'HST'?"),
        ({"dataproduct_type": "spectra"}, "the archive's word is 'spectrum'"),
        ({"instrument_name": "NIRSPEC"}, "instrument_name='NIRSPEC*' finds NIRSPEC/MSA"),
        ({"filters": "F81W"}, "did you mean 'F814W'?"),
        ({"filters": "*F81W*"}, "no value fits; the nearest is 'F814W'"),
        ({"instrument_name": "HST"}, "'HST' is a value of obs_collection"),
        ({"em_min": [0.4, 0.7]}, "if these are micrometres, give [400, 700]"),
        ({"t_min": [2457000, 2457400]}, "if these are Julian dates, give [56999.5, 57399.5]"),
        ({"t_min": [2015, 2016]}, "if these are years, give [57022.75, 57388]"),
        ({"obsid": "kplr_1"}, "obsid is a number, and 'kplr_1' looks like an obs_id"),
        ({"proposal_pi": "Oste"}, "a wildcard finds part of a text: proposal_pi='*Oste*'"),
        ({"t_exptime": [1e9, 1e10], "s_ra": [1, 2]}, ""),
    ],
)
def test_the_line_says_what_to_write_instead(
    observations: ObservationsClass, criteria: dict[str, Any], hint: str
) -> None:
    assert hint in found_nothing(observations, **criteria)


@pytest.mark.filterwarnings("ignore::topmast.InputWarning")
@pytest.mark.parametrize(
    ("place", "radius", "hint"),
    [
        ("14.05347 54.34894", 0.1, "With the right ascension in hours there are"),
        ("210.80225 -54.34894", 0.1, "With the other sign of the declination there are"),
        ("211.6 54.34894", 0.01, "within 1 deg: a larger radius?"),
        (
            "54.34894 30.80225",
            0.1,
            "Nothing that meets the other criteria touches 54.3489 30.8023 within 0.1 deg",
        ),
    ],
)
def test_a_place_with_nothing_is_explained(
    observations: ObservationsClass, place: str, radius: float, hint: str
) -> None:
    observations._session.cache(_Told).lines = 0
    with pytest.warns(NoResultsWarning, match=hint):
        observations.query_region(place, radius=radius, obs_collection="HST")


def requests_of(observations: ObservationsClass, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests from now on."""
    sent: list[str] = []
    send = observations._session.send

    def counted(request: Any, **options: Any) -> Any:
        sent.append(request.url)
        return send(request, **options)

    monkeypatch.setattr(observations._session, "send", counted)
    return sent


def test_the_line_takes_at_most_three_requests(
    sample_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    observations = topmast.connect(sample_folder).observations
    observations.query_criteria(obs_id="*1", obs_collection="IUE")  # the columns are known now
    sent = requests_of(observations, monkeypatch)
    with pytest.warns(NoResultsWarning, match="reason is"):
        observations.query_criteria(
            obs_collection="HST", filters="F606W", target_name="Nowhere", t_exptime=[1, 1e6],
            em_min=[1, 1e5], calib_level=3, coordinates=(210.80225, 54.34894),
        )  # fmt: skip
    assert len(sent) <= 1 + 3


@pytest.mark.parametrize("way", ["ignored", "verbose", "astroquery", "page"])
def test_nothing_more_is_asked_for_a_script_that_wants_silence(
    sample_folder: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    dialect = "astroquery" if way == "astroquery" else "guide"
    observations = topmast.connect(sample_folder, dialect=dialect).observations
    observations.query_criteria(obs_id="*1", obs_collection="IUE")
    sent = requests_of(observations, monkeypatch)
    more: dict[str, Any] = {"verbose": {"verbose": False}, "page": {"page": 1}}.get(way, {})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        if way == "ignored":
            warnings.simplefilter("ignore", NoResultsWarning)
        observations.query_criteria(obs_collection="HTS", **more)
    assert len(sent) == 1
    assert [str(each.message) for each in said] == (
        [] if way == "ignored" else ["Query returned no results."]
    )


def test_a_long_loop_over_empty_places_is_explained_no_more(sample_folder: Path) -> None:
    observations = topmast.connect(sample_folder).observations
    observations._session.cache(_Told).lines = MOST_LINES
    with pytest.warns(NoResultsWarning, match=r"^Query returned no results\.$"):
        observations.query_criteria(obs_collection="HTS")


def test_an_archive_that_cannot_explain_gives_the_plain_warning() -> None:
    observations = ObservationsClass(session=session_with(only_rows)[0])
    with pytest.warns(NoResultsWarning, match=r"^Query returned no results\.$"):
        assert len(observations.query_region((10.0, 5.0))) == 0


def only_rows(request: Request) -> bytes:
    """An archive that answers a cone search and reports an error to all else."""
    if b"Mast.Caom.Cone" in request.body and b"invoke" in request.url.encode():
        return table_answer([("obsid", "string")], [])
    return b'{"status": "ERROR", "msg": "no such service", "data": []}'


def test_explain_counts_what_each_criterion_leaves_out(observations: ObservationsClass) -> None:
    table = observations.explain(obs_collection="HST", dataproduct_type="spectrum")
    rows = table.meta["rows"]
    assert rows == len(
        observations.query_criteria(obs_collection="HST", dataproduct_type="spectrum")
    )
    without = dict(zip(table["criterion"], table["rows without it"], strict=True))
    assert without["dataproduct_type"] == len(observations.query_criteria(obs_collection="HST"))
    assert without["obs_collection"] == len(
        observations.query_criteria(dataproduct_type="spectrum")
    )


def test_explain_needs_something_to_explain(observations: ObservationsClass) -> None:
    with pytest.raises(InvalidQueryError, match="At least one non-positional criterion"):
        observations.explain()


# --------------------------------------------------------------------------------- products


def test_the_filter_that_leaves_no_product_is_named(
    observations: ObservationsClass, caplog: pytest.LogCaptureFixture
) -> None:
    products = observations.get_product_list(observations.query_object("M101")[:5])
    with caplog.at_level(logging.WARNING, logger="topmast"):
        chosen = observations.filter_products(products, productType="SCEINCE", extension="gz")
    assert len(chosen) == 0
    assert "The reason is productType='SCEINCE' (without it" in caplog.text
    assert "did you mean 'SCIENCE'?" in caplog.text
    with pytest.warns(NoResultsWarning, match="did you mean 'SCIENCE'"):
        observations.download_products(products, productType="SCEINCE", verbose=False)
    table = observations.explain(products, productType="SCEINCE", extension="gz")
    assert table["criterion"][0] == "productType"


# -------------------------------------------------------------------------- a great many rows


def test_a_huge_result_says_what_it_is_made_of(
    observations: ObservationsClass,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("topmast.questions.portal.HUGE", 1000)
    with caplog.at_level(logging.INFO, logger="topmast"):
        table = observations.query_criteria(obs_collection="*")
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"{len(table):,} rows: 597 have obs_collection='HST'; ")
