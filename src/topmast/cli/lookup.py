"""Positions of objects, missions and columns: `topmast resolve`, `missions` and `columns`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, FAILED
from topmast.cli.output import Output, output_options
from topmast.cli.settings import command, current

if TYPE_CHECKING:
    from astropy.coordinates import SkyCoord
    from astropy.table import Table

Found = list[tuple[str, str, "SkyCoord"]]


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
    wanted = list(dict.fromkeys(names))
    answer = (
        current()
        .client()
        .observations.resolve_object(
            wanted if len(wanted) > 1 else wanted[0], resolver=resolver, resolve_all=every
        )
    )
    found = _positions(wanted, answer, every)
    output.write(_position_table(found))
    return DONE if {name for name, _, _ in found} >= set(wanted) else FAILED


@command(short_help="List the missions.", quick=True)
def missions() -> int:
    """List the missions that the archive holds, one a line."""
    for mission in current().client().observations.list_missions():
        click.echo(mission)
    return DONE


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


def _positions(names: list[str], answer: Any, every: bool) -> Found:
    """Flatten what `resolve_object` gives for one name or many, for one resolver or all."""
    by_name = answer if len(names) > 1 else {names[0]: answer}
    if not every:
        return [(name, "", place) for name, place in by_name.items()]
    return [(name, by, place) for name, each in by_name.items() for by, place in each.items()]


def _position_table(found: Found) -> Table:
    from astropy.table import Table

    table = Table()
    table["name"] = [name for name, _, _ in found]
    if any(resolver for _, resolver, _ in found):
        table["resolver"] = [resolver for _, resolver, _ in found]
    table["ra"] = [float(place.icrs.ra.deg) for _, _, place in found]
    table["dec"] = [float(place.icrs.dec.deg) for _, _, place in found]
    table["ra"].unit = table["dec"].unit = "deg"
    return table
