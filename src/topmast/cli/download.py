"""Bring files home and check them: `topmast download` and `topmast verify`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.bar import DownloadBar
from topmast.cli.errors import DONE, FAILED, NOTHING
from topmast.cli.output import Output, output_options, readable_size
from topmast.cli.settings import command, current, say
from topmast.cli.sources import is_product_table, read_source
from topmast.cli.words import filter_options

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.download import Plan

__all__ = ["download", "verify"]

AGAIN = "What has arrived is kept: the same command again fetches the rest."


@command(
    short_help="Download the files of observations.",
    epilog="Of observations, the Minimum Recommended Products come, unless --all or a filter says "
    "otherwise; of a table of products, all its rows. Run the same command again after an "
    "interruption: whole files stay, the rest is fetched.",
)
@click.argument("what", metavar="OBSID...|TABLE|-", nargs=-1)
@click.option("--download-dir", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where mastDownload/ goes; this folder if not given.")  # fmt: skip
@click.option("--flat", is_flag=True, help="Put all files directly into the folder.")
@click.option("--layout", metavar="TEMPLATE",
              help="Folders and names, such as '{obs_collection}/{productFilename}'.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="All products, not only the recommended ones.")
@click.option("--cache/--no-cache", default=True, help="Keep files that are here whole (default).")
@click.option("--check", is_flag=True, help="Ask whether the files that are here are current.")
@click.option("--connections", type=click.IntRange(min=1), metavar="N", help="Files at once.")
@click.option("--bandwidth", metavar="RATE", help="The most to take, such as '10 MB/s'.")
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and fetch nothing.")
@click.option("--curl", is_flag=True, help="Write a curl script that fetches the files later.")
@click.option("--retry", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              metavar="MANIFEST", help="Fetch again what a manifest says has failed.")  # fmt: skip
@filter_options
@output_options
def download(
    what: tuple[str, ...],
    retry: Path | None,
    dry_run: bool,
    curl: bool,
    output: Output,
    **words: Any,
) -> int:
    """Download files: of observations given by obsid, of a table, or of what a pipe brings.

    \b
    topmast download 3000007760
    topmast download 2003839997 --product-sub-group-description RAW --extension fits
    topmast products 3000007760 --mrp-only | topmast download - --download-dir data
    topmast download --retry manifest.ecsv
    """
    if retry is not None:
        if what:
            raise click.UsageError("--retry takes the place of obsids and tables.")
        return _finish(_fetch_again(retry), output)
    observations = current().client().observations
    source, options = _source_and_options(what, words)
    if curl:
        return _write_script(observations, source, options, output)
    plan = observations.plan_download(source, **options)
    if plan is None:
        return NOTHING
    if dry_run:
        click.echo(str(plan))
        return DONE
    return _finish(_run(plan), output)


def _source_and_options(what: tuple[str, ...], words: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """What to download, and the arguments of `plan_download`."""
    source = read_source(what)
    filters = words.pop("filters")
    every, cache, check = (words.pop(name) for name in ("every", "cache", "check"))
    if every and filters.get("mrp_only"):
        raise click.UsageError("Give only one of --all and --mrp-only.")
    if every or (is_product_table(source) and "mrp_only" not in filters):
        filters["mrp_only"] = False
    words["cache"] = "check" if check else cache
    return source, {name: value for name, value in words.items() if value is not None} | filters


def _run(plan: Plan) -> Table:
    return _with_bar(lambda bar: plan.run(verbose=False, progress=bar.update))


def _fetch_again(manifest: Path) -> Table:
    from topmast.download import retry

    session = current().client().session
    return _with_bar(lambda bar: retry(session, manifest, verbose=False, progress=bar.update))


def _with_bar(fetch: Callable[[DownloadBar], Table]) -> Table:
    try:
        with DownloadBar() as bar:
            return fetch(bar)
    except KeyboardInterrupt:
        say(AGAIN)
        raise


def _finish(manifest: Table, output: Output) -> int:
    """Show the manifest, sum it up, and tell by the exit code whether all files are there."""
    output.write(manifest)
    bad = manifest[manifest["Status"] == "ERROR"]
    size = sum(manifest["Bytes"].tolist()) if "Bytes" in manifest.colnames else 0
    say(f"{len(manifest) - len(bad)} of {len(manifest)} files are there ({readable_size(size)}).")
    for row in bad[:3]:
        say(f"Failed: {row['Local Path']}: {row['Message']}")
    if not len(bad):
        return DONE
    say(AGAIN)
    return FAILED


def _write_script(observations: Any, source: Any, options: dict[str, Any], output: Output) -> int:
    for name in ("cache", "connections", "bandwidth"):
        options.pop(name, None)
    manifest = observations.download_products(source, curl_flag=True, verbose=False, **options)
    if manifest is None:
        return NOTHING
    output.write(manifest)
    return FAILED if "ERROR" in manifest["Status"].tolist() else DONE


@command(short_help="Check downloaded files, and fetch broken ones again.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--repair", is_flag=True, help="Fetch broken files again.")
@click.option("--current", "ask", is_flag=True, help="Ask whether the archive has newer versions.")
@output_options
def verify(folder: Path, repair: bool, ask: bool, output: Output) -> int:
    """Check the files in FOLDER: against what was written down when they came, and by themselves.

    \b
    topmast verify mastDownload
    topmast verify mastDownload --repair

    The exit code is 1 if a file is broken, and stays so. Nothing is asked of an archive without
    --repair or --current.
    """
    from topmast.download import verify as look_at

    session = current().client().session if repair or ask else None
    found = look_at(folder, repair=repair, current=ask, session=session)
    output.write(found)
    states = found["State"].tolist()
    bad = sum(state not in ("whole", "unknown") for state in states)
    say(f"{len(states) - bad} of {len(states)} files are in order.")
    return FAILED if bad else DONE
