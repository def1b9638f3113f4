"""Products of many observations come in tables, from an archive that is slow with many at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from astropy.table import vstack

from tests.misbehaving import Misbehaving, Reply, Seen
from tests.scripted import session_with, table_answer
from topmast.client import connect
from topmast.errors import HTTPStatusError, InvalidQueryError
from topmast.net.messages import Request
from topmast.services.observations import ObservationsClass
from topmast.wire.portal import decode_request

FIELDS = [("obsID", "string"), ("productFilename", "string"), ("productType", "string")]
TYPES = ("SCIENCE", "PREVIEW")
OBSIDS = [str(1000 + number) for number in range(100)]


def answer_for(obsids: list[str]) -> bytes:
    return table_answer(FIELDS, [[o, f"{o}_{t}.fits", t] for o in obsids for t in TYPES])


class Slow:
    """Answers with 504 when it is asked for more than `most` observations at a time."""

    def __init__(self, most: int) -> None:
        self.most, self.sizes = most, list[int]()

    def __call__(self, request: Request) -> bytes | tuple[int, bytes]:
        if "columnsconfig" in request.url:
            return b"{}"
        obsids = decode_request(request.body or b"").params["obsid"].split(",")
        self.sizes.append(len(obsids))
        return answer_for(obsids) if len(obsids) <= self.most else (504, b"too much")


def observations_at(slow: Slow) -> ObservationsClass:
    return ObservationsClass(session=session_with(slow)[0])


def test_batches_shrink_where_the_archive_gives_up_and_all_rows_come_once_in_order() -> None:
    slow = Slow(most=20)
    tables = list(observations_at(slow).stream_products(OBSIDS))
    assert [str(obsid) for obsid in vstack(tables)["obsID"][::2]] == OBSIDS
    assert len(tables[0]) == 2 * 8
    assert slow.sizes == [8, 16, 32, 32, 16, 16, 16, 16, 12]  # a 504 is tried twice


def test_batches_grow_again_when_the_archive_is_well() -> None:
    slow = Slow(most=4)
    stream = observations_at(slow).stream_products([str(number) for number in range(1, 2000)])
    next(stream)
    assert stream.batch_size == 4
    slow.most = 10_000
    assert sum(map(len, stream)) == 2 * 1995
    assert stream.batch_size == 500


def test_a_stream_goes_on_after_ctrl_c_and_after_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stops: list[type[BaseException] | int] = [KeyboardInterrupt, 404]

    def answer(request: Request) -> bytes | tuple[int, bytes]:
        found = slow(request)
        if len(slow.sizes) > 1 and stops:
            stop = stops.pop(0)
            if isinstance(stop, int):
                return stop, b""
            raise stop
        return found

    slow = Slow(most=20)
    stream = ObservationsClass(session=session_with(answer)[0]).stream_products(OBSIDS)
    rows = len(next(stream))
    with pytest.raises(KeyboardInterrupt):
        next(stream)
    assert "16 products are listed, 92 observations are left" in caplog.text
    with pytest.raises(HTTPStatusError):
        next(stream)
    assert rows + sum(map(len, stream)) == 200
    assert repr(stream) == "<ProductStream: 200 products, 0 observations left>"


def test_another_program_goes_on_after_the_last_table_that_was_used(tmp_path: Path) -> None:
    done = tmp_path / "program.done"
    first = observations_at(Slow(most=20)).stream_products(OBSIDS, progress_file=done)
    next(first), next(first)  # the second table may not have been used
    assert done.read_text().split() == OBSIDS[:8]
    done.write_bytes(done.read_bytes() + b"10")  # killed while it wrote
    second = observations_at(Slow(most=20)).stream_products(OBSIDS, progress_file=done)
    assert second.left == OBSIDS[8:]
    assert sum(map(len, second)) == 2 * 92
    assert done.read_text().split() == OBSIDS


def test_filters_are_applied_to_each_table_and_empty_tables_are_left_out() -> None:
    ask = observations_at(Slow(most=20))
    tables = list(ask.stream_products(OBSIDS, productType="SCIENCE", extension="fits"))
    assert sum(map(len, tables)) == 100
    assert not list(ask.stream_products(OBSIDS, productType="AUXILIARY"))


def test_what_makes_no_stream_is_refused(tmp_path: Path) -> None:
    ask = observations_at(Slow(most=20))
    other = tmp_path / "notes.txt"
    other.write_text("not a list\n")
    with pytest.raises(InvalidQueryError, match=r"notes\.txt is no list of finished obsids"):
        ask.stream_products(OBSIDS, progress_file=other)
    assert other.read_text() == "not a list\n"
    with pytest.raises(InvalidQueryError, match="batch_seconds is a number above 0, not 0"):
        ask.stream_products(OBSIDS, batch_seconds=0)
    with pytest.raises(InvalidQueryError, match="batch_size"):
        ask.stream_products(OBSIDS, batch_size=0)
    with pytest.raises(InvalidQueryError, match="producttyp"):
        next(ask.stream_products(OBSIDS, producttyp="SCIENCE"))


def test_an_archive_that_is_at_work_too_long_is_asked_for_less() -> None:
    sizes: list[int] = []

    def answer(seen: Seen) -> Reply:
        obsids = decode_request(seen.body).params["obsid"].split(",")
        sizes.append(len(obsids))
        if len(obsids) > 4:
            time.sleep(0.1)
            return Reply(body=b'{"status": "EXECUTING", "data": []}')
        return Reply(body=answer_for(obsids))

    with Misbehaving() as server:
        server.on("/api/v0/invoke", answer)
        ask = connect(server.url).observations
        assert sum(map(len, ask.stream_products(OBSIDS[:8], batch_seconds=0.5))) == 16
    assert sizes[-2:] == [4, 4]
