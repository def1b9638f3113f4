"""Any sequence of faults ends in the right bytes or an ERROR row."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.download.products import (
    files_below,
    fits_bytes,
    good,
    gz_bytes,
    products,
    session_of,
    target,
)
from tests.misbehaving import Misbehaving
from topmast.download import plan_download

pytestmark = pytest.mark.timeout(300)

BODIES = {"a.fits": fits_bytes(1), "b.fits.gz": gz_bytes(2), "c.fits": fits_bytes(3, 30_000)}
#: A file that changed in the archive: either version is right, a mixture is not.
OTHERS = {"a.fits": fits_bytes(4), "b.fits.gz": gz_bytes(5), "c.fits": fits_bytes(6, 30_000)}

places = st.integers(0, 20_000)
faults = st.one_of(
    st.fixed_dictionaries({"reset_at": places}),
    st.fixed_dictionaries({"end_at": places}),
    st.fixed_dictionaries({"status": st.sampled_from([404, 429, 500, 502, 503, 504])}),
    st.fixed_dictionaries({"ranges": st.sampled_from(["ignored", "wrong"]), "reset_at": places}),
    st.fixed_dictionaries({"chunked": st.just(True), "end_at": places}),
    st.fixed_dictionaries({"length": st.integers(0, 200_000), "close": st.just(True)}),
    st.fixed_dictionaries({"length": st.none(), "end_at": places}),
    st.fixed_dictionaries({"gzipped": st.just(True), "reset_at": st.none() | places}),
    st.fixed_dictionaries({"etag": st.none() | st.just('W/"1"'), "reset_at": places}),
    st.fixed_dictionaries({"body": st.sampled_from([b"", b"<html>no</html>", b"{}", b"SIMPLE"])}),
    st.fixed_dictionaries({"hang_up": st.just(True)}),
    st.fixed_dictionaries({"changed": st.just(True), "reset_at": st.none() | places}),
)
sequences = st.lists(faults, max_size=5)


@given(st.lists(sequences, min_size=3, max_size=3), st.booleans())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_any_faults_end_in_the_right_bytes_or_an_error_row(
    each: list[list[dict[str, Any]]], twice: bool
) -> None:
    with Misbehaving() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for (file, body), sequence in zip(BODIES.items(), each, strict=True):
            replies = [reply(file, body, fault) for fault in sequence]
            server.on(target(file), *replies, good(body))
        for _ in range(1 + twice):
            manifest = plan_download(
                session_of(server, read_timeout=0.5, timeout=5.0, tries=3),
                products(BODIES),
                download_dir=folder,
                flat=True,
            ).run(verbose=False)

        here = files_below(folder)
        for file, status in zip(BODIES, manifest["Status"], strict=True):
            right = (BODIES[file], OTHERS[file])
            assert status in ("COMPLETE", "ERROR")
            assert (here[file] in right) if status == "COMPLETE" else (file not in here)


def reply(file: str, body: bytes, fault: dict[str, Any]) -> Any:
    fault = dict(fault)
    body = OTHERS[file] if fault.pop("changed", False) else body
    return good(fault.pop("body", body), **fault)
