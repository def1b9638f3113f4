"""A question of the page as Python, as a command and as ADQL, ready to be copied."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from topmast.archive.server.web.question import PageQuestion, day_of_mjd

CLI_NAMES = {"t_min": "--t-min", "t_exptime": "--t-exptime"}


def python_of(question: PageQuestion, url: str) -> str:
    """Lines of Python that give the same rows."""
    words = [f"{name}={value!r}" for name, value in _criteria(question)]
    place = [f"{name}={value!r}" for name, value in _place(question)]
    if not words and not place:
        call = "list_missions()"
    elif words:
        call = f"query_criteria({', '.join([*place, *words])})"
    else:
        call = f"query_region({', '.join(place)})"
    return (
        "import topmast\n\n"
        f"archive = topmast.connect({url!r})\n"
        f"table = archive.observations.{call}\n"
    )


def command_of(question: PageQuestion, url: str) -> str:
    """The command that gives the same rows."""
    words = ["topmast", "search"]
    if len(question.cones) == 1:
        ra, dec, radius = question.cones[0]
        words += [f"{ra!r} {dec!r}", "--radius", f"{radius!r} deg"]
    elif question.cones:
        words += [f"{ra!r} {dec!r}" for ra, dec, _ in question.cones]
        words += ["--radius", f"{question.cones[0][2]!r} deg"]
    for name, value in _criteria(question):
        option = "--" + _snake(name)
        if name in CLI_NAMES:
            words += [option, f"{value[0]}..{value[1]}"]
        else:
            for each in value if isinstance(value, list) else [value]:
                words += [option, f"{each}"]
    return shlex.join([*words, "--archive", url])


def adql_of(question: PageQuestion) -> str:
    """The same in ADQL, on the table of the observations."""
    where = [_place_in_adql(question)] if question.cones else []
    where += [_condition(item) for item in question.filters]
    text = "SELECT * FROM caom.observations"
    return text + (f"\nWHERE {' AND '.join(where)}" if where else "")


def _snake(name: str) -> str:
    parts = [f"-{letter.lower()}" if letter.isupper() else letter for letter in name]
    return "".join(parts).replace("_", "-")


def _place(question: PageQuestion) -> Iterator[tuple[str, Any]]:
    if question.cones:
        places = [f"{ra!r} {dec!r}" for ra, dec, _ in question.cones]
        yield "coordinates", places[0] if len(places) == 1 else places
        yield "radius", f"{question.cones[0][2]!r} deg"


def _criteria(question: PageQuestion) -> Iterator[tuple[str, Any]]:
    """The filters as keywords of query_criteria."""
    for item in question.filters:
        name, values = item["paramName"], item["values"]
        if item.get("freeText"):
            yield name, item["freeText"].replace("%", "*")
        elif isinstance(values[0], dict):
            yield name, [values[0]["min"], values[0]["max"]]
        else:
            yield name, values[0] if len(values) == 1 else values


def _place_in_adql(question: PageQuestion) -> str:
    circles = [f"INTERSECTS(s_region, CIRCLE('ICRS', {ra!r}, {dec!r}, {radius!r})) = 1"
               for ra, dec, radius in question.cones]  # fmt: skip
    return circles[0] if len(circles) == 1 else f"({' OR '.join(circles)})"


def _condition(item: dict[str, Any]) -> str:
    name, values = item["paramName"], item["values"]
    if item.get("freeText"):
        return f"{name} LIKE {_quoted(item['freeText'])}"
    if isinstance(values[0], dict):
        return f"{name} BETWEEN {values[0]['min']!r} AND {values[0]['max']!r}"
    if item.get("separator"):
        parts = [f"{name} LIKE {_quoted(f'%{value}%')}" for value in values]
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"
    listed = ", ".join(_quoted(v) if isinstance(v, str) else repr(v) for v in values)
    return f"{name} IN ({listed})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def date_and_length(row: dict[str, Any]) -> tuple[str, str]:
    """Day and exposure of a row, as people read them."""
    seconds = row.get("t_exptime")
    return day_of_mjd(row.get("t_min")), "" if seconds is None else f"{seconds:,.6g} s"
