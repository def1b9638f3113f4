"""How far a download is: what is counted, and who is told."""

from __future__ import annotations

import pytest

from topmast.download.product import Product, Result
from topmast.download.progress import Progress, reporter

NO_WAIT = "topmast.download.progress.TICK_SECONDS"


def outcome(size: int, status: str = "COMPLETE", source: str = "host") -> Result:
    product = Product(uri="", url="", path="f", local_path="f", size=size)
    return Result(product, status, source=source)


def test_what_an_unfinished_file_had_on_disk_counts_when_it_has_finished() -> None:
    calls: list[Progress] = []
    report = reporter(False, calls.append)

    report.begin(3, 100)
    report.received(20)  # 30 of its 50 bytes were there
    report.finished(outcome(50))
    report.received(40)
    report.finished(outcome(40))
    report.finished(outcome(10, "ERROR"))

    assert [call.bytes_done for call in calls] == [50, 90, 100]


def test_no_more_is_done_than_there_is_to_do() -> None:
    calls: list[Progress] = []
    report = reporter(False, calls.append)

    report.begin(3, 100)
    report.received(150)  # a part of it twice
    report.finished(outcome(70, source="disk"))
    report.finished(outcome(50))
    report.finished(outcome(50))

    assert [call.bytes_done for call in calls] == [100, 100, 100]


def test_without_sizes_what_has_come_is_counted() -> None:
    calls: list[Progress] = []
    report = reporter(False, calls.append)

    report.begin(1, 0)
    report.received(150)
    report.finished(outcome(0))

    assert [(call.bytes, call.bytes_done) for call in calls] == [(0, 150)]


class Watcher(list[Progress]):
    """Wants to be told of bytes too."""

    between_files = True

    def __call__(self, progress: Progress) -> None:
        self.append(progress)


def test_who_asks_for_it_is_told_between_two_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NO_WAIT, -1.0)
    others: list[Progress] = []
    watcher = Watcher()

    for function in (watcher, others.append):
        report = reporter(False, function)
        report.begin(1, 100)
        report.received(60)
        report.finished(outcome(100))

    assert [(call.bytes_done, call.row is None) for call in watcher] == [(60, True), (100, False)]
    assert [call.bytes_done for call in others] == [100]
