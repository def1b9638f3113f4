"""Public calls are written down as plain values, the same for both packages."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, Table

from topmast.astroquery.compare import recording
from topmast.errors import InputWarning, NoResultsWarning
from topmast.services.methods import Method


class SurveyClass:
    """Stands for a class of astroquery.mast."""

    @classmethod
    def _shared(cls) -> SurveyClass:
        return cls()

    def query(self, number: int) -> int:
        return self.helper(number) + 1

    def helper(self, number: int) -> int:
        if number < 0:
            raise ValueError("below zero")
        if number == 13:
            warnings.warn("thirteen", InputWarning, stacklevel=2)
        return number

    @Method
    def anywhere(self) -> str:
        return type(self).__name__

    def _private(self) -> None:
        return

    def login(self, token: str) -> str:
        return token


def watched() -> tuple[Any, list[dict[str, Any]]]:
    kind = type("SurveyClass", (SurveyClass,), {})
    calls: list[dict[str, Any]] = []
    recording.watch(SimpleNamespace(SurveyClass=kind, Survey=kind(), other=3), calls)
    return kind, calls


def test_the_outermost_call_is_written_down() -> None:
    survey, calls = watched()

    assert survey().query(number=2) == 3
    assert calls == [{"name": "Survey.query", "arguments": "number=2", "gives": 3, "warns": []}]


def test_a_call_on_the_class_is_written_down() -> None:
    survey, calls = watched()

    assert survey.anywhere() == "SurveyClass"
    assert [call["gives"] for call in calls] == ["SurveyClass"]


def test_an_error_is_written_down_and_raised() -> None:
    survey, calls = watched()

    with pytest.raises(ValueError, match="below zero"):
        survey().helper(-1)
    assert calls[0]["gives"] == {"kind": "raised", "type": "ValueError", "text": "below zero"}
    assert survey().query(1) == 2


def test_a_warning_is_written_down_and_given() -> None:
    survey, calls = watched()

    with pytest.warns(InputWarning, match="thirteen"):
        assert survey().query(13) == 14
    assert calls[0]["warns"] == ["InputWarning"]


def test_a_warning_that_the_script_made_an_error_is_raised() -> None:
    survey, calls = watched()

    with pytest.raises(InputWarning, match="thirteen"):
        survey().query(13)
    assert calls[0]["gives"]["type"] == "InputWarning"


def test_private_methods_and_secrets_are_left_alone() -> None:
    survey, calls = watched()

    survey()._private()
    survey().login("secret")
    assert calls == []


def test_a_table_becomes_columns_with_types_and_gaps() -> None:
    column = MaskedColumn([1.5, np.nan, 2.0], mask=[False, False, True])
    table = Table({"x": column, "name": ["a", "b", "c"]})

    assert recording.plain(table) == {
        "kind": "table",
        "columns": [
            {"name": "x", "type": "<f8", "values": [1.5, "nan", None]},
            {"name": "name", "type": "<U1", "values": ["a", "b", "c"]},
        ],
    }
    assert recording.plain(table[0])["columns"][0]["values"] == [1.5]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        ("x", "x"),
        (np.int64(3), 3),
        (float("inf"), "inf"),
        (("a", None), ["a", None]),
        ({"M8": SkyCoord(1, 2, unit="deg")},
         {"kind": "dict", "items": {"M8": {"kind": "position", "degrees": [1.0, 2.0]}}}),
        (Path("a") / "b", str(Path("a") / "b")),
        (object(), {"kind": "object"}),
    ],
)  # fmt: skip
def test_values_become_plain(value: Any, plain: Any) -> None:
    assert recording.plain(value) == plain


def test_an_answer_is_told_by_its_status_and_content() -> None:
    good = SimpleNamespace(status_code=200, json=lambda: {"a": 1})

    assert recording.plain([good]) == [{"kind": "answer", "status": 200, "content": {"a": 1}}]


def test_long_arguments_are_cut() -> None:
    shown = recording.shown_arguments((Table({"a": [1]}), list(range(100))), {"radius": 2})

    assert shown.startswith("<Table>, [0, 1, 2")
    assert shown.endswith("..., radius=2")


def test_warnings_to_developers_are_not_written_down() -> None:
    made: dict[str, Any] = {}

    def careless() -> None:
        with recording.recorded_warnings(made, {}):
            warnings.warn("nothing", NoResultsWarning, stacklevel=1)
            warnings.warn("old", DeprecationWarning, stacklevel=1)

    with pytest.warns(NoResultsWarning), pytest.deprecated_call():
        careless()
    assert made["warns"] == ["NoResultsWarning"]
