"""The tables beside this code, and the texts in them with their braces filled."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from topmast.sample.hdus import Cards

ONE_FIELD = re.compile(r"\{([\w.\[\]]+)\}")


@cache
def load(name: str) -> dict[str, Any]:
    """The content of a TOML file of this package."""
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


class CaseFormatter(string.Formatter):
    """str.format, with {name!u} in capitals and {name!l} in small letters."""

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        if conversion in ("u", "l"):
            return str(value).upper() if conversion == "u" else str(value).lower()
        return super().convert_field(value, conversion)


FORMATTER = CaseFormatter()


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """`template` with its fields filled; one that is a single field becomes the value itself."""
    if not isinstance(template, str) or "{" not in template:
        return template
    if whole := ONE_FIELD.fullmatch(template):
        return FORMATTER.get_field(whole[1], (), values)[0]
    return FORMATTER.vformat(template, (), values)


def header_cards(name: str, values: Mapping[str, Any]) -> Cards:
    """The FITS cards that headers.toml has under `name`."""
    return [
        (fill(keyword, values), fill(value, values), comment)
        for keyword, (value, comment) in load("headers.toml")[name].items()
    ]


def fill_row(templates: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """All of the templates filled, each under its own name."""
    return {name: fill(template, values) for name, template in templates.items()}
