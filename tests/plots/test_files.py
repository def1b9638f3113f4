"""Plots of files: what is drawn is what astropy reads there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import topmast
from topmast import plots
from topmast.errors import InvalidQueryError

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    from matplotlib import pyplot

    yield
    pyplot.close("all")


def sample_file(folder: Path, pattern: str) -> Path:
    return min((folder / "products").glob(pattern))


def test_a_light_curve_is_the_good_cadences_of_the_file(sample_folder: Path) -> None:
    file = sample_file(sample_folder, "TESS/*/*s_lc.fits")

    axes = plots.light_curve(file)

    table = fits.getdata(file, 1)
    good = table["QUALITY"] == 0
    x, y = axes.get_lines()[0].get_data()
    drawn = np.isfinite(y)
    np.testing.assert_array_equal(x[drawn], table["TIME"][good & np.isfinite(table["PDCSAP_FLUX"])])
    assert drawn.sum() <= good.sum() < len(table)
    assert axes.get_xlabel() == "Time (BJD - 2457000, days)"
    assert axes.get_ylabel() == "PDCSAP_FLUX (e-/s)"
    assert axes.get_title().startswith("TIC ")


def test_another_flux_can_be_drawn_and_a_missing_one_is_named(sample_folder: Path) -> None:
    file = sample_file(sample_folder, "TESS/*/*s_lc.fits")

    assert plots.light_curve(file, column="sap_flux").get_ylabel() == "SAP_FLUX (e-/s)"
    with pytest.raises(InvalidQueryError, match=r"no column 'FLUKS' for a light curve"):
        plots.light_curve(file, column="FLUKS")


@pytest.mark.parametrize("pattern", ["HST/*/*_x1d.fits", "FUSE/*/*fcal.fit", "BEFS/*/*_vo.fits"])
def test_a_spectrum_is_the_flux_of_the_file(sample_folder: Path, pattern: str) -> None:
    file = sample_file(sample_folder, pattern)

    axes = plots.spectrum(file)

    table = fits.getdata(file, 1)
    names = {name.upper(): name for name in table.names}
    flux = np.atleast_2d(table[names["FLUX"]])
    assert len(axes.get_lines()) == len(flux)
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), flux[0], rtol=1e-6)


def test_the_wavelengths_of_iue_are_counted_from_the_first(sample_folder: Path) -> None:
    file = sample_file(sample_folder, "IUE/*/*.mxlo.gz")

    x = plots.spectrum(file).get_lines()[0].get_xdata()

    row = fits.getdata(file, 1)[0]
    np.testing.assert_allclose(x[:2], [row["WAVELENGTH"], row["WAVELENGTH"] + row["DELTAW"]])


def test_an_image_has_the_sky_around_it(sample_folder: Path) -> None:
    file = sample_file(sample_folder, "HST/*/*_drz.fits")

    axes = plots.image(file)

    np.testing.assert_array_equal(axes.get_images()[0].get_array(), fits.getdata(file, "SCI"))
    assert {each.get_axislabel() for each in axes.coords} == {"RA", "Dec"}


def test_of_a_cube_and_of_target_pixels_one_plane_is_shown(sample_folder: Path) -> None:
    cube = sample_file(sample_folder, "JWST/*/*_s3d.fits")
    pixels = sample_file(sample_folder, "TESS/*/*_tp.fits")

    shown = plots.image(cube).get_images()[0].get_array()
    np.testing.assert_allclose(shown, np.nanmean(fits.getdata(cube, 1), axis=0), rtol=1e-5)
    assert plots.image(pixels).get_images()[0].get_array().shape == (11, 11)


@pytest.mark.parametrize(
    ("pattern", "label"),
    [("TESS/*/*s_lc.fits", "Time"), ("HST/*/*_x1d.fits", "Wavelength"), ("HST/*/*_drz.fits", "")],
)
def test_show_finds_out_what_a_file_holds(
    sample_folder: Path, tmp_path: Path, pattern: str, label: str
) -> None:
    axes = plots.show(sample_file(sample_folder, pattern), path=tmp_path / "plot.png")

    assert axes.get_xlabel().startswith(label)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_show_takes_pictures_rows_and_uris(sample_folder: Path) -> None:
    topmast.conf.server = str(sample_folder)
    products = topmast.Observations.get_product_list("27000050")
    row = next(row for row in products if row["productFilename"].endswith("_lc.fits"))

    for what in (row, str(row["dataURI"])):
        assert plots.show(what).get_ylabel() == "PDCSAP_FLUX (e-/s)"
        assert plots.light_curve(what).get_ylabel() == "PDCSAP_FLUX (e-/s)"
    assert plots.show(sample_file(sample_folder, "WUPPE/*/*.gif")).get_images()
    topmast.Observations._session.close()


def write(path: Path, content: Any) -> Path:
    path.write_bytes(content)
    return path


def test_what_cannot_be_plotted_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.fits"
    fits.PrimaryHDU().writeto(empty)
    table = tmp_path / "table.fits"
    Table({"A": [1]}).write(table)
    wrong = [tmp_path / "none.fits", empty, table]
    wrong += [write(tmp_path / "text.fits", b"hello"), write(tmp_path / "no.png", b"hello")]

    for file in wrong:
        with pytest.raises(InvalidQueryError, match=file.name):
            plots.show(file)
    with pytest.raises(InvalidQueryError, match="stretch is one of asinh, linear, log, sqrt"):
        plots.image(empty, stretch="cube")


def test_coverage_counts_the_observations_over_each_place(sample_folder: Path) -> None:
    regions = ["CIRCLE ICRS 100 30 20", "CIRCLE ICRS 100 30 5", "CIRCLE ICRS 200 -40 0.01"]
    table = Table({"obs_collection": ["A", "B", "C"], "s_region": regions})

    axes = plots.coverage(table)

    (mesh,) = (each for each in axes.collections if type(each).__name__ == "QuadMesh")
    counts = mesh.get_array().filled(0)
    assert counts.max() == 2
    # A map of equal areas: what a circle covers of it is what it covers of the sky.
    on_sky = (1 - np.cos(np.deg2rad(20))) / 2 * 41253
    assert (counts > 0).sum() == pytest.approx(on_sky, rel=0.03)


def test_a_sheet_of_previews_has_a_picture_each(sample_folder: Path, tmp_path: Path) -> None:
    client = topmast.connect(sample_folder)
    table = client.observations.query_criteria(obs_collection="HST", target_name="M8")

    figure = plots.previews(table, client=client, most=3, path=tmp_path / "sheet.png")

    assert [len(axes.get_images()) for axes in figure.axes] == [1, 1, 1]
    with pytest.raises(InvalidQueryError, match="jpegURL"):
        plots.previews(Table({"a": [1]}))
    client.close()


def test_a_preview_that_is_not_there_leaves_an_empty_place(sample_folder: Path) -> None:
    client = topmast.connect(sample_folder)
    table = Table({"jpegURL": ["mast:HST/product/none.jpg"], "obs_id": ["x"]})

    (axes,) = plots.previews(table, client=client).axes

    assert axes.texts[0].get_text() == "no preview"
    client.close()
