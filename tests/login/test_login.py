"""Log in with a password or a token, from every source, in process and over HTTP."""

from __future__ import annotations

import getpass
import logging
import sys
import time
import warnings
from collections.abc import Iterator
from http.cookiejar import Cookie
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from astropy.units import Quantity
from tests.logins import (
    ALICE,
    ALICES_PASSWORD,
    BOB,
    BOBS,
    BOBS_PASSWORD,
    CLOSED,
    OPEN,
    Tokens,
    add_people,
    house,
    records_of,
)
from tests.logins import cheap as cheap
from tests.logins import no_keyring as no_keyring
from tests.misbehaving import Misbehaving, Reply

import topmast
from topmast.archive import Archive
from topmast.archive.accounts.tokens import all_tokens, revoke_token
from topmast.archive.server.serve import serve_in_thread
from topmast.client import Client
from topmast.errors import (
    AuthenticationWarning,
    HTTPStatusError,
    InputWarning,
    InvalidQueryError,
    LoginError,
    MissingExtraError,
    NotAuthorizedError,
)
from topmast.login import secrets
from topmast.net.messages import Request
from topmast.services.observations import ObservationsClass
from topmast.wire.auth import SESSION

GUIDE_LINES = "Session Expiration: 600.0 min\nUsername: {}\nFirst Name: Alice\nLast Name: A\n"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with house(tmp_path / "house") as archive:
        yield archive


@pytest.fixture
def tokens(archive: Archive) -> Tokens:
    return add_people(archive)


@pytest.fixture(params=["in process", "over HTTP"])
def client(request: pytest.FixtureRequest, archive: Archive, tokens: Tokens) -> Iterator[Client]:
    if request.param == "in process":
        with topmast.connect(archive.folder) as client:
            yield client
    else:
        with serve_in_thread(archive) as url, topmast.connect(url) as client:
            yield client


@pytest.fixture
def near(archive: Archive, tokens: Tokens) -> Iterator[Client]:
    with topmast.connect(archive.folder) as client:
        yield client


@pytest.fixture
def observations(near: Client) -> ObservationsClass:
    return near.observations


def fetch(observations: ObservationsClass, uri: str, folder: Path) -> tuple[str, str | None]:
    path = folder / f"{time.monotonic_ns()}.txt"
    status, message, _ = observations.download_file(uri, local_path=path, verbose=False)
    assert path.exists() is (status == "COMPLETE")
    return status, message


class Keyring(ModuleType):
    """A keyring in memory."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, secret: str) -> None:
        self.kept[service, user] = secret


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    keyring = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    return keyring


class Typist:
    """Types answers, and remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.asked: list[str] = []

    def __call__(self, prompt: str = "") -> str:
        self.asked.append(prompt)
        return self.answers.pop(0)


@pytest.fixture
def typist(monkeypatch: pytest.MonkeyPatch) -> Typist:
    typist = Typist()
    monkeypatch.setattr(getpass, "getpass", typist)
    monkeypatch.setattr("builtins.input", typist)
    return typist


# -------------------------------------------------------------------------------- by password


def test_a_password_logs_in_as_the_guide_shows(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result: Any = client.observations.login(username=ALICE, password=ALICES_PASSWORD)  # type: ignore[func-returns-value]
    assert result is None
    shown = "Authentication successful!\nSession Expiration: 600 minute(s)\n"
    assert capsys.readouterr().out == shown
    info = client.observations.session_info()
    assert capsys.readouterr().out == GUIDE_LINES.format(ALICE)
    assert info == {
        "Session Expiration": Quantity(600, "min"),
        "Username": ALICE,
        "First Name": "Alice",
        "Last Name": "A",
    }
    assert client.observations.authenticated() is True
    assert fetch(client.observations, CLOSED, tmp_path) == ("COMPLETE", None)
    assert fetch(client.observations, BOBS, tmp_path)[0] == "ERROR"


def test_a_login_holds_for_all_parts_of_a_client(client: Client) -> None:
    client.mast.login(ALICE, ALICES_PASSWORD)
    assert client.observations.authenticated()
    client.observations.logout()
    assert not client.mast.authenticated()


def test_an_instance_that_is_called_gives_a_fresh_session(client: Client) -> None:
    mine = client.observations(username=ALICE, password=ALICES_PASSWORD)
    theirs = client.observations(BOB, BOBS_PASSWORD)
    assert not client.observations.authenticated()
    assert mine.session_info(verbose=False)["Username"] == ALICE
    assert theirs.session_info(verbose=False)["Username"] == BOB
    assert not mine().authenticated()


def test_the_ready_made_observations_log_in_on_the_class_too(
    archive: Archive, tokens: Tokens
) -> None:
    topmast.conf.server = str(archive.folder)
    ObservationsClass.login(username=ALICE, password=ALICES_PASSWORD)  # type: ignore[call-arg]
    try:
        assert topmast.Observations.authenticated()
        assert topmast.Mast.session_info(silent=True)["Username"] == ALICE
    finally:
        topmast.Observations.logout()


def test_the_class_takes_credentials_too(archive: Archive, tokens: Tokens) -> None:
    topmast.conf.server = str(archive.folder)
    assert ObservationsClass(ALICE, ALICES_PASSWORD).authenticated()
    assert ObservationsClass(mast_token=tokens.bob).authenticated()
    with pytest.raises(LoginError, match="MAST API token invalid!"):
        ObservationsClass(mast_token="x" * 32)


@pytest.mark.parametrize("password", ["wrong password", "", "\u2026", "x" * 5000])
def test_a_wrong_password_is_said_and_not_shown(
    client: Client, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(LoginError, match=r"^Authentication failed! The password of") as caught:
        client.observations.login(username=ALICE, password=password)
    assert not client.observations.authenticated()
    if password:
        assert password not in f"{caught.value!r} {records_of(caplog)}"


def test_too_many_wrong_passwords_are_said_at_once_and_not_waited_for(
    observations: ObservationsClass,
) -> None:
    for _ in range(10):
        with pytest.raises(LoginError, match="was refused"):
            observations.login(username=ALICE, password="wrong password")
    with pytest.raises(LoginError, match=r"Too many logins have failed. Try again in 15 min"):
        observations.login(username=ALICE, password=ALICES_PASSWORD)


def test_who_was_logged_in_stays_so_when_the_next_login_fails(
    observations: ObservationsClass, tokens: Tokens
) -> None:
    observations.login(username=ALICE, password=ALICES_PASSWORD)
    with pytest.raises(LoginError):
        observations.login(username=BOB, password="wrong password")
    with pytest.raises(LoginError):
        observations.login(token="no-token")
    assert observations.session_info(silent=True)["Username"] == ALICE
    observations.login(tokens.bob)
    assert observations.session_info(silent=True)["eppn"] == BOB


def test_a_username_with_a_colon_is_refused_before_it_is_sent(
    observations: ObservationsClass,
) -> None:
    with pytest.raises(LoginError, match="has no colon"):
        observations.login(username="a:b", password="c")


# ---------------------------------------------------------------------------- session tokens


def test_a_session_token_carries_a_login_over(client: Client, tmp_path: Path) -> None:
    client.observations.login(username=ALICE, password=ALICES_PASSWORD)
    cookie = client.observations.get_token()
    assert isinstance(cookie, Cookie)
    assert cookie.expires is not None
    for token in (cookie, {cookie.name: cookie.value}):
        other = client.mast()
        other.login(session_token=token)
        assert other.session_info(verbose=False)["Username"] == ALICE
    by_place = client.observations(None, None, cookie)
    assert fetch(by_place, CLOSED, tmp_path) == ("COMPLETE", None)


def test_a_session_token_does_not_show_itself(observations: ObservationsClass) -> None:
    observations.login(username=ALICE, password=ALICES_PASSWORD)
    cookie = observations.get_token()
    assert cookie is not None
    assert str(cookie.value) not in f"{cookie} {cookie!r}"


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("abc", "^Session token must be given as a dictionary or http.cookiejar.Cookie object$"),
        (5, "^Session token must be given as a dictionary or http.cookiejar.Cookie object$"),
        ({"other": "x"}, "^Invalid session token$"),
        ({"_shibsession_x": ""}, "^Invalid session token$"),
        ({"_shibsession_x": "y"}, "does not know this session"),
    ],
)
def test_a_session_token_that_is_none_is_refused(
    observations: ObservationsClass, token: Any, message: str
) -> None:
    with pytest.raises(LoginError, match=message):
        observations.login(session_token=token)
    assert not observations.authenticated()


def test_a_session_token_beside_other_things_is_spoken_of(observations: ObservationsClass) -> None:
    with pytest.warns(
        InputWarning,
        match=r"^Both username and session token supplied, session token will be ignored\.$",
    ):
        observations.login(ALICE, ALICES_PASSWORD, session_token={"_shibsession_": "x"})
    cookie = observations.get_token()
    assert cookie is not None
    with pytest.warns(InputWarning, match="more than one entry"):
        observations.login(session_token={"other": "x", cookie.name: cookie.value})
    with pytest.warns(InputWarning, match="no password to store"):
        observations.login(session_token=cookie, store_password=True)


def test_without_a_login_there_is_no_token(observations: ObservationsClass) -> None:
    with pytest.warns(AuthenticationWarning, match=r"^No session token found\.$"):
        assert observations.get_token() is None


# ----------------------------------------------------------------------------------- by token


def test_a_token_logs_in_and_tells_whom(
    client: Client,
    tokens: Tokens,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO, "topmast")
    client.observations.login(tokens.alice)
    assert "MAST API token accepted, welcome Alice A" in caplog.messages
    info = client.observations.session_info()
    assert (info["eppn"], info["anon"]) == (ALICE, False)
    printed = capsys.readouterr().out
    assert f"eppn: {ALICE}\n" in printed
    assert "attrib.first_name: Alice\n" in printed
    assert "scopes: ['mast:user:info', 'mast:exclusive_access']\n" in printed
    assert tokens.alice not in printed
    assert fetch(client.observations, CLOSED, tmp_path) == ("COMPLETE", None)


def test_session_info_is_printed_unless_told_otherwise(
    observations: ObservationsClass, capsys: pytest.CaptureFixture[str]
) -> None:
    for quiet in ({"verbose": False}, {"silent": True}):
        observations.session_info(**quiet)
    observations.session_info(False)
    assert capsys.readouterr().out == ""
    for loud in ({"verbose": True}, {"silent": False}, {}):
        observations.session_info(**loud)
        assert capsys.readouterr().out.startswith("Session Expiration: None\nUsername: anonymous\n")


def test_nobody_is_told_in_the_way_of_each_dialect(archive: Archive) -> None:
    with topmast.connect(archive.folder) as guide:
        assert guide.observations.session_info(silent=True) == {
            "Session Expiration": None,
            "Username": "anonymous",
            "First Name": "",
            "Last Name": "",
        }
    with topmast.connect(archive.folder, dialect="astroquery") as today:
        info = today.observations.session_info(verbose=False)
        assert (info["ezid"], info["anon"], info["scopes"]) == ("anonymous", True, [])
        with pytest.warns(AuthenticationWarning, match=r"^No auth token found\.$"):
            today.observations.get_token()


def test_a_token_can_be_handed_on(observations: ObservationsClass, tokens: Tokens) -> None:
    observations.login(token=tokens.alice)
    cookie = observations.get_token()
    assert cookie is not None
    assert (cookie.name, cookie.value) == ("mast_token", tokens.alice)
    other = observations()
    other.login(token=cookie)
    assert other.authenticated()


@pytest.mark.parametrize("token", [5, "", "  ", "two\nlines", b"bytes", ["x"]])
def test_what_cannot_be_a_token_is_refused(observations: ObservationsClass, token: Any) -> None:
    with pytest.raises(InvalidQueryError, match="is the text of an API token"):
        observations.login(token=token)


def test_a_token_that_is_refused_is_not_shown(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(LoginError, match=r"^MAST API token invalid! A new one is made") as caught:
        client.observations.login(token="sesame-sesame")
    assert "topmast token create" in str(caught.value)
    assert "sesame" not in f"{caught.value!r} {records_of(caplog)}"


# ------------------------------------------------------------------ which generation a call is


@pytest.mark.parametrize(
    ("given", "named", "by_password"),
    [
        (("abc",), {}, False),
        (("a@b",), {}, True),
        (("abc", "def"), {}, True),
        (("abc", True), {}, False),
        (("abc", False, True), {}, False),
        (("abc", None), {}, True),
        (("abc",), {"password": "x"}, True),
        (("abc",), {"store_password": True}, True),
        (("a@b",), {"store_token": True}, False),
        ((), {"username": "abc"}, True),
        ((), {}, False),
        ((None, None, {"a": "b"}), {}, True),
        ((None,), {}, False),
    ],
)
def test_values_without_names_are_understood_by_rule(
    given: Any, named: Any, by_password: bool
) -> None:
    from topmast.login.credentials import Credentials

    assert Credentials.of(given, named).by_password is by_password


@pytest.mark.parametrize(
    ("given", "named", "message"),
    [
        (("a", "b"), {"password": "c"}, "password twice"),
        (("a", "b", None, False, False, 1), {}, "at most 5 values"),
        (("a", True, False, 1), {}, "at most 3 values"),
        ((), {"username": "a", "token": "b"}, "not with both"),
    ],
)
def test_a_call_that_means_two_things_is_refused(
    observations: ObservationsClass, given: Any, named: Any, message: str
) -> None:
    with pytest.raises(InvalidQueryError, match=message):
        observations.login(*given, **named)


# ---------------------------------------------------------------- where a token comes from


def write_token_file(text: str, mode: int = 0o600) -> Path:
    path = secrets.token_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_token_is_looked_for_in_order(
    observations: ObservationsClass,
    tokens: Tokens,
    keyring: Keyring,
    typist: Typist,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typist.answers = [tokens.bob]
    observations.login()
    assert who(observations) == BOB
    keyring.kept["astroquery:topmast.archive.token", "masttoken"] = tokens.alice
    observations.login()
    assert who(observations) == ALICE
    write_token_file(f"# mine\n{tokens.bob}\n")
    observations.login()
    assert who(observations) == BOB
    monkeypatch.setenv("MAST_API_TOKEN", tokens.alice)
    observations.login()
    assert who(observations) == ALICE
    observations.login(token=tokens.bob)
    assert who(observations) == BOB
    assert typist.asked == ["Enter MAST API Token: "]


def who(observations: ObservationsClass) -> str:
    return str(observations.session_info(silent=True)["eppn"])


def test_a_token_is_asked_for_again_when_wanted(
    observations: ObservationsClass,
    tokens: Tokens,
    typist: Typist,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "topmast")
    monkeypatch.setenv("MAST_API_TOKEN", tokens.alice)
    typist.answers = [tokens.bob]
    observations.login(reenter_token=True)
    assert who(observations) == BOB
    assert any("An API token is made" in message for message in caplog.messages)


def test_the_setting_names_another_token_file(
    observations: ObservationsClass, tokens: Tokens, tmp_path: Path
) -> None:
    topmast.conf.token_file = str(tmp_path / "token")
    write_token_file(tokens.alice)
    observations.login()
    assert who(observations) == ALICE


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_token_file_that_others_can_read_is_refused(
    observations: ObservationsClass, tokens: Tokens, mode: int
) -> None:
    path = write_token_file(tokens.alice, mode)
    with pytest.raises(LoginError, match=f"can be read by others.*chmod 600 {path}"):
        observations.login()
    assert not observations.authenticated()


def test_a_token_file_names_the_host_that_its_token_is_for(tokens: Tokens, typist: Typist) -> None:
    write_token_file(f"archive.example.org {tokens.bob}\nlone-token\n")
    found = {
        server: secrets.find_token(server)
        for server in (
            "https://mast.stsci.edu",
            "http://127.0.0.1:8787",
            "https://archive.example.org",
            "https://elsewhere.example.org",
        )
    }
    assert list(found.values()) == ["lone-token", "lone-token", tokens.bob, None]


def test_a_token_is_kept_in_the_keyring_when_it_was_accepted(
    observations: ObservationsClass, tokens: Tokens, keyring: Keyring
) -> None:
    with pytest.raises(LoginError):
        observations.login(token="refused", store_token=True)
    assert keyring.kept == {}
    observations.login(token=tokens.alice, store_token=True)
    assert keyring.kept == {("astroquery:topmast.archive.token", "masttoken"): tokens.alice}


def test_the_names_in_the_keyring_are_astroquerys_for_mast() -> None:
    assert secrets.password_service("https://mast.stsci.edu") == "astroquery:mast.stsci.edu"
    assert secrets.token_service("https://mast.stsci.edu") == "astroquery:mast.stsci.edu.token"
    assert secrets.password_service("http://h:87") == "astroquery:h:87"


def test_a_password_is_kept_and_remembered(
    observations: ObservationsClass, keyring: Keyring, typist: Typist
) -> None:
    typist.answers = [ALICES_PASSWORD]
    observations.login(username=ALICE, store_password=True)
    assert keyring.kept == {("astroquery:topmast.archive", ALICE): ALICES_PASSWORD}
    observations().login(username=ALICE)
    assert typist.asked == [f"Enter password for {ALICE}: "]
    typist.answers = ["wrong password"]
    with pytest.raises(LoginError):
        observations().login(username=ALICE, reenter_password=True)
    assert len(typist.asked) == 2


def test_a_username_is_asked_for(observations: ObservationsClass, typist: Typist) -> None:
    typist.answers = [ALICE, ALICES_PASSWORD]
    observations.login(reenter_password=True)
    assert typist.asked == ["Enter your username: ", f"Enter password for {ALICE}: "]
    assert observations.authenticated()


def test_without_keyring_its_absence_is_clear(
    observations: ObservationsClass, tokens: Tokens
) -> None:
    for wish in ({"token": tokens.alice, "store_token": True}, {"store_password": True}):
        with pytest.raises(MissingExtraError, match=r"\[login\].*MAST_API_TOKEN"):
            observations.login(**wish)
    assert not observations.authenticated()


def test_a_keyring_that_fails_is_passed_over_or_named(
    observations: ObservationsClass, tokens: Tokens, keyring: Keyring, typist: Typist
) -> None:
    def fail(*secrets: str) -> None:
        raise RuntimeError("no backend")

    keyring.get_password = fail  # type: ignore[assignment, method-assign]
    keyring.set_password = fail  # type: ignore[method-assign]
    typist.answers = [tokens.alice]
    observations.login()
    assert observations.authenticated()
    with pytest.raises(LoginError, match=r"did not take it \(RuntimeError\).*MAST_API_TOKEN"):
        observations.login(token=tokens.alice, store_token=True)


def test_nothing_is_typed_where_it_would_be_seen(
    observations: ObservationsClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    def echoing(prompt: str = "") -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        raise AssertionError("typed in the open")

    monkeypatch.setattr(getpass, "getpass", echoing)
    with pytest.raises(LoginError, match=r"no terminal to ask at.*MAST_API_TOKEN"):
        observations.login()
    with pytest.raises(LoginError, match="no terminal to ask at"):
        observations.login(username=ALICE)

    def nobody(prompt: str = "") -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(LoginError, match="give username="):
        observations.login(store_password=False, reenter_password=True)


# ------------------------------------------------------------------------ where it cannot work


@pytest.mark.parametrize("named", [{"username": "a", "password": "b"}, {"session_token": {}}])
def test_mast_takes_no_passwords_and_is_not_even_asked(
    named: dict[str, Any], typist: Typist
) -> None:
    with topmast.connect("https://mast.stsci.edu") as client:
        with pytest.raises(LoginError, match="takes API tokens and no passwords") as caught:
            client.observations.login(**named)
    assert "https://auth.mast.stsci.edu/token" in str(caught.value)
    assert typist.asked == []


@pytest.mark.parametrize(
    "reply", [Reply(404), Reply(200, b"<html>Log in here</html>"), Reply(200, b"{}"), Reply(401)]
)
def test_a_server_that_takes_no_passwords_is_named_before_one_is_sent(reply: Reply) -> None:
    with Misbehaving() as server, topmast.connect(server.url) as client:
        server.on(SESSION, reply)
        with pytest.raises(LoginError, match=f"{server.url} takes no passwords.*login.token"):
            client.observations.login(username=ALICE, password=ALICES_PASSWORD)
        assert [seen.method for seen in server.requests] == ["GET"]


def test_a_server_that_is_down_is_not_taken_for_one_without_passwords() -> None:
    with Misbehaving() as server, topmast.connect(server.url, tries=1) as client:
        server.on(SESSION, Reply(503))
        with pytest.raises(HTTPStatusError, match="answered 503"):
            client.observations.login(username=ALICE, password=ALICES_PASSWORD)
        assert [seen.method for seen in server.requests] == ["GET"]


@pytest.mark.parametrize(
    ("server", "open_to_all"),
    [
        ("http://archive.example.org:8787", True),
        ("http://10.0.0.5", True),
        ("https://archive.example.org", False),
        ("http://127.0.0.1:8787", False),
        ("http://127.8.8.8", False),
        ("http://[::1]:80", False),
        ("http://localhost:1", False),
        ("http://topmast.archive", False),
    ],
)
def test_a_login_without_encryption_is_warned_of(server: str, open_to_all: bool) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        secrets.warn_if_unencrypted(server)
    assert [each.category for each in caught] == [AuthenticationWarning] * open_to_all


# ---------------------------------------------------------------------------------- the end


def test_a_logout_ends_the_session_in_the_archive(client: Client, tmp_path: Path) -> None:
    client.observations.login(username=ALICE, password=ALICES_PASSWORD)
    token = client.observations.get_token()
    client.observations.logout()
    assert not client.observations.authenticated()
    assert fetch(client.observations, CLOSED, tmp_path)[0] == "ERROR"
    with pytest.raises(LoginError, match="does not know this session"):
        client.observations.login(session_token=token)


def test_a_logout_leaves_a_token_good(
    observations: ObservationsClass, tokens: Tokens, tmp_path: Path
) -> None:
    observations.login(token=tokens.alice)
    observations.logout()
    assert fetch(observations, CLOSED, tmp_path)[0] == "ERROR"
    observations.login(token=tokens.alice)
    assert fetch(observations, CLOSED, tmp_path)[0] == "COMPLETE"


def test_a_logout_works_when_the_archive_is_gone(archive: Archive, tokens: Tokens) -> None:
    with serve_in_thread(archive) as url:
        client = topmast.connect(url, tries=1)
        client.observations.login(username=ALICE, password=ALICES_PASSWORD)
    client.observations.logout()
    assert not client.observations.authenticated()


def end_login(client: Client) -> None:
    """As if ten hours had passed here."""
    assert client.session.login is not None
    client.session.login.expires = time.time() - 60


def test_an_ended_login_is_said_by_name_before_exclusive_files_are_fetched(
    near: Client, tmp_path: Path
) -> None:
    near.observations.login(username=ALICE, password=ALICES_PASSWORD)
    products = near.observations.get_product_list(["1", "2"])
    products["t_obs_release"] = 99999.0
    end_login(near)
    message = rf"The login of {ALICE} expired at .* UTC.*login\(username='{ALICE}'\)"
    with pytest.raises(LoginError, match=message):
        near.observations.download_products(products, tmp_path, verbose=False)
    with pytest.warns(AuthenticationWarning, match=message):
        manifest = near.observations.download_products(products[:1], tmp_path, verbose=False)
    assert manifest is not None
    assert manifest["Status"].tolist() == ["COMPLETE"]
    with pytest.warns(AuthenticationWarning, match=message):
        near.observations.get_product_list("1")
    assert not near.observations.authenticated()


def test_a_login_that_ends_in_the_middle_is_said_in_the_rows_that_it_costs(
    client: Client, archive: Archive, tokens: Tokens, tmp_path: Path
) -> None:
    client.observations.login(token=tokens.alice)
    products = client.observations.get_product_list(["1", "2"])
    revoke_token(archive.store, all_tokens(archive.store, ALICE)[0].id)
    manifest = client.observations.download_products(products, tmp_path, verbose=False)
    assert manifest is not None
    assert manifest["Status"].tolist() == ["COMPLETE", "ERROR"]
    assert f"The login of {ALICE} has ended: it expired, or was revoked" in manifest["Message"][1]
    assert tokens.alice not in str(manifest)
    with pytest.warns(AuthenticationWarning, match="has ended"):
        client.observations.get_product_list("1")


def test_a_right_that_is_missing_is_not_taken_for_an_ended_login(
    client: Client, tokens: Tokens, tmp_path: Path
) -> None:
    client.observations.login(token=tokens.alice)
    status, message = fetch(client.observations, BOBS, tmp_path)
    assert status == "ERROR"
    assert f"401 Unauthorized: {ALICE} is logged in, and has no right to it." in str(message)
    assert client.observations.authenticated()


def test_a_query_that_is_refused_tells_that_the_login_has_ended(tokens: Tokens) -> None:
    with Misbehaving() as server, topmast.connect(server.url) as client:
        accepted = b'{"anon": false, "attrib": {}, "eppn": "alice"}'
        server.on("/whoami", Reply(body=accepted), Reply(body=b'{"anon": true}'))
        url = server.on("/x", Reply(401))
        client.observations.login("abc")
        with pytest.raises(NotAuthorizedError, match="The login of alice has ended"):
            client.session.send(Request("GET", url))
        with pytest.raises(NotAuthorizedError, match="The login of alice has ended"):
            client.session.send(Request("GET", url))
        assert len(server.seen("/whoami")) == 2


def test_session_info_says_when_a_session_has_ended(near: Client, archive: Archive) -> None:
    near.observations.login(username=ALICE, password=ALICES_PASSWORD)
    with archive.store.short_write() as connection:
        connection.execute("DELETE FROM sessions")
    with pytest.warns(AuthenticationWarning, match=f"The login of {ALICE} has ended"):
        assert near.observations.session_info(silent=True)["Username"] == "anonymous"


def test_a_login_is_not_taken_to_another_archive(
    archive: Archive, tokens: Tokens, tmp_path: Path
) -> None:
    with serve_in_thread(archive) as url, Misbehaving() as other:
        topmast.conf.server = url
        client = topmast.connect()
        client.observations.login(tokens.alice)
        topmast.conf.server = other.url
        assert not client.observations.authenticated()
        client.session.send(Request("GET", f"{other.url}/x"), check=False)
        assert "cookie" not in other.requests[0].headers
        topmast.conf.server = url
        assert client.observations.authenticated()
        client.close()


def test_open_files_need_no_login(observations: ObservationsClass, tmp_path: Path) -> None:
    assert fetch(observations, OPEN, tmp_path) == ("COMPLETE", None)
    status, message = fetch(observations, CLOSED, tmp_path)
    assert status == "ERROR"
    assert "log in with a token" in str(message)


def test_a_list_marks_what_the_login_opens(observations: ObservationsClass, tokens: Tokens) -> None:
    assert "may_download" not in observations.get_product_list(["1", "2", "3"]).colnames
    observations.login(tokens.alice)
    products = observations.get_product_list(["1", "2", "3"])
    assert products["may_download"].tolist() == [True, True, False]
    assert products["dataRights"].tolist() == ["PUBLIC", "EXCLUSIVE_ACCESS", "EXCLUSIVE_ACCESS"]
