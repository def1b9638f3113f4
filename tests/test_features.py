"""features.md says what the code of astroquery and topmast says."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.peer
@pytest.mark.skipif(importlib.util.find_spec("astroquery") is None, reason="needs astroquery")
def test_the_page_is_what_the_code_says_today() -> None:
    # In a process of its own: tests of the drop-in leave half an astroquery behind.
    words = [sys.executable, str(DOCS / "write_features.py"), "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_nothing_of_astroquery_is_missing_without_a_reason() -> None:
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    assert "not yet" not in text
    assert text.count("| yes |") > 100
