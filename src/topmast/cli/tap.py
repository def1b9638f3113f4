"""Ask in ADQL: `topmast tap`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from topmast.cli.errors import DONE, NOTHING
from topmast.cli.output import Output, output_options
from topmast.cli.settings import command, current

EXAMPLES = """
The tables are listed by: topmast tap "SELECT table_name, description FROM tap_schema.tables".
An uploaded table is asked for as TAP_UPLOAD.NAME.
"""


@command(short_help="Ask in ADQL, the SQL of astronomy.", epilog=EXAMPLES)
@click.argument("query")
@click.option(
    "--upload",
    "uploads",
    multiple=True,
    metavar="NAME=FILE",
    help="A file with a table that goes along, by the name that the query has for it.",
)
@click.option("--collection", metavar="NAME", help="One of MAST's collections, such as tic.")
@click.option(
    "--limit", type=click.IntRange(min=0), metavar="N", help="The most rows to give (100000)."
)
@output_options
def tap(
    query: str,
    uploads: tuple[str, ...],
    collection: str | None,
    limit: int | None,
    output: Output,
) -> int:
    """Ask in ADQL, over all tables of an archive, or over a collection of MAST's.

    QUERY is the query, a file that ends in .adql or .sql, or - for standard input.

    \b
    topmast tap "SELECT TOP 5 ID, Tmag FROM catalogs.tic ORDER BY Tmag"
    topmast tap nearby.adql --upload mine=stars.ecsv --output nearby.fits
    """
    catalogs = current().client().catalogs
    files = dict(map(_pair, uploads))
    table = catalogs.tap(_text(query), collection=collection, uploads=files, limit=limit)
    output.write(table)
    return DONE if len(table) else NOTHING


def _text(query: str) -> str:
    if query == "-":
        return sys.stdin.read()
    if query.lower().endswith((".adql", ".sql")):
        try:
            return Path(query).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise click.UsageError(f"{query} cannot be read: {problem}") from problem
    return query


def _pair(text: str) -> tuple[str, str]:
    name, sign, path = text.partition("=")
    if not sign or not name or not path:
        raise click.UsageError(f"--upload takes NAME=FILE, not {text!r}.")
    if not Path(path).expanduser().is_file():
        raise click.UsageError(f"There is no file {path}.")
    return name, path
