"""A bar appears for long work on a terminal, and never elsewhere."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from topmast.net.parallel import at_once
from topmast.questions import progress
from topmast.questions.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work() -> list[int]:
    with progress_bar("Stars", 20) as advance:

        def one(number: int) -> int:
            advance()
            return number + 1

        return at_once(one, range(20), 4)


@pytest.mark.parametrize(
    ("terminal", "quiet_seconds", "appears"),
    [(True, 0, True), (True, 3600, False), (False, 0, False)],
)
def test_the_bar_appears_only_for_long_work_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, quiet_seconds: float, appears: bool
) -> None:
    screen = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "QUIET_SECONDS", quiet_seconds - 1)
    assert work() == list(range(1, 21))
    assert bool(screen.getvalue()) is appears


def test_an_error_takes_the_bar_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1)
    with pytest.raises(RuntimeError, match="broken"), progress_bar("Stars", 5) as advance:  # noqa: PT012
        advance()
        raise RuntimeError("broken")
    assert screen.getvalue()
    for thread in threading.enumerate():
        if "Refresh" in type(thread).__name__:
            thread.join(10)
            assert not thread.is_alive()
