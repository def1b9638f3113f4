"""Positions of objects, and columns: `topmast resolve` and `topmast columns`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, FAILED
from topmast.cli.output import Output, output_options
from topmast.cli.settings import command, current

if TYPE_CHECKING:
    from topmast.tables.plain import PlainTable
    from topmast.wire.names import ResolvedName


@command(short_help="Find the positions of objects.", quick=True)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--resolver", metavar="NED|SIMBAD", help="Ask this resolver only.")
@click.option("--all", "every", is_flag=True, help="Give the position by each resolver.")
@output_options
def resolve(names: tuple[str, ...], resolver: str | None, every: bool, output: Output) -> int:
    """Find the positions of objects by their names, many in one call.

    \b
    topmast resolve M101
    topmast resolve M8 "NGC 5139" --all
    """
    from topmast.questions.names import known_entries

    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if not name.strip():
            raise click.UsageError(f"{name!r} is no object name.")
    found = known_entries(current().client().session, wanted, resolver, every)
    output.write(_position_table(found, every))
    return DONE if found.keys() >= set(wanted) else FAILED


@command(short_help="List the columns of observations, products or a catalogue.")
@click.argument("kind", metavar="[observations|products|CATALOGUE]", default="observations")
@click.option("--version", type=int, metavar="N", help="Of a catalogue that has several.")
@output_options
def columns(kind: str, version: int | None, output: Output) -> int:
    """List the columns that criteria (observations, catalogues) and filters (products) can use.

    \b
    topmast columns
    topmast columns products --all-rows
    topmast columns Gaia --version 2
    """
    client = current().client()
    if kind.lower() in ("observations", "products"):
        output.write(client.observations.get_metadata(kind))
    else:
        output.write(client.catalogs.get_metadata(kind, version))
    return DONE


def _position_table(found: Mapping[str, list[ResolvedName]], every: bool) -> PlainTable:
    from topmast.tables.plain import PlainTable

    rows = [(name, each) for name, entries in found.items() for each in entries]
    columns: dict[str, list[Any]] = {"name": [name for name, _ in rows]}
    if every:
        columns["resolver"] = [each.resolver for _, each in rows]
    columns["ra"] = [each.ra_deg for _, each in rows]
    columns["dec"] = [each.dec_deg for _, each in rows]
    return PlainTable.of(columns)
