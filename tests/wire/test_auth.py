"""The formats of a login: whoami, the session page, cookies, and the ECP messages."""

from __future__ import annotations

import json

import pytest

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire import ecp
from topmast.wire.auth import (
    Cookie,
    Identity,
    SessionFacts,
    decode_session_page,
    decode_whoami,
    encode_session_page,
    encode_whoami,
    given_cookies,
    set_cookie,
    set_cookies,
)
from topmast.wire.xml import MOST_BYTES, parse_xml

ALICE = Identity(
    "alice@example.org", "Alice", "A", "1-2-3", ("mast:exclusive_access",), token="1a2b"
)
CONSUMER = "https://archive.example.org/Shibboleth.sso/SAML2/ECP"


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
    assert Identity("alice").display_name == "alice"


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


# ------------------------------------------------------------------------------ session page


@pytest.mark.parametrize(
    "facts",
    [
        SessionFacts(600, "testUser@stsci.edu", "Test", "User"),
        SessionFacts(0, "a&b@example.org", "<b>", 'O"Hara'),
        SessionFacts(1, "x@y", "", ""),
        None,
    ],
)
def test_a_session_page_is_read_as_it_was_written(facts: SessionFacts | None) -> None:
    assert decode_session_page(encode_session_page(facts)) == facts


def test_the_session_page_has_the_lines_that_old_clients_look_for() -> None:
    page = encode_session_page(SessionFacts(559, "testUser@stsci.edu", "Test", "User"))
    expiration = "<strong>Session Expiration (barring inactivity):</strong> 559 minute(s)\n"
    assert expiration in page
    assert "<strong>STScI_Email</strong>: testUser@stsci.edu\n" in page
    assert "<strong>STScI_FirstName</strong>: Test\n" in page
    assert "<strong>STScI_LastName</strong>: User\n" in page


def test_nothing_on_the_session_page_can_command_a_terminal() -> None:
    page = "<strong>STScI_Email</strong>: \x1b]0;you\x07a@b\x9b2J\n"
    facts = decode_session_page(page)
    assert facts is not None
    assert facts.email.isprintable()
    assert facts.minutes is None


@pytest.mark.parametrize("page", ["", "<html>404</html>", "{}", "minute(s)" * 10_000])
def test_another_page_is_about_no_session(page: str) -> None:
    assert decode_session_page(page) is None


# ----------------------------------------------------------------------------------- cookies


def test_a_cookie_is_kept_from_scripts_and_other_sites() -> None:
    assert set_cookie(Cookie("a", "b")) == "a=b; Path=/; HttpOnly; SameSite=Lax"
    assert set_cookie(Cookie("a", "b", secure=True)).endswith("; Secure")
    assert "Max-Age=0" in set_cookie(Cookie("a", ""))


def test_cookies_are_read_as_they_were_set() -> None:
    headers = [set_cookie(Cookie("a", "1")), set_cookie(Cookie("b", "2", secure=True)), "nonsense"]
    assert set_cookies(headers) == [Cookie("a", "1"), Cookie("b", "2", secure=True)]
    assert given_cookies('a=1; b="2"; broken; c=x=y') == [("a", "1"), ("b", "2"), ("c", "x=y")]


def test_a_cookie_does_not_show_its_value() -> None:
    assert "sesame" not in repr(Cookie("a", "sesame"))


# --------------------------------------------------------------------------------------- ECP


def test_a_challenge_is_read_as_it_was_written() -> None:
    written = ecp.encode_challenge(CONSUMER, "ss:mem:1", "_1", "2026-01-01T00:00:00Z")
    assert b"<ecp:RelayState" in written
    assert b'responseConsumerURL="' + CONSUMER.encode() in written
    read = ecp.decode_challenge(written)
    assert (read.consumer_url, read.relay_state) == (CONSUMER, "ss:mem:1")
    assert b"Header" not in read.envelope
    assert b"AuthnRequest" in read.envelope


def test_a_proof_is_read_as_it_was_written() -> None:
    read = ecp.decode_proof(ecp.encode_proof(CONSUMER, "ticket", "2026-01-01T00:00:00Z"))
    assert read.consumer_url == CONSUMER
    delivery = read.delivery("ss:mem:1")
    assert b"ss:mem:1" in delivery
    assert b"ecp:Response" not in delivery
    assert ecp.decode_delivery(delivery) == "ticket"
    assert "ticket" not in repr(read)


@pytest.mark.parametrize("content", [b"", b"<html/>", b"<a>", b"{}", b"\xff\xfe", b"<a/>" * 2])
def test_what_is_no_message_of_a_login_is_refused(content: bytes) -> None:
    for decode in (ecp.decode_challenge, ecp.decode_proof):
        with pytest.raises(BadAnswerError):
            decode(content)
    with pytest.raises(InvalidQueryError):
        ecp.decode_delivery(content)


# --------------------------------------------------------------------------------------- XML

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>"""
OUTSIDE = b"""<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>"""
REMOTE = b"""<!DOCTYPE l SYSTEM "http://127.0.0.1:1/x.dtd"><l/>"""


@pytest.mark.parametrize("content", [LAUGHS, OUTSIDE, REMOTE, b"<!DOCTYPE l><l/>"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_every_encoding(content: bytes, encoding: str) -> None:
    with pytest.raises(ValueError, match=r"document type|no XML"):
        parse_xml(content.decode().encode(encoding))


def test_large_and_deep_xml_is_refused() -> None:
    with pytest.raises(ValueError, match="more than the"):
        parse_xml(b"<a>" + b" " * MOST_BYTES + b"</a>")
    with pytest.raises(ValueError, match="levels deep"):
        parse_xml(b"<a>" * 5000 + b"</a>" * 5000)


def test_usual_xml_is_read() -> None:
    assert parse_xml(b"<a><b>c &amp; d</b></a>").findtext("b") == "c & d"
