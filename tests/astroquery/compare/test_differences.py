"""What two runs of a script differ in is told in words, and what must differ is not told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from topmast.astroquery.compare.differences import findings
from topmast.astroquery.compare.outcome import Outcome, files_in, message_lines


def outcome(**parts: Any) -> Outcome:
    usual: dict[str, Any] = {"code": 0, "out": "", "err": "", "calls": [], "files": {}}
    return Outcome(**usual | parts)


def call(
    gives: Any, name: str = "Observations.query_region", warns: list[str] | None = None
) -> Any:
    return {"name": name, "arguments": "'1 2'", "gives": gives, "warns": warns or []}


def table(**columns: list[Any]) -> dict[str, Any]:
    listed = [{"name": n, "type": "<i8", "values": values} for n, values in columns.items()]
    return {"kind": "table", "columns": listed}


def differences(theirs: Outcome, ours: Outcome, what: str) -> list[str]:
    found = {finding.what: finding for finding in findings(theirs, ours)}
    return list(found[what].differences)


def of_calls(theirs: Any, ours: Any) -> list[str]:
    return differences(outcome(calls=[call(theirs)]), outcome(calls=[call(ours)]), "calls")


def test_equal_runs_have_no_differences() -> None:
    run = outcome(out="a\n", calls=[call(table(a=[1, None]))], files={"x": "1"})

    found = findings(run, run)

    assert [f.what for f in found] == [
        "exit code",
        "standard output",
        "standard error",
        "calls",
        "files",
    ]
    assert [f.size for f in found] == ["0", "1 line", "0 lines", "1 call", "1 file"]
    assert not any(f.differences for f in found)


def test_files_are_not_compared_in_the_users_own_folder() -> None:
    assert "files" not in [f.what for f in findings(outcome(), outcome(), with_files=False)]


@pytest.mark.parametrize(
    ("code", "text"),
    [(1, "astroquery 0, topmast 1"), (None, "astroquery 0, topmast did not end in time")],
)
def test_another_exit_code_is_told(code: int | None, text: str) -> None:
    assert differences(outcome(), outcome(code=code), "exit code") == [text]


def test_another_line_of_output_is_told_as_a_difference_of_texts() -> None:
    lines = differences(outcome(out="a\nb\nc"), outcome(out="a\nx\nc"), "standard output")

    assert lines[-4:] == [" a", "-b", "+x", " c"]


def test_a_long_difference_is_cut() -> None:
    ours = outcome(out="".join(f"{n}\n" for n in range(100)))

    lines = differences(outcome(), ours, "standard output")

    assert len(lines) == 41
    assert lines[-1] == "... and 63 more"


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        (table(a=[1], b=[2]), table(a=[1], c=[2]), "columns: astroquery ['b'], topmast ['c']"),
        (table(a=[1], b=[2]), table(b=[2], a=[1]),
         "columns: astroquery ['a', 'b'], topmast ['b', 'a']"),
        (table(a=[1, 2]), table(a=[1]), "rows: astroquery 2, topmast 1"),
        (table(a=[1, 2]), table(a=[1, None]), "column a, row 1: astroquery 2, topmast None"),
        (3, 4, "astroquery 3, topmast 4"),
        ([1, 2], [1, 3], "astroquery 2, topmast 3"),
        (None, table(a=[1, 2]), "astroquery None, topmast a table of 2 rows"),
        ({"kind": "raised", "type": "InvalidQueryError", "text": "no"}, 1,
         "astroquery raised InvalidQueryError: no, topmast 1"),
        ({"kind": "raised", "type": "InvalidQueryError", "text": "no"},
         {"kind": "raised", "type": "InvalidQueryError", "text": "never"},
         "the text of InvalidQueryError: astroquery no, topmast never"),
    ],
)  # fmt: skip
def test_another_result_of_a_call_is_told(theirs: Any, ours: Any, told: str) -> None:
    assert of_calls(theirs, ours) == [f"call 1, Observations.query_region('1 2'): {told}"]


def test_many_cells_of_a_column_are_counted() -> None:
    lines = of_calls(table(a=list(range(10))), table(a=list(range(1, 11))))

    assert len(lines) == 4
    assert lines[-1].endswith("column a: 7 more rows")


def test_another_type_of_a_column_is_told() -> None:
    ours = table(a=[1])
    ours["columns"][0]["type"] = "<f8"

    assert of_calls(table(a=[1]), ours)[0].endswith("type of column a: astroquery <i8, topmast <f8")


def test_other_warnings_of_a_call_are_told() -> None:
    ours = outcome(calls=[call(1, warns=["InputWarning"])])

    (line,) = differences(outcome(calls=[call(1)]), ours, "calls")

    assert line.endswith("warnings: astroquery [], topmast ['InputWarning']")


def test_a_call_that_one_run_does_not_make_is_told() -> None:
    made = outcome(calls=[call(1)])

    assert "made under astroquery only" in differences(made, outcome(), "calls")[0]
    assert "made under topmast only" in differences(outcome(), made, "calls")[0]
    other = outcome(calls=[call(1, name="Mast.service_request")])
    assert "calls Mast.service_request('1 2') here" in differences(made, other, "calls")[0]


def test_files_are_told_by_name() -> None:
    theirs = outcome(files={"a": "1", "b": "1", "c": "1"})
    ours = outcome(files={"a": "1", "b": "2", "d": "1"})

    assert differences(theirs, ours, "files") == [
        "b: has other contents",
        "c: astroquery's only",
        "d: topmast's only",
    ]


def test_the_files_of_a_run_are_those_of_the_script(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.fits").write_text("x")
    (tmp_path / ".topmast-index.jsonl").write_text("{}")
    (tmp_path / "mastDownload_20260101120000.sh").write_text("folder=MAST_2026-01-01T1200\n")
    first = files_in(tmp_path)
    (tmp_path / "mastDownload_20260101120000.sh").write_text("folder=MAST_2026-01-01T1201\n")

    assert list(first) == ["data/a.fits", "mastDownload_TIME.sh"]
    assert files_in(tmp_path) == first


TOLD = [
    ("plain words", ["plain words"]),
    ("WARNING: NoResultsWarning: none. [astroquery.mast.discovery_portal]",
     ["WARNING: NoResultsWarning: none."]),
    ("INFO: Found cached file x [topmast.download.run]", ["INFO: Found cached file x"]),
    ("/here/a.py:12: InputWarning: look\n  Observations.query_region()\nmore",
     ["WARNING: InputWarning: look", "more"]),
    ("WARNING: A: b [m]\nWARNING: A: b [n]\nA: b", ["WARNING: A: b", "A: b"]),
    ("Traceback (most recent call last):\n  File 'x', line 1\n    code\n"
     "astroquery.exceptions.InvalidQueryError: no\nafter", ["InvalidQueryError: no", "after"]),
    ("|>---| 1/3\r|=>--| 2/3\r|==>-| 3/3", ["|==>-| 3/3"]),
    ("to ./mastDownload_20260101120000.sh", ["to ./mastDownload_TIME.sh"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), TOLD)
def test_what_must_differ_between_packages_is_left_out(text: str, lines: list[str]) -> None:
    assert message_lines(text) == lines
