"""URLs: which are allowed, and how they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topmast.config import Servers
from topmast.errors import InvalidQueryError
from topmast.net.address import checked_url, is_url, shown, split_login, under
from topmast.net.origin import may_receive_credential, origin

MAST = Servers.of("https://mast.stsci.edu")


@pytest.mark.parametrize("where", ["http://h", "HTTPS://h", "Http://h/x"])
def test_http_and_https_in_any_case_are_urls(where: str) -> None:
    assert is_url(where)


@pytest.mark.parametrize("where", ["~/archive", "C:\\archive", "httpd", "ftp://h", "http:/h", ""])
def test_everything_else_is_a_folder(where: str) -> None:
    assert not is_url(where)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://me:pw@host/x", "https://host/x"),
        ("https://me:p@w@host/x", "https://host/x"),
        ("https://host/x?a=1&token=abc&b=2", "https://host/x?a=1&token=***&b=2"),
        ("https://host/x?mast_token=abc", "https://host/x?mast_token=***"),
        ("https://host/x?Access_Token=abc#f", "https://host/x?Access_Token=***#f"),
        ("https://host/x?X-Amz-Signature=abc", "https://host/x?X-Amz-Signature=***"),
        ("https://host/x?password=", "https://host/x?password=***"),
        ("https://host/f?uri=http://me:pw@other/x", "https://host/f?uri=http://other/x"),
        ("https://host/x?tokens_used=5", "https://host/x?tokens_used=5"),
        (
            "https://host/x?uri=mast:HST/product/a.fits",
            "https://host/x?uri=mast:HST/product/a.fits",
        ),
        ("not a url//me:pw@x", "not a url//x"),
    ],
)
def test_a_url_is_shown_without_what_it_keeps_secret(url: str, text: str) -> None:
    assert shown(url) == text


def test_a_long_url_is_shown_in_part() -> None:
    assert len(shown("https://host/" + "x" * 10000)) == 400


@given(st.text())
def test_any_text_can_be_shown_and_is_either_a_url_or_refused(text: str) -> None:
    shown(text)
    is_url(text)
    try:
        url = checked_url(f"http://{text}")
    except InvalidQueryError:
        return
    assert url.isascii()
    assert url.isprintable()
    assert " " not in url


def test_a_login_is_taken_out_of_a_url_decoded() -> None:
    assert split_login("http://a%40b:c%20d@h:1/x") == ("http://h:1/x", "a@b:c d")
    assert split_login("http://h/x@y") == ("http://h/x@y", None)


def test_below_a_base_means_whole_parts() -> None:
    assert under("http://a.b/x", "http://a.b")
    assert under("http://a.b?x", "http://a.b")
    assert not under("http://a.b.evil.org/x", "http://a.b")
    assert not under("http://a.b@evil.org/x", "http://a.b")


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("https://H.org./x") == ("https", "h.org", 443)
    assert origin("http://me:pw@h:8080") == ("http", "h", 8080)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://mast.stsci.edu/api", True),
        ("https://catalogs.mast.stsci.edu/api", True),
        ("https://archive.stsci.edu/x", True),
        ("http://mast.stsci.edu/api", False),
        ("https://mast.stsci.edu.evil.org/api", False),
        ("https://evilstsci.edu/api", False),
        ("https://stpubdata.s3.amazonaws.com/x", False),
        ("https://evil.org/?.stsci.edu", False),
        ("https://mast.stsci.edu@evil.org/", False),
    ],
)
def test_a_token_for_mast_goes_to_its_hosts_over_https_only(url: str, allowed: bool) -> None:
    assert may_receive_credential(url, MAST) is allowed


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8000/api", True),
        ("http://127.0.0.1:8001/api", False),
        ("https://127.0.0.1:8000/api", False),
        ("http://127.0.0.2:8000/api", False),
        ("https://mast.stsci.edu/api", False),
    ],
)
def test_a_token_for_another_archive_stays_there(url: str, allowed: bool) -> None:
    assert may_receive_credential(url, Servers.of("http://127.0.0.1:8000")) is allowed
