"""Replace `astroquery.mast`, so that scripts written for it run on topmast unchanged.

An import finder, put before all others, answers for ``astroquery.mast`` and
``astroquery.exceptions``; where astroquery is not installed it answers for the bare package
``astroquery`` too. Everything else of an installed astroquery is left to it, and a module or name
of ``astroquery.mast`` that topmast lacks is taken from it; without it, the ImportError says so.

The names in ``astroquery.exceptions`` become topmast's own classes, and modules of astroquery
that are already imported raise them too, so that one ``except`` clause catches both. For a script
that took the real classes earlier, topmast's become subclasses of them meanwhile.
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from topmast.astroquery.installed import InstalledMast
from topmast.config import conf

__all__ = ["install_as_astroquery", "uninstall_as_astroquery"]

PACKAGE = "astroquery"
MAST = "astroquery.mast"
EXCEPTIONS = "astroquery.exceptions"
VERSION = "0.4.11+topmast"
"""The version of a missing astroquery: whose names and answers are followed, and by whom."""

NAMES: dict[str, tuple[str, ...]] = {
    "observations": ("Observations", "ObservationsClass", "Mast", "MastClass"),
    "collections": ("Catalogs", "CatalogsClass"),
    "missions": ("MastMissions", "MastMissionsClass"),
    "cutouts": ("Hapcut", "HapcutClass", "Tesscut", "TesscutClass", "Zcut", "ZcutClass"),
}
"""The names of `astroquery.mast` and the module of it that each comes from."""

Names = dict[str, Any]

_installed = ExitStack()


def install_as_astroquery(dialect: str = "astroquery") -> None:
    """Let ``from astroquery.mast import Observations`` give topmast's, from now on.

    Parameters
    ----------
    dialect : {"astroquery", "next", "guide"}
        Which answers to give where today's astroquery (0.4.11), its pre-release ("next") and its
        guide differ; see
        `topmast.config.dialects.DIALECT_DIFFERENCES`. It holds for every client without a dialect
        of its own.

    Warns
    -----
    InputWarning
        When the real `astroquery.mast` has been imported already: names taken from it before
        this call stay the real ones.

    See Also
    --------
    uninstall_as_astroquery : Take it back.

    Examples
    --------
    >>> import topmast
    >>> topmast.install_as_astroquery()
    >>> from astroquery.mast import Observations
    >>> Observations is topmast.Observations
    True
    >>> topmast.uninstall_as_astroquery()
    """
    uninstall_as_astroquery()
    with ExitStack() as steps:
        _set_dialect(dialect, steps)
        real = _real_exceptions()
        if real is not None:
            _join_exceptions(real, steps)
        _set_modules(real, steps)
        _installed.push(steps.pop_all())


def uninstall_as_astroquery() -> None:
    """Take `install_as_astroquery` back: imports find again what they found before."""
    _installed.close()


def _set_dialect(dialect: str, steps: ExitStack) -> None:
    before = conf.dialect
    conf.dialect = dialect

    def restore() -> None:
        conf.reset("dialect")
        if conf.dialect != before:
            conf.dialect = before

    steps.callback(restore)


# ---------------------------------------------------------------------------- exceptions


def _real_exceptions() -> ModuleType | None:
    """The exceptions of an installed astroquery."""
    try:
        return importlib.import_module(EXCEPTIONS)
    except ImportError:
        return None


def _join_exceptions(real: ModuleType, steps: ExitStack) -> None:
    """Make topmast's errors subclasses of the real ones, and let astroquery raise topmast's."""
    from topmast import errors

    shared = [name for name in errors.__all__ if hasattr(real, name)]
    ours = {getattr(real, name): getattr(errors, name) for name in shared}
    for theirs, mine in ours.items():
        _add_base(mine, theirs, steps)
    _swap_in_astroquery(ours)
    steps.callback(_swap_in_astroquery, {mine: theirs for theirs, mine in ours.items()})


def _add_base(mine: type, theirs: type, steps: ExitStack) -> None:
    """Let `mine` be a subclass of `theirs` too; built-in bases stay last, as Python wants."""
    before = mine.__bases__
    mine.__bases__ = (before[0], theirs, *before[1:])
    steps.callback(setattr, mine, "__bases__", before)


def _swap_in_astroquery(replacements: Mapping[type, type]) -> None:
    """In each imported module of astroquery, let the names of one set of classes mean the other."""
    for name, module in list(sys.modules.items()):
        if not name.startswith(PACKAGE + ".") or name == EXCEPTIONS or _is_mast(name):
            continue
        for word, value in list(vars(module).items()):
            if isinstance(value, type) and value in replacements:
                setattr(module, word, replacements[value])


# ------------------------------------------------------------------------------- modules


class _StandIns(MetaPathFinder, Loader):
    """Finds the modules that topmast stands in for, and fills them, also when reloaded."""

    def __init__(
        self, contents: Mapping[str, Callable[[], Names]], installed: InstalledMast
    ) -> None:
        self.contents = contents
        self.installed = installed

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.contents:
            return self.installed.find_module(fullname) if _is_mast(fullname) else None
        # A package looks for a missing name among its modules, so that the error can be ours.
        is_package = fullname == PACKAGE or _is_mast(fullname)
        spec = ModuleSpec(fullname, self, origin=__file__, is_package=is_package)
        spec.has_location = True
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        names = self.contents[module.__name__]()
        vars(module).update({**names, "__all__": sorted(names)})
        if _is_mast(module.__name__):
            vars(module)["__getattr__"] = partial(self.installed.find_value, module.__name__)


def _set_modules(real_exceptions: ModuleType | None, steps: ExitStack) -> None:
    """Put the finder first and topmast's modules in place of those already imported."""
    finder = _StandIns(_contents(real_exceptions), InstalledMast(real_exceptions))
    imported = [name for name in sys.modules if _is_mast(name)]
    if imported:
        _warn_too_late()
    for name in [*finder.contents, *imported]:
        _set_aside(name, steps)
    steps.callback(_forget_handed_on, {*finder.contents, *imported})
    sys.meta_path.insert(0, finder)
    steps.callback(sys.meta_path.remove, finder)
    for name in (EXCEPTIONS, MAST):
        importlib.import_module(name)


def _contents(real_exceptions: ModuleType | None) -> dict[str, Callable[[], Names]]:
    """For each module that topmast stands in for, what gives its names."""
    contents: dict[str, Callable[[], Names]] = {
        EXCEPTIONS: partial(_exceptions, real_exceptions),
        MAST: _mast,
        f"{MAST}.utils": _utils,
    }
    for module, names in NAMES.items():
        contents[f"{MAST}.{module}"] = partial(_services, names)
    if real_exceptions is None:
        contents[PACKAGE] = lambda: {"__version__": VERSION, "log": logging.getLogger("topmast")}
    return contents


def _exceptions(real: ModuleType | None) -> Names:
    from topmast import errors

    theirs = {name: getattr(real, name) for name in getattr(real, "__all__", ())}
    return theirs | {name: getattr(errors, name) for name in errors.__all__}


def _mast() -> Names:
    from topmast import config

    utils = importlib.import_module(f"{MAST}.utils")
    services = _services([name for names in NAMES.values() for name in names])
    return {**services, "Conf": config.Conf, "conf": conf, "utils": utils}


def _services(names: Sequence[str]) -> Names:
    """Those of `names` that topmast has."""
    from topmast import client

    return {name: getattr(client, name) for name in names if name in client.__all__}


def _utils() -> Names:
    from topmast.astroquery import utils

    return {name: getattr(utils, name) for name in utils.__all__}


def _is_mast(name: str) -> bool:
    return name == MAST or name.startswith(MAST + ".")


def _warn_too_late() -> None:
    from topmast.errors import InputWarning, warn

    warn(
        "astroquery.mast was imported before install_as_astroquery(); names taken from it stay "
        "astroquery's own. Call install_as_astroquery() first.",
        InputWarning,
    )


def _forget_handed_on(others: set[str]) -> None:
    """Take the modules that came from the installed astroquery out of `sys.modules`."""
    for name in [name for name in sys.modules if _is_mast(name) and name not in others]:
        del sys.modules[name]


def _set_aside(name: str, steps: ExitStack) -> None:
    """Take a module out of `sys.modules` and its package; the undo puts it back, or nothing."""
    before = sys.modules.pop(name, None)
    package, _, last = name.rpartition(".")

    def restore() -> None:
        stand_in = sys.modules.pop(name, None)
        parent = sys.modules.get(package)
        if before is not None:
            sys.modules[name] = before
        if parent is not None and vars(parent).get(last) is stand_in:
            if before is not None:
                setattr(parent, last, before)
            elif stand_in is not None:
                delattr(parent, last)

    steps.callback(restore)
