"""Object names are resolved together, remembered, and asked of the portal where that fails."""

from __future__ import annotations

import re
import warnings
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from astropy.coordinates import SkyCoord

import topmast
from tests.scripted import names_answer, session_with
from topmast.errors import (
    HTTPStatusError,
    InputWarning,
    InvalidQueryError,
    ResolverError,
)
from topmast.net import retry
from topmast.net.messages import Request
from topmast.questions.names import positions_of_names, resolve_object

ENTRIES = [
    ("M8", "NED", 270.92194, -24.38017),
    ("M8", "SIMBAD", 270.9042, -24.3867),
    ("M101", "NED", 210.80227, 54.34895),
    ("TIC 307210830", "TIC", 124.5317, -68.3130),
    ("TIC 307210830", "SIMBAD", 124.5417, -68.3130),
    ("KIC 5", "KEPLER", 10.0, 40.0),
    ("KIC 5", "SIMBAD", 10.0001, 40.0),
]
ENTRIES += [(f"star {number}", "NED", number, 0.0) for number in range(70)]


def resolver(request: Request) -> bytes:
    """The name resolver, as MAST runs it, of the objects above."""
    asked = parse_qs(urlsplit(request.url).query)
    names = [name.lower() for name in asked["name"]]
    everyone = asked["resolveAll"] == ["True"]
    found: list[tuple[str, str, float, float]] = []
    for name in names:
        entries = [e for e in ENTRIES if e[0].lower() == " ".join(name.split())]
        if not everyone and "resolver" in asked:
            entries = [e for e in entries if e[1] in asked["resolver"]]
        elif not everyone:
            entries = entries[:1]
        found += entries
    return names_answer(*found)


def same(position: SkyCoord, ra: float, dec: float) -> bool:
    return (position.ra.deg, position.dec.deg) == (ra, dec)


def test_one_name_gives_one_position() -> None:
    session, scripted = session_with(resolver)
    assert same(resolve_object(session, "M8"), 270.92194, -24.38017)
    assert scripted.queries("/Santa-war/query") == [
        {"name": ["M8"], "outputFormat": ["json"], "resolveAll": ["False"]}
    ]


def test_letter_case_and_spaces_do_not_matter() -> None:
    session, _ = session_with(resolver)
    assert same(resolve_object(session, "m8"), 270.92194, -24.38017)
    found = resolve_object(session, ["tic  307210830", "M101"])
    assert same(found["tic  307210830"], 124.5317, -68.3130)


def test_a_list_of_one_name_counts_as_one_name() -> None:
    session, _ = session_with(resolver)
    assert same(resolve_object(session, ["M8"]), 270.92194, -24.38017)


def test_many_names_travel_thirty_at_a_time_and_keep_their_order() -> None:
    session, scripted = session_with(resolver)
    names = [f"star {number}" for number in range(70)]
    found = resolve_object(session, names)
    assert list(found) == names
    assert same(found["star 42"], 42, 0)
    assert sorted(len(q["name"]) for q in scripted.queries("/Santa-war/query")) == [10, 30, 30]


def test_a_name_is_asked_for_once_a_session() -> None:
    session, scripted = session_with(resolver)
    resolve_object(session, "M8")
    resolve_object(session, ["m8", "M101"])
    assert [q["name"] for q in scripted.queries("/Santa-war/query")] == [["M8"], ["M101"]]


def test_an_unknown_name_is_asked_for_again() -> None:
    session, scripted = session_with(resolver)
    for _ in range(2):
        with pytest.raises(ResolverError):
            resolve_object(session, "nowhere")
    assert len(scripted.requests) == 2


def test_one_resolver_can_be_chosen() -> None:
    session, scripted = session_with(resolver)
    assert same(resolve_object(session, "M8", resolver="simbad"), 270.9042, -24.3867)
    assert scripted.queries("/Santa-war/query")[0]["resolver"] == ["SIMBAD"]


@pytest.mark.filterwarnings("ignore:Resolvers disagree")
def test_all_resolvers_give_their_positions() -> None:
    session, _ = session_with(resolver)
    found = resolve_object(session, "M8", resolve_all=True)
    assert list(found) == ["NED", "SIMBAD"]
    assert same(found["SIMBAD"], 270.9042, -24.3867)
    many = resolve_object(session, ["M8", "M101"], resolve_all=True)
    assert {name: list(each) for name, each in many.items()} == {
        "M8": ["NED", "SIMBAD"],
        "M101": ["NED"],
    }


@pytest.mark.filterwarnings("ignore:Resolvers disagree")
def test_a_resolver_beside_resolve_all_is_ignored_with_a_warning() -> None:
    session, _ = session_with(resolver)
    with pytest.warns(InputWarning, match="resolver parameter is ignored when resolve_all is True"):
        assert list(resolve_object(session, "M8", resolver="NED", resolve_all=True)) == [
            "NED",
            "SIMBAD",
        ]


def test_a_star_far_from_its_place_in_the_catalog_is_warned_of() -> None:
    session, scripted = session_with(resolver)
    with pytest.warns(InputWarning, match="SIMBAD puts TIC 307210830 more than 1 arcsec.*TIC cat"):
        found = resolve_object(session, "TIC 307210830", resolver="SIMBAD")
    assert same(found, 124.5417, -68.3130)
    assert scripted.queries("/Santa-war/query")[0]["resolver"] == ["SIMBAD", "TIC"]


def test_a_star_at_its_place_in_the_catalog_is_not_warned_of() -> None:
    session, _ = session_with(resolver)
    assert same(resolve_object(session, "KIC 5", resolver="SIMBAD"), 10.0001, 40.0)


def test_an_unknown_name_is_an_error_that_names_it() -> None:
    session, _ = session_with(resolver)
    with pytest.raises(ResolverError) as problem:
        resolve_object(session, "no such object")
    assert str(problem.value) == 'Could not resolve "no such object" to a sky position.'
    with pytest.raises(ResolverError, match=r'"M101".*using resolver "SIMBAD".*another resolver'):
        resolve_object(session, "M101", resolver="SIMBAD")


def test_among_many_an_unknown_name_is_warned_of_and_left_out() -> None:
    session, _ = session_with(resolver)
    with pytest.warns(InputWarning, match='Could not resolve "nowhere" to a sky position'):
        found = resolve_object(session, ["M8", "nowhere", "M101"])
    assert list(found) == ["M8", "M101"]


def test_if_no_name_is_known_that_is_an_error() -> None:
    session, _ = session_with(resolver)
    with pytest.warns(InputWarning), pytest.raises(ResolverError) as problem:
        resolve_object(session, ["nowhere", "nor here"])
    assert "Could not resolve any of the given object names" in str(problem.value)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (5, "An object name is a text such as 'M101', not 5"),
        (["M8", 5], "All object names must be strings, not 5"),
        ("", "'' is no object name"),
        (["M8", " "], "' ' is no object name"),
        ([], "No object name was given"),
    ],
)
def test_what_is_no_name_is_refused(names: Any, says: str) -> None:
    session, scripted = session_with(resolver)
    with pytest.raises(InvalidQueryError, match=says):
        resolve_object(session, names)
    assert scripted.requests == []


@pytest.mark.parametrize("name", ["nobody", 5])
def test_an_unknown_resolver_is_refused(name: Any) -> None:
    session, _ = session_with(resolver)
    with pytest.raises(ResolverError, match=r"Invalid resolver\. Must be .*, not "):
        resolve_object(session, "M8", resolver=name)


def test_for_a_search_positions_come_as_numbers_and_nobody_raises_in_a_list() -> None:
    session, _ = session_with(resolver)
    look_up = partial(positions_of_names, session, None)
    with pytest.warns(InputWarning, match="nowhere"):
        assert look_up(["M101", "nowhere"], True) == {"M101": (210.80227, 54.34895)}
    with pytest.warns(InputWarning, match="nowhere"):
        assert look_up(["nowhere"], True) == {}
    with pytest.raises(ResolverError, match="nowhere"):
        look_up(["nowhere"], False)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_SECONDS", 0.001)


@pytest.mark.usefixtures("quick")
def test_without_the_resolver_the_portal_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    def only_the_portal(request: Request) -> bytes | tuple[int, bytes]:
        if "elsewhere" in request.url:
            return 503, b"down"
        return names_answer(*ENTRIES[2:3])

    session, scripted = session_with(
        only_the_portal, resolver_server="http://topmast.archive/elsewhere", tries=2
    )
    assert same(resolve_object(session, "M101"), 210.80227, 54.34895)
    (question,) = scripted.mashups
    assert (question.service, question.params["input"]) == ("Mast.Name.Lookup", "M101")
    assert "The name resolver does not answer" in caplog.text

    before = sum("elsewhere" in request.url for request in scripted.requests)
    resolve_object(session, "M101", resolve_all=True)
    assert before == sum("elsewhere" in request.url for request in scripted.requests) == 2


def test_resolvers_that_disagree_are_both_named() -> None:
    session, _ = session_with(resolver)

    message = "disagree on M8 by 1.0 arcmin: NED at 270.92194 -24.38017 and SIMBAD at 270.90420"
    with pytest.warns(InputWarning, match=re.escape(message)):
        assert set(resolve_object(session, "M8", resolve_all=True)) == {"NED", "SIMBAD"}


def test_the_dialect_of_astroquery_says_nothing_of_a_disagreement() -> None:
    session, _ = session_with(resolver, dialect="astroquery")

    with warnings.catch_warnings(action="error"):
        resolve_object(session, "M8", resolve_all=True)


@pytest.mark.usefixtures("quick")
def test_if_nobody_answers_the_error_says_so() -> None:
    session, _ = session_with(
        lambda request: (503, b"down"), resolver_server="http://topmast.archive/elsewhere", tries=1
    )
    with pytest.raises(HTTPStatusError, match="503"):
        resolve_object(session, "M101")


def test_recorded_answers_of_the_resolver_are_understood(recorded: Path) -> None:
    content = (recorded / "responses/Mast.Name.Lookup/resolver_2025-04.json").read_bytes()
    session, _ = session_with(lambda request: content)
    found = resolve_object(session, "TIC 307210830", resolve_all=True)
    assert set(found) >= {"TIC", "SIMBAD"}
    assert same(found["TIC"], 124.531756290083, -68.3129998725044)


# ------------------------------------------------------- numbers in the archive's own catalogues


def test_a_number_that_no_resolver_knows_is_found_in_the_holdings(sample_folder: Path) -> None:
    client = topmast.connect(sample_folder)
    stars = client.catalogs.query_object("M10", radius=0.02, catalog="TIC")
    star = stars[0]
    found = client.observations.resolve_object(f"TIC {star['ID']}")
    assert (found.ra.deg, found.dec.deg) == pytest.approx((star["ra"], star["dec"]))
    kepler = client.observations.query_criteria(obs_collection="Kepler")[0]
    number = kepler["target_name"].removeprefix("kplr").lstrip("0")
    place = client.observations.resolve_object(f"KIC{number}")
    assert place.ra.deg == pytest.approx(kepler["s_ra"])
    assert len(client.observations.query_object(f"KIC {number}", radius=0.01)) > 0


@pytest.mark.parametrize(("name", "dialect"), [("TIC 999999999999", "guide"), ("TIC", "guide")])
def test_a_number_that_nobody_has_stays_unknown(
    sample_folder: Path, name: str, dialect: str
) -> None:
    with pytest.raises(ResolverError, match=f'Could not resolve "{name}"'):
        topmast.connect(sample_folder, dialect=dialect).observations.resolve_object(name)


def test_in_the_place_of_astroquery_only_resolvers_are_asked(sample_folder: Path) -> None:
    stars = topmast.connect(sample_folder).catalogs.query_object("M10", radius=0.02, catalog="TIC")
    observations = topmast.connect(sample_folder, dialect="astroquery").observations
    with pytest.raises(ResolverError):
        observations.resolve_object(f"TIC {stars['ID'][0]}")
