"""Run examples as the guide has them, with topmast in the place of astroquery, and keep what shows.

As a program, ``python -m tests.conformance.guide_run WHERE``, it does so in an interpreter of its
own, and writes JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
import warnings
from collections.abc import Iterator
from typing import Any

from tests.conformance.guide import Example, read_examples

__all__ = ["Shown", "has_all_parts", "run"]

Shown = list[str]
"""The lines that an example printed; a warning or an error is one of them."""


def run(examples: list[Example], where: str) -> list[Shown]:
    """What each example shows, asked of a server or of the archive in a folder.

    The files of downloads go to the current folder, as the guide says.
    """
    import topmast

    for name in [name for name in sys.modules if name.startswith("astroquery.mast")]:
        del sys.modules[name]  # another test of this process may have asked the real one
    topmast.install_as_astroquery(dialect="guide")
    try:
        with topmast.conf.set_temp("server", where):
            names: dict[str, Any] = {}
            return [_shown(example, names) for example in examples]
    finally:
        topmast.uninstall_as_astroquery()


def has_all_parts(example: Example) -> bool:
    """Whether topmast has every method that the statements name."""
    import topmast

    return all(
        hasattr(getattr(topmast, name, None), method) for name, method in example.methods_named()
    )


def _shown(example: Example, names: dict[str, Any]) -> Shown:
    printed = io.StringIO()
    with _warnings_into(printed), contextlib.redirect_stdout(printed):
        try:
            for statement in example.statements:
                exec(compile(statement, f"guide.rst:{example.line}", "exec"), names)
        except Exception:
            printed.write(traceback.format_exc())
    return [line.rstrip() for line in printed.getvalue().splitlines() if line.strip()]


@contextlib.contextmanager
def _warnings_into(printed: io.StringIO) -> Iterator[None]:
    """Write warnings as astropy's logger does."""

    def write(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        printed.write(f"WARNING: {category.__name__}: {message}\n")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = write
        yield


if __name__ == "__main__":
    ready = [example for example in read_examples() if has_all_parts(example)]
    shown = run(ready, sys.argv[1])
    mast = sys.modules.get("astroquery")
    json.dump({"astroquery": getattr(mast, "__version__", None), "shown": shown}, sys.stdout)
