"""The table of dialects answers for each dialect and is complete."""

from __future__ import annotations

from typing import Any

import pytest

from topmast.config.dialects import DIALECT_DIFFERENCES, choice


class Speaker:
    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def setting(self, name: str) -> Any:
        return {"dialect": self.dialect}[name]


@pytest.mark.parametrize("dialect", ["guide", "astroquery"])
def test_every_difference_has_a_value_in_each_dialect(dialect: str) -> None:
    for difference in DIALECT_DIFFERENCES:
        assert choice(Speaker(dialect), difference.name) == getattr(difference, dialect)


def test_the_pre_release_answers_as_the_release_but_for_some() -> None:
    changed = {
        each.name: choice(Speaker("next"), each.name)
        for each in DIALECT_DIFFERENCES
        if choice(Speaker("next"), each.name) != each.astroquery
    }
    assert changed == {
        "gaia_version": 3,
        "missions_need_criteria": False,
        "any_letter_case": True,
        "cloud_first": False,
    }


def test_every_difference_is_one() -> None:
    for difference in DIALECT_DIFFERENCES:
        assert difference.guide != difference.astroquery
        assert difference.guide_text != difference.astroquery_text


def test_no_difference_is_listed_twice() -> None:
    names = [difference.name for difference in DIALECT_DIFFERENCES]
    assert len(set(names)) == len(names)
