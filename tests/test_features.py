"""features.md says what the code of astroquery and topmast says."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(importlib.util.find_spec("astroquery") is None, reason="needs astroquery"),
]


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_features", DOCS / "write_features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_code_says_today(writer: ModuleType) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = writer.features()
    assert (DOCS / "features.md").read_text(encoding="utf-8") == text, (
        "python docs/write_features.py"
    )


def test_no_reason_is_given_for_what_is_there_and_nothing_promised_is_missing(
    writer: ModuleType,
) -> None:
    assert list(writer.unused()) == []


def test_nothing_of_astroquery_is_missing_without_a_reason(writer: ModuleType) -> None:
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    assert "not yet" not in text
    assert text.count("| yes |") > 100
