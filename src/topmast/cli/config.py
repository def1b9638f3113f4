"""Show the settings, and where each comes from: `topmast config`."""

from __future__ import annotations

import json

import click

from topmast.cli.errors import DONE
from topmast.cli.settings import command, current


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
    values = {name: getattr(conf, name) for name in names or DEFAULTS}
    rows = [
        # an address is shown without its password
        {"name": name, "value": shown(each) if isinstance(each, str) else each,
         "source": str(conf.source(name))}
        for name, each in values.items()
    ]  # fmt: skip
    if current().json:
        click.echo(json.dumps(rows))
        return DONE
    for path in configuration_files():
        click.echo(f"# {path}" + ("" if path.is_file() else " (does not exist)"))
    click.echo("[mast]")
    for row in rows:
        remark = "" if row["source"] == "default" else f"  # from {row['source']}"
        click.echo(f"{row['name']} = {row['value']}{remark}")
    return DONE
