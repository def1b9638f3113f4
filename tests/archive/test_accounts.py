"""Accounts, tokens and sessions of an archive, and the exclusive products that they open."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest
import urllib3

from tests.archive.conftest import OBSERVATIONS, PRODUCTS, Caller, fill
from tests.logins import (
    ALICE,
    ALICES_PASSWORD,
    BOB,
    BOBS_PASSWORD,
    CHEAP,
    FILE,
    PUBLIC,
    SECRET,
    SECRET_CONTENT,
    Tokens,
    add_people,
    cookie_of,
    later,
    send_password,
)
from tests.logins import cheap as cheap
from topmast.archive import Archive
from topmast.archive.accounts import clock, passwords
from topmast.archive.accounts.accounts import (
    add_account,
    all_accounts,
    authenticate,
    remove_account,
)
from topmast.archive.accounts.attempts import LIMITS, SPAN_SECONDS, TooManyAttempts
from topmast.archive.accounts.tokens import (
    SCOPES,
    all_tokens,
    create_token,
    revoke_token,
    user_of_token,
)
from topmast.archive.server.app import PASSWORD_CHECKS_AT_ONCE
from topmast.archive.server.routes import accounts
from topmast.archive.server.serve import serve_in_thread
from topmast.client import connect
from topmast.errors import InvalidQueryError, LoginError
from topmast.wire.auth import JSON_TYPE, LOGIN, LOGOUT, SESSION, encode_login

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive") as archive:
        yield fill(archive, tmp_path / "files")


@pytest.fixture
def tokens(archive: Archive) -> Tokens:
    return add_people(archive)


@pytest.fixture
def caller(archive: Archive, tokens: Tokens) -> Caller:
    return Caller(archive)


# ---------------------------------------------------------------------------------- passwords


def test_a_password_is_kept_as_a_salted_hash_with_its_cost() -> None:
    first, second = passwords.hash_password("secret 1"), passwords.hash_password("secret 1")
    assert first != second
    assert "secret" not in first
    assert first.startswith(f"scrypt$n={CHEAP.n},r={CHEAP.r},p={CHEAP.p}$")
    assert passwords.check_password("secret 1", first)
    assert not passwords.check_password("secret 2", first)
    assert not passwords.check_password("", first)


def test_the_real_cost_is_what_is_recommended(monkeypatch: pytest.MonkeyPatch) -> None:
    cost = passwords.Cost()
    assert 128 * cost.n * cost.r >= 32 << 20
    assert cost.n * cost.p >= 3 << 15


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_password_of_a_strange_length_is_refused(password: str) -> None:
    with pytest.raises(InvalidQueryError, match="6 to 1024 characters"):
        passwords.hash_password(password)


@pytest.mark.parametrize("kept", ["", "plain", "scrypt$n=1$a$b", "md5$x"])
def test_what_was_not_kept_by_us_opens_nothing(kept: str) -> None:
    assert not passwords.check_password("anything", kept)


def test_a_password_is_kept_anew_when_the_cost_has_grown(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_account(archive.store, ALICE, ALICES_PASSWORD)
    monkeypatch.setattr(passwords, "COST", passwords.Cost(n=1 << 9, r=8, p=1))
    assert authenticate(archive.store, ALICE, ALICES_PASSWORD, "127.0.0.1").name == ALICE
    assert "n=512," in kept_passwords(archive)[0]
    assert authenticate(archive.store, ALICE, ALICES_PASSWORD, "127.0.0.1").name == ALICE


def kept_passwords(archive: Archive) -> list[str]:
    with archive.store.reading() as connection:
        return [row[0] for row in connection.execute("SELECT password FROM accounts ORDER BY name")]


# ----------------------------------------------------------------------------------- accounts


def test_accounts_are_listed_by_name(archive: Archive, tokens: Tokens) -> None:
    alice, bob = all_accounts(archive.store)
    assert (alice.name, alice.first_name, alice.proposals) == (ALICE, "Alice", {"1180"})
    assert bob.name == BOB


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a/b", "x" * 201, "<script>", "a\nb", "a\x00"])
def test_a_name_that_cannot_be_one_is_refused(archive: Archive, name: str) -> None:
    with pytest.raises(InvalidQueryError, match="cannot be the name of an account"):
        add_account(archive.store, name, "secret 1")


def test_a_name_is_taken_in_every_letter_case(archive: Archive, tokens: Tokens) -> None:
    with pytest.raises(InvalidQueryError, match=r"There is an account alice@example\.org already"):
        add_account(archive.store, ALICE.upper(), "secret 1")


def test_an_account_brought_up_to_date_is_logged_out(archive: Archive, caller: Caller) -> None:
    cookie = cookie_of(caller)
    add_account(archive.store, ALICE, "new secret", proposals=None, replace=True)
    assert caller.get("/whoami", Cookie=cookie).json["anon"] is True
    assert send_password(caller, ALICE, ALICES_PASSWORD).status == 401
    assert send_password(caller, ALICE, "new secret").status == 200


def test_an_account_can_keep_its_password_while_its_rights_change(
    archive: Archive, caller: Caller
) -> None:
    add_account(archive.store, ALICE, None, proposals=["1"], replace=True)
    assert send_password(caller, ALICE, ALICES_PASSWORD).status == 200


def test_an_account_without_a_password_takes_tokens_only(archive: Archive, caller: Caller) -> None:
    add_account(archive.store, "robot", None)
    for password in ("", "None", "null", "secret"):
        assert send_password(caller, "robot", password).status == 401
    secret = create_token(archive.store, "robot")[1]
    assert caller.get("/whoami", Authorization=f"token {secret}").json["eppn"] == "robot"


def test_a_removed_account_is_gone_with_all_that_it_had(
    archive: Archive, caller: Caller, tokens: Tokens
) -> None:
    cookie = cookie_of(caller)
    remove_account(archive.store, ALICE)
    assert caller.get("/whoami", Cookie=cookie).json["anon"] is True
    assert caller.get("/whoami", Cookie=f"mast_token={tokens.alice}").json["anon"] is True
    assert [token.account for token in all_tokens(archive.store)] == [BOB]
    with pytest.raises(InvalidQueryError, match="There is no account"):
        remove_account(archive.store, ALICE)


def test_an_archive_without_accounts_knows_nobody(archive: Archive) -> None:
    caller = Caller(archive)
    assert all_accounts(archive.store) == []
    assert all_tokens(archive.store) == []
    assert caller.get("/whoami", Cookie="mast_token=abc").json["anon"] is True
    assert send_password(caller, "nobody", "nothing").status == 401


def test_an_archive_from_before_there_were_accounts_gets_them(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "old") as archive:
        fill(archive, tmp_path / "files")
        with sqlite3.connect(archive.folder / "archive.sqlite") as connection:
            for table in ("accounts", "tokens", "sessions", "login_attempts", "exclusive"):
                connection.execute(f"DROP TABLE {table}")
        connection.close()
        caller = Caller(archive)
        assert caller.get("/whoami", Cookie="mast_token=a; _shibsession=b").json["anon"] is True
        assert caller.get(FILE + SECRET).status == 401
        tokens = add_people(archive)
        assert caller.get("/whoami", Authorization=f"token {tokens.alice}").json["anon"] is False


# ------------------------------------------------------------------------------------- tokens


def test_a_token_tells_whose_it_is_by_cookie_and_by_header(caller: Caller, tokens: Tokens) -> None:
    for headers in (
        {"Cookie": f"mast_token={tokens.alice}"},
        {"Cookie": f"other=1; mast_token={tokens.alice}; more=2"},
        {"Authorization": f"token {tokens.alice}"},
        {"Authorization": f"Bearer {tokens.alice}"},
    ):
        reply = caller.get("/whoami", **headers)
        assert reply.json["eppn"] == ALICE
        assert reply.headers["cache-control"] == "no-store"
        assert tokens.alice not in reply.content.decode()


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "' OR 1=1 --", "\u00e9"])
def test_a_token_that_is_none_is_nobodys(caller: Caller, token: str) -> None:
    assert caller.get("/whoami", Cookie=f"mast_token={token}").json["anon"] is True
    assert caller.get("/whoami", Authorization=f"token {token}").json["anon"] is True


def test_only_the_hash_of_a_token_is_kept(archive: Archive, tokens: Tokens) -> None:
    assert len(bytes.fromhex(tokens.alice)) * 8 == 256
    for name in ("archive.sqlite", "archive.sqlite-wal"):
        path = archive.folder / name
        if path.exists():
            assert tokens.alice.encode() not in path.read_bytes()


def test_a_token_ends_after_its_days(
    caller: Caller, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(0, 60, 9):
        later(monkeypatch, day * DAY)
        assert caller.get("/whoami", Authorization=f"token {tokens.alice}").json["anon"] is False
    later(monkeypatch, 60 * DAY)
    assert caller.get("/whoami", Authorization=f"token {tokens.alice}").json["anon"] is True


def test_a_token_that_is_not_used_ends_after_ten_days(
    caller: Caller, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, 10 * DAY + HOUR)
    assert caller.get("/whoami", Authorization=f"token {tokens.alice}").json["anon"] is True


def test_the_answer_tells_how_long_the_login_lasts(caller: Caller, tokens: Tokens) -> None:
    reply = caller.get("/whoami", Authorization=f"token {tokens.alice}")
    left = int(reply.headers["Login-Expires"]) - clock.now()
    assert 9.9 * DAY < left <= 10 * DAY
    assert "Login-Expires" not in caller.get("/whoami").headers


def test_a_revoked_token_is_good_for_nothing(
    archive: Archive, caller: Caller, tokens: Tokens
) -> None:
    first = all_tokens(archive.store, ALICE)[0]
    assert caller.get(FILE + SECRET, Authorization=f"token {tokens.alice}").status == 200
    revoke_token(archive.store, first.id)
    assert caller.get(FILE + SECRET, Authorization=f"token {tokens.alice}").status == 401
    with pytest.raises(InvalidQueryError, match="There is no token"):
        revoke_token(archive.store, first.id)


def test_a_list_of_tokens_shows_no_secret(archive: Archive, tokens: Tokens) -> None:
    shown = repr(all_tokens(archive.store))
    assert "laptop" in shown
    assert tokens.alice not in shown


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"scopes": ["everything"]}, "Unknown scope"),
        ({"days": 0}, "lasts for more than 0 and at most 36500 days"),
        ({"days": float("nan")}, "lasts for more than 0 and at most 36500 days"),
        ({"idle_days": -1}, "lasts for more than 0 and at most 36500 days"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    archive: Archive, tokens: Tokens, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidQueryError, match=reason):
        create_token(archive.store, ALICE, **options)
    with pytest.raises(InvalidQueryError, match="There is no account"):
        create_token(archive.store, "nobody")


def test_a_token_needs_the_scope_for_exclusive_data(archive: Archive, caller: Caller) -> None:
    secret = create_token(archive.store, ALICE, scopes=[SCOPES[0]])[1]
    assert caller.get("/whoami", Authorization=f"token {secret}").json["scopes"] == [SCOPES[0]]
    assert caller.get(FILE + SECRET, Authorization=f"token {secret}").status == 401


def test_a_token_cannot_have_more_rights_than_its_account(archive: Archive, tokens: Tokens) -> None:
    secret = create_token(archive.store, BOB, proposals=["1180", "8880"])[1]
    user = user_of_token(archive.store, secret)
    assert user is not None
    assert user.proposals == {"8880"}


def test_tokens_are_read_from_a_folder_that_cannot_be_written(
    archive: Archive, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(archive.store), "read_only", property(lambda self: True))
    later(monkeypatch, 2 * HOUR)
    caller = Caller(archive)
    assert caller.get("/whoami", Authorization=f"token {tokens.alice}").json["anon"] is False
    assert send_password(caller, ALICE, ALICES_PASSWORD).status == 503


# --------------------------------------------------------------------------- password login


def test_a_password_opens_a_session_of_600_minutes(caller: Caller) -> None:
    cookie = cookie_of(caller)
    info = {"minutes": 600, "username": ALICE, "first_name": "Alice", "last_name": "A"}
    assert caller.get(SESSION, Cookie=cookie).json == info
    assert send_password(caller, ALICE, ALICES_PASSWORD).json == info
    found = caller.get("/whoami", Cookie=cookie).json
    assert (found["eppn"], found["anon"], found["token"]) == (ALICE, False, None)
    assert found["session"]


def test_the_session_cookie_is_named_and_guarded_as_it_should(caller: Caller) -> None:
    reply = send_password(caller, ALICE, ALICES_PASSWORD)
    name, _, rest = reply.headers["Set-Cookie"].partition("=")
    assert "shibsession" in name
    assert "; HttpOnly; SameSite=Lax" in rest
    assert "Secure" not in rest
    assert "Max-Age=36000" in rest


def test_a_session_ends_after_600_minutes(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = cookie_of(caller)
    later(monkeypatch, 599 * 60)
    assert caller.get(SESSION, Cookie=cookie).json["minutes"] == 1
    later(monkeypatch, 600 * 60 + 1)
    assert caller.get(SESSION, Cookie=cookie).json["minutes"] is None
    assert caller.get(SESSION, Cookie=cookie).json["username"] == "anonymous"
    assert caller.get(FILE + SECRET, Cookie=cookie).status == 401


def test_the_wrong_password_and_the_wrong_name_look_the_same(caller: Caller) -> None:
    wrong_password, wrong_name = (
        send_password(caller, ALICE, "x" * 9),
        send_password(caller, "nobody", "x" * 9),
    )
    assert (wrong_password.status, wrong_name.status) == (401, 401)
    assert wrong_password.content == wrong_name.content


def test_an_unknown_name_costs_as_much_as_a_known_one(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[passwords.Cost] = []
    derive = passwords.derive

    def counted(password: str, salt: bytes, cost: passwords.Cost) -> bytes:
        costs.append(cost)
        return derive(password, salt, cost)

    monkeypatch.setattr(passwords, "derive", counted)
    for name in (ALICE, "nobody"):
        send_password(caller, name, "wrong password")
    assert costs == [CHEAP, CHEAP]


NO_LOGINS = [
    b"",
    b"username=alice&password=x",
    b"{}",
    b"[]",
    b"null",
    b'{"username": "alice"}',
    b'{"password": "x"}',
    b'{"username": "", "password": "x"}',
    b'{"username": 5, "password": "x"}',
    b'{"username": "alice", "password": null}',
    b'{"username": "alice", "password": "\\ud800"}',
    b"[" * 50_000,
    b"\xff",
]


@pytest.mark.parametrize("body", NO_LOGINS)
def test_a_login_without_name_and_password_is_refused(caller: Caller, body: bytes) -> None:
    reply = caller.send("POST", LOGIN, body, Content_Type=JSON_TYPE)
    assert reply.status == 401
    assert "Send a username and a password" in reply.json["msg"]


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_login_that_a_page_of_another_site_could_send_is_refused(
    caller: Caller, kind: str
) -> None:
    body = encode_login(ALICE, ALICES_PASSWORD)
    assert caller.send("POST", LOGIN, body, Content_Type=kind).status == 401
    assert (
        caller.send("POST", LOGIN, body, Content_Type=f"{JSON_TYPE}; charset=utf-8").status == 200
    )


def test_a_login_in_the_address_is_refused(caller: Caller) -> None:
    path = f"{LOGIN}?username={ALICE}&password=x"
    assert caller.send("POST", path, b"", Content_Type=JSON_TYPE).status == 401
    assert caller.get(path).status == 405


def test_the_letters_of_a_password_may_be_any(archive: Archive, caller: Caller) -> None:
    add_account(archive.store, "zo\u00eb", "p\u00e4ss:w\u00f6rd \U0001f52d")
    assert send_password(caller, "zo\u00eb", "p\u00e4ss:w\u00f6rd \U0001f52d").status == 200


def test_a_logout_ends_the_session_for_all_who_have_its_cookie(caller: Caller) -> None:
    cookie, other = cookie_of(caller), cookie_of(caller)
    reply = caller.send("POST", LOGOUT, b"", Cookie=cookie)
    assert "Max-Age=0" in reply.headers["Set-Cookie"]
    assert caller.get("/whoami", Cookie=cookie).json["anon"] is True
    assert caller.get("/whoami", Cookie=other).json["anon"] is False


def test_a_person_is_told_how_to_log_in(caller: Caller) -> None:
    for path in ("/api/v0/Mashup/Login/login.html", "/token?suggested_name=x"):
        reply = caller.get(path, Accept="text/html")
        assert reply.status == 200
        assert b"topmast token create" in reply.content


@pytest.mark.parametrize("profile", ["current", "2017"])
def test_clients_of_every_age_are_sent_to_tokens(tmp_path: Path, profile: str) -> None:
    with Archive.create(tmp_path / profile, profile=profile) as archive:
        assert Caller(archive).get("/auth_type").content == b"MAST-AUTH"


# ------------------------------------------------------------------------------------ guessing


def test_guessing_is_slowed_down_for_the_guesser_and_not_for_the_owner(archive: Archive) -> None:
    add_people(archive)
    store = archive.store
    for _ in range(LIMITS["both"]):
        with pytest.raises(LoginError, match="Authentication failed!"):
            authenticate(store, ALICE, "wrong guess", "10.0.0.1")
    with pytest.raises(TooManyAttempts, match="Try again in") as caught:
        authenticate(store, ALICE, ALICES_PASSWORD, "10.0.0.1")
    assert 0 < caught.value.seconds <= SPAN_SECONDS
    assert authenticate(store, ALICE, ALICES_PASSWORD, "10.0.0.2").name == ALICE
    assert authenticate(store, BOB, BOBS_PASSWORD, "10.0.0.1").name == BOB


def test_after_a_while_another_guess_is_allowed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_people(archive)
    for _ in range(LIMITS["both"]):
        with pytest.raises(LoginError):
            authenticate(archive.store, ALICE, "wrong guess", "10.0.0.1")
    later(monkeypatch, SPAN_SECONDS + 1)
    assert authenticate(archive.store, ALICE, ALICES_PASSWORD, "10.0.0.1").name == ALICE


def test_right_passwords_do_not_count_as_guesses(archive: Archive) -> None:
    add_people(archive)
    for _ in range(LIMITS["both"] + 2):
        assert authenticate(archive.store, ALICE, ALICES_PASSWORD, "10.0.0.1").name == ALICE


@pytest.mark.parametrize(
    ("limit", "names", "addresses"),
    [
        ("address", lambda n: f"user{n}", lambda n: "10.0.0.1"),
        ("address", lambda n: f"user{n}", lambda n: f"2001:db8:1:2::{n:x}"),
        ("account", lambda n: ALICE.upper() if n % 2 else ALICE, lambda n: f"10.0.{n}.1"),
    ],
)
def test_many_guesses_from_one_address_or_for_one_account_are_stopped(
    archive: Archive, limit: str, names: Any, addresses: Any
) -> None:
    add_people(archive)
    for number in range(LIMITS[limit]):
        with pytest.raises(LoginError, match="Authentication failed!"):
            authenticate(archive.store, names(number), "wrong guess", addresses(number))
    with pytest.raises(TooManyAttempts):
        authenticate(archive.store, names(999), "wrong guess", addresses(999))


def test_guesses_at_the_same_moment_count_too(archive: Archive) -> None:
    add_people(archive)
    outcomes: list[type[LoginError]] = []

    def guess() -> None:
        try:
            authenticate(archive.store, ALICE, "wrong guess", "10.0.0.1")
        except LoginError as problem:
            outcomes.append(type(problem))

    threads = [threading.Thread(target=guess) for _ in range(LIMITS["both"] + 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(LoginError) == LIMITS["both"]
    assert outcomes.count(TooManyAttempts) == 6


def test_a_server_tells_how_long_to_wait(caller: Caller) -> None:
    for _ in range(LIMITS["both"]):
        assert send_password(caller, ALICE, "wrong guess").status == 401
    reply = send_password(caller, ALICE, ALICES_PASSWORD)
    assert reply.status == 429
    assert 0 < int(reply.headers["Retry-After"]) <= SPAN_SECONDS


@dataclass
class SlowHashes:
    """Password hashes that take until they are let go."""

    begun: Semaphore = field(default_factory=lambda: Semaphore(0))
    released: Event = field(default_factory=Event)
    at_once: list[int] = field(default_factory=lambda: [0])

    def derive(self, password: str, salt: bytes, cost: passwords.Cost) -> bytes:
        self.at_once.append(self.at_once[-1] + 1)
        self.begun.release()
        assert self.released.wait(30)
        self.at_once.append(self.at_once[-1] - 1)
        return bytes(32)


@pytest.fixture
def slow_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowHashes]:
    slow = SlowHashes()
    monkeypatch.setattr(passwords, "derive", slow.derive)
    yield slow
    slow.released.set()


def post_login(pool: urllib3.PoolManager, url: str, name: str) -> urllib3.BaseHTTPResponse:
    body = encode_login(name, "wrong password")
    return pool.request("POST", url + LOGIN, body=body, headers={"Content-Type": JSON_TYPE})


def test_many_logins_leave_the_threads_to_others(
    archive: Archive, tokens: Tokens, slow_hashes: SlowHashes
) -> None:
    with (
        serve_in_thread(archive) as url,
        urllib3.PoolManager(maxsize=50, retries=False, timeout=20) as pool,
        ThreadPoolExecutor(40) as threads,
    ):
        logins = [threads.submit(post_login, pool, url, f"user{number}") for number in range(40)]
        for _ in range(PASSWORD_CHECKS_AT_ONCE):
            assert slow_hashes.begun.acquire(timeout=20)
        headers = {"Authorization": f"token {tokens.alice}"}
        assert pool.request("GET", url + FILE + SECRET, headers=headers).status == 200
        assert not any(login.done() for login in logins)
        slow_hashes.released.set()
        assert {login.result().status for login in logins} == {401}
    assert max(slow_hashes.at_once) == PASSWORD_CHECKS_AT_ONCE


def test_a_login_that_waits_too_long_is_asked_to_come_again(
    archive: Archive, tokens: Tokens, slow_hashes: SlowHashes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "CHECK_WAIT_SECONDS", 0.2)
    with (
        serve_in_thread(archive) as url,
        urllib3.PoolManager(maxsize=5, retries=False, timeout=20) as pool,
        ThreadPoolExecutor(2) as threads,
        connect(url) as client,
    ):
        logins = [threads.submit(post_login, pool, url, f"user{number}") for number in range(2)]
        for _ in logins:
            assert slow_hashes.begun.acquire(timeout=20)
        late = post_login(pool, url, ALICE)
        assert (late.status, late.headers["Retry-After"]) == (503, "1")
        with pytest.raises(LoginError, match="The archive is busy with other logins"):
            client.observations.login(username=ALICE, password=ALICES_PASSWORD)
        slow_hashes.released.set()
        assert [login.result().status for login in logins] == [401, 401]
        assert post_login(pool, url, ALICE).status == 401


def test_logins_change_nothing_that_searches_remember(archive: Archive, caller: Caller) -> None:
    with archive.store.reading() as connection:
        before = archive.store.setting("changes", connection)
    cookie_of(caller)
    with archive.store.reading() as connection:
        assert archive.store.setting("changes", connection) == before


# ---------------------------------------------------------------------------- exclusive files


def headers_of(who: str, tokens: Tokens) -> dict[str, str]:
    secret = getattr(tokens, who, None)
    return {"Authorization": f"token {secret}"} if secret else {}


@pytest.mark.parametrize(
    ("who", "status"), [("anybody", 401), ("bob", 401), ("alice_narrow", 401), ("alice", 200)]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_exclusive_file_is_for_members_of_its_proposal(
    caller: Caller, tokens: Tokens, who: str, status: int, method: str
) -> None:
    reply = caller.send(method, FILE + SECRET, **headers_of(who, tokens))
    assert reply.status == status
    if status == 200:
        assert reply.content == (SECRET_CONTENT if method == "GET" else b"")
    else:
        assert SECRET_CONTENT not in reply.content


@pytest.mark.parametrize(
    "path",
    [
        "/api/v0.1/Download/file?uri=mast%3AJWST/product/secret.fits",
        "/api/v0/Download/file?uri=mast:JWST/product/secret.fits",
        "/api/v0/download/file?uri=mast:JWST/product/secret.fits",
        "/api/v0/download/file/JWST/product/secret.fits",
        "/api/v0/download/file/JWST/product/secret%2Efits",
        "/api/v0.1/Download/file?bundle_name=x.sh&uri=mast:JWST/product/secret.fits",
    ],
)
def test_every_address_of_a_file_asks_for_the_right(
    caller: Caller, tokens: Tokens, path: str
) -> None:
    assert caller.get(path).status == 401
    assert caller.get(path, Range="bytes=0-3").status == 401
    assert caller.get(path, Authorization=f"token {tokens.alice}").content == SECRET_CONTENT


def test_public_files_need_no_login_and_take_any(caller: Caller, tokens: Tokens) -> None:
    for headers in ({}, {"Authorization": "token nonsense"}, headers_of("bob", tokens)):
        assert caller.get(FILE + PUBLIC, **headers).status == 200


def test_a_refusal_says_whether_a_login_or_a_right_is_missing(
    caller: Caller, tokens: Tokens
) -> None:
    assert "the request has no login" in caller.get(FILE + SECRET).json["msg"]
    message = caller.get(FILE + SECRET, **headers_of("bob", tokens)).json["msg"]
    assert f"this login of {BOB} has no right to it" in message


def test_a_pack_holds_what_its_receiver_may_have(caller: Caller, tokens: Tokens) -> None:
    path = f"/api/v0.1/Download/bundle.zip?uri={SECRET}&uri={PUBLIC}"
    for who, there in (("anybody", False), ("bob", False), ("alice", True)):
        reply = caller.get(path, **headers_of(who, tokens))
        assert reply.status == 200
        assert (SECRET_CONTENT in reply.content) is there
    assert caller.get(f"/api/v0.1/Download/bundle.zip?uri={SECRET}").status == 404


def test_an_account_may_have_all_exclusive_data(archive: Archive, caller: Caller) -> None:
    add_account(archive.store, "keeper", "secret 1", proposals=None)
    assert caller.get(FILE + SECRET, Cookie=cookie_of(caller, "keeper", "secret 1")).status == 200


def put(
    archive: Archive, rights: Any, release: float | None, observed: Any = "EXCLUSIVE_ACCESS"
) -> None:
    """Say anew how exclusive the secret file and its observation are."""
    row = next(row for row in OBSERVATIONS if row["obsid"] == 20)
    archive.ingest([row | {"dataRights": observed, "t_obs_release": release}])
    product = next(row for row in PRODUCTS if row["dataURI"] == SECRET)
    archive.ingest(products=[product | {"dataRights": rights}])


@pytest.mark.parametrize(
    ("rights", "release", "observed", "status"),
    [
        ("EXCLUSIVE_ACCESS", None, "EXCLUSIVE_ACCESS", 401),
        ("EXCLUSIVE_ACCESS", 99999.0, "EXCLUSIVE_ACCESS", 401),
        ("EXCLUSIVE_ACCESS", 50000.0, "EXCLUSIVE_ACCESS", 200),
        ("exclusive_access", 99999.0, "PUBLIC", 401),
        ("RESTRICTED", 50000.0, "RESTRICTED", 401),
        ("PUBLIC", 99999.0, "EXCLUSIVE_ACCESS", 200),
        ("PUBLIC", None, "PUBLIC", 200),
    ],
)
def test_a_file_is_exclusive_until_its_release(
    archive: Archive, rights: str, release: float | None, observed: str, status: int
) -> None:
    put(archive, rights, release, observed)
    assert Caller(archive).get(FILE + SECRET).status == status


def test_a_product_without_rights_of_its_own_has_those_of_its_observation(tmp_path: Path) -> None:
    observation = {"objID": 1, "obsid": 1, "obs_id": "o", "proposal_id": "7"} | {
        "obs_collection": "HST",
        "s_region": "CIRCLE 1 1 0.1",
        "dataRights": "EXCLUSIVE_ACCESS",
        "t_obs_release": 99999.0,
    }
    product = {"obsID": 1, "obs_collection": "HST", "obs_id": "o", "dataURI": "mast:HST/x"}
    with Archive.create(tmp_path / "archive") as archive:
        (tmp_path / "x").write_bytes(b"hidden")
        archive.ingest([observation], [product | {"productFilename": "x"}], files=tmp_path)
        add_account(archive.store, "member", "secret 1", proposals=["7"])
        caller = Caller(archive)
        assert caller.get(FILE + "mast:HST/x").status == 401
        cookie = cookie_of(caller, "member", "secret 1")
        assert caller.get(FILE + "mast:HST/x", Cookie=cookie).content == b"hidden"


def test_a_file_in_two_lists_is_exclusive_if_one_says_so(archive: Archive) -> None:
    product = next(row for row in PRODUCTS if row["dataURI"] == SECRET)
    archive.ingest(products=[product | {"parent_obsid": 900, "dataRights": "PUBLIC"}])
    assert Caller(archive).get(FILE + SECRET).status == 401


# ------------------------------------------------------------------------------ product lists


def products(caller: Caller, **headers: str) -> Any:
    from topmast.wire.portal import MashupRequest, encode_request

    body = encode_request(MashupRequest("Mast.Caom.Products", {"obsid": "20"}))
    return caller.send("POST", "/api/v0/invoke", body, **headers).json


def test_a_list_marks_what_the_one_who_asks_may_have(caller: Caller, tokens: Tokens) -> None:
    anonymous = products(caller)
    assert "may_download" not in [field["name"] for field in anonymous["fields"]]
    for who, allowed in (("alice", True), ("bob", False), ("alice_narrow", False)):
        answer = products(caller, **headers_of(who, tokens))
        assert [field["name"] for field in answer["fields"]][-1] == "may_download"
        rows = {row["dataURI"]: row for row in answer["data"]}
        assert rows[SECRET]["dataRights"] == "EXCLUSIVE_ACCESS"
        assert rows[SECRET]["may_download"] is allowed
        assert rows[PUBLIC]["may_download"] is True


def test_nobody_gets_the_list_that_was_made_for_another(caller: Caller, tokens: Tokens) -> None:
    mine = products(caller, **headers_of("alice", tokens))
    theirs = products(caller, **headers_of("bob", tokens))
    assert mine["data"] != theirs["data"]
    assert products(caller) != mine


def test_what_was_released_reads_public_everywhere(archive: Archive) -> None:
    put(archive, "EXCLUSIVE_ACCESS", 50000.0)
    caller = Caller(archive)
    assert {row["dataRights"] for row in products(caller)["data"]} == {"PUBLIC"}
    exclusive = {"paramName": "dataRights", "values": ["EXCLUSIVE_ACCESS"]}
    public = {"paramName": "dataRights", "values": ["public"]}
    assert caller.matching(exclusive) == []
    assert len(caller.matching(public)) == 1
    params = {"columns": "dataRights", "filters": [public]}
    assert caller.column("dataRights", "Mast.Caom.Filtered", params) == ["PUBLIC"]


def test_what_is_not_released_reads_exclusive(archive: Archive) -> None:
    put(archive, "EXCLUSIVE_ACCESS", 99999.0)
    exclusive = {"paramName": "dataRights", "values": ["exclusive_access"]}
    assert len(Caller(archive).matching(exclusive)) == 1
