"""Files as pictures and curves, made by the server."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from topmast.archive.server.web.pictures import picture_of, series_of
from topmast.errors import InvalidQueryError


@pytest.mark.parametrize("stretch", ["linear", "asinh", "sqrt", "log"])
def test_a_bright_pixel_is_brighter_and_the_first_row_is_at_the_bottom(
    tmp_path: Path, stretch: str
) -> None:
    data = np.zeros((30, 40), "f4")
    data[0, :] = 5.0
    data[1, 0] = np.nan
    fits.PrimaryHDU(data).writeto(tmp_path / "a.fits")
    content, kind = picture_of(tmp_path / "a.fits", stretch, 0, 100)
    pixels = np.asarray(Image.open(io.BytesIO(content)))
    assert (kind, pixels.shape) == ("image/png", (30, 40))
    assert (pixels[29] == 255).all()
    assert (pixels[:29] == 0).all()


def test_a_picture_is_sent_as_it_is_and_nothing_else_as_one(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0rest")
    assert picture_of(tmp_path / "a.jpg", "asinh", 1, 99) == (b"\xff\xd8\xff\xe0rest", "image/jpeg")
    (tmp_path / "b.jpg").write_bytes(b"<svg onload=alert(1)>")
    with pytest.raises(InvalidQueryError, match="neither a picture nor a FITS file"):
        picture_of(tmp_path / "b.jpg", "asinh", 1, 99)


def test_a_light_curve_comes_in_order_without_what_is_no_number(tmp_path: Path) -> None:
    table = Table({"TIME": [3.0, 1.0, np.nan, 2.0], "PDCSAP_FLUX": [30.0, 10.0, 5.0, np.nan]})
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table)]).writeto(tmp_path / "lc.fits")
    found = series_of(tmp_path / "lc.fits")
    assert (found["x"], found["y"]) == ([1.0, 3.0], [10.0, 30.0])
    assert found["names"] == ["TIME", "PDCSAP_FLUX"]


def test_a_long_series_is_thinned(tmp_path: Path) -> None:
    table = Table({"WAVELENGTH": np.arange(60_000.0), "FLUX": np.ones(60_000)})
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table)]).writeto(tmp_path / "s.fits")
    assert len(series_of(tmp_path / "s.fits")["x"]) <= 5000


def test_a_file_without_a_series_says_so(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "a.fits")
    with pytest.raises(InvalidQueryError, match="no light curve or spectrum"):
        series_of(tmp_path / "a.fits")
