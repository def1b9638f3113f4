"""The command line: `topmast search`, `topmast download`, `topmast serve` and the rest.

Each command lives in the module that `COMMANDS` names and is imported when it is called, so that
``topmast --help`` answers at once. Nothing heavy is imported here.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from topmast.cli.document import asks_for_json, write_document
from topmast.cli.errors import guarded
from topmast.cli.settings import Settings, common_options
from topmast.config.settings import one_thread_for_matrices

__all__ = ["main"]

COMMANDS: dict[str, str] = {
    "get": "topmast.cli.show",
    "search": "topmast.cli.search",
    "count": "topmast.cli.search",
    "explain": "topmast.cli.search",
    "catalog": "topmast.cli.catalog",
    "crossmatch": "topmast.cli.catalog",
    "tap": "topmast.cli.tap",
    "products": "topmast.cli.products",
    "download": "topmast.cli.download",
    "cutout": "topmast.cli.cutout",
    "open": "topmast.cli.remote",
    "headers": "topmast.cli.remote",
    "show": "topmast.cli.show",
    "verify": "topmast.cli.verify",
    "cite": "topmast.cli.cite",
    "resolve": "topmast.cli.lookup",
    "missions": "topmast.cli.missions",
    "columns": "topmast.cli.lookup",
    "init": "topmast.cli.archive",
    "ingest": "topmast.cli.archive",
    "serve": "topmast.cli.archive",
    "archive": "topmast.cli.upkeep",
    "mcp": "topmast.cli.mcp",
    "user": "topmast.cli.accounts",
    "token": "topmast.cli.accounts",
    "config": "topmast.cli.config",
    "completion": "topmast.cli.completion",
    "demo": "topmast.cli.demo",
    "run": "topmast.cli.run",
    "compare": "topmast.cli.compare",
}
"""Where each command is defined; the order is that of ``topmast --help``."""


COMPLETE_VARIABLE = "_TOPMAST_COMPLETE"
"""The environment variable by which a shell asks for completions."""


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for, and ends with the right exit code."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[name]), name)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0].isidentifier() and args[0].lower() not in COMMANDS:
            from topmast.errors import did_you_mean

            context.fail(f"No such command {args[0]!r}.{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(context, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        run = partial(
            super().main,
            args,
            prog_name,
            complete_var or COMPLETE_VARIABLE,
            standalone_mode=False,
            **extra,
        )
        if not standalone_mode:
            return run()
        words = sys.argv[1:] if args is None else list(args)
        if asks_for_json(words):
            raise SystemExit(write_document(run, words, COMMANDS))
        raise SystemExit(guarded(run))


def _same_word(text: str) -> str:
    """Options may be written as the library's arguments are: --download_dir, --intentType."""
    return text.lower().replace("_", "-")


one_thread_for_matrices()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "token_normalize_func": _same_word,
    },
    epilog="Exit codes: 0 done; 1 something failed; 2 an option or value is wrong, or a name "
    "is not known; 3 nothing was found; 130 interrupted.",
)
@click.version_option(None, "--version", package_name="topmast", prog_name="topmast")
@common_options
@click.pass_context
def main(context: click.Context) -> None:
    """Find, download and keep the data of NASA's space telescopes.

    \b
    topmast search M101 --radius "5 arcmin" --filters "*UV"
    topmast search M101 --obs-collection GALEX | topmast products - | topmast download -

    Data go to standard output, everything else to standard error. Without --archive the archive
    is the one in TOPMAST_ARCHIVE or in the configuration file, and MAST itself otherwise.
    """
    context.ensure_object(Settings)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
