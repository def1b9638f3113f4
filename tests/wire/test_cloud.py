"""path_lookup and S3, both ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.path_lookup import decode_lookup, decode_paths, encode_lookup, encode_paths
from topmast.wire.s3 import (
    Listing,
    ListingQuery,
    bucket_url,
    decode_error,
    decode_listing,
    decode_listing_query,
    encode_error,
    encode_listing,
    encode_listing_query,
    is_key,
    object_url,
    parse_s3_uri,
)

AMAZON = "https://s3.us-east-1.amazonaws.com"


def test_a_recorded_answer_is_read(recorded: Path) -> None:
    content = (recorded / "responses/path_lookup/mast_relative_path_2025.json").read_bytes()

    assert decode_paths(content) == {
        "mast:HST/product/u9o40504m_c3m.fits": "hst/public/u9o4/u9o40504m/u9o40504m_c3m.fits"
    }


def test_what_is_written_is_read_again() -> None:
    keys = {"mast:HST/product/a b+c&d.fits": "hst/a b+c&d.fits", "mast:x": None}

    assert decode_paths(encode_paths(keys)) == {"mast:HST/product/a b+c&d.fits": "hst/a b+c&d.fits"}
    assert decode_lookup(encode_lookup(list(keys))) == list(keys)


@pytest.mark.parametrize("path", ["", "/", "//a", "/../etc/passwd", "/a/./b", "/a\nb", 7, None, []])
def test_a_path_that_is_no_key_is_left_out(path: object) -> None:
    import json

    content = json.dumps({"mast:x": {"status_code": 200, "path": path}}).encode()

    assert decode_paths(content) == {}


@pytest.mark.parametrize("content", [b"", b"[]", b"<html>down</html>", b'"a"'])
def test_an_answer_that_is_no_object_is_an_error(content: bytes) -> None:
    with pytest.raises(BadAnswerError):
        decode_paths(content)


@pytest.mark.parametrize("query", ["", "use_cloud_path=True", "&".join(["uri=a"] * 1005)])
def test_a_lookup_has_some_uris_and_not_too_many(query: str) -> None:
    with pytest.raises(InvalidQueryError):
        decode_lookup(query)


def test_amazon_has_the_bucket_in_its_name_and_others_in_the_path() -> None:
    assert object_url(AMAZON, "stpubdata", "hst/a b#?%.fits") == (
        "https://stpubdata.s3.us-east-1.amazonaws.com/hst/a%20b%23%3F%25.fits"
    )
    assert bucket_url(AMAZON, "a.b") == f"{AMAZON}/a.b"
    assert object_url("http://127.0.0.1:5000/", "stpubdata", "k") == (
        "http://127.0.0.1:5000/stpubdata/k"
    )


@pytest.mark.parametrize("bucket", ["", "ab", "A_B", "a/b", "a@evil.org", "a..b", "x" * 64, "ä-b"])
def test_a_strange_bucket_is_refused_by_name(bucket: str) -> None:
    with pytest.raises(InvalidQueryError, match="no name of a bucket"):
        bucket_url(AMAZON, bucket)


@pytest.mark.parametrize("key", ["", "/a", "a//b", "../a", "a/..", "a\nb", "a" * 1025])
def test_a_strange_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidQueryError, match="no key"):
        object_url(AMAZON, "stpubdata", key)


@pytest.mark.parametrize("uri", ["s3://bucket", "S3://bucket/key", "http://bucket/key", ""])
def test_an_address_in_s3_has_a_bucket_and_a_key(uri: str) -> None:
    with pytest.raises(InvalidQueryError, match="s3://bucket/key"):
        parse_s3_uri(uri)


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1)))
def test_a_listing_is_read_as_it_was_written(names: list[str]) -> None:
    prefixes = tuple(f"{name.strip()}/" for name in names if is_key(name.strip()))
    listing = Listing(prefixes, "next & <one>" if prefixes else "")
    query = ListingQuery("", "a/b", 1000)

    assert decode_listing(encode_listing("b", query, listing)) == listing
    assert decode_listing_query(encode_listing_query(query)) == query


@pytest.mark.parametrize(
    "content", [b"", b"<html/>", b"<!DOCTYPE x><ListBucketResult/>", encode_error("A", "b")]
)
def test_a_listing_that_is_none_is_an_error(content: bytes) -> None:
    with pytest.raises(BadAnswerError, match="cannot be read"):
        decode_listing(content)


def test_an_error_of_s3_is_told_in_its_words() -> None:
    assert decode_error(encode_error("NoSuchKey", "It is <not> here.")) == (
        "NoSuchKey: It is <not> here."
    )
    assert decode_error(b"<html/>") == decode_error(b"") == ""
