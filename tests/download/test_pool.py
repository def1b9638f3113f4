"""Large files come in several parts at once, within bounds."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.download.file_server import FileServer
from tests.download.products import files_below, fits_bytes, products, serve, target, uri
from tests.misbehaving import Misbehaving, Reply
from topmast.download import plan_download
from topmast.download.control import Control, RunSettings
from topmast.download.fetch import Fetcher
from topmast.download.folder.index import Index
from topmast.download.pool import Load, Pool
from topmast.download.product import Product
from topmast.net.messages import Request
from topmast.net.origin import Login
from topmast.net.session import Session

LARGE = {f"large{n}.fits": fits_bytes(n, 200_000) for n in range(2)}


@pytest.mark.parametrize(("connections", "parts"), [(1, 1), (2, 2), (3, 3), (8, 4)])
def test_each_file_may_have_four_connections_but_with_few_fewer(
    connections: int, parts: int
) -> None:
    settings = RunSettings.of(Session("http://127.0.0.1:1"), connections=connections)

    assert settings.parts == parts


def test_parts_take_only_connections_that_no_file_needs() -> None:
    control = Control(2)
    with control.slot(), control.spare_slot() as first, control.spare_slot() as second:
        assert (first, second) == (True, False)
        waiting = threading.Thread(target=lambda: control.slot().__enter__())
        waiting.start()
        while not control.waiting:
            pass
    waiting.join()
    with control.spare_slot() as third:
        assert (third, control.waiting) == (True, 0)


def test_a_refusal_is_explained_though_there_is_one_connection(
    server: Misbehaving, tmp_path: Path
) -> None:
    def explain() -> str:
        answer = session.send(Request("GET", server.url + "/whoami"), check=False)
        return f"the archive said {answer.text}."

    files = {"a.fits": b""}
    server.on(target("a.fits"), Reply(401, b"x" * 100_000))
    server.on("/whoami", Reply(body=b"anonymous"))
    session = Session(server.url, connections=1, timeout=3.0, tries=1)
    session.log_in(Login("somebody", "token", explain_refusal=explain))
    manifest = plan_download(session, products(files), download_dir=tmp_path).run(verbose=False)

    assert manifest["Message"].tolist() == ["401 Unauthorized: the archive said anonymous."]


@pytest.mark.parametrize(("connections", "several"), [(1, False), (3, True)])
def test_large_files_come_in_parts_while_the_link_is_slow(
    connections: int, several: bool, tmp_path: Path
) -> None:
    with FileServer({uri(name): body for name, body in LARGE.items()}, 2e6) as server:
        session = Session(server.url, connections=connections)
        plan = plan_download(session, products(LARGE), download_dir=tmp_path)
        plan._settings = RunSettings.of(
            session, split_above=1 << 18, split_least=1 << 16, most_load=1e9
        )

        manifest = plan.run(verbose=False)

    assert set(manifest["Status"]) == {"COMPLETE"}
    assert [*files_below(tmp_path).values()] == [*LARGE.values()]
    assert (sum(server.requests.values()) > len(LARGE)) == several


def settings() -> RunSettings:
    return RunSettings.of(Session("http://127.0.0.1:1"))


def test_a_busy_process_gets_no_more_connections_until_it_waits_again() -> None:
    times = iter([(10.0, 5.0), (10.1, 5.0), (10.3, 5.25), (10.4, 5.25), (10.6, 5.3)])
    load = Load(settings(), lambda: 0, lambda: next(times))

    assert [load.high for _ in range(5)] == [True, True, True, True, False]


def test_a_fast_link_needs_no_more_connections() -> None:
    times = iter([(10.0, 5.0), (11.0, 5.0), (12.0, 5.0)])
    bytes_so_far = iter([0, 300_000_000, 400_000_000])
    load = Load(settings(), lambda: next(bytes_so_far), lambda: next(times))

    assert [load.high for _ in range(3)] == [True, True, False]


def test_small_files_from_far_away_get_all_their_connections(tmp_path: Path) -> None:
    files = {f"small{n}.fits": fits_bytes(n, 5760) for n in range(60)}
    with Misbehaving() as server:
        serve(server, files, wait_seconds=0.05)
        session = Session(server.url, connections=8)
        manifest = plan_download(session, products(files), download_dir=tmp_path).run(verbose=False)

    assert set(manifest["Status"]) == {"COMPLETE"}
    assert server.most_at_once == 8


def test_small_files_begin_with_few_threads_and_large_ones_with_all() -> None:
    def threads(size: int | None) -> int:
        products = [Product(f"u{n}", "", f"p{n}", "", size) for n in range(50)]
        pool = Pool(products, fetcher)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(threading.Thread, "start", lambda thread: None)
            pool.start()
        return pool.fetching

    session = Session("http://127.0.0.1:1", connections=8)
    fetcher = Fetcher(session, Index(Path("nowhere")), RunSettings.of(session), Control(8))

    assert [threads(size) for size in (200_000, 200_000_000, None)] == [2, 16, 16]


@pytest.mark.parametrize("after", [0.1, 0.25, 0.4])
def test_a_file_that_changes_while_its_parts_come_arrives_as_the_new_one(
    after: float, tmp_path: Path
) -> None:
    old, new = fits_bytes(1, 300_000), fits_bytes(2, 300_000)
    name = uri("large.fits")
    with FileServer({name: old}, 3e5) as server:
        session = Session(server.url, connections=4)
        plan = plan_download(session, products({"large.fits": new}), download_dir=tmp_path)
        changes = {"split_above": 1 << 18, "split_least": 1 << 16, "most_load": 1e9}
        plan._settings = RunSettings.of(session, **changes)
        change = threading.Timer(after, server.files.update, [{name: new}])
        change.start()
        manifest = plan.run(verbose=False)
        change.join()
        server.rate = None
        again = plan_download(session, products({"large.fits": new}), download_dir=tmp_path)

    assert set(manifest["Status"]) == {"COMPLETE"}
    assert [*files_below(tmp_path).values()] in ([new], [old])
    assert server.requests[name] > 2
    assert [state.value for state in again.states] == ["held"]


@pytest.mark.parametrize(
    ("given", "read", "stall"),
    [({}, 120, 30), ({"timeout": 20}, 5, 5), ({"read_timeout": 8}, 8, 8)],
)
def test_a_stall_costs_half_a_minute_and_never_all_the_time_there_is(
    given: dict[str, float], read: float, stall: float
) -> None:
    settings = RunSettings.of(Session("http://127.0.0.1:1", **given))

    assert (settings.limits.read_seconds, settings.stall_seconds) == (read, stall)
