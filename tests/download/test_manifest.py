"""A manifest prints the columns of the guide."""

from __future__ import annotations

import io

import pytest
from astropy.table import Table

from topmast.download.product import GUIDE_COLUMNS, MORE_COLUMNS
from topmast.download.tables.manifest import table_of_rows

ROW = {
    "Local Path": "./mastDownload/a.fits",
    "Status": "COMPLETE",
    "Bytes": 2880,
    "Attempts": 1,
    "Seconds": 0.1,
    "Source": "disk",
}


def test_a_manifest_prints_the_columns_of_the_guide() -> None:
    manifest = table_of_rows([ROW], (*GUIDE_COLUMNS, *MORE_COLUMNS))

    printed = [line.split() for line in str(manifest).splitlines()]

    assert printed[0] == ["Local", "Path", "Status", "Message", "URL"]
    assert printed[2] == ["./mastDownload/a.fits", "COMPLETE", "None", "None"]
    assert repr(manifest).startswith("<Table length=1>\n")
    assert "Bytes" not in repr(manifest)


def test_a_long_path_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "25")
    manifest = table_of_rows([{**ROW, "Local Path": 90 * "a"}], (*GUIDE_COLUMNS, *MORE_COLUMNS))

    assert "COMPLETE" in str(manifest)


def test_all_columns_are_shown_to_who_asks() -> None:
    manifest = table_of_rows([ROW], (*GUIDE_COLUMNS, *MORE_COLUMNS))

    assert "Bytes" in "\n".join(manifest.pformat(max_width=-1))
    assert "Bytes" in manifest._repr_html_()
    assert str(manifest["Status", "Bytes"]).split()[:2] == ["Status", "Bytes"]


def test_a_manifest_is_written_with_all_columns() -> None:
    manifest = table_of_rows([{**ROW, "Message": "", "URL": ""}], (*GUIDE_COLUMNS, "Bytes"))
    text = io.StringIO()

    manifest.write(text, format="ascii.csv")

    assert Table.read(text.getvalue(), format="ascii.csv").colnames[-1] == "Bytes"
