"""List the files of observations: `topmast products`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, NOTHING
from topmast.cli.output import Output, output_options
from topmast.cli.settings import command, current, with_astropy
from topmast.cli.sources import is_product_table, read_source
from topmast.cli.words import filter_options

if TYPE_CHECKING:
    from astropy.table import Table


@command(
    short_help="List the files of observations.",
    epilog="A filter given twice means either value; ! in front leaves out. Sizes are in bytes: "
    "--size '<1000000', --size 1000..2000.",
    quick=True,
)
@click.argument("observations", nargs=-1)
@click.option("--unique", is_flag=True, help="List a file once, also if observations share it.")
@filter_options
@output_options
def products(
    observations: tuple[str, ...], unique: bool, filters: dict[str, Any], output: Output
) -> int:
    """List the files of observations, given by obsid, by a table file, or - for standard input.

    \b
    topmast products 3000007760 9500243833
    topmast products 2003839997 --extension fits --product-sub-group-description RAW
    topmast search M101 --radius 1m | topmast products - --mrp-only --output m101.ecsv
    """
    source = read_source(observations)
    if not is_product_table(source) and not filters and not unique and not output.needs_astropy:
        table = _listed(source)
    else:
        with_astropy()
        ask = current().client().observations
        found = ask.get_unique_product_list if unique else ask.get_product_list
        table = _filtered(ask, source if is_product_table(source) else found(source), filters)
    output.write(table)
    return DONE if len(table) else NOTHING


def _listed(source: Any) -> Any:
    """The files of observations, all of them, without astropy."""
    from topmast.questions.portal import ask_columns
    from topmast.questions.products import get_product_list

    session = current().client().session
    return ask_columns(session, get_product_list(session, source))


def _filtered(ask: Any, table: Table, filters: dict[str, Any]) -> Table:
    return ask.filter_products(table, **filters) if filters and len(table) else table
