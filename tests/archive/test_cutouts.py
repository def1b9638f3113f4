"""Cutouts that the archive makes: proved against a direct slice of the cube or image."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import threading
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from tests.archive.conftest import LIMITS
from tests.cutout_archive import *  # noqa: F403
from tests.cutout_archive import DEEP, M101, NOWHERE, STAR
from topmast.archive import Archive
from topmast.archive.cutouts import cut as cutting
from topmast.archive.cutouts.holdings import Cube
from topmast.archive.server.routes import cutouts as routes
from topmast.errors import ArchiveError, InvalidQueryError
from topmast.net.messages import Request

pytestmark = pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")


def ask(archive: Archive, path: str, **given: Any) -> tuple[int, bytes]:
    url = f"http://topmast.archive{path}?{urlencode(given)}"
    with archive.transport().open(Request("GET", url), LIMITS) as stream:
        return stream.status_code, b"".join(stream.chunks())


def place(text: str, **more: Any) -> dict[str, Any]:
    ra, dec = text.split()
    return {"ra": ra, "dec": dec, **more}


def files_of(content: bytes) -> dict[str, fits.HDUList]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: fits.open(io.BytesIO(packed.read(name))) for name in packed.namelist()}


def cut(archive: Archive, service: str, **given: Any) -> dict[str, fits.HDUList]:
    status, content = ask(archive, f"/{service}/api/v0.1/astrocut", **given)
    assert status == 200, content
    return files_of(content)


def frame_of(archive: Archive, name: str) -> tuple[Any, WCS]:
    """The cube's numbers and the WCS of one of its frames, read without topmast and astrocut."""
    with fits.open(archive.folder / f"cutouts/cubes/{name}-cube.fits") as cube:
        header = fits.Header()
        row = cube[2].data[0]
        for word in cube[2].columns.names:
            if word not in ("COMMENT", "FFI_FILE"):
                header[word] = row[word].item() if hasattr(row[word], "item") else row[word]
        return np.array(cube[1].data), WCS(header)


# ------------------------------------------------------------------- a direct slice proves it


@pytest.mark.parametrize("sector", [2, 5, 8])
@pytest.mark.parametrize(("columns", "rows"), [(5, 5), (7, 4), (12, 9), (1, 1)])
@pytest.mark.parametrize(
    ("where", "name"),
    [(STAR, "{}-4-3"), (M101, "{}-1-2"), ("210.90 54.41", "{}-1-2"), ("124.2 -68.24", "{}-4-3")],
)
def test_pixels_and_coordinates_are_those_of_a_direct_slice(
    cutout_archive: Archive, sector: int, columns: int, rows: int, where: str, name: str
) -> None:
    found = cut(cutout_archive, "tesscut", **place(where, x=columns, y=rows, sector=sector))
    [(file, hdus)] = found.items()
    cube, wcs = frame_of(cutout_archive, name.format(f"tess-s{sector:04d}"))

    ra, dec = map(float, where.split())
    x, y = wcs.all_world2pix(ra, dec, 0)
    left, bottom = int(np.round(x - columns / 2)), int(np.round(y - rows / 2))
    if columns == 1:
        left, bottom = int(np.round(x - 0.5)), int(np.round(y - 0.5))
    width, height = hdus["PIXELS"].data["FLUX"].shape[2], hdus["PIXELS"].data["FLUX"].shape[1]
    assert abs(width - columns) <= 1
    assert abs(height - rows) <= 1
    inside = cube[bottom : bottom + height, left : left + width]
    np.testing.assert_array_equal(hdus["PIXELS"].data["FLUX"], np.moveaxis(inside[..., 0], 2, 0))
    np.testing.assert_array_equal(
        hdus["PIXELS"].data["FLUX_ERR"], np.moveaxis(inside[..., 1], 2, 0)
    )
    assert file.startswith(f"tess-s{sector:04d}-")
    assert file.endswith(f"_{width}x{height}_astrocut.fits")
    approximate = WCS(hdus["APERTURE"].header)
    grid_y, grid_x = np.mgrid[:height, :width]
    sky = wcs.all_pix2world(grid_x + left, grid_y + bottom, 0)
    ours = approximate.all_pix2world(grid_x, grid_y, 0)
    np.testing.assert_allclose(ours[1], sky[1], atol=0.02 / 3600 * 21)
    np.testing.assert_allclose(ours[0], sky[0], atol=0.06 / 3600 * 21)


def test_beyond_the_edge_of_a_frame_there_are_no_numbers(cutout_archive: Archive) -> None:
    _, wcs = frame_of(cutout_archive, "tess-s0002-4-3")
    ra, dec = wcs.all_pix2world(0.5, 30.2, 0)
    [hdus] = cut(cutout_archive, "tesscut", ra=ra, dec=dec, x=7, y=5, sector=2).values()
    flux = hdus["PIXELS"].data["FLUX"]

    assert flux.shape[1:] == (5, 7)
    outside = np.isnan(flux).all(axis=(0, 1))
    assert outside.tolist() == [True] * 3 + [False] * 4
    assert not np.isnan(flux[:, :, 3:]).any()


def test_times_and_names_of_frames_are_those_of_the_cube(cutout_archive: Archive) -> None:
    [hdus] = cut(cutout_archive, "tesscut", **place(STAR, x=3, y=3, sector=5)).values()
    with fits.open(cutout_archive.folder / "cutouts/cubes/tess-s0005-4-3-cube.fits") as cube:
        table = cube[2].data
        np.testing.assert_allclose(
            hdus["PIXELS"].data["TIME"], (table["TSTART"] + table["TSTOP"]) / 2, rtol=1e-12
        )
        names = [name[:38] for name in table["FFI_FILE"]]  # astrocut has room for so many
        assert list(hdus["PIXELS"].data["FFI_FILE"]) == names
    assert hdus[0].header["SECTOR"] == 5
    assert hdus[0].header["RA_OBJ"] == pytest.approx(124.531756)


def test_an_angle_is_as_many_pixels_as_it_covers(cutout_archive: Archive) -> None:
    for units, size in (("d", 0.035), ("m", 2.1), ("s", 126)):
        given = place(STAR, x=size, y=size, units=units, sector=2)
        [hdus] = cut(cutout_archive, "tesscut", **given).values()

        assert hdus["PIXELS"].data["FLUX"].shape[1:] == (6, 6)


def test_all_sectors_come_without_a_word(cutout_archive: Archive) -> None:
    found = cut(cutout_archive, "tesscut", **place(M101, x=2, y=2))

    assert [name[:14] for name in found] == ["tess-s0002-1-2", "tess-s0005-1-2", "tess-s0008-1-2"]


@pytest.mark.parametrize(("columns", "rows"), [(20, 30), (33, 11)])
def test_a_cutout_of_a_survey_is_a_slice_of_its_images(
    cutout_archive: Archive, columns: int, rows: int
) -> None:
    found = cut(cutout_archive, "zcut", **place(DEEP, x=columns, y=rows))
    names = [
        f"{survey}_189.492060_62.206150_{columns}.0pix-x-{rows}.0pix_astrocut.fits"
        for survey in ("candels_gn_60mas", "goods_north")
    ]
    assert list(found) == names
    assert [len(hdus) for hdus in found.values()] == [2, 3]
    for name, number in ((names[0], 1), (names[1], 1), (names[1], 2)):
        piece = found[name][number]
        [path] = cutout_archive.folder.glob(f"cutouts/images/*/{sources(name)[number - 1]}.fits")
        check_slice(piece, path, 0, DEEP, columns, rows)


def sources(name: str) -> list[str]:
    from topmast.sample.cubes import SURVEYS

    return list(SURVEYS[name.partition("_189")[0]])


def check_slice(
    piece: Any, path: Path, extension: int, where: str, columns: int, rows: int
) -> None:
    with fits.open(path) as file:
        image, wcs = file[extension].data, WCS(file[extension].header)
        x, y = wcs.all_world2pix(*map(float, where.split()), 0)
        left, bottom = int(np.round(x - columns / 2)), int(np.round(y - rows / 2))
        assert abs(piece.data.shape[0] - rows) <= 1  # astrocut rounds both edges
        assert abs(piece.data.shape[1] - columns) <= 1
        rows, columns = piece.data.shape
        np.testing.assert_array_equal(
            piece.data, image[bottom : bottom + rows, left : left + columns]
        )
        sky = WCS(piece.header).all_pix2world(0, 0, 0)
        np.testing.assert_allclose(sky, wcs.all_pix2world(left, bottom, 0), rtol=0, atol=1e-10)


def test_a_cutout_of_hubble_has_columns_for_rows_as_at_mast(cutout_archive: Archive) -> None:
    [(name, hdus)] = cut(cutout_archive, "hapcut", **place(M101, x=3, y=2)).items()

    assert name.startswith("hst_cutout_skycell-p2364x10y16-ra210.802270-dec54.348950_acs_wfc")
    assert [hdu.header.get("O_EXT_NM") for hdu in hdus[1:]] == ["SCI", "WHT"]
    path = next(cutout_archive.folder.glob("cutouts/images/hap/*.fits"))
    check_slice(hdus[1], path, 1, M101, 2, 3)


def test_pictures_are_pictures(cutout_archive: Archive) -> None:
    from PIL import Image

    given = place(DEEP, x=40, y=40, stretch="log", minmax_percent="[1,99]", invert="True")
    status, content = ask(cutout_archive, "/zcut/api/v0.1/astrocut", **given, cutout_format="png")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert len(packed.namelist()) == 3
        for name in packed.namelist():
            assert Image.open(io.BytesIO(packed.read(name))).size == (40, 40)


# ------------------------------------------------------------------------------- the sky


def test_sectors_near_a_place_agree_with_the_pixels_of_each_frame(cutout_archive: Archive) -> None:
    random = np.random.default_rng(5)
    for ra, dec in zip(random.uniform(124, 125, 60), random.uniform(-68.6, -68.0, 60), strict=True):
        _, content = ask(cutout_archive, "/tesscut/api/v0.1/sector", ra=ra, dec=dec)
        found = {row["sectorName"] for row in json.loads(content)["results"]}
        inside = set()
        for sector in (2, 5, 8):
            name = f"tess-s{sector:04d}-4-3"
            cube, wcs = frame_of(cutout_archive, name)
            x, y = wcs.all_world2pix(ra, dec, 0, quiet=True)
            if -0.5 <= x <= cube.shape[1] - 0.5 and -0.5 <= y <= cube.shape[0] - 0.5:
                inside.add(name)
        assert found == inside


def test_a_radius_reaches_what_is_near(cutout_archive: Archive) -> None:
    given = {"ra": 124.53, "dec": -67.5}
    none = json.loads(ask(cutout_archive, "/tesscut/api/v0.1/sector", **given)[1])
    near = json.loads(ask(cutout_archive, "/tesscut/api/v0.1/sector", **given, radius="1d")[1])

    assert none == {"results": []}
    assert len(near["results"]) == 3
    assert near["results"][0] == {
        "sectorName": "tess-s0002-4-3",
        "sector": "0002",
        "camera": "4",
        "ccd": "3",
    }


# ------------------------------------------------------------------------------ bad requests


@pytest.mark.parametrize(
    ("service", "given", "said"),
    [
        ("tesscut", place(STAR, x=5, y=5, sector=99), "no sector 99 here; there are: 2, 5, 8"),
        ("tesscut", place(STAR, x=0, y=5), "above zero"),
        ("tesscut", place(STAR), "needs its size"),
        ("tesscut", place(STAR, x=5000, y=5), "2000 pixels are the most"),
        ("tesscut", place(STAR, x=2000, y=2000), "more than the 1024 MB"),
        ("tesscut", place("nan 3", x=5, y=5), "ra is a number"),
        ("tesscut", place("3 95", x=5, y=5), "dec is between"),
        ("zcut", place(DEEP, x=5, y=5, survey="nope"), "no survey 'nope' here; there are: candels"),
        ("zcut", place(DEEP, x=1, y=1, units="d"), "too large"),
        ("zcut", place(DEEP, x=5, y=5, cutout_format="gif"), "not 'gif'"),
        ("zcut", place(DEEP, x=5, y=5, cutout_format="jpg", stretch="rubber"), "not 'rubber'"),
        ("zcut", place(DEEP, x=5, y=5, cutout_format="jpg", minmax_value="1"), "two numbers"),
        ("hapcut", place(M101, x=5, y=-5), "above zero"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(
    cutout_archive: Archive, service: str, given: dict[str, Any], said: str
) -> None:
    status, content = ask(cutout_archive, f"/{service}/api/v0.1/astrocut", **given)

    assert status == 400
    assert said in json.loads(content)["msg"]


@pytest.mark.parametrize("service", ["tesscut", "zcut", "hapcut"])
def test_where_nothing_is_the_answer_says_so(cutout_archive: Archive, service: str) -> None:
    status, content = ask(
        cutout_archive, f"/{service}/api/v0.1/astrocut", **place(NOWHERE, x=5, y=5)
    )

    assert status == 200
    found = json.loads(content)
    assert found["results"] == []
    assert "Cutout not performed." in found["msg"]


@pytest.mark.parametrize("word", ["sector", "astrocut"])
def test_a_moving_target_needs_an_ephemeris(cutout_archive: Archive, word: str) -> None:
    path = f"/tesscut/api/v0.1/moving_target/{word}"
    status, content = ask(cutout_archive, path, obj_id="Ceres", x=5, y=5)

    assert status == 501
    assert "no ephemeris" in json.loads(content)["msg"]
    assert ask(cutout_archive, path)[0] == 400


def test_without_astrocut_the_answer_names_the_extra(
    cutout_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "astrocut", None)
    status, content = ask(cutout_archive, "/tesscut/api/v0.1/astrocut", **place(STAR, x=5, y=5))

    assert status == 501
    assert "pip install 'topmast[cutouts]'" in json.loads(content)["msg"]


# --------------------------------------------------------------------------------- taking in


def test_a_cube_takes_the_place_of_the_older_one(cutout_archive: Archive, tmp_path: Path) -> None:
    cubes = cutout_archive.folder / "cutouts/cubes"
    with Archive.create(tmp_path / "new") as archive:
        archive.add_cube(cubes / "tess-s0002-4-3-cube.fits")
        archive.add_cube(cubes / "tess-s0002-4-3-cube.fits", cubes / "tess-s0005-1-2-cube.fits")
        held = archive.cutouts.held.cubes
        with Archive(tmp_path / "new") as other:
            assert other.cutouts.held.cubes == held
    assert [cube.name.name for cube in held] == ["tess-s0002-4-3", "tess-s0005-1-2"]
    assert isinstance(held[0], Cube)
    assert (held[0].times, held[0].columns) == (8, 72)


def test_what_is_no_cube_or_image_is_refused_by_its_name(
    cutout_archive: Archive, tmp_path: Path
) -> None:
    path = tmp_path / "plain.fits"
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(path)
    nameless = tmp_path / "nameless.fits"
    shutil.copy(cutout_archive.folder / "cutouts/cubes/tess-s0002-4-3-cube.fits", nameless)
    with fits.open(nameless, mode="update") as file:
        del file[0].header["SECTOR"]
    text = tmp_path / "text.fits"
    text.write_text("no FITS")
    with Archive.create(tmp_path / "new") as archive:
        for bad, said in (
            (path, "no cube of full frames"),
            (nameless, "does not say its sector"),
            (text, "cannot be read as FITS"),
            (tmp_path / "absent.fits", "cannot be read as FITS"),
        ):
            with pytest.raises(InvalidQueryError, match=said):
                archive.add_cube(bad)
        with pytest.raises(InvalidQueryError, match="no image with celestial coordinates"):
            archive.add_images("deep", path)
        with pytest.raises(InvalidQueryError, match="no name of a survey"):
            archive.add_images("../deep", path)
        assert archive.cutouts.held.cubes == []


def served(archive: Archive, path: str, **given: Any) -> tuple[int, bytes]:
    """The answer in an event loop, as a server gives it."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": urlencode(given).encode(),
        "headers": [(b"host", b"topmast.archive")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(archive.app()(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_a_cutout_that_takes_too_long_is_given_up(
    cutout_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()
    monkeypatch.setattr(routes, "CUT_SECONDS", 0.05)
    monkeypatch.setattr(routes, "cut", lambda *given: str(going.wait(20)).encode())
    given = place(STAR, x=5, y=5)
    status, content = served(cutout_archive, "/tesscut/api/v0.1/astrocut", **given)
    going.set()

    assert status == 504
    assert "not ready within" in json.loads(content)["msg"]


def test_too_many_cutouts_at_once_are_asked_to_wait(
    cutout_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_places", threading.BoundedSemaphore(1))
    given = place(STAR, x=5, y=5, sector=2)
    assert served(cutout_archive, "/tesscut/api/v0.1/astrocut", **given)[0] == 200
    assert routes._places.acquire(timeout=5)

    assert served(cutout_archive, "/tesscut/api/v0.1/astrocut", **given)[0] == 503


def test_the_limits_of_a_cutout_hold_before_any_work(
    cutout_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "check_astrocut", lambda: pytest.fail("work was begun"))
    status, _ = ask(cutout_archive, "/tesscut/api/v0.1/astrocut", **place(STAR, x=1900, y=1900))

    assert status == 400


def test_an_index_that_cannot_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "new") as archive:
        (archive.folder / "cutouts").mkdir()
        (archive.folder / "cutouts/index.json").write_text('{"cubes": [1]}')

        with pytest.raises(ArchiveError, match=r"index.json cannot be read.*add the cubes"):
            _ = archive.cutouts.held
