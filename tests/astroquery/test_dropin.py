"""topmast under the name of astroquery.mast, with and without astroquery."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import topmast
from topmast import errors
from topmast.astroquery import utils as astroquery_utils
from topmast.config import conf

FAKE_EXCEPTIONS = """
from astropy.utils.exceptions import AstropyWarning
__all__ = ["RemoteServiceError", "TimeoutError", "EmptyResponseError", "NoResultsWarning",
           "OnlyTheirsError"]
class RemoteServiceError(Exception): pass
class TimeoutError(Exception): pass
class EmptyResponseError(ValueError): pass
class NoResultsWarning(AstropyWarning): pass
class OnlyTheirsError(Exception): pass
"""
FAKE_SERVICE = """
from ..exceptions import RemoteServiceError, TimeoutError
def fail(): raise RemoteServiceError("from the other module")
"""


def forget_astroquery() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "astroquery"]:
        del sys.modules[name]


@pytest.fixture
def without_astroquery(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An interpreter that has no astroquery, wherever the tests run."""

    class Hides:
        def find_spec(self, name: str, *_: Any) -> None:
            if name.split(".")[0] == "astroquery":
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    kept = {name: module for name, module in sys.modules.items() if name.startswith("astroquery")}
    forget_astroquery()
    monkeypatch.setattr(sys, "meta_path", [Hides(), *sys.meta_path])
    yield
    topmast.uninstall_as_astroquery()
    forget_astroquery()
    sys.modules.update(kept)


@pytest.fixture
def with_astroquery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small package that is built as astroquery is."""
    files = {
        "__init__.py": "__version__ = '0.4.11'",
        "exceptions.py": FAKE_EXCEPTIONS,
        "simbad/__init__.py": FAKE_SERVICE,
        "mast/__init__.py": "Observations = 'the real one'\nfrom . import utils\nNEW = 1",
        "mast/utils.py": "from ..exceptions import RemoteServiceError\n_private = 'theirs'",
        "mast/deep.py": "from . import Observations\nfrom .utils import _private",
    }
    for name, text in files.items():
        path = tmp_path / "astroquery" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    kept = {name: module for name, module in sys.modules.items() if name.startswith("astroquery")}
    forget_astroquery()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    topmast.uninstall_as_astroquery()
    forget_astroquery()
    sys.modules.update(kept)


def imported(name: str) -> ModuleType:
    return importlib.import_module(name)


@pytest.mark.usefixtures("without_astroquery")
class TestWithoutAstroquery:
    def test_the_names_of_astroquery_mast_are_topmasts(self) -> None:
        topmast.install_as_astroquery()

        from astroquery.mast import Mast, MastClass, Observations, ObservationsClass

        assert Observations is topmast.Observations
        assert ObservationsClass is topmast.ObservationsClass
        assert (Mast, MastClass) == (topmast.Mast, topmast.MastClass)

    def test_every_way_to_import_gives_the_same_module(self) -> None:
        topmast.install_as_astroquery()

        import astroquery.mast
        import astroquery.mast as aliased

        from astroquery import mast

        assert astroquery.mast is aliased is mast is sys.modules["astroquery.mast"]

    def test_a_star_import_brings_the_ready_instances(self) -> None:
        topmast.install_as_astroquery()
        names: dict[str, Any] = {}

        exec("from astroquery.mast import *", names)

        assert names["Observations"] is topmast.Observations
        assert names["conf"] is conf

    def test_the_exceptions_are_topmasts(self) -> None:
        topmast.install_as_astroquery()

        from astroquery.exceptions import InvalidQueryError, NoResultsWarning

        assert InvalidQueryError is errors.InvalidQueryError
        assert NoResultsWarning is errors.NoResultsWarning

    def test_the_utilities_are_a_module_that_can_be_imported(self) -> None:
        topmast.install_as_astroquery()

        from astroquery.mast import utils

        assert utils is imported("astroquery.mast.utils")
        assert utils.resolve_object is astroquery_utils.resolve_object
        assert set(astroquery_utils.__all__) <= set(dir(utils))

    def test_reloading_a_module_keeps_it_topmasts(self) -> None:
        topmast.install_as_astroquery()

        import astroquery.mast

        del astroquery.mast.Observations
        again = importlib.reload(astroquery.mast)

        assert again.Observations is topmast.Observations

    def test_another_module_of_astroquery_is_not_there(self) -> None:
        topmast.install_as_astroquery()

        with pytest.raises(ModuleNotFoundError, match=r"astroquery\.simbad"):
            imported("astroquery.simbad")

    def test_the_package_tells_its_version_and_that_it_is_topmast(self) -> None:
        topmast.install_as_astroquery()

        assert imported("astroquery").__version__.startswith("0.4.11+topmast")

    @pytest.mark.parametrize(
        ("statement", "name"),
        [
            ("import astroquery.mast.core", "astroquery.mast.core"),
            ("from astroquery.mast import auth", "astroquery.mast.auth"),
            ("from astroquery.mast import Roman", "astroquery.mast.Roman"),
            ("from astroquery.mast.utils import _private", "astroquery.mast.utils._private"),
        ],
    )
    def test_what_topmast_lacks_is_an_import_error_with_a_way_out(
        self, statement: str, name: str
    ) -> None:
        topmast.install_as_astroquery()

        with pytest.raises(ImportError) as raised:
            exec(statement)

        assert str(raised.value) == (
            f"{name} is not in topmast yet. Please report it; with `pip install astroquery`, "
            "topmast takes from astroquery what it lacks."
        )

    def test_a_name_that_is_nowhere_is_an_attribute_error(self) -> None:
        topmast.install_as_astroquery()

        with pytest.raises(AttributeError, match=r"'astroquery\.mast' has no attribute 'Roman'"):
            imported("astroquery.mast").Roman  # noqa: B018

    def test_undoing_it_leaves_nothing_behind(self) -> None:
        finders = list(sys.meta_path)
        topmast.install_as_astroquery()

        topmast.uninstall_as_astroquery()

        assert not [name for name in sys.modules if name.startswith("astroquery")]
        assert sys.meta_path == finders
        with pytest.raises(ModuleNotFoundError):
            imported("astroquery.mast")


@pytest.mark.usefixtures("with_astroquery")
class TestWithAstroquery:
    def test_mast_is_topmasts_and_the_rest_is_astroquerys(self) -> None:
        topmast.install_as_astroquery()

        from astroquery import mast, simbad

        assert mast.Observations is topmast.Observations
        assert simbad.fail.__module__ == "astroquery.simbad"
        assert imported("astroquery").__version__ == "0.4.11"

    def test_a_name_that_topmast_lacks_stays_the_real_one(self) -> None:
        topmast.install_as_astroquery()

        from astroquery import exceptions

        assert exceptions.OnlyTheirsError.__module__ == "astroquery.exceptions"
        assert exceptions.RemoteServiceError is errors.RemoteServiceError

    def test_a_module_imported_later_raises_topmasts_errors(self) -> None:
        topmast.install_as_astroquery()

        with pytest.raises(errors.RemoteServiceError, match="from the other module"):
            imported("astroquery.simbad").fail()

    def test_a_module_imported_earlier_raises_topmasts_errors(self) -> None:
        simbad = imported("astroquery.simbad")

        topmast.install_as_astroquery()

        with pytest.raises(errors.RemoteServiceError, match="from the other module"):
            simbad.fail()

    @pytest.mark.parametrize("name", ["RemoteServiceError", "TimeoutError", "EmptyResponseError"])
    def test_an_except_clause_written_earlier_catches_topmasts_errors(self, name: str) -> None:
        theirs = getattr(imported("astroquery.exceptions"), name)

        topmast.install_as_astroquery()

        with pytest.raises(theirs):
            raise getattr(errors, name)("from topmast")

    def test_an_earlier_except_clause_catches_the_special_cases_too(self) -> None:
        theirs = imported("astroquery.exceptions").RemoteServiceError

        topmast.install_as_astroquery()

        assert issubclass(errors.UnreachableError, theirs)
        assert issubclass(errors.NotAuthorizedError, theirs)

    def test_a_filter_for_their_warning_meets_topmasts(self) -> None:
        theirs = imported("astroquery.exceptions").NoResultsWarning

        topmast.install_as_astroquery()

        assert issubclass(errors.NoResultsWarning, theirs)

    def test_mast_imported_too_early_is_replaced_and_said(self) -> None:
        early = imported("astroquery.mast")

        with pytest.warns(errors.InputWarning, match=r"Call install_as_astroquery\(\) first"):
            topmast.install_as_astroquery()

        assert imported("astroquery.mast") is not early
        assert imported("astroquery").mast.Observations is topmast.Observations

    def test_undoing_it_brings_the_real_ones_back(self) -> None:
        early, simbad = imported("astroquery.mast"), imported("astroquery.simbad")
        real = imported("astroquery.exceptions")
        bases = errors.RemoteServiceError.__bases__
        with pytest.warns(errors.InputWarning):
            topmast.install_as_astroquery()

        topmast.uninstall_as_astroquery()

        assert imported("astroquery.mast") is early is imported("astroquery").mast
        assert imported("astroquery.mast.utils") is early.utils
        assert imported("astroquery.exceptions") is real
        assert errors.RemoteServiceError.__bases__ == bases
        with pytest.raises(real.RemoteServiceError):
            simbad.fail()
        assert not issubclass(errors.RemoteServiceError, real.RemoteServiceError)

    def test_what_was_imported_meanwhile_is_the_real_thing_after_the_undo(self) -> None:
        topmast.install_as_astroquery()
        simbad = imported("astroquery.simbad")

        topmast.uninstall_as_astroquery()

        assert imported("astroquery.mast").Observations == "the real one"
        with pytest.raises(imported("astroquery.exceptions").RemoteServiceError):
            simbad.fail()

    def test_a_module_of_mast_that_topmast_lacks_is_theirs_and_works_with_topmasts(self) -> None:
        topmast.install_as_astroquery()

        from astroquery.mast import deep

        assert deep.Observations is topmast.Observations
        assert deep._private == "theirs"

    def test_a_name_of_mast_that_topmast_lacks_is_theirs(self) -> None:
        topmast.install_as_astroquery()

        from astroquery.mast import NEW, Observations, utils
        from astroquery.mast.utils import _private

        assert (NEW, _private, utils._private) == (1, "theirs", "theirs")
        assert Observations is topmast.Observations
        assert utils.RemoteServiceError is errors.RemoteServiceError

    def test_what_neither_has_is_an_import_error_that_says_so(self) -> None:
        topmast.install_as_astroquery()

        with pytest.raises(
            ImportError, match=r"mast\.nope is not in topmast yet, and the installed"
        ):
            imported("astroquery.mast.nope")
        with pytest.raises(
            ImportError, match=r"mast\.Nope is not in topmast yet, and the installed"
        ):
            exec("from astroquery.mast import Nope")
        assert not hasattr(imported("astroquery.mast"), "Nope")

    def test_what_was_handed_on_is_forgotten_with_the_undo(self) -> None:
        topmast.install_as_astroquery()
        handed_on = imported("astroquery.mast.deep")

        topmast.uninstall_as_astroquery()

        again = imported("astroquery.mast.deep")
        assert again is not handed_on
        assert again.Observations == "the real one"


@pytest.mark.usefixtures("without_astroquery")
class TestDialect:
    def test_it_is_that_of_astroquery_unless_the_guides_is_asked_for(self) -> None:
        topmast.install_as_astroquery()
        assert conf.dialect == "astroquery"

        topmast.install_as_astroquery(dialect="guide")
        assert conf.dialect == "guide"

    def test_the_pre_releases_filters_in_any_letter_case(self) -> None:
        from astropy.table import Table

        products = Table({"productFilename": ["a.fits"], "productType": ["SCIENCE"]})
        found = {}
        for dialect in ("astroquery", "next"):
            topmast.install_as_astroquery(dialect)
            mast = importlib.import_module("astroquery.mast")
            kept = mast.Observations.filter_products(products, productType="science")
            found[dialect] = len(kept)
        assert found == {"astroquery": 0, "next": 1}

    def test_an_unknown_one_is_refused_and_nothing_is_installed(self) -> None:
        with pytest.raises(
            ValueError, match="dialect is 'guide' or 'astroquery' or 'next', not 'french'"
        ):
            topmast.install_as_astroquery("french")

        assert "astroquery.mast" not in sys.modules

    def test_the_one_set_before_returns_with_the_undo(self) -> None:
        conf.dialect = "astroquery"
        topmast.install_as_astroquery(dialect="guide")

        topmast.uninstall_as_astroquery()

        assert conf.dialect == "astroquery"

    def test_undoing_twice_or_without_reason_is_nothing(self) -> None:
        topmast.uninstall_as_astroquery()
        topmast.uninstall_as_astroquery()

        assert conf.dialect == "guide"


@pytest.mark.peer
@pytest.mark.skipif(find_spec("astroquery") is None, reason="astroquery is not installed")
def test_the_real_astroquery_keeps_its_other_modules() -> None:
    script = """
        import astroquery.exceptions as before
        import topmast
        topmast.install_as_astroquery()
        from astroquery.mast import Observations
        from astroquery.exceptions import InvalidQueryError, RemoteServiceError
        from astroquery.simbad import Simbad
        import astroquery.simbad.core, astroquery.query
        assert Observations is topmast.Observations
        assert InvalidQueryError is topmast.InvalidQueryError
        assert Simbad.__class__.__module__.startswith("astroquery.simbad")
        from astroquery.mast.core import MastQueryWithLogin
        from astroquery.mast.discovery_portal import PortalAPI
        from astroquery.mast.utils import _simple_request
        assert MastQueryWithLogin.__module__ == "astroquery.mast.core"
        assert PortalAPI.__module__ == "astroquery.mast.discovery_portal"
        topmast.uninstall_as_astroquery()
        import astroquery.mast
        assert astroquery.mast.Observations.__class__.__module__.startswith("astroquery.mast")
        print("fine")
    """

    answer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )

    assert answer.stdout == "fine\n", answer.stderr
