"""Importing topmast is light, and its names come when they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import topmast
from topmast.client import default_client


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_topmast_loads_nothing_but_itself() -> None:
    code = "import sys, topmast; print(*sorted(n for n in sys.modules if n.startswith('topmast')))"
    assert python(code) == "topmast topmast.version"


def test_the_ready_made_parts_share_one_session() -> None:
    session = default_client().session
    assert topmast.Observations._session is topmast.Mast._session is session
    assert topmast.Observations is topmast.Observations


@pytest.mark.parametrize(
    "first",
    ["import topmast.client", "from topmast.client import Client", "from topmast import connect"],
)
def test_connect_can_be_called_whatever_was_imported_first(first: str) -> None:
    code = f"import topmast; {first}; print(topmast.connect('http://127.0.0.1:9'))"
    assert python(code) == "<Client of http://127.0.0.1:9>"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="No topmast attribute Observatons"):
        topmast.Observatons  # type: ignore[attr-defined]  # noqa: B018


def test_the_ready_made_parts_follow_the_setting_at_run_time() -> None:
    for server in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
        topmast.conf.server = server
        assert topmast.Observations._session.servers.portal == server
