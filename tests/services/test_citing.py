"""How to cite the data of a table."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.table import Table
from click.testing import CliRunner

import topmast
from topmast.cli import main
from topmast.errors import InvalidQueryError

TESS = {"obs_collection": ["TESS"], "dataproduct_type": ["timeseries"]}


def dois(table: Table) -> list[str]:
    return [each.doi for each in topmast.cite(table).data]


@pytest.mark.parametrize(
    ("row", "doi"),
    [
        (("TESS", "SPOC", "timeseries"), "10.17909/t9-nmc8-f686"),
        (("TESS", "SPOC", "image"), "10.17909/0cp4-2j79"),
        (("HLSP", "QLP", "timeseries"), "10.17909/t9-r086-e880"),
        (("HLSP", "TESS-SPOC", "timeseries"), "10.17909/t9-wpz1-8s54"),
        (("Kepler", "Kepler", "timeseries"), "10.17909/T9488N"),
        (("K2", "K2", "timeseries"), "10.17909/T9WS3R"),
    ],
)
def test_data_with_a_doi_are_cited_by_it(row: tuple[str, str, str], doi: str) -> None:
    names = ("obs_collection", "provenance_name", "dataproduct_type")
    assert dois(Table(rows=[row, row], names=names)) == [doi]


def test_data_without_a_doi_are_named_with_a_way_to_get_one() -> None:
    table = Table({"obs_collection": ["HST", "HLSP"], "provenance_name": ["CALACS", "legus"]})
    found = topmast.cite(table)
    assert (found.data, found.without_doi) == ((), ("HLSP", "HST"))
    assert "No DOI is known here for data of HLSP and HST. MAST makes one" in str(found)
    assert "https://archive.stsci.edu/publishing/doi" in str(found)


def test_programs_are_named() -> None:
    table = Table({"obs_collection": ["HST", "HST", "IUE"], "proposal_id": ["9490", "9490", "N/A"]})
    assert topmast.cite(table).programs == ("HST 9490",)


def test_a_manifest_tells_it_by_its_paths() -> None:
    table = Table({"Local Path": ["./mastDownload/Kepler/kplr1_lc/kplr1_llc.fits"]})
    assert topmast.cite(table).missions == ("Kepler",)
    assert dois(Table({"dataURI": ["mast:K2/url/x.fits"]})) == ["10.17909/T9WS3R"]


def test_a_table_that_does_not_tell_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="neither obs_collection nor the URIs"):
        topmast.cite(Table({"flux": [1.0]}))


def test_the_bibliography_has_an_entry_each() -> None:
    text = topmast.cite(Table(TESS)).bibtex
    assert text.count("@misc{") == 1
    assert "doi = {10.17909/t9-nmc8-f686}" in text
    assert topmast.__citation__ in text
    assert topmast.__version__ in topmast.__citation__


def test_the_command_reads_what_a_search_wrote(tmp_path: Path) -> None:
    Table(TESS).write(tmp_path / "found.ecsv")
    done = CliRunner().invoke(main, ["cite", str(tmp_path / "found.ecsv")])
    assert "https://doi.org/10.17909/t9-nmc8-f686" in done.stdout
    assert CliRunner().invoke(main, ["cite", "--bibtex"]).stdout == topmast.__citation__ + "\n"
