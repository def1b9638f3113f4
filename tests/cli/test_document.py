"""--json: one document on standard output, whatever a command does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from topmast.cli import COMMANDS
from topmast.cli.document import asks_for_json, command_among, write_document

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "output.schema.json"


def document_of(run: Run, *words: str) -> dict[str, Any]:
    """The document, which agrees with the documented schema and the exit code."""
    result = run(*words, "--json")
    [line] = result.stdout.splitlines()
    document: dict[str, Any] = json.loads(line, parse_constant=pytest.fail)
    assert document.keys() == json.loads(SCHEMA.read_text())["properties"].keys()
    assert document["exit_code"] == result.exit_code
    validator = pytest.importorskip("jsonschema")
    validator.validate(document, json.loads(SCHEMA.read_text()))
    return document


def test_a_table_is_rows(run: Run) -> None:
    document = document_of(run, "search", "--obs-collection", "IUE", "--columns", "obsid,t_exptime")

    assert document["command"] == "search"
    assert document["rows"] == [{"obsid": "7003", "t_exptime": 30.0}]
    assert document["error"] is None


def test_a_count_is_a_row(run: Run) -> None:
    assert document_of(run, "count")["rows"] == [{"count": 3}]


def test_counts_of_several_places_name_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("name\nM101\nM8\n")

    rows = document_of(run, "count", "--targets", "places.csv", "--radius", "1m")["rows"]

    assert [row["target"] for row in rows] == ["M101", "M8"]


def test_text_is_lines(run: Run) -> None:
    assert document_of(run, "missions")["lines"] == ["GALEX", "HST", "IUE"]


def test_settings_are_rows(run: Run) -> None:
    [row] = document_of(run, "config", "tries")["rows"]

    assert row["name"] == "tries"
    assert isinstance(row["value"], int)


def test_a_citation_is_rows_with_their_bibtex(run: Run) -> None:
    software, galex = document_of(run, "cite", "7002")["rows"]

    assert software["bibtex"].startswith("@software{topmast")
    assert (galex["mission"], galex["doi"]) == ("GALEX", "")
    assert "no DOI is known" in galex["note"]


def test_nothing_found_is_no_error_and_the_reason_is_a_message(run: Run) -> None:
    document = document_of(run, "search", "--obs-collection", "HTS")

    assert (document["exit_code"], document["rows"], document["error"]) == (3, [], None)
    assert any("did you mean 'HST'?" in each for each in document["messages"])


@pytest.mark.parametrize(
    ("words", "kind", "text"),
    [
        (["search", "Nowhere"], "ResolverError", 'Could not resolve "Nowhere"'),
        (["search", "M101", "--radis", "1m"], "UsageError", "--radius"),
        (["count", "--format"], "UsageError", "--format"),
        (["search", "M101", "--format", "csv"], "UsageError", "only one of --json and --format"),
        (["bogus"], "UsageError", "No such command"),
        (["columns", "planets"], "InvalidQueryError", "no catalogue 'planets'"),
    ],
)
def test_an_error_is_a_document_too(run: Run, words: list[str], kind: str, text: str) -> None:
    document = document_of(run, *words)

    assert document["exit_code"] == 2
    assert document["error"]["type"] == kind
    assert text in document["error"]["message"]


def test_a_table_in_a_file_leaves_a_message(run: Run, tmp_path: Path) -> None:
    document = document_of(run, "search", "--obs-collection", "IUE", "-o", "iue.ecsv")

    assert document["rows"] is None
    assert document["messages"] == ["1 row written to iue.ecsv"]
    assert (tmp_path / "iue.ecsv").is_file()


def test_a_download_gives_its_manifest(run: Run) -> None:
    document = document_of(run, "download", "7003")

    assert [row["Status"] for row in document["rows"]] == ["COMPLETE"]


def test_an_interrupt_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    code = write_document(interrupted, ["search"], COMMANDS)

    assert json.loads(capsys.readouterr().out)["error"]["type"] == "Interrupted"
    assert code == 130


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--json", "missions"], True),
        (["missions", "--json"], True),
        (["run", "--json", "script.py"], True),
        (["run", "script.py", "--json"], False),
        (["search", "--", "--json"], False),
    ],
)
def test_the_option_may_stand_anywhere_but_among_the_words_of_a_script(
    words: list[str], wanted: bool
) -> None:
    assert asks_for_json(words) is wanted


def test_standard_output_of_a_process_is_one_document(small_archive: Path) -> None:
    words = ["--archive", str(small_archive), "resolve", "M101", "--json"]

    answer = subprocess.run(
        [sys.executable, "-m", "topmast", *words], capture_output=True, check=True
    )

    assert json.loads(answer.stdout)["rows"][0]["name"] == "M101"


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["count", "M101"], "count"),
        (["--archive", "missions", "count", "M101"], "count"),
        (["--quiet", "--timeout", "5", "search", "count"], "search"),
        (["--username", "get"], None),
    ],
)
def test_the_value_of_an_option_is_no_command(words: list[str], command: str | None) -> None:
    assert command_among(words, frozenset(COMMANDS)) == command
