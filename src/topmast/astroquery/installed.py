"""What topmast lacks of `astroquery.mast`, taken from an installed astroquery."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

ABSENT = (
    "{name} is not in topmast yet. Please report it; with `pip install astroquery`, "
    "topmast takes from astroquery what it lacks."
)
IN_NEITHER = "{name} is not in topmast yet, and the installed astroquery does not have it either."


class InstalledMast:
    """The modules of an installed `astroquery.mast`, read only where topmast lacks something.

    `package` is any module in the package ``astroquery``, or None where that is not installed.
    """

    def __init__(self, package: ModuleType | None) -> None:
        file = getattr(package, "__file__", None)
        self.folder: Path | None = Path(file).parent / "mast" if file else None
        self._modules: dict[str, ModuleType | None] = {}

    def find_module(self, name: str) -> ModuleSpec:
        """Where the module `name` is, such as ``astroquery.mast.core``.

        The error has no `name`: with one, ``from astroquery.mast import x`` would drop its text.
        """
        spec = self._spec(name)
        if spec is None:
            raise ModuleNotFoundError((IN_NEITHER if self.folder else ABSENT).format(name=name))
        return spec

    def find_value(self, module: str, name: str) -> Any:
        """What `name` means in astroquery's own `module`; AttributeError where nothing does."""
        real = None if name.startswith("__") else self._module(module)
        if real is None or name not in vars(real):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return vars(real)[name]

    def _spec(self, name: str) -> ModuleSpec | None:
        """That of a module in the folder, whose path is the part of `name` after the package."""
        if self.folder is None:
            return None
        parts = name.split(".")[1:]
        return PathFinder.find_spec(name, [str(self.folder.parent.joinpath(*parts[:-1]))])

    def _module(self, name: str) -> ModuleType | None:
        """The real module, read beside topmast's: what it imports in `astroquery.mast` is ours."""
        if name not in self._modules:
            self._modules[name] = None
            spec = self._spec(name)
            if spec is not None and spec.loader is not None:
                module = importlib.util.module_from_spec(spec)
                self._modules[name] = module
                spec.loader.exec_module(module)
        return self._modules[name]
