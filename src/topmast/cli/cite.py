"""How to cite the software and the data of a table: `topmast cite`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from topmast.cli.errors import DONE, NOTHING
from topmast.cli.settings import command, current
from topmast.cli.sources import ID_COLUMNS, read_source
from topmast.services.citation import __citation__
from topmast.services.citation import cite as cite_data

if TYPE_CHECKING:
    from astropy.table import Table


SOFTWARE = {"title": "topmast", "bibtex": __citation__}
"""The first row with --json."""


@command(short_help="Cite topmast, and the data of a table.")
@click.argument("what", metavar="[OBSID...|TABLE|MANIFEST|-]", nargs=-1)
@click.option("--bibtex", is_flag=True, help="Print the entries of BibTeX only.")
def cite(what: tuple[str, ...], bibtex: bool) -> int:
    """Print how to cite topmast, and the data of a table of observations, products or files.

    Where the DOI of the data is not known here, the text says how to get one.

    \b
    topmast cite
    topmast cite manifest.ecsv --bibtex
    topmast search M101 --radius 1m | topmast cite -
    """
    data = _table(what) if what else None
    if data is not None and not len(data):
        return NOTHING
    found = cite_data(data)
    if current().json:
        click.echo(json.dumps([SOFTWARE, *found.rows()]))
    else:
        click.echo(found.bibtex() if bibtex else str(found))
    return DONE


def _table(what: tuple[str, ...]) -> Table:
    source = read_source(what, columns=(*ID_COLUMNS, "Local Path"))
    if isinstance(source, list):
        return current().client().observations.query_criteria(obsid=source, obstype="all")
    return source
