"""Run a script with astroquery or with topmast and write down what its public calls give.

``python recording.py astroquery|topmast RECORD SCRIPT [ARGS]``. This file is run by interpreters
that may not have topmast, so it imports nothing of it but the stand-in it is asked for.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import math
import os
import runpy
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

UNRECORDED = {"login", "logout", "get_token", "enable_cloud_dataset", "disable_cloud_dataset"}
"""Calls whose results are secrets or nothing."""

PRIVATE = (DeprecationWarning, PendingDeprecationWarning, ResourceWarning)
"""Warnings to those who write a package, not to those who use it."""

Call = dict[str, Any]


def main() -> None:
    """Make the script's world, watch the public methods, run it."""
    package, record, script, *arguments = sys.argv[1:]
    sys.path[0] = os.path.dirname(script)
    sys.argv = [script, *arguments]
    if package == "topmast":
        importlib.import_module("topmast").install_as_astroquery()
    calls: list[Call] = []
    watch(importlib.import_module("astroquery.mast"), calls)
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        with open(record, "w", encoding="utf-8") as file:
            json.dump(calls, file)


def watch(module: Any, calls: list[Call]) -> None:
    """Let every public method of the module's classes write down what it gives."""
    busy = threading.local()
    for kind in classes_of(module):
        for name, raw in public_methods(kind):
            title = f"{kind.__name__.removesuffix('Class')}.{name}"
            setattr(kind, name, watched(raw, title, calls, busy))


def classes_of(module: Any) -> list[type]:
    found = [value for name, value in vars(module).items() if name.endswith("Class")]
    return [value for value in found if isinstance(value, type)]


def public_methods(kind: type) -> Iterator[tuple[str, Any]]:
    for name in dir(kind):
        raw = inspect.getattr_static(kind, name)
        is_method = inspect.isfunction(raw) or inspect.isfunction(function_of(raw))
        if not name.startswith("_") and name not in UNRECORDED and is_method:
            yield name, raw


def function_of(raw: Any) -> Any:
    """The function inside a method that works on the class and on an instance."""
    return next((getattr(raw, name) for name in ("fn", "_function") if hasattr(raw, name)), None)


def watched(raw: Any, title: str, calls: list[Call], busy: threading.local) -> Any:
    function = raw if inspect.isfunction(raw) else function_of(raw)
    recording = recorded(function, title, calls, busy)
    return recording if function is raw else type(raw)(recording)


def recorded(
    function: Callable[..., Any], title: str, calls: list[Call], busy: threading.local
) -> Callable[..., Any]:
    """The function, writing down each call that is not made by another one."""
    given_warnings: dict[Any, Any] = {}

    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        if getattr(busy, "now", False):
            return function(*given, **named)
        busy.now = True
        made: Call = {"name": title, "arguments": shown_arguments(given[1:], named)}
        try:
            with recorded_warnings(made, given_warnings):
                result = function(*given, **named)
            made["gives"] = plain(result)
        except Exception as problem:
            made["gives"] = {"kind": "raised", "type": type(problem).__name__, "text": str(problem)}
            raise
        finally:
            busy.now = False
            calls.append(made)
        return result

    return call


@contextmanager
def recorded_warnings(made: Call, given: dict[Any, Any]) -> Iterator[None]:
    """Write down the classes of the warnings of a block, and give them again after it.

    `given` remembers which have been shown, as Python does for each module.
    """
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        seen = {one.category for one in caught}
        made["warns"] = sorted(kind.__name__ for kind in seen if not issubclass(kind, PRIVATE))
        for one in caught:
            warnings.warn_explicit(
                one.message, one.category, one.filename, one.lineno, registry=given
            )


def shown_arguments(given: tuple[Any, ...], named: dict[str, Any]) -> str:
    words = [short(value) for value in given]
    words += [f"{name}={short(value)}" for name, value in named.items()]
    return ", ".join(words)


def short(value: Any) -> str:
    if hasattr(value, "colnames"):
        return f"<{type(value).__name__}>"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def plain(value: Any) -> Any:
    """What JSON can hold, equal for equal results of either package."""
    for matches, convert in CONVERSIONS:
        if matches(value):
            return convert(value)
    return {"kind": type(value).__name__}


def table(value: Any) -> Any:
    from astropy.table import Row, Table

    rows = Table(value) if isinstance(value, Row) else value
    return {"kind": "table", "columns": [column(rows[name]) for name in rows.colnames]}


def column(values: Any) -> Any:
    import numpy as np

    mask = np.ma.getmaskarray(values).tolist()
    cells = np.ma.getdata(values).tolist()
    kept = [None if out else plain(cell) for cell, out in zip(cells, mask, strict=True)]
    return {"name": values.name, "type": values.dtype.str, "values": kept}


def answer(value: Any) -> Any:
    try:
        content = value.json()
    except ValueError:
        content = value.text
    return {"kind": "answer", "status": value.status_code, "content": content}


def is_simple(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool, int))


CONVERSIONS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    (is_simple, lambda value: value),
    (
        lambda value: isinstance(value, float),
        lambda value: value if math.isfinite(value) else str(value),
    ),
    (lambda value: hasattr(value, "colnames"), table),
    (lambda value: hasattr(value, "status_code"), answer),
    (
        lambda value: hasattr(value, "icrs"),
        lambda value: {"kind": "position", "degrees": [value.icrs.ra.deg, value.icrs.dec.deg]},
    ),
    (
        lambda value: isinstance(value, dict),
        lambda value: {"kind": "dict", "items": {str(k): plain(v) for k, v in value.items()}},
    ),
    (
        lambda value: isinstance(value, (list, tuple)),
        lambda value: [plain(item) for item in value],
    ),
    (lambda value: hasattr(value, "item"), lambda value: plain(value.item())),
    (lambda value: isinstance(value, os.PathLike), lambda value: os.fspath(value)),
)


if __name__ == "__main__":
    main()
