"""Options made from the columns of observations and products, and what their texts mean."""

from __future__ import annotations

import datetime
import functools
import math
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import click

from topmast.cli.settings import Option, with_astropy
from topmast.cli.wording import option_name
from topmast.tables.fields import OBSERVATION, PRODUCT, Field

MOST_INTEGERS = 1000
"""The widest range of whole numbers that is spelled out."""

COMPARISON = re.compile(r"(<=?|>=?)\s*(.+)")
PERIOD = re.compile(r"((?:18|19|20|21)\d\d)(?:-(\d\d?)(?:-(\d\d?))?)?")
"""A year, month or day; as a Modified Julian Date the year would lie before all telescopes."""

YEARS = re.compile(r"(\d{4})\s*-\s*(\d{4})")
"""From one year to another."""

SHORT_NAMES = {
    "proposal_id": "--program",
    "proposal_pi": "--pi",
    "productSubGroupDescription": "--suffix",
}
"""Columns whose option has a second, shorter name."""


def criteria_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add one option a column of observations; the command gets them as `criteria`."""

    @functools.wraps(function)
    def with_criteria(
        *args: Any, criterion: Iterable[str], year: Iterable[str], **words: Any
    ) -> Any:
        found = _given(words, OBSERVATION)
        if year:
            found.setdefault("t_min", []).extend(map(_years, year))
        for name, texts in pairs_of(criterion).items():
            found.setdefault(name, []).extend(texts)
        criteria = {name: criterion_of(name, texts) for name, texts in found.items()}
        return function(*args, criteria=criteria, **words)

    options = [_option_of(field) for field in OBSERVATION]
    options.append(
        click.option(
            "--year",
            cls=Option,
            section="Columns",
            multiple=True,
            metavar="YEAR",
            help="Year in which the observation began: 2015, or 2015..2017; also 2015-03-14.",
        )
    )
    options.append(
        criterion_option("Any other criterion, such as t_min=50000..60000 or obstype=all.")
    )
    return _with(options, with_criteria)


def _years(text: str) -> str:
    """What --year is given, as a range of t_min; ``2006-2010`` is ``2006..2010``."""
    text = YEARS.sub(r"\1..\2", text.strip())
    if not (".." in text or COMPARISON.fullmatch(text) or PERIOD.fullmatch(text)):
        raise click.UsageError(f"--year takes a year or a range, 2015 or 2015..2017, not {text!r}.")
    return text


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the filters of products; the command gets them as `filters`, empty without any."""

    @functools.wraps(function)
    def with_filters(*args: Any, mrp_only: bool, extension: tuple[str, ...], **words: Any) -> Any:
        filters: dict[str, Any] = _given(words, PRODUCT)
        if extension:
            filters["extension"] = list(extension)
        if mrp_only:
            filters["mrp_only"] = True
        return function(*args, filters=filters, **words)

    options = [
        click.option("--mrp-only", is_flag=True, help="Minimum Recommended Products only."),
        click.option(
            "--extension",
            multiple=True,
            metavar="TEXT",
            help="Files whose name ends so; repeat it for more than one.",
        ),
        *(_option_of(field) for field in PRODUCT),
    ]
    return _with(options, with_filters)


class ColumnWords(Protocol):
    """What a column has to tell, so that texts about it can be understood."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def continuous(self) -> bool: ...


def criterion_of(name: str, texts: Sequence[str]) -> Any:
    """The value of a criterion on observations, from the texts of the command line."""
    return value_of(_FIELDS.get(name.lower()), texts)


def value_of(column: ColumnWords | None, texts: Sequence[str]) -> Any:
    """The value of a criterion as the library takes it, from the texts of the command line."""
    if column is not None and column.continuous:
        return [_range_of(column, text) for text in texts]
    if column is not None and column.type in ("int", "integer"):
        return [value for text in texts for value in _whole_numbers(text)]
    return list(texts) if len(texts) > 1 else texts[0]


def _with(
    options: Iterable[Callable[..., Any]], function: Callable[..., Any]
) -> Callable[..., Any]:
    for option in reversed(list(options)):
        function = option(function)
    return function


def _option_of(field: Field) -> Callable[..., Any]:
    # Option names are compared in lower case and with dashes: see topmast.cli.main.
    spellings = dict.fromkeys(
        [option_name(field.name), "--" + field.name.replace("_", "-").lower()]
    )
    short = SHORT_NAMES.get(field.name)
    also = f" Also {short}." if short else ""
    unit = f" [{field.unit}]" if field.unit else ""
    example = f" {field.example.rstrip('.')}." if field.example else ""
    return click.option(
        _parameter(field),
        *spellings,
        *([short] if short else []),
        cls=Option,
        section="Columns",
        multiple=True,
        metavar="MIN..MAX" if field.continuous else "VALUE",
        help=f"{field.description}{unit}.{example}{also}",
    )


def _parameter(field: Field) -> str:
    return f"column_{field.name}".lower()


def _given(words: dict[str, Any], fields: Iterable[Field]) -> dict[str, list[str]]:
    """Take the columns' options out of `words`; those that were used, by column name."""
    texts = {field.name: list(words.pop(_parameter(field))) for field in fields}
    return {name: values for name, values in texts.items() if values}


def criterion_option(meaning: str) -> Callable[..., Any]:
    """The option that takes a criterion on any column."""
    return click.option(
        "--criterion",
        cls=Option,
        section="Columns",
        multiple=True,
        metavar="NAME=VALUE",
        help=meaning,
    )


def pairs_of(criterion: Iterable[str]) -> dict[str, list[str]]:
    """The texts that are given for each column by ``--criterion NAME=VALUE``."""
    found: dict[str, list[str]] = {}
    for pair in criterion:
        name, text = _pair(pair)
        found.setdefault(name, []).append(text)
    return found


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise click.UsageError(f"--criterion takes NAME=VALUE, not {text!r}.")
    return name.strip(), value.strip()


def _range_of(field: ColumnWords, text: str) -> list[Any]:
    """The range that a text stands for: MIN..MAX, a comparison, or a year, month or day."""
    compared = COMPARISON.fullmatch(text.strip())
    if compared is not None:
        return _compared(compared[1], _end(compared[2], field, low=compared[1][0] == ">"))
    low, dots, high = text.partition("..")
    if not dots and _period(text, field):
        low = high = text
    elif not dots or not (low.strip() or high.strip()):
        also = "A year (2015), a date or '>=MIN' works" if _is_date(field) else "'>=MIN' works"
        raise click.UsageError(
            f"{field.name} takes a range, MIN..MAX (or MIN.. or ..MAX), not {text!r}. {also}, too."
        )
    return [_end(low, field, low=True), _end(high, field, low=False)]


def _compared(sign: str, value: Any) -> list[Any]:
    """The range of a comparison; ranges include their ends, which < and > do not."""
    if sign in ("<", ">") and isinstance(value, float):
        value = math.nextafter(value, math.inf if sign == ">" else -math.inf)
    return [value, None] if sign[0] == ">" else [None, value]


def _end(text: str, field: ColumnWords, *, low: bool) -> Any:
    """One end of a range: open, a number, a length or time with its unit, or a date as text."""
    text = text.strip()
    if not text:
        return None
    if period := _period(text, field):
        with_astropy()
        return period[0] if low else period[1]
    with suppress(ValueError):
        return float(text)
    if not _is_date(field) or not text[:4].isdigit():
        with_astropy()
        from astropy.units import Quantity

        with suppress(ValueError, TypeError):
            return Quantity(text)
    return text


def _is_date(field: ColumnWords) -> bool:
    return field.unit == "d"


def _period(text: str, field: ColumnWords) -> tuple[str, str] | None:
    """The first and last moment of a year, month or day; None for any other text."""
    match = PERIOD.fullmatch(text.strip()) if _is_date(field) else None
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        first = datetime.date(year or 0, month or 1, day or 1)
    except ValueError as problem:
        raise click.UsageError(f"{text} is no date: {problem}.") from problem
    if day is not None:
        last = first
    elif month is not None:
        last = (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
        last -= datetime.timedelta(days=1)
    else:
        last = first.replace(month=12, day=31)
    return first.isoformat(), f"{last.isoformat()}T23:59:59.999"


def _whole_numbers(text: str) -> list[str]:
    """``2..4`` as ``2``, ``3``, ``4``; anything else as it is."""
    match = re.fullmatch(r"\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*", text)
    if not match:
        return [text]
    low, high = map(int, match.groups())
    if not low <= high < low + MOST_INTEGERS:
        raise click.UsageError(f"{text} is no range of at most {MOST_INTEGERS} whole numbers.")
    return [str(number) for number in range(low, high + 1)]


_FIELDS = {field.name.lower(): field for field in OBSERVATION}
