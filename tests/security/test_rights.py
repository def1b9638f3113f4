"""Attacks that want data or an account without the right to it."""

from __future__ import annotations

import secrets
from itertools import product
from typing import Any

import pytest
import urllib3

from tests.archive.conftest import Caller
from tests.logins import (
    ALICE,
    ALICES_PASSWORD,
    BOB,
    BOBS,
    BOBS_PASSWORD,
    CHEAP,
    CLOSED,
    FILE,
    OPEN,
    Tokens,
    cookie_of,
    later,
    send_password,
)
from tests.security.conftest import Target
from topmast.archive import Archive
from topmast.archive.accounts import passwords
from topmast.archive.accounts.accounts import remove_account
from topmast.archive.accounts.attempts import LIMITS
from topmast.archive.accounts.tokens import all_tokens, create_token, revoke_token
from topmast.wire.auth import JSON_TYPE, LOGIN, LOGOUT, encode_login
from topmast.wire.portal import MashupRequest, encode_request

HIDDEN = b"the closed file"
PATH_FORM = "/api/v0/download/file/HST/product/closed.txt"


# ------------------------------------------------------------------------------------ guessing


def guess(target: Target, pool: urllib3.PoolManager, **headers: str) -> int:
    return post(target, pool, secrets.token_hex(8), **headers)


def post(target: Target, pool: urllib3.PoolManager, password: str, **headers: str) -> int:
    body = encode_login(ALICE, password)
    more = {"Content-Type": JSON_TYPE, **headers}
    return pool.request("POST", target.url + LOGIN, body=body, headers=more).status


def test_guessing_a_password(target: Target) -> None:
    """Try one password after the other."""
    with urllib3.PoolManager(retries=False) as pool:
        statuses = [guess(target, pool) for _ in range(LIMITS["both"] + 5)]
        late = post(target, pool, ALICES_PASSWORD)
    assert statuses == [401] * LIMITS["both"] + [429] * 5
    assert late == 429


def test_guessing_from_many_addresses(target: Target) -> None:
    """Try passwords while claiming another address each time, as a proxy would tell it."""
    with urllib3.PoolManager(retries=False) as pool:
        claims = [f"10.0.{number // 250}.{number % 250}" for number in range(LIMITS["account"] + 5)]
        statuses = [guess(target, pool, **{"X-Forwarded-For": claim}) for claim in claims]
    assert statuses.count(401) <= LIMITS["account"]
    assert statuses[-1] == 429


def test_guessing_names(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Find out who has an account, by the answer or by the time that it takes."""
    work: list[passwords.Cost] = []
    derive = passwords.derive

    def counted(password: str, salt: bytes, cost: passwords.Cost) -> bytes:
        work.append(cost)
        return derive(password, salt, cost)

    monkeypatch.setattr(passwords, "derive", counted)
    replies = [
        send_password(caller, name, "wrong password") for name in (ALICE, "nobody", "x" * 300)
    ]
    assert len({(reply.status, reply.content) for reply in replies}) == 1
    assert work == [CHEAP] * 3


def test_guessing_a_token(caller: Caller, tokens: Tokens) -> None:
    """Try tokens that are near a real one."""
    near = [
        tokens.alice[:-1],
        tokens.alice + "0",
        tokens.alice.upper(),
        tokens.alice[::-1],
        "*",
        "%",
    ]
    for token in near:
        assert caller.get(FILE + CLOSED, Authorization=f"token {token}").status == 401


def test_a_password_that_takes_long_to_hash(caller: Caller) -> None:
    """Send a password as long as a login can be, to keep the server busy with it."""
    reply = send_password(caller, ALICE, "x" * 60_000)
    assert reply.status == 401


# -------------------------------------------------------------------------------------- replay


def test_replay_after_logout(caller: Caller) -> None:
    """Use a session's cookie after its owner has logged out."""
    cookie = cookie_of(caller)
    assert caller.get(FILE + CLOSED, Cookie=cookie).content.startswith(HIDDEN)
    caller.send("POST", LOGOUT, b"", Cookie=cookie)
    assert caller.get(FILE + CLOSED, Cookie=cookie).status == 401


@pytest.mark.parametrize("days", [0.42, 11, 61])
def test_replay_after_expiry(
    caller: Caller, tokens: Tokens, monkeypatch: pytest.MonkeyPatch, days: float
) -> None:
    """Use a session's cookie or a token after its time."""
    cookie = cookie_of(caller)
    later(monkeypatch, days * 86400)
    assert caller.get(FILE + CLOSED, Cookie=cookie).status == 401
    expected = 200 if days < 10 else 401
    assert caller.get(FILE + CLOSED, Authorization=f"token {tokens.alice}").status == expected


def test_replay_after_revocation(archive: Archive, caller: Caller, tokens: Tokens) -> None:
    """Use a token after it was revoked."""
    headers = {"Authorization": f"token {tokens.alice}"}
    etag = caller.get(FILE + CLOSED, **headers).headers["ETag"]
    revoke_token(archive.store, all_tokens(archive.store, ALICE)[0].id)
    assert caller.get(FILE + CLOSED, **headers).status == 401
    assert caller.get(FILE + CLOSED, If_None_Match=etag, **headers).status == 401


def test_replay_after_the_account_is_gone(archive: Archive, caller: Caller, tokens: Tokens) -> None:
    """Use what is left of an account that was removed."""
    cookie = cookie_of(caller)
    remove_account(archive.store, ALICE)
    for headers in ({"Cookie": cookie}, {"Authorization": f"token {tokens.alice}"}):
        assert caller.get(FILE + CLOSED, **headers).status == 401


def test_a_session_for_a_token(caller: Caller, tokens: Tokens) -> None:
    """Use the secret of a session as a token, or a token as a session."""
    secret = cookie_of(caller).partition("=")[2]
    assert caller.get(FILE + CLOSED, Cookie=f"mast_token={secret}").status == 401
    assert caller.get(FILE + CLOSED, Authorization=f"token {secret}").status == 401
    session = f"_shibsession_topmast={tokens.alice}"
    assert caller.get(FILE + CLOSED, Cookie=session).status == 401


def test_session_fixation(caller: Caller) -> None:
    """Plant a session's cookie before the login, to use it afterwards."""
    planted = "_shibsession_topmast=planted"
    reply = send_password(caller, ALICE, ALICES_PASSWORD, Cookie=planted)
    given = reply.headers["Set-Cookie"].partition(";")[0]
    assert given != planted
    assert caller.get("/whoami", Cookie=planted).json["anon"] is True
    mine = cookie_of(caller, BOB, BOBS_PASSWORD)
    theirs = send_password(caller, ALICE, ALICES_PASSWORD, Cookie=mine)
    assert theirs.headers["Set-Cookie"].partition(";")[0] != mine
    assert caller.get("/whoami", Cookie=mine).json["eppn"] == BOB


def test_a_login_from_another_site(caller: Caller) -> None:
    """Let the browser of a user who is logged in send requests from another site."""
    reply = send_password(caller, ALICE, ALICES_PASSWORD)
    assert "SameSite=Lax" in reply.headers["Set-Cookie"]
    assert "HttpOnly" in reply.headers["Set-Cookie"]
    cookie = cookie_of(caller)
    assert caller.get(LOGOUT, Cookie=cookie).status == 405
    form = {"Content_Type": "text/plain", "Origin": "https://evil.example.org"}
    body = encode_login(ALICE, ALICES_PASSWORD)
    assert caller.send("POST", LOGIN, body, **form).status == 401
    reply = caller.get("/whoami", Cookie=cookie, Origin="https://evil.example.org")
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]


# ------------------------------------------------------------------------ other people's files

ADDRESSES = [
    FILE + CLOSED,
    FILE + "mast%3AHST%2Fproduct%2Fclosed.txt",
    "/api/v0/Download/file?uri=" + CLOSED,
    "/api/v0/download/file?uri=" + CLOSED,
    PATH_FORM,
    PATH_FORM.replace("closed", "clo%73ed"),
    f"/api/v0.1/Download/file?uri={OPEN}&uri={CLOSED}",
    f"/api/v0.1/Download/file?uri={CLOSED}&uri={OPEN}",
    f"/api/v0.1/Download/file?URI={CLOSED}",
    FILE + CLOSED.upper(),
    FILE + CLOSED + "%20",
    FILE + "/" + CLOSED,
    FILE + "mast:HST/product/../product/closed.txt",
    FILE + "mast:HST/product//closed.txt",
    f"/api/v0.1/Download/bundle.zip?uri={CLOSED}",
    f"/api/v0.1/Download/bundle.tar.gz?uri={CLOSED}&uri={OPEN}",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("who", ["nobody", "bob", "alice_narrow"])
def test_files_of_another_proposal(caller: Caller, tokens: Tokens, address: str, who: str) -> None:
    """Ask for a file of another proposal, at every address that files have."""
    token = getattr(tokens, who, "")
    for more in (
        {},
        {"Range": "bytes=0-5"},
        {"If_None_Match": "*"},
        {"X_HTTP_Method_Override": "x"},
    ):
        reply = caller.get(address, Authorization=f"token {token}", **more)
        assert b"the closed" not in unpacked(reply.content)
        assert reply.status in (200, 206, 400, 401, 404)
        assert caller.send("HEAD", address, Authorization=f"token {token}", **more).content == b""


def unpacked(content: bytes) -> bytes:
    import gzip

    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def test_length_and_checksum_of_a_closed_file(caller: Caller) -> None:
    """Learn size, checksum or date of a closed file from the headers of the refusal."""
    for method in ("GET", "HEAD"):
        headers = caller.send(method, FILE + CLOSED).headers
        assert not {"etag", "last-modified", "accept-ranges", "content-disposition"} & {
            name.lower() for name in headers
        }


def test_rights_that_a_token_claims(archive: Archive, caller: Caller) -> None:
    """Make a token for more than its account has, or send scopes along with the request."""
    secret = create_token(archive.store, BOB, proposals=["1180"])[1]
    assert caller.get(FILE + CLOSED, Authorization=f"token {secret}").status == 401
    claims = {"X_Scopes": "mast:exclusive_access", "X_Remote_User": ALICE, "REMOTE_USER": ALICE}
    for name, value in claims.items():
        assert caller.get(FILE + CLOSED, **{name: value}).status == 401
    assert caller.get(f"{FILE}{CLOSED}&token={secret}&mast_token={secret}").status == 401


def test_answers_kept_for_somebody_else(caller: Caller, tokens: Tokens) -> None:
    """Poll for the answer that the server keeps ready for another user's query."""
    body = encode_request(MashupRequest("Mast.Caom.Products", {"obsid": "2,3"}))

    def rows(**headers: str) -> Any:
        return caller.send("POST", "/api/v0/invoke", body, **headers).json["data"]

    mine = rows(Authorization=f"token {tokens.alice}")
    assert [row["may_download"] for row in mine] == [True, False]
    theirs = rows(Authorization=f"token {tokens.bob}")
    assert [row["may_download"] for row in theirs] == [False, True]
    assert all("may_download" not in row for row in rows())


def test_an_account_by_its_cookie_among_others(caller: Caller, tokens: Tokens) -> None:
    """Send two logins at once, or many, to get the rights of both or to wear the server out."""
    both = f"mast_token={tokens.bob}; mast_token={tokens.alice}"
    assert caller.get("/whoami", Cookie=both).json["eppn"] == BOB
    assert caller.get(FILE + CLOSED, Cookie=both).status == 401
    assert caller.get(FILE + BOBS, Cookie=both).status == 200
    many = "; ".join(f"_shibsession_{n}={n}" for n in range(5000))
    assert caller.get("/whoami", Cookie=many).json["anon"] is True


@pytest.mark.parametrize(
    ("scheme", "value"),
    list(product(["token", "Bearer", "Basic", "Digest"], ["", " ", "\x00", "=" * 50, "' OR 1=1"])),
)
def test_logins_that_are_none(caller: Caller, scheme: str, value: str) -> None:
    """Send nonsense for a login."""
    assert caller.get("/whoami", Authorization=f"{scheme} {value}").json["anon"] is True
    body = encode_login(scheme, value)
    assert caller.send("POST", LOGIN, body, Content_Type=JSON_TYPE).status == 401
