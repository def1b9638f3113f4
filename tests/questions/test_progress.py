"""A bar appears for long work on a terminal, and never elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from topmast.net.parallel import at_once
from topmast.questions import progress
from topmast.questions.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work() -> list[int]:
    with Progress("Stars", 20) as shown:
        return at_once(shown.counted(lambda number: number + 1), range(20), 4)


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
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1)
    with pytest.raises(RuntimeError, match="broken"), Progress("Stars", 5) as shown:  # noqa: PT012
        shown.advance()
        raise RuntimeError("broken")
    assert shown._bar is None
