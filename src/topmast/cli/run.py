"""Run a script or a module with topmast in the place of `astroquery.mast`: `topmast run`.

What Python does for ``python SCRIPT`` and ``python -m MODULE`` is done here in the same way:
`sys.argv`, ``sys.path[0]``, ``__main__`` and the exit code; a traceback starts in the script.
From there on the process belongs to the script, so nothing is put back at the end.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import pkgutil
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any

import click

from topmast.astroquery.dropin import install_as_astroquery
from topmast.cli.errors import DONE, FAILED, INTERRUPTED, MISUSED, tell
from topmast.cli.settings import common_options, current
from topmast.config import conf


class NotRunnable(Exception):
    """There is no such script or module."""


@click.command(
    short_help="Run a script written for astroquery.mast.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@common_options
@click.option("-m", "as_module", is_flag=True, help="What follows is a module, as in python -m.")
@click.option(
    "--dialect",
    type=click.Choice(["astroquery", "next", "guide"]),
    default="astroquery",
    show_default=True,
    help="Whose answers to give where astroquery, its pre-release and its guide differ.",
)
@click.argument("target", metavar="SCRIPT|MODULE")
@click.argument("arguments", metavar="[ARGS]...", nargs=-1, type=click.UNPROCESSED)
def run(as_module: bool, dialect: str, target: str, arguments: tuple[str, ...]) -> int:
    """Run a script written for astroquery.mast, as python would, with topmast in its place.

    \b
    topmast run old_script.py M101 --plot
    topmast run --archive ~/mast-archive -m my_package.pipeline 2015

    The script finds topmast under the name astroquery.mast, whether astroquery is installed or
    not. Options of topmast stand before SCRIPT; everything after it belongs to the script.
    """
    _set_archive()
    install_as_astroquery(dialect)
    return _run(target, arguments, as_module)


def _set_archive() -> None:
    """Point the ready-made instances at --archive, wherever the script may wander."""
    settings = current()
    if settings.archive is not None:
        is_url = "://" in settings.archive
        conf.server = settings.archive if is_url else Path(settings.archive).expanduser().absolute()
    if settings.timeout is not None:
        conf.timeout = settings.timeout


def _run(target: str, arguments: tuple[str, ...], as_module: bool) -> int:
    sys.argv = ["-m" if as_module else target, *arguments]
    try:
        code = _find_module(target) if as_module else _find_script(target)
        exec(code, vars(sys.modules["__main__"]))
    except NotRunnable as error:
        tell(f"topmast run: {error}")
        return FAILED if as_module else MISUSED
    except Exception as error:
        _show(error)
        return FAILED
    except KeyboardInterrupt as error:
        _show(error)
        return INTERRUPTED
    return DONE


def _find_script(path: str) -> CodeType:
    """Make ``__main__`` for a file, or for a folder or zip file that holds ``__main__.py``."""
    full = os.path.abspath(path)
    importer = pkgutil.get_importer(full)
    if importer is not None and hasattr(importer, "find_spec"):
        _set_first_path(full)
        return _code_of(importer.find_spec("__main__"), f"no __main__ module in {path!r}", "")
    loader = SourceFileLoader("__main__", full)
    try:
        source = loader.get_data(full)
    except OSError as problem:
        raise NotRunnable(f"can't open file {full!r}: {problem.strerror}") from problem
    _set_first_path(os.path.dirname(os.path.realpath(path)))
    _make_main(__file__=full, __loader__=loader)
    return loader.source_to_code(source, full)


def _find_module(name: str) -> CodeType:
    """Make ``__main__`` for a module, or for the ``__main__`` of a package."""
    _set_first_path(os.getcwd())
    spec = _spec_of(name)
    if spec is not None and spec.submodule_search_locations is not None:
        inside = f"{name}.__main__"
        missing = f"No module named {inside}; {name!r} is a package and cannot be executed"
        code = _code_of(_spec_of(inside), missing, name)
    else:
        code = _code_of(spec, f"No module named {name}", name.rpartition(".")[0])
    sys.argv[0] = code.co_filename
    return code


def _spec_of(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError as problem:
        if problem.name is not None and f"{name}.".startswith(f"{problem.name}."):
            return None
        raise
    except ValueError as problem:  # a relative name, or a module without a spec
        raise NotRunnable(f"cannot run {name!r}: {problem}") from problem


def _code_of(spec: ModuleSpec | None, missing: str, package: str) -> CodeType:
    if spec is None or spec.loader is None:
        raise NotRunnable(missing)
    get_code = getattr(spec.loader, "get_code", None)
    code = get_code(spec.name) if get_code else None
    if code is None:
        raise NotRunnable(f"{spec.name} has no Python code that could be run")
    _make_main(
        __file__=spec.origin,
        __loader__=spec.loader,
        __spec__=spec,
        __package__=package,
        __cached__=spec.cached,
    )
    assert isinstance(code, CodeType)
    return code


def _set_first_path(folder: str) -> None:
    if not sys.flags.safe_path:
        sys.path[0] = folder


def _make_main(**names: Any) -> None:
    """Put an empty ``__main__`` in place, with the names that Python gives it."""
    main = ModuleType("__main__")
    given = {"__builtins__": builtins, "__package__": None, "__spec__": None, "__cached__": None}
    vars(main).update(given | names)
    sys.modules["__main__"] = main


def _show(error: BaseException) -> None:
    """Show the error as Python would: from the script's first line on."""
    trace = error.__traceback__
    while trace is not None and _is_before_script(trace):
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _is_before_script(trace: TracebackType) -> bool:
    """Whether a frame is of this file, or of the import system that this file asked."""
    name = trace.tb_frame.f_code.co_filename
    return name == __file__ or name.startswith("<frozen ") or name == importlib.util.__file__
