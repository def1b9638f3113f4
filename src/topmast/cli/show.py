"""Plot files, and get plotted data by the name of an object: `topmast show` and `topmast get`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.download import with_progress
from topmast.cli.errors import DONE
from topmast.cli.settings import command, current, say
from topmast.cli.sources import STDIN, is_product_table, read_source
from topmast.cli.targets import one_position, place_of, radius_option

if TYPE_CHECKING:
    from click.decorators import FC

picture_option: Callable[[FC], FC] = click.option(
    "--output",
    "-o",
    "picture",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plot to FILE (.png, .pdf, .svg); without it a window opens, if there is a "
    "screen.",
)


@command(short_help="Plot a light curve, a spectrum or an image.")
@click.argument("what", metavar="FILE|URI|OBSID|TABLE|-")
@click.option("--row", type=click.IntRange(min=1), metavar="N",
              help="Which row of a table; the first if not given.")  # fmt: skip
@picture_option
def show(what: str, row: int | None, picture: Path | None) -> int:
    """Plot what a file holds: its light curve, its spectrum or its image.

    A URI of the archive is read from there, without a download; so is a row of a table of
    products, and the recommended file of an observation. Without a screen the plot is written
    beside you, as a PNG, and its name is printed.

    \b
    topmast show tess2019087120000-s0010-0000000307210830-0129-s_lc.fits
    topmast show mast:HST/product/u8ji11acq_flt.fits -o image.png
    topmast show products.ecsv --row 3
    topmast search M8 --obs-collection IUE | topmast show - -o iue.png
    """
    from topmast.plots.show import show as plot

    if is_source(what):
        what = uri_of_row(read_source((what,)), row or 1)
    elif row is not None:
        raise click.UsageError(f"--row goes with a table, and {what} is none.")
    if ":" in what and not Path(what).exists():
        with current().client().open_product(what) as hdus:
            return _plot(plot, hdus, picture, what.rpartition("/")[2])
    return _plot(plot, what, picture, Path(what).name)


def is_source(what: str) -> bool:
    """Whether it is a table, standard input or an obsid, and not a file with data or a URI."""
    if what == STDIN or (what.isdigit() and not Path(what).exists()):
        return True
    return Path(what).suffix.lower() in TABLES and Path(what).is_file()


def uri_of_row(source: Any, row: int) -> str:
    """The URI of a row of products, or of the first recommended file of an observation."""
    if row > len(source):
        raise click.UsageError(f"There is no row {row}: the table has {len(source)}.")
    chosen = source[row - 1 : row]
    if is_product_table(source):
        return str(chosen["dataURI"][0])
    observations = current().client().observations
    products = observations.get_product_list(chosen)
    best = observations.filter_products(products, mrp_only=True, productType="SCIENCE")
    if not len(best):
        raise click.UsageError(f"Row {row} has no recommended science file to plot.")
    return str(best["dataURI"][0])


TABLES = (".ecsv", ".vot", ".xml", ".csv", ".tsv", ".json", ".parquet")
"""Files that list products; a FITS file is taken for data."""


@command(short_help="Download, and plot, the best data of an object.")
@click.argument("target", nargs=-1, required=True, callback=one_position)
@click.option("--kind", default="lightcurve", show_default=True,
              metavar="lightcurve|spectrum|image", help="What to look for.")  # fmt: skip
@click.option("--mission", metavar="NAME", help="Of this mission only, such as TESS.")
@radius_option
@click.option("--download-dir", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where mastDownload/ goes; this folder if not given.")  # fmt: skip
@click.option("--plot", "plotted", is_flag=True, help="Plot it too.")
@picture_option
def get(
    target: tuple[str, ...],
    kind: str,
    mission: str | None,
    radius: str | None,
    download_dir: Path | None,
    plotted: bool,
    picture: Path | None,
) -> int:
    """Search for an object, choose its best data, download the file, and plot it.

    Nearest first, then the missions' own files, then the highest calibration level and the newest.
    What was chosen and why, and what else there is, is told on standard error; the path of the
    file goes to standard output.

    \b
    topmast get "TIC 307210830" --kind lightcurve --plot
    topmast get M8 --kind spectrum --mission IUE --radius 1m -o m8.png
    """
    from topmast.plots.show import show as plot

    options: dict[str, Any] = {"mission": mission, "download_dir": download_dir}
    place = place_of((" ".join(target),), radius)
    options |= {"target": place.pop("coordinates"), "kind": kind} | place
    client = current().client()
    got = with_progress(lambda shown: client.get(progress=shown, **options))
    say(f"Chosen: {got.why}")
    for row in got.others[:MOST_OTHERS]:
        say(f"  also: {row['obs_collection']} {row['target_name']} {row['obs_id']}")
    click.echo(str(got.path))
    if plotted or picture:
        return _plot(plot, got.path, picture, got.path.name)
    return DONE


MOST_OTHERS = 5


def _plot(plot: Any, what: Any, picture: Path | None, name: str) -> int:
    """Plot to a file, to a window, or, where there is no screen, to a file beside you."""
    if picture is None and _has_screen():
        from matplotlib import pyplot

        plot(what)
        pyplot.show()
        return DONE
    path = picture or Path(f"{name.partition('.')[0] or 'plot'}.png")
    plot(what, path=path)
    say(f"Plot written to {path}")
    return DONE


def _has_screen() -> bool:
    """Whether matplotlib can open a window here; it looks for a screen itself."""
    from topmast.plots.field import matplotlib_or_error

    matplotlib_or_error()
    from matplotlib import pyplot
    from matplotlib.backends import backend_registry

    backend = pyplot.get_backend().lower()
    return backend in {name.lower() for name in backend_registry.list_builtin()} - NO_WINDOW


NO_WINDOW = {"agg", "cairo", "pdf", "pgf", "ps", "svg", "template"}
