"""Complete commands and options in the shell: `topmast completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from topmast.cli.errors import DONE
from topmast.cli.settings import command

SHELLS = ("bash", "zsh", "fish")


@command(short_help="Print a script that completes commands in the shell.", quick=True)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print a script that completes commands and options of topmast in a shell.

    \b
    topmast completion bash >> ~/.bashrc
    topmast completion zsh >> ~/.zshrc
    topmast completion fish > ~/.config/fish/completions/topmast.fish
    """
    from topmast.cli import COMPLETE_VARIABLE

    root = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click cannot complete in {shell}.")
    click.echo(kind(root, {}, "topmast", COMPLETE_VARIABLE).source())
    return DONE
