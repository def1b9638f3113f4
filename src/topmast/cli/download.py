"""Download files: `topmast download`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topmast.cli.bar import Shown, shown_progress
from topmast.cli.errors import DONE, FAILED, NOTHING, tell
from topmast.cli.manifest import AGAIN, finish
from topmast.cli.output import Output, output_options
from topmast.cli.settings import Option, command, current, say
from topmast.cli.sources import is_product_table, is_uri, products_of_uris, read_source
from topmast.cli.words import filter_options
from topmast.config.output import one_line

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.download import Plan

WITH_RETRY = ("retry", "dry_run", "download_dir", "connections", "bandwidth", "cloud")
"""The options that --retry takes, beside those of the output and of all commands."""

NOT_WITH_CURL = ("dry_run", "cache", "ask", "connections", "bandwidth", "cloud", "cloud_only")
"""The options about how files are fetched, of which a script knows nothing."""


@command(
    short_help="Download the files of observations.",
    epilog="Of observations, the Minimum Recommended Products come, unless --all or a filter says "
    "otherwise; of a table of products, all its rows. Run the same command again after an "
    "interruption: whole files stay, the rest is fetched.",
)
@click.argument("what", metavar="OBSID...|URI...|TABLE|-", nargs=-1)
@click.option("--download-dir", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where mastDownload/ goes; this folder if not given.")  # fmt: skip
@click.option("--flat", is_flag=True, help="Put all files directly into the folder.")
@click.option("--layout", metavar="TEMPLATE",
              help="Folders and names, such as '{obs_collection}/{productFilename}'.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="All products, not only the recommended ones.")
@click.option("--cache/--no-cache", default=True, help="Keep complete files on disk (default).")
@click.option("--current", "ask", cls=Option, old_name="--check", is_flag=True,
              help="Check whether the files on disk are current.")  # fmt: skip
@click.option("--connections", type=click.IntRange(min=1), metavar="N", help="Files at once.")
@click.option("--bandwidth", metavar="RATE", help="Maximum download rate, such as '10 MB/s'.")
@click.option("--cloud", is_flag=True,
              help="Fetch from Amazon's cloud what is there, and the rest here.")  # fmt: skip
@click.option("--cloud-only", is_flag=True, help="Fetch only what is in Amazon's cloud.")
@click.option("--dry-run", is_flag=True, help="Show what would be downloaded.")
@click.option("--curl", is_flag=True, help="Write a curl script that fetches the files later.")
@click.option("--retry", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              metavar="MANIFEST", help="Download again what failed in a manifest.")  # fmt: skip
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
    """Download files: of observations given by obsid, by URI, of a table, or of what a pipe brings.

    \b
    topmast download 3000007760
    topmast download 2003839997 --product-sub-group-description RAW --extension fits
    topmast download mast:HST/product/u8ij06acq_raw.fits --download-dir data
    topmast products 3000007760 --mrp-only | topmast download - --download-dir data
    topmast download --retry manifest.ecsv
    """
    _check_together(retry, curl)
    if words.pop("cloud") | words["cloud_only"]:
        current().client().observations.enable_cloud_dataset(verbose=False)
    if retry is not None:
        return _fetch_again(retry, what, dry_run, words, output)
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
    manifest = with_progress(lambda shown: plan.run(verbose=False, progress=shown))
    return finish(manifest, output, retried=None, folder=plan.folder)


def _check_together(retry: Path | None, curl: bool) -> None:
    """Refuse what would have no effect."""
    given = _given()
    if retry is not None:
        for name in given.keys() - set(WITH_RETRY):
            raise click.UsageError(
                f"--retry does not go with {given[name]}: "
                "the manifest says which files to fetch, and where they belong."
            )
    if curl:
        for name in given.keys() & set(NOT_WITH_CURL):
            raise click.UsageError(
                f"--curl does not go with {given[name]}: "
                "it writes a script that fetches the files later, beside it."
            )
    if given.keys() >= {"flat", "layout"}:
        raise click.UsageError("Give only one of --flat and --layout.")
    if given.keys() >= {"cache", "ask"}:
        raise click.UsageError(f"Give only one of {given['cache']} and {given['ask']}.")


def _given() -> dict[str, str]:
    """The options that were written down, but for those of the output and of all commands."""
    context = click.get_current_context()
    given = {}
    for option in context.command.params:
        name, section = option.name or "", getattr(option, "section", "Options")
        written = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if isinstance(option, click.Option) and written and section in ("Options", "Columns"):
            given[name] = next(word for word in option.opts if word.startswith("--"))
    if context.params["cache"]:
        given.pop("cache", None)  # as it is without a word
    elif "cache" in given:
        given["cache"] = "--no-cache"
    return given


def _source_and_options(what: tuple[str, ...], words: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """What to download, and the arguments of `plan_download`."""
    source = read_source(what)
    if isinstance(source, list) and any(map(is_uri, source)):
        source = products_of_uris(source)
        words["flat"] = words["layout"] is None
    filters = words.pop("filters")
    every, cache, ask = (words.pop(name) for name in ("every", "cache", "ask"))
    if every and filters.get("mrp_only"):
        raise click.UsageError("Give only one of --all and --mrp-only.")
    if every or (is_product_table(source) and "mrp_only" not in filters):
        filters["mrp_only"] = False
    words["cache"] = "check" if ask else cache
    return source, {name: value for name, value in words.items() if value is not None} | filters


def _fetch_again(
    manifest: Path, what: tuple[str, ...], dry_run: bool, words: dict[str, Any], output: Output
) -> int:
    from topmast.download.retry import plans_of_retry, retry
    from topmast.services.cloud import cloud_source

    if what:
        raise click.UsageError("--retry takes the place of obsids and tables.")
    session = current().client().session
    plans = plans_of_retry(session, manifest)
    if words["download_dir"] is not None:
        _check_folder(plans, words["download_dir"])
    if dry_run:
        click.echo("\n".join(map(str, plans)) or f"0 files: all of {manifest} have arrived.")
        return DONE
    pace = {name: words[name] for name in ("connections", "bandwidth")}
    pace["cloud"] = cloud_source(session)
    fresh = with_progress(
        lambda shown: retry(session, manifest, verbose=False, progress=shown, **pace)
    )
    return finish(fresh, output, retried=manifest, folder=manifest.parent)


def _check_folder(plans: list[Plan], folder: Path) -> None:
    """Files go where the manifest says; --download-dir may say the same, and nothing else."""
    root = folder.expanduser().resolve()
    for plan in plans:
        for product in plan.products:
            path = (plan.folder / product.path).resolve()
            if not path.is_relative_to(root):
                raise click.UsageError(
                    f"--retry puts files where its manifest says, and --download-dir {folder} is "
                    f"another place than that of {path}; leave --download-dir out."
                )


def with_progress(fetch: Callable[[Shown], Table]) -> Table:
    """What `fetch` gives, with a bar on the terminal meanwhile."""
    try:
        with shown_progress() as shown:
            return fetch(shown)
    except KeyboardInterrupt:
        say(AGAIN)
        raise


def _write_script(observations: Any, source: Any, options: dict[str, Any], output: Output) -> int:
    for name in ("cache", "cloud_only"):
        options.pop(name)
    if options.pop("flat"):
        options["layout"] = "{productFilename}"
    manifest = observations.download_products(source, curl_flag=True, verbose=False, **options)
    if manifest is None:
        return NOTHING
    output.write(manifest)
    row = manifest[0]
    if row["Status"] != "ERROR":
        return DONE
    tell(one_line(f"FAILED: {row['Local Path']}: {row['Message']}"))
    return FAILED
