"""The missions of the archive, and the mission search: `topmast missions` and what is below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.download import with_progress
from topmast.cli.errors import DONE, NOTHING
from topmast.cli.manifest import finish
from topmast.cli.output import Output, output_options
from topmast.cli.settings import command, common_options, current
from topmast.cli.targets import place_of, target_argument
from topmast.cli.words import criterion_option, pairs_of

if TYPE_CHECKING:
    from click.decorators import FC

    from topmast.services.missions import MastMissionsClass

EXAMPLES = """
TARGET is an object's name or a position; a mission's own columns are given with --criterion,
as `topmast missions columns` lists them. A value may begin with !, hold *, or be a range:
duration=">1000", program=1000..2000. A criterion given twice means either value.
"""
extension_option: Callable[[FC], FC] = click.option(
    "--extension", multiple=True, metavar="END", help="Only files whose names end so."
)


@click.group(
    invoke_without_command=True, short_help="List the missions, or search one by its own columns."
)
@common_options
@click.pass_context
def missions(context: click.Context) -> int | None:
    """List the missions that the archive holds, one a line, or search one of them.

    \b
    topmast missions
    topmast missions search jwst --criterion program=1410 --criterion exp_type="*IMAGE"
    topmast missions columns hst
    """
    if context.invoked_subcommand is not None:
        return None
    code: int = list_missions.invoke(click.Context(list_missions, parent=context))
    return code


@command("list", short_help="List the missions.", quick=True)
def list_missions() -> int:
    """List the missions that the archive holds, one a line."""
    for mission in current().client().observations.list_missions():
        click.echo(mission)
    return DONE


def of_mission(name: str) -> MastMissionsClass:
    """What asks about one mission."""
    found = current().client().missions
    found.mission = name
    return found


@command(short_help="Find the datasets of a mission.", epilog=EXAMPLES)
@click.argument("mission")
@target_argument
@click.option(
    "--radius",
    metavar="ANGLE",
    help="How far around TARGET: '5 arcmin', at most 30; a number is arcminutes. Default: 3.",
)
@criterion_option("A column of the mission and what it must be; may be repeated.")
@click.option("--select", metavar="NAMES", help="Columns to show, with commas, or 'all'.")
@click.option("--sort-by", multiple=True, metavar="NAME", help="Sort by this column.")
@click.option("--descending", is_flag=True, help="Sort the other way round.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="The most rows; else all.")
@click.option("--offset", type=click.IntRange(min=0), default=0, metavar="N",
              help="Rows to pass over.")  # fmt: skip
@click.option("--count", is_flag=True, help="Print how many there are, not which.")
@output_options
def search(
    mission: str,
    target: tuple[str, ...],
    radius: str | None,
    criterion: tuple[str, ...],
    select: str | None,
    sort_by: tuple[str, ...],
    descending: bool,
    limit: int | None,
    offset: int,
    count: bool,
    output: Output,
) -> int:
    """Find the datasets of a mission by place, name or the mission's own columns.

    \b
    topmast missions search hst M101 --radius "5 arcmin"
    topmast missions search jwst --criterion program=1410 --sort-by date_obs
    topmast missions search roman --criterion pass=">2" --count
    """
    words: dict[str, Any] = {
        name: texts if len(texts) > 1 else texts[0] for name, texts in pairs_of(criterion).items()
    }
    if sort_by:
        words |= {"sort_by": list(sort_by), "sort_desc": [descending] * len(sort_by)}
    found = of_mission(mission).query_criteria(
        **place_of(target, radius),
        limit=limit,
        offset=offset,
        select_cols=select,
        count_only=count,
        **words,
    )
    if isinstance(found, int):
        click.echo(found)
        return DONE
    output.write(found)
    return DONE if len(found) else NOTHING


@command(short_help="List the columns of a mission.")
@click.argument("mission")
@output_options
def columns(mission: str, output: Output) -> int:
    """List the columns of a mission: their types, units and meanings.

    \b
    topmast missions columns hst
    """
    output.write(of_mission(mission).get_column_list())
    return DONE


@command(short_help="List the files of a mission's datasets.")
@click.argument("mission")
@click.argument("datasets", nargs=-1, required=True)
@extension_option
@output_options
def products(
    mission: str, datasets: tuple[str, ...], extension: tuple[str, ...], output: Output
) -> int:
    """List the files of datasets, given by their names.

    \b
    topmast missions products jwst jw01410001001_02101_00001
    """
    ask = of_mission(mission)
    table = ask.get_product_list(list(datasets))
    if extension and len(table):
        table = ask.filter_products(table, extension=list(extension))
    output.write(table)
    return DONE if len(table) else NOTHING


@command(short_help="Download the files of a mission's datasets.")
@click.argument("mission")
@click.argument("datasets", nargs=-1, required=True)
@click.option("--download-dir", default=".", metavar="FOLDER", help="Where to.")
@click.option("--flat", is_flag=True, help="Put all files directly into the folder.")
@extension_option
@output_options
def download(
    mission: str,
    datasets: tuple[str, ...],
    download_dir: str,
    flat: bool,
    extension: tuple[str, ...],
    output: Output,
) -> int:
    """Download the files of datasets, or of the JSON file of a subscription.

    \b
    topmast missions download roman r0000301001001001001_0001 --download-dir data
    topmast missions download jwst subscription.json
    """
    subscription = len(datasets) == 1 and datasets[0].lower().endswith(".json")
    plan = of_mission(mission).plan_download(
        datasets[0] if subscription else list(datasets),
        download_dir=download_dir,
        flat=flat,
        extension=list(extension) or None,
    )
    if plan is None:
        return NOTHING
    manifest = with_progress(lambda shown: plan.run(verbose=False, progress=shown))
    return finish(manifest, output, retried=None, folder=plan.folder)


for _each in (search, columns, products, download):
    missions.add_command(_each)
