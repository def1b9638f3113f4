"""Show the settings, and where each comes from: `topmast config`."""

from __future__ import annotations

import click

from topmast.cli.errors import DONE
from topmast.cli.settings import command


@command(short_help="Show the settings and where they come from.", quick=True)
@click.argument("names", metavar="[NAME]...", nargs=-1)
def config(names: tuple[str, ...]) -> int:
    """Show the settings with their values, and where each value comes from.

    \b
    topmast config
    topmast config timeout server

    A setting is changed by an environment variable, such as TOPMAST_TIMEOUT=60, or by a line in
    the section [mast] of topmast.cfg, such as timeout = 60.
    """
    from topmast.config import DEFAULTS, conf, configuration_files
    from topmast.errors import did_you_mean
    from topmast.net.address import shown

    for name in names:
        if name not in DEFAULTS:
            raise click.UsageError(f"There is no setting {name!r}.{did_you_mean(name, DEFAULTS)}")
    for path in configuration_files():
        click.echo(f"# {path}" + ("" if path.is_file() else " (does not exist)"))
    click.echo("[mast]")
    for name in names or DEFAULTS:
        value = getattr(conf, name)
        if isinstance(value, str):
            value = shown(value)  # without a password in an address
        source = conf.source(name)
        click.echo(f"{name} = {value}" + ("" if source == "default" else f"  # from {source}"))
    return DONE
