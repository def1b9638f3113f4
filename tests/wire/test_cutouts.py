"""The formats of TESScut, Zcut and HAPcut, both ways, and as they were recorded."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topmast.errors import BadAnswerError, InvalidQueryError, UnsafeNameError
from topmast.wire.cutouts import (
    CutoutRequest,
    CutoutSize,
    SectorName,
    decode_cutout_request,
    decode_cutouts,
    decode_sectors,
    decode_surveys,
    encode_cutout_json,
    encode_cutout_query,
    encode_cutouts,
    encode_no_cutouts,
    encode_sectors,
    encode_surveys,
    sector_of_name,
)

degrees = st.floats(0, 360)
sides = st.one_of(st.integers(1, 500), st.floats(1e-3, 500))
requests = st.builds(
    CutoutRequest,
    st.sampled_from(["tesscut", "zcut", "hapcut"]),
    ra_deg=degrees,
    dec_deg=st.floats(-90, 90),
    radius_deg=st.just(0.0),
    size=st.builds(CutoutSize, sides, sides, st.sampled_from(["px", "d", "m", "s"])),
    sector=st.one_of(st.none(), st.integers(1, 200)),
    survey=st.sampled_from(["", "goods_north", "a&b=c d+é"]),
    format=st.sampled_from(["fits", "jpg"]),
    image=st.sampled_from([{}, {"stretch": "log", "minmax_percent": "[1, 99]"}]),
)


# -------------------------------------------------------------------------------- requests


@given(requests)
def test_a_request_comes_back_from_a_form_a_query_and_json(request: CutoutRequest) -> None:
    text = encode_cutout_query(request)

    assert decode_cutout_request(request.service, text.encode()) == request
    assert decode_cutout_request(request.service, b"", query=text) == request
    body = encode_cutout_json(request)
    assert decode_cutout_request(request.service, body, "application/json") == request


def test_a_moving_target_has_no_position() -> None:
    request = CutoutRequest("tesscut", obj_id="Ceres", obj_type="smallbody")

    assert request.path == "/tesscut/api/v0.1/moving_target/sector"
    assert encode_cutout_query(request) == "obj_id=Ceres&obj_type=smallbody"
    found = decode_cutout_request("tesscut", b"obj_id=Ceres&obj_type=smallbody")
    assert (found.obj_id, found.ra_deg) == ("Ceres", None)


def test_the_words_of_astroquery_are_understood() -> None:
    old = decode_cutout_request("zcut", b"", query="ra=1&dec=2&y=3&x=4&units=px&format=jpg")
    cone = decode_cutout_request("tesscut", b"", query="ra=1&dec=2&radius=0.2d")

    assert (old.size, old.format) == (CutoutSize(4, 3), "jpg")
    assert (cone.radius_deg, cone.size) == (0.2, None)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ra=nan&dec=1", "ra is a number, not 'nan'"),
        ("ra=400&dec=1", "between 0 and 360 degrees, not 400"),
        ("ra=1&dec=-91", "between -90 and 90 degrees, not -91"),
        ("dec=1", "ra is a number, not ''"),
        ("ra=1&dec=1&x=0&y=3", "above zero, not x=0, y=3"),
        ("ra=1&dec=1&x=3&y=3&units=kg", "units is px, d, m or s, not 'kg'"),
        ("ra=1&dec=1&x=3&y=three", "y is a number, not 'three'"),
        ("ra=1&dec=1&sector=-4", "sector is a whole number from 1 on, not '-4'"),
        ("ra=1&dec=1&radius=9y", "radius is a number, not '9y'"),
        ("ra=1&dec=1&cutout_format=gif", "fits, jpg, png, not 'gif'"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_name(query: str, said: str) -> None:
    with pytest.raises(InvalidQueryError, match=said):
        decode_cutout_request("tesscut", b"", query=query)


# --------------------------------------------------------------------------------- answers


@given(st.lists(st.builds(SectorName, st.integers(1, 999), st.integers(1, 4), st.integers(1, 4))))
def test_sectors_come_back(sectors: list[SectorName]) -> None:
    assert decode_sectors(encode_sectors(sectors)) == sectors


def test_surveys_come_back() -> None:
    assert decode_surveys(encode_surveys(["a", "b"])) == ["a", "b"]
    with pytest.raises(BadAnswerError, match="no list of surveys"):
        decode_surveys(b"{}")
    with pytest.raises(BadAnswerError, match="cannot be read"):
        decode_sectors(b'{"results": [{"sector": 1}]}')


def test_files_come_back_from_a_zip() -> None:
    files = [("a.fits", b"1" * 5000), ("b.fits", b"")]

    assert decode_cutouts(encode_cutouts(files)) == files
    assert decode_cutouts(encode_no_cutouts("Nothing here.")) == "Nothing here."


@pytest.mark.recorded
def test_recorded_answers_are_read_and_written_again(recorded: Path) -> None:
    tess = recorded / "responses/tesscut"
    first = decode_sectors((tess / "sector_2018.json").read_bytes())
    three = decode_sectors((tess / "sectors_3_notebook.json").read_bytes())
    surveys = (recorded / "responses/zcut/survey_v2_2020.json").read_bytes()

    assert first == [SectorName(1, 1, 3)]
    assert json.loads(encode_sectors(three))["results"] == json.loads(
        (tess / "sectors_3_notebook.json").read_bytes()
    )
    assert json.loads(encode_surveys(decode_surveys(surveys))) == json.loads(surveys)


@pytest.mark.recorded
def test_recorded_zips_are_read_as_zipfile_reads_them(recorded: Path) -> None:
    for path in recorded.glob("responses/?*cut/*.zip"):
        with zipfile.ZipFile(path) as packed:
            members = [(name, packed.read(name)) for name in packed.namelist()]

        assert decode_cutouts(path.read_bytes()) == members


def test_names_of_both_styles_tell_the_sector() -> None:
    sector = SectorName(1, 4, 3)

    for name in (
        "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits",
        "tess-s0001-4-3_107.270000_-70.000000_5x5_astrocut.fits",
        "tess-s0001-4-3_107.2700000_-70.0000000_5-x-5_astrocut.fits",
        "tess-s0001-4-3_107.2700000_-70.0000000_2.0arcmin-x-2.0arcmin_astrocut.fits",
    ):
        assert sector_of_name(name) == sector
    assert sector_of_name("goods_north_1.0_2.0_5.0pix-x-5.0pix_astrocut.fits") is None
    assert sector_of_name("anything.fits") is None


# ------------------------------------------------------------------------------- not trusted


def packed(*files: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in files:
            made.writestr(name, body)
    return content.getvalue()


@pytest.mark.parametrize(
    "name", ["../a.fits", "/etc/passwd", "a/../../b", "C:\\a", ".hidden", "a/b"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UnsafeNameError, match="nothing was unpacked"):
        decode_cutouts(packed((name, b"x")))


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(UnsafeNameError, match="two files of one name"):
        decode_cutouts(packed(("a.fits", b"x"), ("A.FITS", b"y")))


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = packed(("a.fits", bytes(300 << 20)))

    assert len(bomb) < 1 << 20
    with pytest.raises(BadAnswerError, match="would unpack to 1 files with 314,572,800 bytes"):
        decode_cutouts(bomb)


def test_a_cut_or_broken_zip_is_an_error() -> None:
    whole = packed(("a.fits", b"data" * 1000), ("b.fits", b"more" * 1000))
    broken = whole.replace(whole[40:44], b"\xff\xff\xff\xff", 1)

    for content in (whole[:60], whole[:-30], broken):
        with pytest.raises(BadAnswerError, match="broken or cut"):
            decode_cutouts(content)


@pytest.mark.parametrize(
    "content", [b"<html>no</html>", b"", b"{}", b'{"results": [1], "msg": "x"}']
)
def test_what_is_neither_a_zip_nor_a_message_is_an_error(content: bytes) -> None:
    with pytest.raises(BadAnswerError):
        decode_cutouts(content)


@given(st.binary(max_size=200), st.sampled_from(["", "application/json"]), st.text(max_size=80))
def test_any_bytes_are_a_request_or_refused(body: bytes, kind: str, query: str) -> None:
    with contextlib.suppress(InvalidQueryError):
        decode_cutout_request("tesscut", body, kind, query)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_an_answer_or_an_error(content: bytes, like_a_zip: bool) -> None:
    with contextlib.suppress(BadAnswerError, UnsafeNameError):
        decode_cutouts(b"PK" + content if like_a_zip else content)
