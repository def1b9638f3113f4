"""`topmast user`, `topmast token`, and logging in from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.logins import ALICE, ALICES_PASSWORD, house
from tests.logins import cheap as cheap
from topmast.archive.accounts.accounts import all_accounts
from topmast.archive.accounts.tokens import all_tokens, user_of_token
from topmast.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> str:
    house(tmp_path / "house").close()
    return str(tmp_path / "house" / "archive")


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, words, input=typed)


def add(folder: str, *more: str) -> None:
    words = ("user", "add", folder, ALICE, "--password-stdin", "--proposal", "1180", *more)
    assert run(*words, typed=f"{ALICES_PASSWORD}\n").exit_code == 0


def test_an_account_is_made_listed_and_removed(folder: str) -> None:
    add(folder, "--first-name", "Alice", "--last-name", "A")
    listed = run("user", "list", folder)
    assert listed.exit_code == 0
    assert listed.stdout.startswith(f"{ALICE}\tAlice A\tproposals 1180\t")
    assert ALICES_PASSWORD not in listed.output
    assert run("user", "remove", folder, ALICE).exit_code == 0
    assert run("user", "list", folder).exit_code == 3


def test_a_password_is_asked_for_twice_and_not_shown(folder: str) -> None:
    asked = run("user", "add", folder, ALICE, typed=f"{ALICES_PASSWORD}\n{ALICES_PASSWORD}\n")
    assert asked.exit_code == 0, asked.output
    assert ALICES_PASSWORD not in asked.output
    assert "public data only" in asked.stderr


@pytest.mark.parametrize(
    ("more", "typed", "message"),
    [
        ((ALICE, "--password-stdin"), "abc\n", "6 to 1024 characters"),
        ((ALICE, "--password-stdin"), "", "6 to 1024 characters"),
        (("a:b", "--password-stdin"), "secret 1\n", "cannot be the name of an account"),
        ((ALICE, "--no-password", "--password-stdin"), "", "do not go together"),
        ((ALICE, "--all-proposals", "--proposal", "1"), "", "do not go together"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(
    folder: str, more: tuple[str, ...], typed: str, message: str
) -> None:
    refused = run("user", "add", folder, *more, typed=typed)
    assert refused.exit_code == 2
    assert message in refused.stderr


def test_an_account_that_is_there_is_changed_only_on_request(folder: str) -> None:
    add(folder)
    again = run("user", "add", folder, ALICE, "--no-password", "--all-proposals")
    assert again.exit_code == 2
    assert "--replace" in again.stderr
    words = ("user", "add", folder, ALICE, "--no-password", "--all-proposals", "--replace")
    assert run(*words).exit_code == 0
    assert "all exclusive data" in run("user", "list", folder).stdout


def test_a_token_is_shown_once_and_listed_without_its_secret(folder: str) -> None:
    add(folder)
    made = run("token", "create", folder, ALICE, "--name", "laptop", "--proposal", "1180")
    assert made.exit_code == 0
    secret = made.stdout.strip()
    assert len(secret) == 64
    listed = run("token", "list", folder)
    identifier, account, name, scopes, rights, life = listed.stdout.strip().split("\t")
    assert (account, name, rights) == (ALICE, "laptop", "proposals 1180")
    assert "mast:exclusive_access" in scopes
    assert life.startswith("until ")
    assert secret not in listed.output
    assert run("token", "revoke", folder, identifier).exit_code == 0
    assert run("token", "list", folder, ALICE).exit_code == 3
    assert run("token", "revoke", folder, identifier).exit_code == 2


def test_a_token_can_be_good_for_less(folder: str) -> None:
    add(folder)
    words = ("token", "create", folder, ALICE, "--scope", "mast:user:info", "--days", "1")
    secret = run(*words).stdout.strip()
    from topmast.archive import Archive

    with Archive(folder) as archive:
        user = user_of_token(archive.store, secret)
        assert user is not None
        assert user.scopes == ("mast:user:info",)
        assert all_tokens(archive.store)[0].proposals is None
        assert all_accounts(archive.store)[0].name == ALICE


def test_the_groups_say_what_is_in_them() -> None:
    for group, names in (("user", "add list remove"), ("token", "create list revoke")):
        helped = run(group, "--help").stdout
        assert all(f"\n  {name} " in helped for name in names.split())
        for name in names.split():
            assert run(group, name, "--help").exit_code == 0
        assert run(group).exit_code == 2


def test_an_exclusive_file_is_downloaded_with_a_login(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(folder)
    secret = run("token", "create", folder, ALICE).stdout.strip()
    words = ("download", "2", "--archive", folder, "--download-dir", str(tmp_path / "out"))
    refused = run(*words)
    assert refused.exit_code == 1
    assert "log in" in refused.output
    monkeypatch.setenv("MAST_API_TOKEN", secret)
    assert run(*words).exit_code == 1, "a token is not sent without being asked for"
    allowed = run(*words, "--login")
    assert allowed.exit_code == 0, allowed.output
    assert secret not in allowed.output
    assert [path.read_text() for path in (tmp_path / "out").rglob("closed.txt")] == [
        "the closed file\n"
    ]


def test_a_login_by_name_asks_for_the_password_and_keeps_the_output_clean(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(folder)
    monkeypatch.setattr("getpass.getpass", lambda prompt: ALICES_PASSWORD)
    listed = run("products", "2", "--archive", folder, "--username", ALICE, "--format", "csv")
    assert listed.exit_code == 0, listed.output
    assert "Authentication successful!" in listed.stderr
    assert listed.stdout.splitlines()[0].endswith("may_download")
    assert "True" in listed.stdout


def test_a_login_that_fails_ends_the_command(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAST_API_TOKEN", "sesame-sesame")
    failed = run("products", "2", "--archive", folder, "--login")
    assert failed.exit_code == 1
    assert "MAST API token invalid!" in failed.stderr
    assert "sesame" not in failed.output
