"""Find observations, count them, say why there are none: `topmast search`, `count`, `explain`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, NOTHING
from topmast.cli.output import Output, counted, output_options
from topmast.cli.settings import command, current, say
from topmast.cli.targets import place_of, radius_option, target_argument, targets_option
from topmast.cli.words import criteria_options

if TYPE_CHECKING:
    from collections.abc import Iterable

EXAMPLES = """
TARGET is an object's name or a position: M101, "322.49324 12.16683", "14:03:12.6 +54:20:57"
(hours and degrees), "14h03m12.6s +54d20m57s".
Each column of the observations is an option. Texts may hold one wildcard (*); an option given
twice means either value. Numbers and dates are ranges: 50000..60000, 2015-01-01..2016-01-01,
or open at one end (300..). A criterion finds science observations; --criterion obstype=all
finds calibrations too.
"""
BY_DISTANCE = ("target_index", "distance")


@command(short_help="Find observations by place, name or criteria.", epilog=EXAMPLES, quick=True)
@target_argument
@targets_option
@radius_option
@criteria_options
@click.option("--count", is_flag=True, help="Print how many there are, not which.")
@output_options
def search(
    target: tuple[str, ...],
    file: str | None,
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
    topmast search --targets my_list.csv --obs-collection JWST
    """
    from topmast.questions import observations
    from topmast.questions.portal import ask_columns, ask_table

    place = place_of(target, radius, file)
    _check_any(place, criteria)
    if count:
        return _print_count(place, criteria)
    session = current().client().session
    find = observations.query_criteria if criteria else observations.query_region
    ask = ask_table if output.needs_astropy else ask_columns
    table: Any = ask(session, find(session, **place, **criteria))
    output.write(table, screen_order=BY_DISTANCE)
    return DONE if len(table) else NOTHING


@command(short_help="Count observations without fetching them.", epilog=EXAMPLES, quick=True)
@target_argument
@targets_option
@radius_option
@criteria_options
def count(
    target: tuple[str, ...], file: str | None, radius: str | None, criteria: dict[str, Any]
) -> int:
    """Count observations without fetching them; without any word, all of the archive.

    \b
    topmast count M8 --radius "0.02 deg"
    topmast count --obs-collection TESS --sequence-number 1..13
    """
    return _print_count(place_of(target, radius, file), criteria)


@command(short_help="Explain why a search finds nothing.", epilog=EXAMPLES, quick=True)
@target_argument
@targets_option
@radius_option
@criteria_options
@output_options
def explain(
    target: tuple[str, ...],
    file: str | None,
    radius: str | None,
    criteria: dict[str, Any],
    output: Output,
) -> int:
    """Say why a search finds nothing: each criterion is left out in turn, and the rest counted.

    \b
    topmast explain M101 --obs-collection HTS
    topmast explain --instrument-name NIRSPEC --obs-collection JWST
    """
    from topmast.cli.wording import in_options
    from topmast.questions.explain import columns_of_reasons, explain_search
    from topmast.questions.observations import question_to_explain
    from topmast.tables.plain import PlainTable

    place = place_of(target, radius, file)
    _check_any(place, criteria)
    session = current().client().session
    reasons, found = explain_search(session, question_to_explain(session, **place, **criteria))
    columns = columns_of_reasons(reasons)
    columns["hint"] = list(map(in_options, columns["hint"]))
    output.write(PlainTable.of(columns))
    say(f"All criteria together find {counted(found, 'observation')}.")
    return DONE


def _check_any(place: dict[str, Any], criteria: dict[str, Any]) -> None:
    if not place and not criteria:
        raise click.UsageError("Give a TARGET, or a criterion such as --obs-collection HST.")


def _print_count(place: dict[str, Any], criteria: dict[str, Any]) -> int:
    from topmast.questions import observations
    from topmast.questions.portal import ask_counts

    session = current().client().session
    if criteria or not place:
        question = observations.query_criteria_count(session, **place, **criteria)
        number = ask_counts(session, question)
    else:
        question = observations.query_region(session, **place)
        number = observations.count_near(session, question)
    return print_numbers(question.places, number)


def print_numbers(places: Iterable[Any] | None, number: Any) -> int:
    """Print a count, or one a line for each of several places."""
    if current().json:
        click.echo(json.dumps(_rows_of_numbers(places, number)))
    elif places is None:
        click.echo(int(number))
    else:
        for place, each in zip(places, number, strict=True):
            click.echo(f"{place.given}\t{int(each)}")
    return DONE


def _rows_of_numbers(places: Iterable[Any] | None, number: Any) -> list[dict[str, Any]]:
    if places is None:
        return [{"count": int(number)}]
    return [
        {"target": str(place.given), "count": int(each)}
        for place, each in zip(places, number, strict=True)
    ]
