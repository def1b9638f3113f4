"""Errors and warnings: what they are to others, and what of them survives a trip."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

from topmast import errors
from topmast.errors import MastWarning, NotAuthorizedError

ERRORS = [
    value for name in errors.__all__ if issubclass(value := getattr(errors, name), errors.MastError)
]


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_survives_pickle_with_its_attributes(kind: type[errors.MastError]) -> None:
    words = {"status_code": 503, "url": "http://x/y"}
    keywords = words if issubclass(kind, errors.HTTPStatusError) else {}
    error = kind("what happened", **keywords)
    error.add_note("a note")
    error.extra = [1]  # type: ignore[attr-defined]

    for back in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(back) is kind
        assert str(back) == "what happened"
        assert back.__dict__ == error.__dict__
        assert back.__notes__ == ["a note"]


def test_a_status_error_keeps_its_status_across_processes() -> None:
    error = NotAuthorizedError("no", status_code=401, url="http://x")

    back = pickle.loads(pickle.dumps(error))

    assert (back.status_code, back.url) == (401, "http://x")


def test_warnings_are_those_of_astropy_too_once_it_is_loaded() -> None:
    from astropy.utils.exceptions import AstropyWarning

    errors.make_astropy_warnings()

    assert issubclass(MastWarning, AstropyWarning)
    assert issubclass(errors.NoResultsWarning, AstropyWarning)


def test_a_filter_on_astropys_warnings_meets_ours() -> None:
    code = (
        "import warnings; from topmast.errors import NoResultsWarning, warn\n"
        "from astropy.utils.exceptions import AstropyWarning\n"
        "warnings.simplefilter('error', AstropyWarning)\n"
        "try:\n    warn('none', NoResultsWarning)\n"
        "except AstropyWarning as warning:\n    print(type(warning).__name__, warning)\n"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == "NoResultsWarning none\n"


def test_the_errors_load_neither_astropy_nor_numpy() -> None:
    code = "import sys, topmast.errors; print({'astropy', 'numpy'} & set(sys.modules))"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout == "set()\n"
