"""Let an assistant ask the archive: `topmast mcp`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from topmast.cli.errors import DONE
from topmast.cli.settings import command, current
from topmast.version import install_command


@command(short_help="Serve the archive to an assistant (Model Context Protocol).")
@click.option("--download-dir", type=click.Path(file_okay=False, path_type=Path),
              default=Path(), metavar="FOLDER",
              help="Where downloads go; this folder if not given.")  # fmt: skip
@click.option("--approve-downloads", is_flag=True,
              help="Run planned downloads without a question for each.")  # fmt: skip
def mcp(download_dir: Path, approve_downloads: bool) -> int:
    """Serve the archive over standard input and output, to a program that speaks MCP.

    Its tools are search, count, explain, products, catalog and plan, which only read, and
    download, which runs a plan that a person has approved. No answer has more than 500 rows.

    \b
    topmast mcp
    topmast --archive ~/mast-archive mcp --download-dir data
    """
    if current().json:
        raise click.UsageError("topmast mcp speaks its own JSON: leave --json out.")
    if importlib.util.find_spec("mcp") is None:
        raise click.ClickException(f"topmast mcp needs mcp: {install_command('mcp')}")
    from topmast.cli.assistant.server import make_server

    make_server(current().client(), download_dir, approved=approve_downloads).run("stdio")
    return DONE
