"""What of a download is told while it goes on."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Run
from topmast.cli.bar import Bar, Lines, Shown, shown_progress
from topmast.cli.settings import Settings
from topmast.download import Progress

GB = 10**9


class Clock:
    """A clock that stands still until it is told otherwise."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("topmast.cli.bar.time.monotonic", clock)
    return clock


@pytest.fixture
def quiet() -> Iterator[None]:
    with click.Context(click.Command("x"), obj=Settings(quiet=True)):
        yield


def test_a_log_gets_a_line_now_and_then(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as shown:
        for second in range(0, 31, 3):
            clock.now = float(second)
            shown(Progress(73000, 100 * second, 120 * GB, second * 2 * GB))

    assert capsys.readouterr().err.splitlines() == [
        "1200/73000 files, 24 GB of 120 GB, 2 GB/s",
        "2400/73000 files, 48 GB of 120 GB, 2 GB/s",
    ]


def test_a_log_gets_no_line_for_less_than_a_percent(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Lines()

    for second, files in ((100, 9), (200, 11), (300, 12)):
        clock.now = float(second)
        shown(Progress(1000, files, 0, files * 10**6))

    assert capsys.readouterr().err == "11/1000 files, 11 MB, 55 kB/s\n"


@pytest.mark.usefixtures("quiet")
def test_quiet_is_told_nothing(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())

    with shown_progress() as shown:
        clock.now = 100.0
        shown(Progress(2, 1, 10, 5))

    assert type(shown) is Shown
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_and_failures_come_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    row = {"Status": "ERROR", "Local Path": "a/b", "Message": "404 \x1b[2J"}

    with shown_progress() as shown:
        shown(Progress(2, 2, 1000, 1000, row))

    assert isinstance(shown, Bar)
    assert "2/2 files" in terminal.getvalue()
    assert "a/b" not in terminal.getvalue()


def test_a_download_through_a_pipe_tells_how_far_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topmast.cli.bar.SECONDS", 1e-9)

    loud, quiet = (
        run("download", "7001", "--all", "--download-dir", name, *words).stderr
        for name, words in (("one", ()), ("two", ("--quiet",)))
    )

    assert "/3 files, " in loud
    assert quiet == ""
