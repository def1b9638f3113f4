"""Find the sources of a catalogue by place or by a table: `topmast catalog`, `crossmatch`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, NOTHING
from topmast.cli.output import Output, output_options
from topmast.cli.search import print_numbers
from topmast.cli.settings import command, current
from topmast.cli.targets import place_of, radius_option, target_argument, targets_option
from topmast.cli.words import criterion_option, pairs_of, value_of

if TYPE_CHECKING:
    from topmast.net.session import Session
    from topmast.services.catalogs import CatalogsClass

Method = Callable[..., Any]

EXAMPLES = """
TARGET is an object's name or a position: M10, "322.49324 12.16683", "14h03m12.6s +54d20m57s".
The catalogues are HSC, GALEX, Gaia, TGAS, TIC, CTL, DiskDetective and PLATO. TIC, CTL and
DiskDetective can be searched by their columns, with or without a TARGET: numbers are ranges
(Tmag=10..12, open at one end: Tmag=..8), texts may hold one wildcard (*), and an option given
twice means either value. `topmast columns TIC` lists the columns.
"""


@command(short_help="Find the sources of a catalogue by place or criteria.", epilog=EXAMPLES)
@target_argument
@targets_option
@radius_option
@click.option(
    "--catalog", default="HSC", show_default=True, metavar="NAME", help="Which catalogue."
)
@click.option(
    "--version", type=int, metavar="N", help="Of HSC, Gaia or PLATO; if not given the highest."
)
@click.option("--nr", type=int, metavar="N", help="HSC: the most rows to give (50000).")
@click.option("--ni", type=int, metavar="N", help="HSC: the fewest images a source is seen on (1).")
@click.option("--magtype", type=int, metavar="1|2", help="HSC: 1 for MagAper2, 2 for MagAuto.")
@click.option("--maxrecords", type=int, metavar="N", help="GALEX: the most rows to give (50000).")
@criterion_option("A condition on a column, such as Tmag=10..12 or objType=STAR.")
@click.option("--count", is_flag=True, help="Print how many there are, not which.")
@output_options
def catalog(
    target: tuple[str, ...],
    file: str | None,
    radius: str | None,
    catalog: str,
    version: int | None,
    criterion: tuple[str, ...],
    count: bool,
    output: Output,
    **parameters: int | None,
) -> int:
    """Find the sources of a catalogue by place or criteria.

    \b
    topmast catalog M10 --catalog TIC --radius 0.02
    topmast catalog "158.47924 -7.30962" --catalog Gaia --version 2 --radius "6 arcmin"
    topmast catalog --catalog TIC --criterion Bmag=30..50 --criterion objType=STAR --output tic.ecsv
    """
    if not target and not criterion:
        raise click.UsageError("Give a TARGET, or a criterion such as --criterion Tmag=10..12.")
    if criterion and version is not None:
        raise click.UsageError("--version goes with a search by place alone.")
    client = current().client()
    catalogs = client.catalogs
    given = {name: value for name, value in parameters.items() if value is not None}
    words = place_of(target, radius, file) | given | {"catalog": catalog}
    words |= _criteria(client.session, catalog, criterion) if criterion else {"version": version}
    search, count_them = _methods(catalogs, by_criteria=bool(criterion))
    if count:
        number = count_them(**words)
        asked = catalogs._question
        return print_numbers(None if asked is None else asked.places, number)
    table = search(**words)
    output.write(table)
    return DONE if len(table) else NOTHING


def _methods(catalogs: CatalogsClass, *, by_criteria: bool) -> tuple[Method, Method]:
    """What finds the sources, and what counts them."""
    if by_criteria:
        return catalogs.query_criteria, catalogs.query_criteria_count
    return catalogs.query_region, catalogs.query_region_count


def _criteria(session: Session, name: str, criterion: tuple[str, ...]) -> dict[str, Any]:
    """The criteria as the library takes them: the catalogue's columns tell what is a range."""
    from topmast.questions.catalogs import chosen_catalog, criteria_columns

    columns = criteria_columns(session, chosen_catalog(session, name))
    pairs = pairs_of(criterion)
    return {word: value_of(columns.find(word), texts) for word, texts in pairs.items()}


@command("crossmatch", short_help="Match a table of positions with a catalogue.")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--catalog", default="HSC", show_default=True, metavar="NAME", help="Which catalogue."
)
@click.option("--version", type=int, metavar="N", help="Of HSC or Gaia; if not given the highest.")
@click.option("--radius", default="2 arcsec", show_default=True, metavar="ANGLE",
              help="How far a source may be away.")  # fmt: skip
@click.option(
    "--all", "every", is_flag=True, help="All sources within the radius, not the nearest."
)
@output_options
def crossmatch(
    table: Path, catalog: str, version: int | None, radius: str, every: bool, output: Output
) -> int:
    """Find the source of a catalogue that is nearest to each row of TABLE.

    TABLE is a file with columns such as ra and dec, in degrees. The column target_index of the
    result is the number of the row, counted from 0.

    \b
    topmast crossmatch my_stars.csv --catalog Gaia --radius "1 arcsec" --output matched.parquet
    """
    from topmast.cli.formats import read_table

    found = (
        current()
        .client()
        .catalogs.crossmatch(read_table(table), catalog, radius, nearest=not every, version=version)
    )
    output.write(found)
    return DONE if len(found) else NOTHING
