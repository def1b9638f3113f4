"""Only the bytes you need: headers and cutouts of remote FITS files, beside astropy with fsspec.

A file of 200 MB with four HDUs, and a thousand small ones, behind a local nginx at 50 ms a request.
Requests and bytes are counted by nginx.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .link import FILE_PATH, Link, Server, nginx_or_reason, served_by_nginx

SIDE = 4096
SMALL_FILES = 1000
CONNECTIONS = 64


def main() -> None:
    reason = nginx_or_reason()
    if reason:
        print(reason)
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        files = Path(folder, "files")
        files.mkdir()
        image = make_large(files / "large.fits")
        for number in range(SMALL_FILES):
            make_small(files / f"small{number:04}.fits", number)
        with served_by_nginx(files, Link("50 ms", latency_ms=50), Path(folder, "nginx")) as server:
            compare_large(server, image)
            thousand_headers(server)


def make_large(path: Path) -> Any:
    """A file as JWST's are: SCI, ERR and DQ; gives the pixels of the third image."""
    from astropy.io import fits

    random = np.random.default_rng(1)
    hdus = fits.HDUList([fits.PrimaryHDU()])
    hdus[0].header.extend([(f"PRI{number}", number, "made up") for number in range(200)])
    images = [random.normal(size=(SIDE, SIDE)).astype("f4") for _ in range(3)]
    for name, image, cards in zip(("SCI", "ERR", "DQ"), images, (150, 20, 10), strict=True):
        hdu = fits.ImageHDU(image, name=name)
        hdu.header.extend([(f"EXT{number}", number, "made up") for number in range(cards)])
        hdus.append(hdu)
    hdus.writeto(path)
    return images[2]


def make_small(path: Path, number: int) -> None:
    from astropy.io import fits

    hdu = fits.PrimaryHDU(np.zeros((100, 100), "f4"))
    hdu.header.extend([(f"KEY{each}", each + number, "made up") for each in range(100)])
    hdu.writeto(path)


def compare_large(server: Server, image: Any) -> None:
    import fsspec
    from astropy.io import fits

    from topmast import connect

    uri = "mast:BENCH/large.fits"
    observations = connect(server.url).observations
    expected = image[2000:2050, 1000:1050]

    def ours(hdus: Any) -> None:
        assert len(hdus) == 4

    with measured(server, "topmast: headers of 4 HDUs"):
        hdus = observations.open_product(uri)
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "ERR", "DQ"]
        assert hdus[3].header["EXT9"] == 9
    with measured(server, "topmast: a cutout of 50 x 50, the file being open"):
        assert np.array_equal(hdus[3].section[2000:2050, 1000:1050], expected)
    with measured(server, "topmast: headers and cutout"):
        hdus = observations.open_product(uri)
        assert np.array_equal(hdus["DQ"].section[2000:2050, 1000:1050], expected)
    url = f"{server.url}{FILE_PATH}?uri={uri}"
    with measured(server, "astropy with fsspec's defaults: headers of 4 HDUs"):
        peer = fits.open(fsspec.open(url).open())
        assert len(peer) == 4
    with measured(server, "astropy with fsspec's defaults: the cutout"):
        assert np.array_equal(peer[3].section[2000:2050, 1000:1050], expected)


def thousand_headers(server: Server) -> None:
    from topmast import connect

    observations = connect(server.url, connections=CONNECTIONS).observations
    uris = [f"mast:BENCH/small{number:04}.fits" for number in range(SMALL_FILES)]
    observations.headers(uris[:CONNECTIONS])
    with measured(server, f"topmast: {SMALL_FILES} headers, {CONNECTIONS} connections"):
        table = observations.headers(uris)
    assert [int(value) for value in table["KEY3"]] == [3 + n for n in range(SMALL_FILES)]


@contextmanager
def measured(server: Server, what: str) -> Iterator[None]:
    before, began, cpu = counted(server), time.perf_counter(), time.process_time()
    yield
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    requests, sent = (now - then for now, then in zip(counted(server), before, strict=True))
    print(
        f"{what}: {requests} requests, {sent / 1e6:.3f} MB, {wall:.2f} s (CPU {used:.2f} s)",
        flush=True,
    )


def counted(server: Server) -> tuple[int, int]:
    """Requests and bytes sent so far; nginx writes its log when an answer has ended."""
    time.sleep(0.2)
    lines = server.log.read_text().splitlines() if server.log.exists() else []
    return len(lines), sum(int(line.split()[3]) for line in lines)


if __name__ == "__main__":
    warnings.simplefilter("error")
    main()
