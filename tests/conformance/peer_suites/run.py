"""Run a test suite of astroquery 0.4.11 and write down how each test ended.

``python -m tests.conformance.peer_suites.run own REPORT`` runs its test_mast.py with topmast in
the place of `astroquery.mast`, asking a local server that has the answers of that suite.

``python -m tests.conformance.peer_suites.run remote REPORT SERVER`` runs its test_mast_remote.py,
client and all, against a `topmast serve`.

Both need an interpreter that has astroquery 0.4.11, pytest below 9.2, pytest-remotedata,
pytest-timeout, and, for the first, topmast. Nothing of the suites is changed or kept.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import re
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conformance.peer_suites.replay import replaying

__all__ = ["main"]

QUIET = ["-q", "-p", "no:cacheprovider", "--timeout=120", "--tb=short", "-W", "default"]


class Outcomes:
    """Remembers how each test ended."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, str]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        name = report.nodeid.rpartition("::")[2]
        if report.when == "call" or report.outcome != "passed":
            why = str(report.longrepr).strip().rpartition("\n")[2] if report.failed else ""
            self.found.setdefault(name, {"outcome": report.outcome, "why": why})


class Replaced:
    """In the place of the fixture that patches astroquery's private functions: a local server."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.private: list[str] = []

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        from topmast import conf
        from topmast.net.messages import Answer

        module = items[0].module
        folder = Path(module.__file__).parent / "data"
        server = self._stack.enter_context(replaying(folder, module.DATA_FILES))
        conf.server = conf.catalogs_server = server
        module.MockResponse = Answer  # what the suite calls an answer that is not read yet
        self.private = [item.name for item in items if uses_private_names(item.function)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
        if fixturedef.argname != "patch_post":
            return None
        value = request.getfixturevalue("monkeypatch")
        fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
        return value

    def pytest_unconfigure(self) -> None:
        self._stack.close()


def uses_private_names(test: Callable[..., Any]) -> bool:
    """Whether a test looks at names with an underscore, or at the objects of its own patches."""
    source = textwrap.dedent(inspect.getsource(test))
    return re.search(r"\b_[a-z]|\bMockResponse\b", source) is not None


def run_own() -> dict[str, Any]:
    """The suite for use without a network, on topmast."""
    folder = Path(tempfile.mkdtemp())
    suite = Path(importlib.util.find_spec("astroquery").origin).parent / "mast" / "tests"
    shutil.copy(suite / "test_mast.py", folder)
    shutil.copytree(suite / "data", folder / "data")
    stand_in()
    os.chdir(folder)
    outcomes, replaced = Outcomes(), Replaced()
    options = [*QUIET, f"--rootdir={folder}", f"--confcutdir={folder}"]
    pytest.main([*options, str(folder / "test_mast.py")], plugins=[outcomes, replaced])
    shutil.rmtree(folder)
    return {"tests": outcomes.found, "private": replaced.private}


def stand_in() -> None:
    """Let `astroquery.mast` be topmast, and let the suite import the private name it starts with.

    The one test that calls it counts among those that use private names.
    """
    import topmast

    topmast.install_as_astroquery()
    services = ModuleType("astroquery.mast.services")
    services._json_to_table = None
    sys.modules[services.__name__] = services


def run_remote(server: str) -> dict[str, Any]:
    """The suite for the real MAST, with the unmodified client, on a server of topmast."""
    home = Path(tempfile.mkdtemp())
    (home / "astropy").mkdir()
    settings = f"[mast]\nserver = {server}\ncatalogs_server = {server}\n"
    (home / "astropy" / "astroquery.cfg").write_text(settings)
    os.environ |= {"XDG_CONFIG_HOME": str(home), "http_proxy": server, "no_proxy": "127.0.0.1"}
    os.chdir(home)
    outcomes = Outcomes()
    options = [*QUIET, f"--rootdir={home}", "--remote-data=any", "--pyargs"]
    pytest.main([*options, "astroquery.mast.tests.test_mast_remote"], plugins=[outcomes])
    return {"tests": outcomes.found}


def main() -> None:
    """Run the suite that is named and write the report."""
    which, report, *rest = sys.argv[1:]
    target = Path(report).absolute()
    found = {"own": run_own, "remote": run_remote}[which](*rest)
    found["astroquery"] = importlib.import_module("astroquery").__version__
    target.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
