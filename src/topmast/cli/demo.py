"""Search, list, download and plot with a sample archive: `topmast demo`.

Each step is a few lines of Python that are first printed and then run, so what is shown is what
was done.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from topmast.cli.archive import check_extra, make_sample
from topmast.cli.errors import DONE, FAILED
from topmast.cli.output import show_table
from topmast.cli.settings import command, say

Names = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, the Python that does it, and how its outcome is shown."""

    title: str
    code: str
    show: Callable[[Names], None]


@command(short_help="Show how topmast works, without a network.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="topmast-demo")
def demo(folder: Path) -> int:
    """Make the sample archive in FOLDER (topmast-demo if not given) and use it, step by step:
    search, list, filter, download, read, draw. No network is needed.

    Run again, it starts from the archive and the files that are there.
    """
    check_extra()
    folder = folder.expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "archive"
    if not (archive / "archive.sqlite").is_file():
        make_sample(archive)
    names: Names = {"folder": folder.as_posix()}
    for number, step in enumerate(STEPS, start=1):
        _do(number, step, names)
    _tell_next(folder, names)
    return DONE if all(names["manifest"]["Status"] == "COMPLETE") else FAILED


def _do(number: int, step: Step, names: Names) -> None:
    click.secho(f"\n{number}. {step.title}", bold=True)
    code = step.code.replace("{folder}", names["folder"])
    for prompt, line in zip(_prompts(code), code.splitlines(), strict=True):
        click.secho(f"   {prompt} {line}", fg="cyan")
    exec(compile(code, "<topmast demo>", "exec"), names)
    step.show(names)


def _prompts(code: str) -> list[str]:
    return ["..." if line.startswith((" ", ")")) else ">>>" for line in code.splitlines()]


def _show_missions(names: Names) -> None:
    click.echo(f"   {', '.join(names['missions'])}")


def _show_observations(names: Names) -> None:
    _show(
        names["observations"],
        ("obsid", "obs_collection", "instrument_name", "filters", "t_exptime", "distance"),
    )


def _show_products(names: Names) -> None:
    _show(names["products"], ("obs_id", "productFilename", "productType", "size"))


def _show_chosen(names: Names) -> None:
    _show(names["chosen"], ("obs_id", "productFilename", "productType", "size"))


def _show_manifest(names: Names) -> None:
    _show(names["manifest"], ("Local Path", "Status", "Source"))


def _show_header(names: Names) -> None:
    header, data = names["header"], names["data"]
    for word in (
        "TELESCOP",
        "INSTRUME",
        "OBJECT",
        "FILTER",
        "EXPTIME",
        "CTYPE1",
        "CRVAL1",
        "CRVAL2",
    ):
        if word in header:
            click.echo(f"   {word:8} = {header[word]}")
    click.echo(f"   data: {' x '.join(map(str, data.shape))} pixels of {data.dtype.name}")


def _show_picture(names: Names) -> None:
    click.echo(f"   Written: {names['folder']}/footprints.png")


def _show(table: Any, columns: tuple[str, ...], rows: int = 8) -> None:
    here = [name for name in columns if name in table.colnames]
    show_table(table[here], limit=rows, width=None, reorder=False, hints=False)
    if len(table) > rows:
        click.echo(f"... and {len(table) - rows} more")


STEPS = (
    Step(
        "Connect. A folder here; a URL, or nothing for MAST itself, works the same way.",
        'import topmast\nclient = topmast.connect("{folder}/archive")\n'
        "missions = client.observations.list_missions()",
        _show_missions,
    ),
    Step(
        "Search around an object.",
        "observations = client.observations.query_object("
        '"M101", radius="5 arcmin", dataproduct_type="image")',
        _show_observations,
    ),
    Step(
        "List the files of what was found.",
        "products = client.observations.get_product_list(observations)",
        _show_products,
    ),
    Step(
        "Choose among them.",
        "chosen = client.observations.filter_products(\n"
        '    products, productType="SCIENCE", extension=["fits", "fits.gz"]\n)',
        _show_chosen,
    ),
    Step(
        "Download. Complete files on disk are not fetched again.",
        "manifest = client.observations.download_products(\n"
        '    chosen, download_dir="{folder}", mrp_only=False, verbose=False\n)',
        _show_manifest,
    ),
    Step(
        "Read one back.",
        "from astropy.io import fits\n"
        'with fits.open(manifest["Local Path"][0]) as file:\n'
        "    image = next(hdu for hdu in file if hdu.data is not None)\n"
        "    header, data = file[0].header + image.header, image.data",
        _show_header,
    ),
    Step(
        "Look at the footprints of all that was seen within a degree.",
        "from topmast import plots\n"
        'place = client.observations.resolve_object("M101")\n'
        'around = client.observations.query_region(place, radius="1 deg")\n'
        "picture = plots.footprints(\n"
        '    around, coordinates=place, radius="1 deg", path="{folder}/footprints.png"\n)',
        _show_picture,
    ),
)


def _tell_next(folder: Path, names: Names) -> None:
    topmast = _this_program()
    say(
        f"\nThat was all on this disk: {len(names['manifest'])} files are in "
        f"{folder}/mastDownload. Next:\n"
        f'   {topmast} search M8 --radius "0.02 deg" --archive {folder}/archive\n'
        f"   {topmast} serve {folder}/archive\n"
        f"   {topmast} search M101   # asks MAST itself\n"
        "   docs/quickstart.md"
    )


def _this_program() -> str:
    """The word that calls topmast again: its path, where it is not on the PATH."""
    called = sys.argv[0]
    return called if Path(called).stem == "topmast" and not shutil.which("topmast") else "topmast"
