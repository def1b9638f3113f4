"""Accounts and tokens for tests, and a way to log in without a client."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.archive.conftest import Caller, Reply
from topmast.archive import Archive
from topmast.archive.accounts import clock, passwords
from topmast.archive.accounts.accounts import add_account
from topmast.archive.accounts.tokens import create_token
from topmast.wire.auth import JSON_TYPE, LOGIN, encode_login

ALICE, ALICES_PASSWORD = "alice@example.org", "correct horse"
BOB, BOBS_PASSWORD = "bob@example.org", "battery staple"
SECRET = "mast:JWST/product/secret.fits"
SECRET_CONTENT = b"not for everybody"
PUBLIC = "mast:HST/product/a.fits"
FILE = "/api/v0.1/Download/file?uri="
CHEAP = passwords.Cost(n=1 << 8, r=8, p=1)
"""Tests try many passwords; real ones cost a thousand times more."""


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """In force wherever it is imported."""
    monkeypatch.setattr(passwords, "COST", CHEAP)


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may touch the keyring of whoever runs it; in force wherever it is imported."""
    monkeypatch.setitem(sys.modules, "keyring", None)


@dataclass
class Tokens:
    """Secrets of tokens: Alice's own, and one of hers that is good for another proposal only."""

    alice: str
    alice_narrow: str
    bob: str


def add_people(archive: Archive) -> Tokens:
    """Alice has a right to the exclusive data of proposal 1180, Bob to those of 8880."""
    store = archive.store
    add_account(
        store, ALICE, ALICES_PASSWORD, first_name="Alice", last_name="A", proposals=["1180"]
    )
    add_account(store, BOB, BOBS_PASSWORD, first_name="Bob", last_name="B", proposals=["8880"])
    return Tokens(
        create_token(store, ALICE, name="laptop")[1],
        create_token(store, ALICE, proposals=["8880"])[1],
        create_token(store, BOB)[1],
    )


def send_password(caller: Caller, name: str, password: str, **headers: str) -> Reply:
    """Log in by hand; the archive's answer."""
    body = encode_login(name, password)
    return caller.send("POST", LOGIN, body, Content_Type=JSON_TYPE, **headers)


def cookie_of(caller: Caller, name: str = ALICE, password: str = ALICES_PASSWORD) -> str:
    """A session cookie, as the Cookie header has it."""
    reply = send_password(caller, name, password)
    assert reply.status == 200, reply.content
    return reply.headers["Set-Cookie"].partition(";")[0]


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the archive's clock show a later time."""
    shown = time.time() + seconds
    monkeypatch.setattr(clock, "now", lambda: shown)


def records_of(caplog: pytest.LogCaptureFixture) -> str:
    """All that was logged, with the values of every record."""
    return "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)


# ------------------------------------------------------------- an archive with closed files

OBSERVED = {
    "obs_collection": "HST",
    "s_region": "CIRCLE ICRS 10 10 0.1",
    "s_ra": 10.0,
    "s_dec": 10.0,
    "intentType": "science",
    "dataRights": "EXCLUSIVE_ACCESS",
    "t_obs_release": 99999.0,
}
HOUSE = {
    "mast:HST/product/open.txt": ("open", "1180", "PUBLIC"),
    "mast:HST/product/closed.txt": ("closed", "1180", "EXCLUSIVE_ACCESS"),
    "mast:HST/product/bobs.txt": ("bobs", "8880", "EXCLUSIVE_ACCESS"),
}
OPEN, CLOSED, BOBS = HOUSE


def house(folder: Path) -> Archive:
    """An archive of three files: one for all, one of Alice's and one of Bob's."""
    observations, products = [], []
    (folder / "files").mkdir(parents=True)
    for number, (uri, (name, proposal, rights)) in enumerate(HOUSE.items(), start=1):
        observed = OBSERVED | {"objID": number, "obsid": number, "proposal_id": proposal}
        observations.append(observed | {"obs_id": name, "target_name": name.upper()})
        file_name = uri.rpartition("/")[2]
        (folder / "files" / file_name).write_text(f"the {name} file\n")
        products.append(
            {
                "obsID": number,
                "obs_collection": "HST",
                "obs_id": name,
                "dataURI": uri,
                "productFilename": file_name,
                "proposal_id": proposal,
                "dataRights": rights,
                "productType": "SCIENCE",
                "productGroupDescription": "Minimum Recommended Products",
            }
        )
    archive = Archive.create(folder / "archive")
    archive.ingest(observations, products, files=folder / "files")
    return archive
