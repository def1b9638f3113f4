"""How to cite the software and the data: `topmast.cite`, `__citation__`, `topmast cite`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from astropy.table import Table
from click.testing import CliRunner

import topmast
from topmast.cli import main

PROJECT = Path(__file__).resolve().parents[2]

KNOWN = [
    ("TESS", "SPOC", "timeseries", "", "10.17909/t9-nmc8-f686"),
    ("TESS", "SPOC", "image", "", "10.17909/0cp4-2j79"),
    ("HLSP", "QLP", "timeseries", "", "10.17909/t9-r086-e880"),
    ("HLSP", "TESS-SPOC", "timeseries", "", "10.17909/t9-wpz1-8s54"),
    ("Kepler", "Kepler", "timeseries", "", "10.17909/T9488N"),
    ("K2", "K2", "timeseries", "", "10.17909/T9WS3R"),
    ("TESS", "SPOC", "timeseries", "tess1-s_tp.fits", ""),
    ("HST", "CALWF3", "image", "", ""),
]
COLUMNS = ("obs_collection", "provenance_name", "dataproduct_type", "productFilename")


def run(*words: str, stdin: str | None = None) -> str:
    result = CliRunner().invoke(main, list(words), input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("row", KNOWN)
def test_the_doi_of_a_row_is_that_of_its_data_set(row: tuple[str, ...]) -> None:
    cited = topmast.cite(Table(rows=[row[:4]], names=COLUMNS))

    assert [each.doi for each, _ in cited.data] == [row[4]]


@pytest.mark.parametrize(
    ("path", "mission", "doi"),
    [
        ("TESS/t/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits", "TESS", "t9-nmc8-f686"),
        ("HLSP/q/hlsp_qlp_tess_ffi_s0001-01_tess_v01_llc.fits", "QLP", "t9-r086-e880"),
        ("Kepler/k/kplr012345678-2009131105131_llc.fits", "Kepler", "T9488N"),
        ("JWST/j/jw01_s2d.fits", "JWST", ""),
    ],
)
def test_a_manifest_is_cited_by_its_paths(path: str, mission: str, doi: str) -> None:
    manifest = Table({"Local Path": [f"./mastDownload/{path}"], "Status": ["COMPLETE"]})

    [(found, count)] = topmast.cite(manifest).data

    assert (found.mission, found.doi.rpartition("/")[2], count) == (mission, doi, 1)


def test_data_without_a_known_doi_say_how_to_get_one() -> None:
    cited = topmast.cite(Table(rows=[KNOWN[-1][:4]], names=COLUMNS))

    assert cited.unknown == ("HST",)
    assert "HST: no DOI is known here; make one" in str(cited)


def test_the_acknowledgement_names_each_mission_once() -> None:
    rows = [row[:4] for row in KNOWN]

    text = topmast.cite(Table(rows=rows, names=COLUMNS)).acknowledgement()

    assert len(re.findall(r"\bTESS\b(?!-)", text)) == 1
    assert "10.17909/T9488N" in text


def test_each_entry_of_the_bibtex_is_whole_and_has_its_own_key() -> None:
    text = topmast.cite(Table(rows=[row[:4] for row in KNOWN], names=COLUMNS)).bibtex()

    keys = re.findall(r"^@\w+\{([^,\s]+),$", text, re.MULTILINE)
    assert len(keys) == len(set(keys)) == 7
    assert text.count("{") == text.count("}")


def test_the_citation_file_and_the_citation_have_the_same_version() -> None:
    assert f"version: {topmast.__version__}" in (PROJECT / "CITATION.cff").read_text()
    assert f"version = {{{topmast.__version__}}}" in topmast.__citation__


def test_something_that_is_no_table_is_refused_with_what_it_is() -> None:
    with pytest.raises(
        topmast.InvalidTypeError, match=r"observations, products or a manifest.*int"
    ):
        topmast.cite(3)


def test_the_command_without_a_table_cites_the_software() -> None:
    assert topmast.__citation__ in run("cite")


def test_the_command_cites_observations_by_their_obsid(sample_folder: Path) -> None:
    where = ("--archive", str(sample_folder))
    table = run(*where, "search", "--obs-collection", "K2", "--columns", "obsid,obs_collection")
    obsid = table.splitlines()[1].split("\t")[0]

    assert "10.17909/T9WS3R" in run(*where, "cite", obsid, "--bibtex")


def test_the_command_reads_a_manifest_from_a_pipe() -> None:
    text = "Local Path\tStatus\n./mastDownload/K2/a/ktwo201912552-c01_llc.fits\tCOMPLETE\n"

    assert "10.17909/T9WS3R" in run("cite", "-", stdin=text)
