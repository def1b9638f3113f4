"""The documentation lists the attacks that are tried, and no others."""

from __future__ import annotations

from tests.security.table import HEADINGS, HERE, PAGE, attacks, page


def test_the_documented_table_is_that_of_the_tests() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "Run: python -m tests.security.table"


def test_at_least_thirty_attacks_are_tried_and_described() -> None:
    found = [attack for name in HEADINGS for attack in attacks(HERE / name)]
    assert len(found) >= 30
    assert all(what.endswith(".") for what, _ in found)
    files = {path.name for path in HERE.glob("test_*.py")} - {"test_table.py"}
    assert files == set(HEADINGS)
