"""Products are opened where they are, and the headers of many become a table."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

import topmast
from tests.misbehaving import Misbehaving, Reply
from topmast.errors import (
    BadAnswerError,
    CloudAccessWarning,
    HTTPStatusError,
    InvalidQueryError,
    MissingExtraError,
    NotAuthorizedError,
)
from topmast.services.cards import values_of
from topmast.services.observations import ObservationsClass
from topmast.wire.addresses import PATH_LOOKUP
from topmast.wire.path_lookup import encode_paths
from topmast.wire.s3 import encode_error

DOWNLOAD = "/api/v0.1/Download/file"
SIDE = 1000
IMAGES = np.random.default_rng(1).normal(size=(3, SIDE, SIDE)).astype("f4")


def made(*hdus: Any) -> bytes:
    stream = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(stream)
    return stream.getvalue()


def with_cards(hdu: Any, count: int) -> Any:
    hdu.header.extend([(f"KEY{n}", n, "made up") for n in range(count)])
    return hdu


def as_jwst() -> bytes:
    """Primary, SCI, ERR and DQ: 12 MB."""
    sizes = zip(("SCI", "ERR", "DQ"), IMAGES, (150, 20, 20), strict=True)
    images = [with_cards(fits.ImageHDU(image, name=name), n) for name, image, n in sizes]
    return made(with_cards(fits.PrimaryHDU(), 200), *images)


LARGE = as_jwst()


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving() as server:
        yield server


@pytest.fixture
def observations(server: Misbehaving) -> ObservationsClass:
    return topmast.connect(server.url, tries=2).observations


def put(server: Misbehaving, name: str, body: bytes, **more: Any) -> str:
    uri = f"mast:HST/product/{name}"
    more = {"ranges": "honoured", "etag": '"1"'} | more
    server.on(f"{DOWNLOAD}?uri={uri}", Reply(body=body, **more))
    return uri


def sent(server: Misbehaving) -> int:
    """Bytes that were asked for, as the server without several parts answers them."""
    total = 0
    for seen in server.requests:
        first, _, last = seen.headers["range"].removeprefix("bytes=").partition("-")
        total += 0 if "," in last else int(last) - int(first) + 1
    return total


def test_the_headers_of_a_large_file_come_without_its_data(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    hdus = observations.open_product(put(server, "a.fits", LARGE))
    assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "ERR", "DQ"]
    assert hdus[3].header["KEY19"] == 19
    assert hdus["SCI"].header["NAXIS1"] == SIDE
    assert sent(server) < 100_000
    assert len(server.requests) <= 4  # one was for several parts, which this server has not


def test_a_cutout_reads_its_rows_with_one_request(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    with observations.open_product(put(server, "a.fits", LARGE)) as hdus:
        len(hdus)
        before = len(server.requests)
        cutout = hdus["DQ"].section[500:550, 100:150]
        assert np.array_equal(cutout, IMAGES[2][500:550, 100:150])
        assert len(server.requests) == before + 1
        assert np.array_equal(hdus["ERR"].section[990:, 7], IMAGES[1][990:, 7])
        assert np.array_equal(hdus[1].data, IMAGES[0])
    assert sent(server) < 6_000_000


def test_a_table_and_a_compressed_image_are_read_as_astropy_reads_them(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    table = fits.BinTableHDU(Table({"a": np.arange(5000), "b": ["x"] * 5000}))
    content = made(fits.PrimaryHDU(), table, fits.CompImageHDU(IMAGES[0], name="PACKED"))
    with (
        observations.open_product(put(server, "a.fits", content)) as ours,
        fits.open(io.BytesIO(content)) as theirs,
    ):
        assert ours[1].data["a"].tolist() == theirs[1].data["a"].tolist()
        assert np.array_equal(ours["PACKED"].section[5:9, 5:9], theirs["PACKED"].data[5:9, 5:9])


def test_a_gzipped_file_is_unpacked_on_its_way(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    uri = put(server, "a.fits.gz", gzip.compress(made(fits.PrimaryHDU(IMAGES[0][:50, :50]))))
    with observations.open_product(uri) as hdus:
        assert np.array_equal(hdus[0].data, IMAGES[0][:50, :50])


def test_an_asdf_file_gives_its_tree_and_reads_an_array_when_it_is_used(
    server: Misbehaving, observations: ObservationsClass, tmp_path: Path
) -> None:
    asdf = pytest.importorskip("asdf")
    tree = {"roman": {"meta": {"telescope": "ROMAN"}, "data": IMAGES[0], "err": IMAGES[1]}}
    asdf.AsdfFile(tree).write_to(tmp_path / "r.asdf")
    uri = put(server, "r.asdf", (tmp_path / "r.asdf").read_bytes())
    with observations.read_product(uri) as opened:
        assert opened["roman"]["meta"]["telescope"] == "ROMAN"
        assert opened["roman"]["data"].shape == (SIDE, SIDE)
        assert sent(server) < 100_000
        assert np.array_equal(opened["roman"]["err"], IMAGES[1])


def test_without_asdf_the_error_says_how_to_install_it(
    server: Misbehaving, observations: ObservationsClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "asdf", None)
    with pytest.raises(MissingExtraError, match=r"pip install '.*\[asdf\]'"):
        observations.open_product(put(server, "r.asdf", b"#ASDF 1.0.0\n"))


def test_any_other_file_is_given_as_a_file(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    uri = put(server, "a.txt", b"some text\nmore\n")
    with observations.open_product(uri) as file:
        assert file.read() == b"some text\nmore\n"
    with pytest.raises(InvalidQueryError, match=r"neither FITS nor ASDF: it begins with b'some"):
        observations.read_product(uri)
    with observations.open_product(put(server, "b.fits", LARGE), as_file=True) as file:
        assert file.read(9) == b"SIMPLE  ="


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LARGE[:1000], "HDU 0 .*it is cut"),
        (b"SIMPLE  =                    T".ljust(2880 * 4), "HDU 0 .* is cut"),
        (LARGE.replace(b"NAXIS   =                    0", b"NAXIS   =                    x", 1),
         "NAXIS is 'x'"),
        (b"\x1f\x8b" + b"x" * 100, "broken gzip"),
        (b"#ASDF 1.0.0\nnonsense", "cannot be read as ASDF"),
    ],
)  # fmt: skip
def test_a_broken_file_is_an_error_that_names_it(
    server: Misbehaving, observations: ObservationsClass, content: bytes, said: str
) -> None:
    uri = put(server, "broken.fits", content)
    with pytest.raises(BadAnswerError, match=f"(?s){said}") as problem:
        observations.open_product(uri)
    assert "broken.fits" in str(problem.value)


def test_a_product_that_is_not_there_is_an_error(observations: ObservationsClass) -> None:
    with pytest.raises(HTTPStatusError, match="404"):
        observations.open_product("mast:HST/product/none.fits")


@pytest.mark.parametrize("product", ["", " ", "a\nb", 7, None, ["mast:a"]])
def test_what_is_no_product_is_refused(observations: ObservationsClass, product: Any) -> None:
    with pytest.raises(InvalidQueryError):
        observations.open_product(product)


# --------------------------------------------------------------------------------- the cloud


def test_a_public_object_is_opened_by_its_address(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    server.on("/other-bucket/a/b.fits", Reply(body=LARGE, ranges="honoured"))
    with observations.open_product("s3://other-bucket/a/b.fits") as hdus:
        assert len(hdus) == 4


def test_an_object_that_is_not_public_is_an_error_that_says_so(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    server.on("/stpubdata/a.fits", Reply(403, encode_error("AccessDenied", "Access Denied")))
    with pytest.raises(NotAuthorizedError, match=r"AccessDenied.*only public objects"):
        observations.open_product("s3://stpubdata/a.fits")
    for uri in ("s3://stpubdata", "s3://Not_a_bucket/a", "s3://stpubdata/../a"):
        with pytest.raises(InvalidQueryError):
            observations.open_product(uri)


def test_the_cloud_is_first_and_the_archive_stands_in_for_it(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    uri = put(server, "a.fits", LARGE)
    server.on(PATH_LOOKUP, Reply(body=encode_paths({uri: "hst/a.fits"})))
    server.on("/stpubdata/hst/a.fits", Reply(body=LARGE, ranges="honoured"))
    observations.enable_cloud_dataset(verbose=False)
    with observations.open_product(uri) as hdus:
        header = hdus[0].header
    assert header["KEY3"] == 3
    assert not server.seen(DOWNLOAD)
    server.on("/stpubdata/hst/a.fits", Reply(404, encode_error("NoSuchKey", "Gone")))
    with pytest.warns(CloudAccessWarning, match=r"NoSuchKey: Gone.*The archive is asked instead"):
        observations.open_product(uri).close()
    assert server.seen(DOWNLOAD)


def test_a_local_archive_is_read_in_the_same_way(sample_folder: Path) -> None:
    observations = topmast.connect(sample_folder).observations
    products = observations.get_product_list(observations.query_criteria(obs_collection="TESS")[:1])
    uri = next(uri for uri in products["dataURI"] if uri.endswith("_lc.fits"))
    with observations.open_product(uri) as hdus:
        telescope = hdus[0].header["TELESCOP"]
    client = topmast.connect(sample_folder)
    assert client.headers([uri], keywords=["TELESCOP"])["TELESCOP"][0] == telescope
    with client.open_product(uri, as_file=True) as file:
        assert file.read(6) == b"SIMPLE"


# ----------------------------------------------------------------------------------- headers


def test_the_headers_of_many_files_are_rows_in_their_order(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    uris = []
    for number in range(30):
        hdu = fits.PrimaryHDU()
        hdu.header["NUMBER"], hdu.header["TEXT"] = number, f"it's {number}"
        if number % 2:
            hdu.header["ODD"] = True
        uris.append(put(server, f"f{number}.fits", made(hdu)))
    table = observations.headers(Table({"dataURI": uris}))

    assert table["dataURI"].tolist() == uris
    assert table["NUMBER"].tolist() == list(range(30))
    assert table["TEXT"][7] == "it's 7"
    assert table["ODD"].tolist() == [None, True] * 15
    assert len(server.requests) == 30


def test_all_or_some_extensions_are_chosen(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    uri = put(server, "a.fits", LARGE)
    table = observations.headers(uri, ext=None, keywords=["extname", "KEY3"])
    assert table["HDU"].tolist() == [0, 1, 2, 3]
    assert table["EXTNAME"].tolist() == [None, "SCI", "ERR", "DQ"]
    assert table.colnames == ["dataURI", "HDU", "Message", "EXTNAME", "KEY3"]
    assert observations.headers(uri, ext="err")["HDU"].tolist() == [2]
    assert observations.headers(uri, ext=[0, "DQ"])["HDU"].tolist() == [0, 3]
    for ext in (-1, True, "", 1.5, [None]):
        with pytest.raises(InvalidQueryError, match="ext is the number"):
            observations.headers(uri, ext=ext)  # type: ignore[arg-type]


def test_a_product_that_fails_has_its_row_and_its_reason(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    good = put(server, "a.fits", made(fits.PrimaryHDU()))
    text, few = put(server, "a.txt", b"no FITS"), put(server, "b.fits", made(fits.PrimaryHDU()))
    table = observations.headers([good, "mast:none", text, 7])

    assert table["HDU"].tolist() == [0, -1, -1, -1]
    assert table["Message"][0] == ""
    assert "404" in table["Message"][1]
    assert "not FITS: it begins with b'no FITS'" in table["Message"][2]
    assert "7" in table["Message"][3]
    assert table["SIMPLE"].tolist() == [True, None, None, None]
    assert "1 HDUs" in observations.headers([few], ext=3)["Message"][0]


def test_the_headers_of_a_gzipped_file_need_its_start_only(
    server: Misbehaving, observations: ObservationsClass
) -> None:
    uri = put(server, "a.fits.gz", gzip.compress(LARGE, compresslevel=1))
    assert observations.headers(uri)["KEY3"].tolist() == [3]
    assert len(server.requests) == 1
    assert observations.headers(uri, ext=None)["HDU"].tolist() == [0, 1, 2, 3]
    broken = put(server, "b.fits.gz", b"\x1f\x8b\x08" + b"x" * 1000)
    assert "broken gzip" in observations.headers(broken)["Message"][0]


def test_products_without_uris_are_refused(observations: ObservationsClass) -> None:
    with pytest.raises(InvalidQueryError, match=r"column dataURI.*only: a"):
        observations.headers(Table({"a": [1]}))
    with pytest.raises(InvalidQueryError, match="not 7"):
        observations.headers(7)
    assert len(observations.headers([])) == 0


VALUES = st.one_of(
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=75).filter(
        lambda text: "'/" not in text  # at which astropy ends the text
    ),
    st.complex_numbers(allow_nan=False, allow_infinity=False, max_magnitude=1e9),
)


@settings(max_examples=150)
@given(st.lists(VALUES, max_size=8), st.booleans())
def test_cards_are_read_as_astropy_reads_them(values: list[Any], long: bool) -> None:
    header = fits.Header([(f"KEY{n}", value, "why / so") for n, value in enumerate(values)])
    header["COMMENT"] = "= 'not a value'"
    if long:
        header["HIERARCH long keyword"] = 1
        header["BLANK"] = fits.card.Undefined()
    content = header.tostring().encode()
    expected = {
        card.keyword: None if isinstance(card.value, fits.card.Undefined) else card.value
        for card in fits.Header.fromstring(content).cards
        if card.keyword not in ("COMMENT", "HISTORY", "")
    }

    assert values_of(content) == expected


# ---------------------------------------------------------------------------------- missions


def test_the_products_of_a_mission_are_opened_by_their_rows(sample_folder: Path) -> None:
    missions = topmast.connect(sample_folder).missions
    table = missions.query_object("M101", radius=5, mission="hst")
    products = missions.filter_products(missions.get_product_list(table[:2]), extension="fits")
    with missions.read_product(products[0]) as hdus:
        telescope = hdus[0].header["TELESCOP"]
    found = missions.headers(products, keywords=["TELESCOP"])

    assert len(found) == len(products)
    assert found["TELESCOP"][0] == telescope
    assert missions.headers(str(products["uri"][0]))["TELESCOP"][0] == telescope
    with pytest.raises(InvalidQueryError, match="A product is a URI"):
        missions.open_product(7)


def test_the_products_of_a_mission_come_from_the_cloud_under_the_name_of_the_portal(
    server: Misbehaving, tmp_path: Path
) -> None:
    missions = topmast.connect(server.url).missions
    missions.enable_cloud_dataset(verbose=False)
    server.on(PATH_LOOKUP, Reply(body=encode_paths({"mast:ROMAN/product/r1.asdf": "roman/r1"})))
    server.on("/stpubdata/roman/r1", Reply(body=b"a file", ranges="honoured", etag='"1"'))
    with missions.open_product("x/r1.asdf", mission="roman") as file:
        assert file.read() == b"a file"
    status, _, _ = missions.download_file(
        "x/r1.asdf", mission="roman", local_path=tmp_path / "r1.txt", verbose=False
    )
    assert status == "COMPLETE"
    assert {seen.path for seen in server.requests} == {PATH_LOOKUP, "/stpubdata/roman/r1"}


def test_a_roman_product_gives_its_tree(sample_folder: Path) -> None:
    pytest.importorskip("asdf")
    missions = topmast.connect(sample_folder).missions(mission="roman")
    table = missions.query_criteria(limit=None)[:5]
    products = missions.filter_products(missions.get_product_list(table), extension="asdf")
    with missions.read_product(products[0]) as opened:
        assert "roman" in opened
