"""The formats of a login: password, session, whoami and cookies."""

from __future__ import annotations

import json

import pytest

from topmast.errors import BadAnswerError
from topmast.wire.auth import (
    NO_SESSION,
    Cookie,
    SessionInfo,
    UserInfo,
    decode_cookies,
    decode_login,
    decode_session,
    decode_set_cookies,
    decode_whoami,
    encode_login,
    encode_session,
    encode_set_cookie,
    encode_whoami,
)

ALICE = UserInfo(
    "alice@example.org", "Alice", "A", "1-2-3", ("mast:exclusive_access",), token="1a2b"
)


# ------------------------------------------------------------------------------------ whoami


def test_whoami_has_the_keys_that_clients_read() -> None:
    found = decode_whoami(encode_whoami(ALICE))
    assert list(found) == ["eppn", "ezid", "attrib", "anon", "scopes", "session", "token"]
    assert (found["eppn"], found["ezid"], found["anon"]) == ("alice@example.org", "alice", False)
    assert found["attrib"]["display_name"] == "Alice A"
    assert found["attrib"]["email"] == "alice@example.org"
    assert found["scopes"] == ["mast:exclusive_access"]


def test_whoami_of_nobody() -> None:
    found = decode_whoami(encode_whoami(None))
    assert found == {
        "eppn": "",
        "ezid": "anonymous",
        "attrib": {},
        "anon": True,
        "scopes": [],
        "session": None,
        "token": None,
    }


def test_who_has_no_name_is_shown_by_the_account() -> None:
    assert UserInfo("alice").display_name == "alice"


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"{}", b'{"anon": "false"}', b'{"anon": 0}', b"[" * 100_000, b"null"],
)
def test_whoever_does_not_say_who_we_are_has_not_accepted_us(content: bytes) -> None:
    with pytest.raises(BadAnswerError, match="did not say who is logged in"):
        decode_whoami(content)


@pytest.mark.parametrize("attrib", [None, 5, [], "x"])
def test_attributes_are_a_dict_for_sure(attrib: object) -> None:
    content = json.dumps({"anon": False, "attrib": attrib}).encode()
    assert decode_whoami(content)["attrib"] == {}


# --------------------------------------------------------------------------- password, session


@pytest.mark.parametrize("password", ["secret", "p\u00e4ss:w\u00f6rd \U0001f52d", 'a"\r\n&=', ""])
def test_a_login_is_read_as_it_was_written(password: str) -> None:
    assert decode_login(encode_login("alice@example.org", password)) == (
        "alice@example.org",
        password,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"username": "a"}',
        encode_login("", "b"),
        encode_login("a", "\ud800"),
    ],
)
def test_what_is_no_login_is_none(content: bytes) -> None:
    assert decode_login(content) is None


@pytest.mark.parametrize(
    "info",
    [
        SessionInfo(600, "testUser@stsci.edu", "Test", "User"),
        SessionInfo(0, "a&b@example.org", "<b>", 'O"Hara'),
        SessionInfo(1, "x@y", "", ""),
        NO_SESSION,
    ],
)
def test_a_session_is_read_as_it_was_written(info: SessionInfo) -> None:
    assert decode_session(encode_session(info)) == info


def test_nothing_about_a_session_can_command_a_terminal() -> None:
    info = decode_session(encode_session(SessionInfo(1, "\x1b]0;you\x07a@b\x9b2J", "\n", "")))
    assert info.username.isprintable()
    assert info.first_name == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>404</html>",
        b"{}",
        b"[" * 100_000,
        b'{"anon": true}',
        b'{"minutes": "600", "username": "a", "first_name": "", "last_name": ""}',
        b'{"minutes": 1e300, "username": "a", "first_name": "", "last_name": ""}',
        b'{"minutes": -1, "username": "a", "first_name": "", "last_name": ""}',
        b'{"minutes": 99999999999, "username": "a", "first_name": "", "last_name": ""}',
        b'{"minutes": 5, "username": null, "first_name": "", "last_name": ""}',
    ],
)
def test_another_answer_is_about_no_session(content: bytes) -> None:
    with pytest.raises(BadAnswerError, match="did not say whether there is a session"):
        decode_session(content)


# ----------------------------------------------------------------------------------- cookies


def test_a_cookie_is_kept_from_scripts_and_other_sites() -> None:
    assert encode_set_cookie(Cookie("a", "b")) == "a=b; Path=/; HttpOnly; SameSite=Lax"
    assert encode_set_cookie(Cookie("a", "b", secure=True)).endswith("; Secure")
    assert encode_set_cookie(Cookie("a", ""), 0).endswith("; Max-Age=0")


def test_cookies_are_read_as_they_were_set() -> None:
    headers = [
        encode_set_cookie(Cookie("a", "1")),
        encode_set_cookie(Cookie("b", "2", secure=True)),
        "nonsense",
    ]
    assert decode_set_cookies(headers) == [Cookie("a", "1"), Cookie("b", "2", secure=True)]
    assert decode_cookies('a=1; b="2"; broken; c=x=y') == [("a", "1"), ("b", "2"), ("c", "x=y")]


def test_a_cookie_does_not_show_its_value() -> None:
    assert "sesame" not in repr(Cookie("a", "sesame"))


@pytest.mark.parametrize(
    "header", ["a", "=b", "a=", "a=b c", "a=b\x00", "a=\u00e9", "a b=c", 'a="b"c', ""]
)
def test_a_cookie_that_cannot_be_sent_back_is_left_out(header: str) -> None:
    assert decode_set_cookies([header, f"{header}; Secure"]) == []
