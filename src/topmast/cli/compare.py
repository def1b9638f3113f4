"""Run a script under astroquery and under topmast and show where they differ: `topmast compare`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from topmast.cli.archive import check_extra
from topmast.cli.errors import DONE, FAILED
from topmast.cli.settings import common_options, current, say
from topmast.config import conf

if TYPE_CHECKING:
    from topmast.astroquery.compare import Comparison, Finding


@click.command(
    short_help="Run a script under astroquery and topmast; show what differs.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@common_options
@click.option(
    "--python",
    default=sys.executable,
    metavar="PATH",
    show_default="this one",
    help="An interpreter that has astroquery.",
)
@click.option(
    "--here",
    is_flag=True,
    help="Run both in this folder, not each in an empty one; files are then not compared.",
)
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("arguments", metavar="[ARGS]...", nargs=-1, type=click.UNPROCESSED)
def compare(python: str, here: bool, script: Path, arguments: tuple[str, ...]) -> int:
    """Run a script under the real astroquery and under topmast, and show where they differ.

    \b
    topmast compare --archive ~/mast-archive old_script.py M101
    topmast compare --archive http://127.0.0.1:8787 --python ~/old/bin/python old_script.py

    Compared are the exit code, both outputs, the results and warnings of every call of a public
    method, cell by cell, and the files that are left. Both runs ask the same archive; a folder is
    served on this machine meanwhile. Options of topmast stand before SCRIPT. The exit code is 0
    if nothing differs and 1 if something does.
    """
    from topmast.astroquery.compare import compare_script

    with _served(current().archive or conf.server) as server:
        say(f"Running {script} under astroquery and under topmast, on {server}")
        found = compare_script(
            script, arguments, server, python=python, here=here, timeout=current().timeout
        )
    _show(found)
    return DONE if found.same else FAILED


@contextmanager
def _served(archive: str) -> Iterator[str]:
    """The URL of the archive; that of a folder is served for the length of the block."""
    from topmast.net.address import is_url

    if is_url(archive):
        yield archive.rstrip("/")
        return
    check_extra()
    from topmast.archive import Archive
    from topmast.archive.server.serve import serve_in_thread

    with Archive(Path(archive).expanduser()) as opened, serve_in_thread(opened) as url:
        yield url


def _show(found: Comparison) -> None:
    for finding in found.findings:
        click.echo(_line(finding))
        for difference in finding.differences:
            click.echo(f"    {difference}")
    others = [finding.what for finding in found.findings if finding.differences]
    verdict = f"Different: {', '.join(others)}." if others else "The same."
    click.echo(f"{verdict} (astroquery {found.version})")


def _line(finding: Finding) -> str:
    verdict = "differs" if finding.differences else "same"
    return f"{finding.what:16} {verdict:8} {finding.size}"
