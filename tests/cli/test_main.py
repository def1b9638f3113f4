"""What all commands share: exit codes, one-line errors, pipes, how quickly the help comes."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.cli.conftest import Run
from topmast.cli import COMMANDS, main

TOPMAST = [sys.executable, "-c", "from topmast.cli import main; main()"]


def test_the_help_names_all_commands_with_a_line_each() -> None:
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0
    listed = re.findall(r"^  (\w+)  +\S.*\.$", result.stdout, re.MULTILINE)
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_an_example(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])

    assert result.exit_code == 0
    assert f"topmast {name}" in result.stdout.partition("\n")[2] or name in ("missions", "demo")


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(main, ["--version"])

    assert re.fullmatch(r"topmast, version \d+\.\d+.*\n", result.stdout)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["serch", "M101"], "Error: No such command 'serch'. Did you mean 'search'?"),
        (["search", "M101", "--radius"], "Error: Option '--radius' requires an argument."),
        (["count", "M101", "--timeout", "0"], "Error: Invalid value for '--timeout'"),
        (["missions", "--archive", "nowhere"], "Error: nowhere is neither a URL nor a folder."),
    ],
)
def test_a_wrong_word_is_one_line(words: list[str], message: str) -> None:
    result = CliRunner().invoke(main, words)

    assert result.exit_code in (1, 2)
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_an_archive_that_does_not_answer_is_exit_code_1(run: Run) -> None:
    result = CliRunner().invoke(
        main, ["missions", "--archive", "http://127.0.0.1:9", "--timeout", "5", "--quiet"]
    )

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "127.0.0.1:9" in result.stderr


def test_common_options_may_stand_on_either_side(small_archive: Path) -> None:
    where = ["--archive", str(small_archive)]

    before = CliRunner().invoke(main, [*where, "count", "M101"])
    after = CliRunner().invoke(main, ["count", "M101", *where])

    assert before.stdout == after.stdout == "3\n"


def test_the_archive_may_come_from_the_environment(
    small_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPMAST_ARCHIVE", str(small_archive))

    assert CliRunner().invoke(main, ["count", "M101"]).stdout == "3\n"


def test_quiet_leaves_errors_only(run: Run) -> None:
    assert run("search", "10 10", "--quiet").stderr == ""
    assert run("--quiet", "download", "7001").stderr == ""
    assert run("search", "Nowhere", "--quiet").stderr.startswith("Error: ")


def test_debug_shows_where_an_error_comes_from(run: Run) -> None:
    result = run("search", "Nowhere", "--debug")

    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: Could not resolve")


def test_an_error_nobody_foresaw_is_one_line_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("two\nlines \x1b[31m")

    monkeypatch.setattr("topmast.cli.settings.Settings.client", fail)

    result = run("missions")

    assert result.exit_code == 1
    assert result.stderr == "Error: RuntimeError: two lines \ufffd[31m (--debug shows where.)\n"


def test_ctrl_c_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("topmast.cli.settings.Settings.client", interrupt)

    result = run("missions")

    assert result.exit_code == 130
    assert "Interrupted." in result.stderr


def test_control_characters_of_an_answer_do_not_reach_the_terminal(
    run: Run, tmp_path: Path, terminal: None
) -> None:
    (tmp_path / "products.csv").write_text(
        "obsID,dataURI,description\n1,mast:a/b.fits,red \x1b[31malert\n"
    )

    result = run("products", "products.csv", "--columns", "description")

    assert "\x1b" not in result.stdout
    assert "red \N{REPLACEMENT CHARACTER}[31malert" in result.stdout


def test_a_reader_that_goes_away_is_no_error(small_archive: Path) -> None:
    words = ["columns", "--archive", str(small_archive)]
    with subprocess.Popen(
        [*TOPMAST, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert said == b""
    assert process.returncode == 141


def test_a_pipe_of_the_shell_gets_tabs_and_a_terminal_gets_columns(small_archive: Path) -> None:
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    words = [*TOPMAST, "search", "M8", "--archive", str(small_archive)]
    environment = os.environ | {"COLUMNS": "60", "LINES": "20"}

    with subprocess.Popen(words, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        shown = read_all(master).decode()
    piped = subprocess.run(words, capture_output=True, text=True, check=True).stdout

    assert process.returncode == 0
    assert "\t" not in shown
    assert "more columns" in shown
    assert max(len(line) for line in plain(shown).splitlines()[:2]) <= 60
    assert piped.splitlines()[0].count("\t") > 20


def read_all(descriptor: int) -> bytes:
    """All that comes out of a terminal until its program has ended."""
    read = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:
            break
        if not piece:
            break
        read += piece
    os.close(descriptor)
    return read


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_a_server_ends_quietly_when_it_is_interrupted(small_archive: Path) -> None:
    words = [*TOPMAST, "serve", str(small_archive), "--port", "0", "--workers", "2"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, **pipes, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = process.stdout.readline().split(" at ")[1].split()[0]
            result = answered(["missions", "--archive", url])
        finally:
            process.send_signal(signal.SIGINT)
        rest = process.stderr.read()

    assert result == ["GALEX", "HST", "IUE"]
    assert process.returncode == 0
    assert "Traceback" not in rest


def answered(words: list[str]) -> list[str]:
    """What a command prints, once the server is up."""
    for _ in range(600):
        result = CliRunner().invoke(main, words)
        if result.exit_code == 0:
            return result.stdout.splitlines()
        time.sleep(0.1)
    raise AssertionError(result.stderr)


def test_a_port_in_use_is_told(small_archive: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        result = CliRunner().invoke(main, ["serve", str(small_archive), "--port", port])

    assert result.exit_code == 1
    assert (
        f"Error: Cannot listen on 127.0.0.1, port {port}: Address already in use." in result.stderr
    )


def test_every_option_can_be_written_as_the_library_writes_it() -> None:
    context = click.Context(main)
    for name in ("search", "products"):
        command = main.get_command(context, name)
        assert command is not None
        names = [option for each in command.params for option in each.opts]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_does_not_end_the_work(small_archive: Path, closed: str) -> None:
    words = [*TOPMAST, "count", "--archive", str(small_archive)]

    done = subprocess.run(f"{shlex.join(words)} {closed}", shell=True, check=False)

    assert done.returncode == 0


def test_a_letter_that_the_terminal_does_not_know_is_escaped(small_archive: Path) -> None:
    done = subprocess.run(
        [*TOPMAST, "resolve", "\N{SNOWMAN}", "--archive", str(small_archive)],
        env={**os.environ, "PYTHONIOENCODING": "latin-1:strict"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert 'Could not resolve "\\u2603"' in done.stderr
