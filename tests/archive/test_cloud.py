"""path_lookup and the archive's public files as a bucket."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from tests.archive.conftest import FILES, Caller
from topmast.wire.byteranges import decode_parts, is_multipart
from topmast.wire.path_lookup import decode_paths, encode_lookup
from topmast.wire.s3 import decode_error, decode_listing

SECRET = "mast:JWST/product/secret.fits"


def keys(caller: Caller, *uris: str) -> dict[str, str]:
    return decode_paths(caller.get(f"/api/v0.1/path_lookup/?{encode_lookup(uris)}").content)


def test_public_files_have_a_key_under_which_they_are(caller: Caller) -> None:
    found = keys(caller, *FILES)

    assert set(found) == set(FILES) - {SECRET}
    for uri, key in found.items():
        reply = caller.get(f"/stpubdata/{quote(key)}")
        assert (reply.status, reply.content) == (200, FILES[uri])
    key = found["mast:HST/product/a.fits"]
    assert caller.get(f"/stpubdata//{key}").status == 200  # as astroquery asks for some


def test_a_product_without_a_file_and_an_unknown_one_have_the_status_404(caller: Caller) -> None:
    uris = ["mast:GALEX/url/missing.fits", "mast:nothing"]
    answer = caller.get(f"/api/v0.1/path_lookup/?{encode_lookup(uris)}").json

    assert answer == {uri: {"status_code": 404, "path": None} for uri in uris}


def test_an_exclusive_file_has_no_key_and_is_refused_without_telling_more(caller: Caller) -> None:
    assert keys(caller, SECRET) == {}
    reply = caller.get("/stpubdata/JWST/obs5/secret.fits")
    assert reply.status == 403
    assert decode_error(reply.content).startswith("AccessDenied")


def test_a_part_of_an_object_is_given(caller: Caller) -> None:
    key = keys(caller, "mast:HST/product/a.fits")["mast:HST/product/a.fits"]
    reply = caller.get(f"/stpubdata/{key}", Range="bytes=10-19")

    assert reply.status == 206
    assert reply.content == FILES["mast:HST/product/a.fits"][10:20]
    assert reply.headers["ETag"]


def test_several_parts_are_given_in_one_answer(caller: Caller) -> None:
    content = FILES["mast:HST/product/a.fits"]
    address = "/api/v0.1/Download/file?uri=mast:HST/product/a.fits"
    reply = caller.get(address, Range="bytes=10-19, 1000-1999,5000-5000")

    assert reply.status == 206
    assert is_multipart(reply.headers["Content-Type"])
    assert int(reply.headers["Content-Length"]) == len(reply.content)
    assert decode_parts(reply.content) == {
        10: content[10:20], 1000: content[1000:2000], 5000: content[5000:5001]
    }  # fmt: skip
    for odd in ("bytes=10-19,5-8", "bytes=0-1,99999999-", "bytes=1-2,x", "bytes=" + "0-1," * 99):
        assert caller.get(address, Range=odd).content == content


def test_a_key_is_found_in_its_own_letters_only(caller: Caller) -> None:
    for key in ("HST/obs0/A.FITS", "HST/obs0/none", "../archive.sqlite", "a'b"):
        assert caller.get(f"/stpubdata/{quote(key)}").status == 404


def test_folders_are_listed_page_by_page(caller: Caller) -> None:
    def listing(**query: str) -> tuple[tuple[str, ...], str]:
        found = decode_listing(caller.get(f"/stpubdata?{urlencode(query)}").content)
        return found.prefixes, found.next

    assert listing(delimiter="/") == (("HST/", "IUE/", "JWST/"), "")
    assert listing(delimiter="/", prefix="HST/") == (("HST/obs0/",), "")
    assert listing(prefix="none/") == ((), "")
    first, after = listing(**{"max-keys": "2"})
    assert first == ("HST/", "IUE/")
    assert listing(**{"continuation-token": after}) == (("JWST/",), "")


def test_a_lookup_of_nothing_is_a_bad_request(caller: Caller) -> None:
    assert caller.get("/api/v0.1/path_lookup/").status == 400
