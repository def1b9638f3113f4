"""Who may have a file: its own observation decides, and no cache hands on what a login gave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.archive.conftest import Caller
from tests.logins import FILE, Tokens, add_people, cheap
from topmast.archive import Archive
from topmast.wire.portal import MashupRequest, encode_request

__all__ = ["cheap"]

RELEASED, HELD_BACK = "mast:JWST/product/released.txt", "mast:JWST/product/held_back.txt"
PUBLIC = "mast:JWST/product/public.txt"
BUNDLE = "/api/v0.1/Download/bundle.zip"


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Archive]:
    """Two observations of one obs_id, the second not released yet, and the files of each."""
    observations = [
        {
            "objID": obsid,
            "obsid": obsid,
            "obs_collection": "JWST",
            "obs_id": "jw1",
            "proposal_id": "1180",
            "dataRights": "EXCLUSIVE_ACCESS",
            "t_obs_release": release,
        }
        for obsid, release in ((1, 50000.0), (2, 99999.0))
    ]
    products = [
        {
            "parent_obsid": parent,
            "obsID": own,
            "obs_collection": "JWST",
            "obs_id": "jw1",
            "dataURI": uri,
            "productFilename": uri.rpartition("/")[2],
            "dataRights": rights,
        }
        for parent, own, uri, rights in (
            (1, 1, RELEASED, "EXCLUSIVE_ACCESS"),
            (2, 2, HELD_BACK, "EXCLUSIVE_ACCESS"),
            (2, 2, PUBLIC, "PUBLIC"),
        )
    ]
    for product in products:
        (tmp_path / str(product["productFilename"])).write_text(str(product["dataURI"]))
    with Archive.create(tmp_path / "archive") as archive:
        archive.ingest(observations, products, files=tmp_path)
        yield archive


@pytest.fixture
def tokens(twins: Archive) -> Tokens:
    return add_people(twins)


def test_of_two_observations_with_one_obs_id_only_the_released_one_is_open(
    twins: Archive, tokens: Tokens
) -> None:
    caller = Caller(twins)
    statuses = {uri: caller.get(FILE + quote(uri)).status for uri in (RELEASED, HELD_BACK, PUBLIC)}
    assert statuses == {RELEASED: 200, HELD_BACK: 401, PUBLIC: 200}

    both = "&".join(f"uri={quote(uri)}" for uri in (RELEASED, HELD_BACK))
    packed = caller.get(f"{BUNDLE}?{both}").content
    assert RELEASED.encode() in packed
    assert HELD_BACK.encode() not in packed

    rows = caller.ask("Mast.Caom.Products", {"obsid": "1,2"})["data"]
    rights = {row["dataURI"]: row["dataRights"] for row in rows}
    assert rights == {RELEASED: "PUBLIC", HELD_BACK: "EXCLUSIVE_ACCESS", PUBLIC: "PUBLIC"}

    alices = {"Authorization": f"token {tokens.alice}"}
    assert caller.get(FILE + quote(HELD_BACK), **alices).content == HELD_BACK.encode()


def test_a_file_without_rights_of_its_own_is_closed_while_its_observation_is(
    twins: Archive,
) -> None:
    unstated = {
        "obsID": 2,
        "obs_collection": "JWST",
        "obs_id": "jw1",
        "dataURI": "mast:JWST/new.txt",
    }
    (twins.folder.parent / "new.txt").write_text("new")
    twins.ingest(products=[unstated], files=twins.folder.parent)

    assert Caller(twins).get(FILE + "mast:JWST/new.txt").status == 401


def test_a_file_of_an_unknown_observation_waits_for_all_of_its_obs_id(twins: Archive) -> None:
    unknown = {
        "obsID": 7,
        "parent_obsid": 7,
        "obs_collection": "JWST",
        "obs_id": "jw1",
        "dataURI": "mast:JWST/unknown.txt",
        "dataRights": "EXCLUSIVE_ACCESS",
    }
    (twins.folder.parent / "unknown.txt").write_text("unknown")
    twins.ingest(products=[unknown], files=twins.folder.parent)

    assert Caller(twins).get(FILE + "mast:JWST/unknown.txt").status == 401


def test_what_depends_on_a_login_is_kept_by_no_shared_cache(twins: Archive, tokens: Tokens) -> None:
    caller = Caller(twins)
    alices = {"Authorization": f"token {tokens.alice}"}
    products = encode_request(MashupRequest("Mast.Caom.Products", {"obsid": "2"}))
    replies = [
        caller.get(FILE + quote(HELD_BACK)),
        caller.get(FILE + quote(HELD_BACK), **alices),
        caller.get(FILE + quote(HELD_BACK), Range="bytes=0-3", **alices),
        caller.get(f"{BUNDLE}?uri={quote(HELD_BACK)}", **alices),
        caller.send("POST", "/api/v0/invoke", products),
        caller.send("POST", "/api/v0/invoke", products, **alices),
    ]
    assert [reply.status for reply in replies] == [401, 200, 206, 200, 200, 200]
    for reply in replies:
        assert reply.headers["Cache-Control"] == "private"
        assert {"Authorization", "Cookie"} <= words(reply.headers["Vary"])
    assert "no-store" in caller.get("/whoami", **alices).headers["Cache-Control"]


@pytest.mark.parametrize("address", [FILE + quote(PUBLIC), FILE + quote(RELEASED), "/health"])
def test_what_everybody_gets_may_be_cached(twins: Archive, address: str) -> None:
    headers = Caller(twins).get(address).headers
    assert "Cache-Control" not in headers
    assert "Cookie" not in words(headers.get("Vary", ""))


def words(header: Any) -> set[str]:
    return {word.strip() for word in str(header).split(",")}
