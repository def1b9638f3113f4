"""Tables in a notebook: useful columns, one line a row, links that lead somewhere, no markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table

import topmast
from topmast.tables.html import COLUMNS, ROWS, file_address, table_html
from topmast.tables.table import MastTable


def parsed(html: str) -> ET.Element:
    return ET.fromstring(f"<div>{html}</div>".replace("<br>", "<br/>"))


def headings(html: str) -> list[str]:
    return [cell.text or "" for cell in parsed(html).iter("th")]


def test_a_wide_result_shows_ten_columns_footprint_and_preview(sample_folder: Path) -> None:
    table = topmast.connect(sample_folder).observations.query_object("M101", radius="0.5 deg")

    names = headings(table._repr_html_())

    assert names[:3] == ["obsid", "obs_collection", "instrument_name"]
    assert names[-2:] == ["footprint", "preview"]
    assert len(names) == COLUMNS + 2
    body = parsed(table._repr_html_()).find(".//tbody")
    assert body is not None
    assert len(body) == ROWS < len(table)
    assert f"{len(table)} rows, {len(table.colnames)} columns" in table._repr_html_()


def test_a_table_stays_an_astropy_table(sample_folder: Path) -> None:
    table = topmast.connect(sample_folder).observations.query_object("M101", radius="0.5 deg")

    assert isinstance(table, Table)
    assert table.meta == {}
    assert isinstance(table[:2], MastTable)


def test_dates_are_dates_and_missing_cells_are_empty() -> None:
    table = MastTable({"t_min": np.ma.masked_array([57303.83, 0.0], [False, True])})

    html = table_html(table)

    assert "57303.83 2015-10-08" in html
    assert [cell.text for cell in parsed(html).iter("td")] == ["57303.83 2015-10-08", None]


def test_what_the_archive_sends_is_text_and_never_markup() -> None:
    evil = "<script>alert(1)</script>\"'\n\x1b[31m"
    table = MastTable({"obs_id": [evil], evil: [1], "jpegURL": ["javascript:alert(1)"]})

    html = table_html(table)

    assert "<script" not in html
    assert "href" not in html
    assert "\x1b" not in html
    assert parsed(html) is not None


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("mast:HST/product/a b.jpg", "https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:HST/product/a%20b.jpg"),
        ("http://galex.stsci.edu/a.jpg", "http://galex.stsci.edu/a.jpg"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_preview_leads_to_a_page_of_the_web_or_nowhere(uri: str, address: str) -> None:
    assert file_address(uri) == address


def test_a_footprint_is_drawn_as_astropy_projects_it() -> None:
    corners = np.array([[10.0, 60.0], [12.0, 60.0], [12.0, 60.5], [10.5, 61.0]])
    region = "POLYGON ICRS " + " ".join(f"{ra} {dec}" for ra, dec in corners)

    html = table_html(MastTable({"s_region": [region, "CIRCLE ICRS 10 89.9 0.5", "nonsense"]}))

    path = re.findall(r"d='M([^Z]*)Z'", html)[0]
    drawn = np.array([point.split(",") for point in path.split("L")], dtype=float)
    text = re.search(r"RA ([\d.]+), Dec ([+\-\d.]+)", html)
    assert text is not None
    centre = SkyCoord(float(text[1]), float(text[2]), unit="deg")
    east, north = centre.spherical_offsets_to(SkyCoord(*corners.T, unit="deg"))
    expected = np.stack([-east.deg, -north.deg], axis=1)
    expected /= np.abs(expected).max()
    np.testing.assert_allclose(sorted(drawn.tolist()), sorted(expected.tolist()), atol=0.01)
    assert html.count("<details>") == 2


def test_a_plan_a_manifest_and_a_client_have_pictures(sample_folder: Path, tmp_path: Path) -> None:
    client = topmast.connect(sample_folder)
    plan = client.observations.plan_download("3000007760", tmp_path)

    assert {"Local Path", "Size", "State"} <= set(headings(plan._repr_html_()))
    assert "free on the disk" in plan._repr_html_()
    manifest = plan.run(verbose=False)
    assert "COMPLETE" in manifest._repr_html_()
    assert "Find observations, list their products" in client._repr_html_()
