"""How far a download is: what is counted, and who is told."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.download.products import (
    FILE,
    fits_bytes,
    good,
    products,
    serve,
    session_of,
    target,
)
from tests.misbehaving import Misbehaving, Reply
from topmast.config.output import print_line
from topmast.download import plan_download
from topmast.download.product import Product, Result
from topmast.download.progress import NotebookBar, Progress, reporter

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


class Shown:
    """Stands for a display of IPython: keeps what it was given."""

    def __init__(self) -> None:
        self.pictures: list[dict[str, str]] = []

    def __call__(self, picture: dict[str, str], **options: Any) -> Shown:
        assert options == {"raw": True, "display_id": True}
        self.pictures.append(picture)
        return self

    def update(self, picture: dict[str, str], raw: bool) -> None:
        assert raw
        self.pictures.append(picture)


def test_a_notebook_shows_one_bar_that_ends_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = Shown()
    report = NotebookBar(shown)

    report.begin(2, 100)
    report.received(60)
    report.finished(outcome(60))
    report.finished(outcome(40, "ERROR"))
    report.end("1 of 2 files failed.")

    assert '<progress value="0" max="100"' in shown.pictures[0]["text/html"]
    assert shown.pictures[-1]["text/plain"].startswith("2/2 files, 100 B of 100 B")
    assert capsys.readouterr().out.splitlines() == ["[Failed] f: None", "1 of 2 files failed."]


def test_a_kernel_gets_the_bar_of_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=Shown()))

    assert isinstance(reporter(True), NotebookBar)
    shell.kernel = None
    assert not isinstance(reporter(True), NotebookBar)


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


class Small(io.TextIOWrapper):
    """Standard output that knows ASCII only."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="ascii")


class WithoutFlush:
    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


def closed() -> io.StringIO:
    out = io.StringIO()
    out.close()
    return out


@pytest.mark.parametrize("out", [Small, WithoutFlush, closed, lambda: None, object])
def test_output_that_fails_ends_no_download(
    out: Callable[[], Any], server: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"\u03b1_Cen.fits": fits_bytes(1), "b.fits": fits_bytes(2)}
    serve(server, {"b.fits": files["b.fits"]})
    server.on(FILE, good(files["\u03b1_Cen.fits"]))
    monkeypatch.setattr("sys.stdout", out())

    manifest = plan_download(session_of(server), products(files), download_dir=tmp_path).run()

    assert manifest["Status"].tolist() == ["COMPLETE", "COMPLETE"]


def test_a_letter_that_standard_output_does_not_know_is_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = Small()
    monkeypatch.setattr("sys.stdout", out)
    print_line("\u03b1 Cen\x1b[31m red\rx\tend")

    assert out.buffer.getvalue() == b"\\u03b1 Cen\\ufffd[31m red x end\n"  # type: ignore[attr-defined]


def test_what_controls_a_terminal_stays_out_of_the_manifest(
    server: Misbehaving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = b"HTTP/1.1 404 \x1b[2Jgone\x07\r\nContent-Length: 0\r\n\r\n"
    server.on(target("a.fits"), Reply(raw=answer))
    files = {"a.fits": b"?"}
    session = session_of(server, dialect="astroquery", tries=1)
    manifest = plan_download(session, products(files), download_dir=tmp_path).run()

    shown = "".join([*map(str, manifest[0]), capsys.readouterr().out.replace("\n", "")])
    assert manifest["Status"][0] == "ERROR"
    assert shown.isprintable()
