"""FITS files are walked through from HDU to HDU."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.download.products import fits_bytes, gz_bytes
from topmast.download.check.content import inspect
from topmast.download.check.verdict import GOOD, State

WHOLE = fits_bytes(1)

#: What astropy's odd files are there for, and why each is whole to us.
EDGE_CASES = {
    "arange.fits": "a plain image",
    "ascii.fits": "a table of text: XTENSION = TABLE has a data unit like any other",
    "blank.fits": "integers with BLANK: no matter for the length",
    "btable.fits": "a binary table",
    "checksum.fits": "CHECKSUM and DATASUM in each HDU, all of which fit",
    "comp.fits": "compressed images: the heap after the table is counted by PCOUNT",
    "compressed_image.fits": "a compressed image",
    "double_ext.fits": "two extensions of one name",
    "fixed-1890.fits": "dates before 1900",
    "history_header.fits": "a header without data",
    "logical_null.fits": "a table with logical nulls",
    "memtest.fits": "its DATASUM is wrong, which alone condemns no file",
    "scale.fits": "scaled integers",
    "stddata.fits": "several HDUs",
    "table.fits": "a binary table",
    "tb.fits": "a binary table",
    "theap-gap.fits": "a gap before the heap, which PCOUNT includes",
}


def judged(content: bytes, tmp_path: Path, name: str = "file.fits") -> Any:
    path = tmp_path / name
    path.write_bytes(content)
    return inspect(path).verdict


def written(*hdus: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(file, **options)
    return file.getvalue()


def test_every_real_truncated_file_is_judged_not_whole(recorded: Path) -> None:
    files = sorted((recorded / "fits" / "corrupt").iterdir())

    states = {path.name: inspect(path).verdict.state for path in files}

    assert len(files) == 6
    assert set(states.values()) == {State.TRUNCATED}


def test_every_other_real_file_is_judged_whole(recorded: Path) -> None:
    folder = recorded / "fits"
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [path for path in files if path.parent.name not in ("corrupt", "edge_cases")]

    states = {path.name: inspect(path).verdict.state for path in files}

    assert len(files) > 15
    assert set(states.values()) == {State.WHOLE}, states


def test_astropys_edge_cases_are_whole_and_each_is_explained(recorded: Path) -> None:
    files = sorted((recorded / "fits" / "edge_cases").iterdir())

    verdicts = {path.name: inspect(path).verdict for path in files}

    assert set(verdicts) == set(EDGE_CASES)
    assert {verdict.state for verdict in verdicts.values()} == {State.WHOLE}
    assert [name for name, verdict in verdicts.items() if verdict.doubtful] == ["memtest.fits"]


def test_real_products_have_checksums_that_do_not_fit(recorded: Path) -> None:
    """Why a wrong checksum alone condemns no file: the archive serves this one like that."""
    path = next(recorded.rglob("kplr2011073133259-q08-d25_lcbv.fits"))

    verdict = inspect(path).verdict

    assert verdict.state is State.WHOLE
    assert verdict.doubtful
    assert "DATASUM of HDU 1" in verdict.reason


HDUS: dict[str, Callable[[], bytes]] = {
    "no data": lambda: written(),
    "image": lambda: written(fits.ImageHDU(np.arange(1000, dtype="f8"))),
    "cube of bytes": lambda: written(fits.ImageHDU(np.zeros((3, 5, 7), "u1"))),
    "variable length arrays": lambda: written(
        fits.BinTableHDU.from_columns(
            [fits.Column("a", "PJ()", array=np.array([[1], [1, 2, 3]], dtype=object))]
        )
    ),
    "compressed image": lambda: written(
        fits.CompImageHDU(np.arange(10_000, dtype="i4").reshape(100, 100))
    ),
    "checksums": lambda: written(fits.ImageHDU(np.arange(99)), checksum=True),
    "random groups": lambda: random_groups(),
}


def random_groups() -> bytes:
    groups = fits.GroupData(
        np.ones((4, 1, 1, 3, 1, 2), "f4"), bitpix=-32, parnames=["a", "b"], pardata=[[1.0] * 4] * 2
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "groups.fits"
        fits.GroupsHDU(groups).writeto(path)
        return path.read_bytes()


@pytest.mark.parametrize("name", HDUS)
def test_what_astropy_writes_is_whole_and_a_block_less_is_not(name: str, tmp_path: Path) -> None:
    content = HDUS[name]()

    assert judged(content, tmp_path).state is State.WHOLE
    assert not judged(content, tmp_path).doubtful
    assert judged(content[:-2880], tmp_path).state in (State.TRUNCATED, State.WHOLE)
    assert judged(content[:-5759], tmp_path).state not in GOOD


def paddings() -> set[int]:
    """Lengths of the file without some of the bytes that fill the last block of an HDU."""
    with fits.open(io.BytesIO(WHOLE)) as file:
        ends = [
            (hdu._data_offset, hdu.data.nbytes, hdu._data_size)
            for hdu in file
            if hdu.data is not None
        ]
    return {length for start, used, size in ends for length in range(start + used, start + size)}


#: Every reader opens a file that lacks these; that more HDUs were to follow cannot be seen.
PADDING = paddings()


@given(st.integers(0, len(WHOLE) - 1))
@settings(max_examples=200, deadline=None)
def test_a_file_cut_anywhere_but_between_two_hdus_is_truncated(size: int) -> None:
    from topmast.download.check.fits import judge_fits

    verdict = judge_fits(_Bytes(WHOLE[:size]))

    expected = State.WHOLE if size in _ends_of_hdus() | PADDING else State.TRUNCATED
    assert (verdict.state, verdict.doubtful) == (expected, size in PADDING)


#: The cards that hold the checksums: with another keyword there is none to compare with.
CARDS = [start for start in range(0, len(WHOLE), 80) if WHOLE[start:].startswith(b"CHECKSUM")]


@given(
    st.integers(0, len(WHOLE) - 1).filter(lambda place: place // 80 * 80 not in CARDS),
    st.integers(1, 255),
)
@settings(max_examples=200, deadline=None)
def test_a_changed_byte_is_never_unnoticed(place: int, change: int) -> None:
    """With CHECKSUM in every HDU."""
    from topmast.download.check.fits import judge_fits

    content = bytearray(WHOLE)
    content[place] ^= change

    verdict = judge_fits(_Bytes(bytes(content)))

    assert verdict.doubtful or verdict.state is not State.WHOLE


def _ends_of_hdus() -> set[int]:
    with fits.open(io.BytesIO(WHOLE)) as file:
        return {hdu._data_offset + hdu._data_size for hdu in file} - {len(WHOLE)}


class _Bytes:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def fill(self, view: memoryview) -> int:
        piece, self.content = self.content[: len(view)], self.content[len(view) :]
        view[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize(
    ("content", "state", "reason"),
    [
        (b"", State.TRUNCATED, "it is empty"),
        (b"SIMPLE  =                    T", State.TRUNCATED, "inside the primary header"),
        (b"plain text" * 576, State.ERROR_PAGE, "plain text"),
        (WHOLE + b"\x00" * 2880, State.WHOLE, "2880 bytes of padding"),
        (WHOLE + b"old head, new tail" * 320, State.CORRUPT, "bytes that are no extension"),
        (WHOLE + b"XTEN", State.TRUNCATED, "4 bytes into the header of HDU 3"),
        (WHOLE.replace(b"BITPIX  =                   32", b"BITPIX  =                   33", 1),
         State.CORRUPT, "BITPIX = 33"),
        (WHOLE.replace(b"NAXIS1  =                 5000", b"NAXIS1  =                 5x00", 1),
         State.CORRUPT, "NAXIS1 is '5x00', not a number"),
        (WHOLE[:2880] + bytes(2880) + WHOLE[5760:], State.CORRUPT, "no extension"),
        (WHOLE[:2880] + WHOLE[2880:3000] + bytes(2760) + WHOLE[5760:],
         State.CORRUPT, "not text"),
    ],
)  # fmt: skip
def test_a_broken_file_says_where(
    content: bytes, state: State, reason: str, tmp_path: Path
) -> None:
    verdict = judged(content, tmp_path)

    assert verdict.state is state
    assert reason in verdict.reason


def test_a_packed_file_is_walked_through_too(tmp_path: Path) -> None:
    import gzip

    cut_inside = gzip.compress(WHOLE[:-5000])

    assert judged(gz_bytes(1), tmp_path, "a.fits.gz").state is State.WHOLE
    assert judged(cut_inside, tmp_path, "b.fits.gz").state is State.TRUNCATED
    assert judged(gz_bytes(1)[:-1], tmp_path, "c.fits.gz").state is State.TRUNCATED
    assert judged(gz_bytes(1) + gz_bytes(1), tmp_path, "d.gz").state is State.WHOLE
    assert judged(gz_bytes(1) + bytes(512), tmp_path, "e.fits.gz").state is State.WHOLE
    assert judged(gz_bytes(1) + b"more", tmp_path, "f.gz").state is State.CORRUPT
    assert judged(WHOLE, tmp_path, "g.fits.gz").state is State.WHOLE
