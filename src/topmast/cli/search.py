"""Find observations, or count them: `topmast search` and `topmast count`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, NOTHING
from topmast.cli.output import Output, output_options
from topmast.cli.settings import MINUS, command, current
from topmast.cli.words import criteria_options

if TYPE_CHECKING:
    from click.decorators import FC

    from topmast.services.observations import ObservationsClass

COORDINATE = re.compile(r"[+-]?\d[\d.:hmsd]*")


def _one_position(
    context: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> tuple[str, ...]:
    """Two coordinates without quotes around them are one position."""
    words = tuple(word.replace(MINUS, "-") for word in words)
    if len(words) == 2 and all(map(COORDINATE.fullmatch, words)):
        return (" ".join(words),)
    return words


target_argument: Callable[[FC], FC] = click.argument("target", nargs=-1, callback=_one_position)
radius_option: Callable[[FC], FC] = click.option(
    "--radius",
    metavar="ANGLE",
    help="How far around TARGET: '5 arcmin', '0.1d'; 0.2 deg if not given.",
)
EXAMPLES = """
TARGET is an object's name or a position: M101, "322.49324 12.16683", "14h03m12.6s +54d20m57s".
Each column of the observations is an option. Texts may hold one wildcard (*); an option given
twice means either value. Numbers and dates are ranges: 50000..60000, 2015-01-01..2016-01-01,
or open at one end (300..). A criterion finds science observations; --criterion obstype=all
finds calibrations too.
"""


@command(short_help="Find observations by place, name or criteria.", epilog=EXAMPLES)
@target_argument
@radius_option
@criteria_options
@click.option("--count", is_flag=True, help="Print how many there are, not which.")
@output_options
def search(
    target: tuple[str, ...],
    radius: str | None,
    criteria: dict[str, Any],
    count: bool,
    output: Output,
) -> int:
    """Find observations by place, name or criteria.

    \b
    topmast search M101 --radius "5 arcmin"
    topmast search M101 --filters "*UV" --filters Kepler --criterion t_min=50000..60000
    topmast search --obs-collection HST --proposal-pi "Osten*" --output osten.ecsv
    """
    _check_any(target, criteria)
    observations = current().client().observations
    if count:
        return _print_count(observations, target, radius, criteria)
    table = _find(observations, target, radius, criteria)
    output.write(table)
    return DONE if len(table) else NOTHING


@command(short_help="Count observations without fetching them.", epilog=EXAMPLES, quick=True)
@target_argument
@radius_option
@criteria_options
def count(target: tuple[str, ...], radius: str | None, criteria: dict[str, Any]) -> int:
    """Count observations without fetching them; without any word, all of the archive.

    \b
    topmast count M8 --radius "0.02 deg"
    topmast count --obs-collection TESS --sequence-number 1..13
    """
    return _print_count(current().client().observations, target, radius, criteria)


def _check_any(target: tuple[str, ...], criteria: dict[str, Any]) -> None:
    if not target and not criteria:
        raise click.UsageError("Give a TARGET, or a criterion such as --obs-collection HST.")


def _find(
    observations: ObservationsClass,
    target: tuple[str, ...],
    radius: str | None,
    criteria: dict[str, Any],
) -> Any:
    place = place_of(target, radius)
    if criteria:
        return observations.query_criteria(**place, **criteria)
    return observations.query_region(**place)


def _print_count(
    observations: ObservationsClass,
    target: tuple[str, ...],
    radius: str | None,
    criteria: dict[str, Any],
) -> int:
    place = place_of(target, radius)
    if criteria or not target:
        number = observations.query_criteria_count(**place, **criteria)
    else:
        number = observations.query_region_count(**place)
    return print_numbers(target, number)


def print_numbers(target: tuple[str, ...], number: Any) -> int:
    """Print a count, or one a line for each of several targets."""
    if len(target) > 1:
        for word, each in zip(target, number, strict=True):
            click.echo(f"{word}\t{int(each)}")
    else:
        click.echo(int(number))
    return DONE


def place_of(target: tuple[str, ...], radius: str | None) -> dict[str, Any]:
    """The arguments that say where: several targets are asked for in one call."""
    place: dict[str, Any] = {} if radius is None else {"radius": _angle(radius)}
    if target:
        place["coordinates"] = target[0] if len(target) == 1 else list(target)
    elif radius is not None:
        raise click.UsageError("--radius needs a TARGET to be around.")
    return place


def _angle(text: str) -> str | float:
    """A bare number is degrees, as in the library."""
    try:
        return float(text)
    except ValueError:
        return text
