"""Look into files without downloading them: `topmast open` and `topmast headers`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.errors import DONE, FAILED, NOTHING, tell
from topmast.cli.output import Output, output_options
from topmast.cli.settings import command, current
from topmast.cli.sources import is_product_table, read_source
from topmast.config.output import one_line

if TYPE_CHECKING:
    from astropy.table import Table
    from click.decorators import FC

cloud_option: Callable[[FC], FC] = click.option(
    "--cloud", is_flag=True, help="Take the copy in Amazon's cloud, where there is one."
)


@command(short_help="Look into a file without downloading it.")
@click.argument("uri", metavar="URI")
@click.option("--ext", metavar="N|NAME", help="Print the whole header of this HDU of a FITS file.")
@cloud_option
@output_options
def open(uri: str, ext: str | None, cloud: bool, output: Output) -> int:
    """List the HDUs of a FITS file, or the tree of an ASDF file; only their headers travel.

    URI is the dataURI of a product, or s3://bucket/key. Any other file is written to standard
    output as it is.

    \b
    topmast open mast:HST/product/u9o40504m_c3m.fits
    topmast open mast:HST/product/u9o40504m_c3m.fits --ext 0
    topmast open s3://stpubdata/roman/nexus/soc_simulations/r1.asdf
    """
    observations = _observations(cloud)
    opened = observations.open_product(uri)
    with opened:
        if hasattr(opened, "info") and hasattr(opened, "tree"):
            opened.info(max_rows=None)
        elif not hasattr(opened, "info"):
            while piece := opened.read(1 << 20):
                sys.stdout.buffer.write(piece)
        elif ext is not None:
            click.echo(_header(opened, ext))
        else:
            output.write(_hdus(opened))
    return DONE


@command(short_help="Make a table of the headers of many files.")
@click.argument("what", metavar="URI...|TABLE|-", nargs=-1)
@click.option("--ext", metavar="N|NAME", multiple=True, default=("0",),
              help="An HDU by number or EXTNAME, in turn; 'all' for all. Default: 0.")  # fmt: skip
@click.option("--keyword", "keywords", metavar="WORD", multiple=True,
              help="A keyword to list, several in turn; all that occur if not given.")  # fmt: skip
@cloud_option
@output_options
def headers(
    what: tuple[str, ...],
    ext: tuple[str, ...],
    keywords: tuple[str, ...],
    cloud: bool,
    output: Output,
) -> int:
    """Make a table of the headers of many FITS files; only the headers travel.

    \b
    topmast headers mast:HST/product/u9o40504m_c3m.fits --keyword EXPTIME
    topmast products 3000007760 --extension fits | topmast headers - --output headers.ecsv
    """
    uris = _uris(what)
    wanted = None if "all" in ext else [int(each) if each.isdigit() else each for each in ext]
    found = _observations(cloud).headers(uris, ext=wanted, keywords=keywords or None)
    output.write(found)
    failed = [row for row in found if row["Message"]]
    for row in failed:
        tell(one_line(f"{row['dataURI']}: {row['Message']}"))
    return FAILED if failed else DONE if len(found) else NOTHING


def _observations(cloud: bool) -> Any:
    observations = current().client().observations
    if cloud:
        observations.enable_cloud_dataset(verbose=False)
    return observations


def _uris(what: tuple[str, ...]) -> Any:
    """URIs as words, or a product table."""
    if what and all(":" in word for word in what):
        return list(what)
    source = read_source(what)
    if is_product_table(source):
        return source
    if isinstance(source, list) and source and all(":" in word for word in source):
        return source
    raise click.UsageError(
        "headers takes URIs such as mast:HST/product/u9o40504m_c3m.fits, or a table of products "
        "(topmast products OBSID | topmast headers -)."
    )


def _header(hdus: Any, ext: str) -> str:
    try:
        header = hdus[int(ext) if ext.isdigit() else ext].header
    except (KeyError, IndexError) as problem:
        names = ", ".join(f"{number} {hdu.name}" for number, hdu in enumerate(hdus))
        raise click.UsageError(f"There is no HDU {ext}; there are: {names}.") from problem
    text: str = header.tostring(sep="\n", endcard=False, padding=False)
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _hdus(hdus: Any) -> Table:
    """The HDUs of a file, a row each."""
    from astropy.table import Table

    rows = [
        (
            number,
            hdu.name,
            type(hdu).__name__,
            len(hdu.header),
            " x ".join(str(hdu.header.get(f"NAXIS{n + 1}", 0)) for n in range(_axes(hdu))),
            int(hdu.header.get("BITPIX", 8)),
        )
        for number, hdu in enumerate(hdus)
    ]
    return Table(rows=rows, names=["HDU", "Name", "Type", "Cards", "Size", "BITPIX"])


def _axes(hdu: Any) -> int:
    return int(hdu.header.get("NAXIS", 0))
