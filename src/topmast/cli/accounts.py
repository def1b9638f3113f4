"""Accounts and API tokens of an archive: `topmast user` and `topmast token`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from topmast.cli.archive import check_extra, folder_argument
from topmast.cli.errors import DONE, NOTHING
from topmast.cli.settings import command, say

if TYPE_CHECKING:
    from click.decorators import FC

    from topmast.archive import Archive

SCOPES = ("mast:user:info", "mast:exclusive_access")

proposal_option: Callable[[FC], FC] = click.option(
    "--proposal",
    "proposals",
    multiple=True,
    metavar="ID",
    help="A proposal whose exclusive data it may access; may be given several times.",
)


@click.group(no_args_is_help=False, short_help="Make, list and remove the accounts of an archive.")
def user() -> None:
    """Make, list and remove the accounts of a local archive.

    \b
    topmast user add ~/mast-archive alice@example.org --proposal 1180 --proposal 2589
    topmast user list ~/mast-archive
    topmast user remove ~/mast-archive alice@example.org
    """


@click.group(no_args_is_help=False, short_help="Make, list and revoke API tokens of an archive.")
def token() -> None:
    """Make, list and revoke the API tokens of a local archive.

    \b
    topmast token create ~/mast-archive alice@example.org --name laptop
    topmast token list ~/mast-archive
    topmast token revoke ~/mast-archive 1802847b
    """


# ----------------------------------------------------------------------------------- accounts


@command("add", short_help="Make or update an account.")
@folder_argument
@click.argument("name")
@click.option("--first-name", default="", metavar="TEXT", help="First name, shown at a login.")
@click.option("--last-name", default="", metavar="TEXT", help="Last name, shown at a login.")
@proposal_option
@click.option("--all-proposals", is_flag=True, help="Allow access to all exclusive data.")
@click.option("--no-password", is_flag=True, help="It has no password, only tokens.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--replace", is_flag=True, help="Update an account that exists.")
def add(
    folder: Path,
    name: str,
    first_name: str,
    last_name: str,
    proposals: tuple[str, ...],
    all_proposals: bool,
    no_password: bool,
    password_stdin: bool,
    replace: bool,
) -> int:
    """Make the account NAME in the archive in FOLDER; its password is asked for.

    NAME is an e-mail address or a word. With --replace an account that is there gets these names,
    proposals and password, and is logged out; with --no-password it keeps its password.
    """
    if no_password and password_stdin:
        raise click.UsageError("--no-password and --password-stdin do not go together.")
    if all_proposals and proposals:
        raise click.UsageError("--all-proposals and --proposal do not go together.")
    with _opened(folder) as archive:
        from topmast.archive.accounts.accounts import add_account

        account = add_account(
            archive.store,
            name,
            None if no_password else _password(name, password_stdin),
            first_name=first_name,
            last_name=last_name,
            proposals=None if all_proposals else proposals,
            replace=replace,
        )
    say(f"{account.name} may have: {_rights(account.proposals)}.")
    return DONE


@command("list", short_help="List the accounts.")
@folder_argument
def list_users(folder: Path) -> int:
    """List the accounts of the archive in FOLDER: name, person, exclusive data open to it."""
    with _opened(folder) as archive:
        from topmast.archive.accounts.accounts import all_accounts

        accounts = all_accounts(archive.store)
    for each in accounts:
        person = f"{each.first_name} {each.last_name}".strip()
        _row(each.name, person, _rights(each.proposals), _day(each.created))
    return DONE if accounts else NOTHING


@command("remove", short_help="Remove an account, its sessions and its tokens.")
@folder_argument
@click.argument("name")
def remove(folder: Path, name: str) -> int:
    """Remove the account NAME from the archive in FOLDER; its sessions and tokens end at once."""
    with _opened(folder) as archive:
        from topmast.archive.accounts.accounts import remove_account

        remove_account(archive.store, name)
    say(f"{name} is removed.")
    return DONE


# ------------------------------------------------------------------------------------- tokens


@command("create", short_help="Make a token for an account.")
@folder_argument
@click.argument("account")
@click.option("--name", default="", metavar="TEXT", help="What it is for, such as 'laptop'.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it gives access to; default: everything.",
)
@proposal_option
@click.option("--days", type=float, default=60.0, show_default=True, help="Lifetime of the token.")
@click.option(
    "--idle-days",
    type=float,
    default=10.0,
    show_default=True,
    help="Days without use after which it expires.",
)
def create(
    folder: Path,
    account: str,
    name: str,
    scopes: tuple[str, ...],
    proposals: tuple[str, ...],
    days: float,
    idle_days: float,
) -> int:
    """Make a token for ACCOUNT of the archive in FOLDER, and print it: it is shown this once.

    With --proposal it opens the exclusive data of these proposals only.
    """
    with _opened(folder) as archive:
        from topmast.archive.accounts.tokens import create_token

        made, secret = create_token(
            archive.store,
            account,
            name=name,
            scopes=scopes or SCOPES,
            proposals=proposals or None,
            days=days,
            idle_days=idle_days,
        )
    say(
        f"Token {made.id} of {made.account}, until {_day(made.expires)}, and no longer than "
        f"{idle_days:g} days without use. It gives all rights of {made.account}:"
    )
    click.echo(secret)
    return DONE


@command("list", short_help="List the tokens.")
@folder_argument
@click.argument("account", required=False)
def list_tokens(folder: Path, account: str | None) -> int:
    """List the tokens of the archive in FOLDER, of ACCOUNT or of all; never the secrets."""
    with _opened(folder) as archive:
        from topmast.archive.accounts.tokens import all_tokens

        tokens = all_tokens(archive.store, account)
    for each in tokens:
        rights = "as the account" if each.proposals is None else _rights(each.proposals)
        life = f"until {_day(each.until)}"
        _row(each.id, each.account, each.name, " ".join(each.scopes), rights, life)
    return DONE if tokens else NOTHING


@command("revoke", short_help="End a token at once.")
@folder_argument
@click.argument("identifier", metavar="ID")
def revoke(folder: Path, identifier: str) -> int:
    """End the token ID of the archive in FOLDER at once; `topmast token list` shows the ids."""
    with _opened(folder) as archive:
        from topmast.archive.accounts.tokens import revoke_token

        revoke_token(archive.store, identifier)
    say(f"Token {identifier} is revoked.")
    return DONE


for _command in (add, list_users, remove):
    user.add_command(_command)
for _command in (create, list_tokens, revoke):
    token.add_command(_command)


# -------------------------------------------------------------------------------------- parts


@contextmanager
def _opened(folder: Path) -> Iterator[Archive]:
    check_extra()
    from topmast.archive import Archive

    with Archive(folder.expanduser()) as archive:
        yield archive


def _password(name: str, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    text: str = click.prompt(
        f"Password for {name}", hide_input=True, confirmation_prompt=True, err=True
    )
    return text


def _rights(proposals: Iterable[str] | None) -> str:
    if proposals is None:
        return "all exclusive data"
    return f"proposals {', '.join(sorted(proposals))}" if proposals else "public data only"


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def _row(*values: str) -> None:
    click.echo("\t".join(values))
