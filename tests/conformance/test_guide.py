"""Every example of the guide, as it is written, prints what the guide prints.

Three ways: the archive in this process, `topmast serve` over HTTP, and in the place of an
installed astroquery in an interpreter of its own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from tests.conftest import PROJECT, copy_of, served
from topmast.client import default_client

from .guide import Example, read_examples
from .guide_rows import Compared, compare, rows_of, same_text
from .guide_run import Shown, has_all_parts, run

EXAMPLES = [example for example in read_examples() if has_all_parts(example)]
WAYS = ("in this process", "over HTTP", "in the place of astroquery")
AGREE = {
    "Getting Started: Positional Queries": 22,
    "Getting Started: Observation Criteria Queries": 14,
    "Getting Started: Getting Observation Counts": 0,
    "Getting Started: Listing Available Missions": 2,
    "Downloading Data: Getting Product Lists": 3,
    "Downloading Data: Downloading Data Products": 5,
    "Downloading Data: Filtering": 2,
    "Accessing Proprietary Data": 13,
    "Direct Mast Queries": 18,
    "Catalog Queries: Positional Queries": 40,
    "Catalog Queries: Catalog Criteria Queries": 12,
    "Catalog Queries: Hubble Source Catalog (HSC) specific queries": 26,
}
"""How many printed rows of each section agree in every cell; the others differ as they may."""

pytestmark = [pytest.mark.xdist_group("guide")]
needs_guide = pytest.mark.skipif(not EXAMPLES, reason="the guide is not here")
needs_astroquery = [
    pytest.mark.peer,
    pytest.mark.skipif(
        importlib.util.find_spec("astroquery") is None, reason="astroquery is not installed"
    ),
]
each_way = pytest.mark.parametrize(
    "way", [*WAYS[:2], pytest.param(WAYS[2], marks=needs_astroquery)]
)


@pytest.fixture(scope="module")
def folder_of_2017(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as an archive of 2017, which is when the guide was printed."""
    folder = copy_of(sample_folder, tmp_path_factory.mktemp("archive"))
    with sqlite3.connect(folder / "archive.sqlite") as connection:
        connection.execute("UPDATE settings SET value = '2017' WHERE name = 'profile'")
    connection.close()
    return folder


@pytest.fixture(scope="module")
def server_of_2017(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample as it is, served with the columns of 2017."""
    folder = copy_of(sample_folder, tmp_path_factory.mktemp("archive"))
    with served(folder, "--profile", "2017") as url:
        yield url


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], list[Shown]]:
    """What the examples show, one way or another; each way is gone once, when first asked for."""
    known: dict[str, list[Shown]] = {}
    places = dict(zip(WAYS, ("folder_of_2017", "server_of_2017", "server_of_2017"), strict=True))

    def shown(way: str) -> list[Shown]:
        if way not in known:
            where = str(request.getfixturevalue(places[way]))
            runner = run_alone if way == WAYS[2] else run_here
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(tmp_path_factory.mktemp("work"))
                patch.setenv("COLUMNS", "100")  # a number has 17 digits now, where the guide has 12
                patch.setenv("LINES", "25")
                known[way] = runner(where)
        return known[way]

    return shown


def run_here(where: str) -> list[Shown]:
    try:
        return run(EXAMPLES, where)
    finally:
        default_client().close()


def run_alone(where: str) -> list[Shown]:
    """In an interpreter that has the real astroquery, all but its module mast."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.guide_run", where],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=200,
    )
    answer = json.loads(done.stdout)
    assert "topmast" not in answer["astroquery"], "this was not a real astroquery"
    return answer["shown"]


# --------------------------------------------------------------------------------- the examples


@needs_guide
@each_way
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_an_example_prints_what_the_guide_prints(
    example: Example, way: str, outcomes: Callable[[str], list[Shown]], sample_folder: Path
) -> None:
    skip_without_catalogs(example, sample_folder)
    shown = outcomes(way)[EXAMPLES.index(example)]

    faults = [row for row in compare(example.printed, shown) if row.faults]

    assert not faults, "\n".join(
        [example.text, *map(str, faults), "", "All that is shown:", *shown]
    )


@needs_guide
@each_way
def test_no_fewer_printed_rows_agree_than_before(
    way: str,
    outcomes: Callable[[str], list[Shown]],
    record_property: Callable[[str, object], None],
) -> None:
    sections: dict[str, list[Compared]] = defaultdict(list)
    for example, shown in zip(EXAMPLES, outcomes(way), strict=True):
        sections[example.section] += compare(example.printed, shown)

    lines = [f"Printed rows that agree, {way}: {summary(chain.from_iterable(sections.values()))}"]
    lines += [f"  {section}: {summary(rows)}" for section, rows in sections.items()]
    record_property("summary", "\n".join(lines))
    print(*lines, sep="\n")
    assert {name: sum(row.agrees for row in sections[name]) for name in AGREE} == AGREE


def summary(rows: Iterable[Compared]) -> str:
    rows = list(rows)
    agree = sum(row.agrees for row in rows)
    text = f"{agree} of {len(rows)} in every cell"
    for reason, number in Counter(chain.from_iterable(row.excused for row in rows)).items():
        text += f"; {number} in all but one, as {reason}"
    if wrong := sum(bool(row.faults) for row in rows):
        text += f"; {wrong} DO NOT AGREE"
    return text


@needs_guide
def test_all_examples_of_the_guide_are_run() -> None:
    left_out = [example.text for example in read_examples() if example not in EXAMPLES]

    assert not left_out


def skip_without_catalogs(example: Example, sample: Path) -> None:
    if example.section.startswith("Catalog Queries") and not (sample / "catalogs").is_dir():
        pytest.skip("the sample archive holds no catalogues")


# ------------------------------------------------------------------------- reading and comparing

MADE_UP = """\
Heading
=======

.. code-block:: python

    >>> values = [1,
                  2]
    >>> print(values[0],
    >>>       values[1])

    1 2

    >>> print("done")
    done
    >>> values = None

Text
----

.. code-block:: python

    >>> print(3)
    3
"""


def test_examples_are_read_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "guide.rst").write_text(MADE_UP)

    examples = read_examples(tmp_path / "guide.rst")

    assert [example.section for example in examples] == ["Heading"] * 3 + ["Heading: Text"]
    assert examples[0].statements == [
        "values = [1,\n              2]",
        "print(values[0],\n      values[1])",
    ]
    assert [example.printed for example in examples] == [["1 2"], ["done"], [], ["3"]]


@pytest.mark.parametrize(
    ("wanted", "ours", "same"),
    [
        ("M 31", "M 31", True),
        ("3.83290685323", "3.8329068532300647", True),
        ("371.718371962", "371.7183719620001", True),
        ("-4.09872352783", "-4.098723527834", True),
        ("0.0", "0.0", True),
        ("0.0", "0.4", False),
        ("3.83290685323", "3.83290685323999", False),
        ("4", "4.3", False),
        ("4.5", "--", False),
        ("1e5", "2e5", False),
    ],
)
def test_numbers_agree_in_the_digits_that_are_printed(wanted: str, ours: str, same: bool) -> None:
    assert same_text(wanted, ours) is same


TABLE = """\
 name   ... size
------- ... ----
M 31 NE ...   12
      b ...   13
""".splitlines()


def test_a_printed_table_is_cut_into_cells() -> None:
    assert [row.cells for row in rows_of(TABLE)] == [
        {"name": "name", "size": "size"},
        {"name": "M 31 NE", "size": "12"},
        {"name": "b", "size": "13"},
    ]


def test_what_may_differ_is_told_apart_from_what_may_not() -> None:
    ours = [line.replace("13", "99").replace("12", "-1") for line in TABLE]

    head, first, second = compare(TABLE, ours)

    assert head.agrees
    assert first.faults == ("size: '12' is '-1'",)
    assert (second.excused, second.faults) == (("the sample's files have sizes of their own",), ())


def test_missing_and_additional_rows_are_faults() -> None:
    assert [row.faults for row in compare(TABLE, TABLE[:3])][-1] == ("is missing",)
    assert [row.faults for row in compare(TABLE[:3], TABLE)][-1] == ("more than the guide",)


def test_an_error_below_a_table_is_a_fault_of_its_own() -> None:
    compared = compare(TABLE, [*TABLE, "Traceback (most recent call last):", "ValueError: no"])

    assert [row.agrees for row in compared] == [True, True, True, False, False]


def test_only_warnings_about_the_call_may_be_added() -> None:
    assert not compare([], ["WARNING: InputWarning: Coordinates are taken as degrees."])
    assert compare([], ["WARNING: NoResultsWarning: Query returned no results."])[0].faults
