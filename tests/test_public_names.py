"""The public names: each module says its own, and the package offers the same ones."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import topmast

SOURCE = Path(topmast.__file__).parent

PUBLIC_MODULES = (
    "astroquery.dropin",
    "services.citation",
    "client",
    "errors",
)
"""The modules whose names the package offers, all of them."""

ALSO_PUBLIC = {"Archive": "archive", "Conf": "config", "conf": "config", "plots": "plots"}
"""Names that the package offers from modules of which other names stay inside."""


def modules_with_names() -> list[str]:
    return sorted(
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCE.rglob("*.py")
        if "__all__" in path.read_text(encoding="utf-8")
    )


def all_of(name: str) -> list[str]:
    """`__all__` as it stands in the source."""
    path = SOURCE.parent / Path(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and "__all__" in map(ast.unparse, node.targets):
            return list(ast.literal_eval(node.value))
    return []


def constants_then_classes(name: str) -> tuple[int, str]:
    """The order that ruff asks for (RUF022): CONSTANTS, Classes, functions."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


@pytest.mark.parametrize("name", modules_with_names())
def test_names_are_sorted_and_there(name: str) -> None:
    names = all_of(name)

    assert names == sorted(set(names), key=constants_then_classes)
    module = importlib.import_module(name)
    assert [each for each in names if not hasattr(module, each)] == []


def test_the_package_offers_what_its_public_modules_offer() -> None:
    offered = set().union(*(all_of(f"topmast.{module}") for module in PUBLIC_MODULES))

    assert set(topmast.__all__) - {"__version__"} == offered | set(ALSO_PUBLIC)


@pytest.mark.parametrize("name", topmast.__all__)
def test_a_public_name_can_be_had_and_has_a_docstring(name: str) -> None:
    value = getattr(topmast, name)

    assert name in dir(topmast)
    assert name.startswith("__") or inspect.getdoc(value)


@pytest.mark.parametrize("name", [name for name in topmast.__all__ if not name.startswith("__")])
def test_public_classes_and_functions_have_documented_members(name: str) -> None:
    value = getattr(topmast, name)
    if not inspect.isclass(value):
        return
    members = [
        member
        for member, own in vars(value).items()
        if not member.startswith("_") and callable(own) and not inspect.getdoc(own)
    ]

    assert members == []
