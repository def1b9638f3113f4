"""How many functions and files of topmast four journeys enter, and how deep.

``python -m benchmarks.walks [JOURNEY ...] [--list]``. Each journey is made twice before it is
counted, so that caches, connections and imports are warm. Functions are distinct; those of all
threads count, generated ones such as comprehensions and lambdas belong to the function around
them. Depth is the number of topmast's frames on one stack. What a server does in a process of
its own does not count.
"""

from __future__ import annotations

import functools
import io
import itertools
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import topmast
from topmast import connect
from topmast.archive import Archive
from topmast.archive.accounts.accounts import add_account
from topmast.archive.accounts.tokens import create_token
from topmast.net.messages import Limits, Request

from .observations import crowded_field
from .served import served

SOURCE = os.path.join(os.path.dirname(os.path.abspath(topmast.__file__)), "")
URI = "mast:HST/product/walk{}.fits"
LIMITS = Limits(5.0, 20.0, 60.0)
Journey = Callable[[], object]


@dataclass
class Walk:
    """What one journey entered."""

    functions: set[tuple[str, str, int]] = field(default_factory=set)
    depth: int = 0
    counting: bool = False

    @property
    def files(self) -> Counter[str]:
        return Counter(file for file, _, _ in self.functions)

    def see(self, frame: FrameType, event: str, _: Any) -> None:
        """Called by Python for each call and return."""
        if not self.counting or event != "call" or not _is_ours(frame.f_code):
            return
        self.functions.add(_place(frame.f_code))
        depth, above = 0, frame.f_back
        while above is not None:
            depth, above = depth + _is_ours(above.f_code), above.f_back
        self.depth = max(self.depth, depth + 1)


@functools.cache
def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(SOURCE) and not code.co_name.startswith("<")


@functools.cache
def _place(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename.removeprefix(SOURCE), code.co_qualname, code.co_firstlineno


def walk(journey: Journey) -> Walk:
    """Make the journey twice, then once more with every call of a function noted."""
    found = Walk()
    threading.setprofile(found.see)  # also for threads that a first journey leaves behind
    try:
        journey()
        journey()
        sys.setprofile(found.see)
        found.counting = True
        journey()
    finally:
        found.counting = False
        sys.setprofile(None)
        threading.setprofile(None)
    return found


def image(number: int) -> bytes:
    """A small FITS file with checksums."""
    import numpy as np
    from astropy.io import fits

    file = io.BytesIO()
    hdu = fits.PrimaryHDU(np.full((10, 10), number, "i2"))
    hdu.add_checksum()
    hdu.writeto(file)
    return file.getvalue()


@contextmanager
def archive_folder() -> Iterator[tuple[Path, str]]:
    """An archive with observations, a few files and an account; its token."""
    with tempfile.TemporaryDirectory(prefix="topmast-walks-") as name:
        folder, files = Path(name) / "archive", Path(name) / "files"
        files.mkdir()
        observations = crowded_field(50)
        first = dict(zip(observations.colnames, observations[0], strict=True))
        products = []
        for number in range(5):
            (files / f"walk{number}.fits").write_bytes(image(number))
            products.append(
                {
                    "obsID": int(first["obsid"]),
                    "obs_collection": "HST",
                    "obs_id": str(first["obs_id"]),
                    "dataURI": URI.format(number),
                    "productFilename": f"walk{number}.fits",
                    "size": 5760,
                }
            )
        with Archive.create(folder) as archive:
            archive.ingest(observations, products, files=files)
            add_account(archive.store, "walker@example.org", "a good password")
            token = create_token(archive.store, "walker@example.org")[1]
        yield folder, token


def query(stack: ExitStack, folder: Path, token: str) -> Journey:
    """`query_region` of a served archive, to the Table."""
    from astropy.coordinates import SkyCoord

    observations = connect(stack.enter_context(served(folder))).observations
    place = SkyCoord(210.8, 54.35, unit="deg")
    return lambda: observations.query_region(place, radius="0.2 deg")


def download(stack: ExitStack, folder: Path, token: str) -> Journey:
    """`download_products` of one product, another at each call, into the same folder."""
    from astropy.table import Table

    observations = connect(stack.enter_context(served(folder))).observations
    target = stack.enter_context(tempfile.TemporaryDirectory(prefix="topmast-walks-"))
    numbers = itertools.count()

    def journey() -> None:
        number = next(numbers)
        product = Table(
            {
                "obsID": ["1"],
                "obs_collection": ["HST"],
                "obs_id": ["walks"],
                "dataURI": [URI.format(number)],
                "productFilename": [f"walk{number}.fits"],
                "size": [5760],
            }
        )
        manifest = observations.download_products(
            product, download_dir=target, mrp_only=False, verbose=False
        )
        assert manifest is not None
        assert set(manifest["Status"]) == {"COMPLETE"}, manifest

    return journey


def serve(stack: ExitStack, folder: Path, token: str) -> Journey:
    """One cone search, from the bytes of the request to those of the answer, in this process."""
    from topmast.wire.portal import MashupRequest, encode_request

    archive = stack.enter_context(Archive(folder))
    transport = archive.transport()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    # Another cone each time: the archive keeps its last answers.
    cones = [{"ra": 210.8, "dec": 54.35, "radius": 0.2 + extra / 1000} for extra in range(3)]
    bodies = iter([encode_request(MashupRequest("Mast.Caom.Cone", cone)) for cone in cones])

    def journey() -> None:
        body = next(bodies)
        request = Request("POST", "http://topmast.archive/api/v0/invoke", headers, body)
        with transport.open(request, LIMITS) as stream:
            assert stream.status_code == 200
            assert len(b"".join(stream.chunks())) > 1000

    return journey


def login(stack: ExitStack, folder: Path, token: str) -> Journey:
    """A login by token at a served archive."""
    observations = connect(stack.enter_context(served(folder))).observations
    return lambda: observations.login(token=token)


JOURNEYS = {journey.__name__: journey for journey in (query, download, serve, login)}


def main() -> None:
    chosen = [word for word in sys.argv[1:] if not word.startswith("-")] or list(JOURNEYS)
    print(f"{'journey':10} functions files depth")
    with archive_folder() as (folder, token):
        for name in chosen:
            with ExitStack() as stack:
                found = walk(JOURNEYS[name](stack, folder, token))
            print(f"{name:10} {len(found.functions):9} {len(found.files):5} {found.depth:5}")
            if "--list" in sys.argv:
                for place in sorted(found.functions):
                    print("  ", *place[:2])


if __name__ == "__main__":
    main()
