"""Small products for tests: FITS files, product tables, a server that has them."""

from __future__ import annotations

import gzip
import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Table

from tests.misbehaving import Misbehaving, Reply
from topmast.net.session import Session

FILE = "/api/v0.1/Download/file"


def fits_bytes(seed: int = 0, values: int = 5000, *, checksum: bool = True) -> bytes:
    """A FITS file with an image of random numbers and a table."""
    random = np.random.default_rng(seed)
    image = fits.ImageHDU(random.integers(0, 1000, values).astype("i4"), name="SCI")
    table = fits.BinTableHDU(Table({"time": np.arange(10.0), "flux": random.random(10)}))
    file = io.BytesIO()
    hdus = fits.HDUList([fits.PrimaryHDU(), image, table])
    for hdu in hdus if checksum else ():
        hdu.add_checksum(when="2026-01-01T00:00:00")  # else it notes the second of now
    hdus.writeto(file)
    return file.getvalue()


def gz_bytes(seed: int = 0) -> bytes:
    return gzip.compress(fits_bytes(seed), mtime=0)


def uri(name: str) -> str:
    return f"mast:TEST/product/{name}"


def target(name: str) -> str:
    """What is asked of the server for a product."""
    return f"{FILE}?uri={uri(name)}"


def products(files: Mapping[str, bytes], **columns: Any) -> Table:
    """A product table of these files."""
    names = list(files)
    known = {
        "dataURI": [uri(name) for name in names],
        "obs_collection": ["TEST"] * len(names),
        "obs_id": [f"obs{number}" for number in range(len(names))],
        "productFilename": names,
        "size": [len(content) for content in files.values()],
    }
    return Table(known | columns)


def serve(server: Misbehaving, files: Mapping[str, bytes], **reply: Any) -> None:
    """Have the server serve these files well."""
    for name, content in files.items():
        server.on(target(name), good(content, **reply))


def good(content: bytes, **changes: Any) -> Reply:
    """A reply as MAST gives it: length, ETag, ranges."""
    reply = Reply(body=content, etag=f'"{hash(content) & 0xFFFFFF:x}"', ranges="honoured")
    return replace(reply, **changes)


def session_of(server: Misbehaving, **settings: Any) -> Session:
    """A session with little patience."""
    return Session(server.url, **{"tries": 4, "read_timeout": 1.0, "timeout": 20.0} | settings)


def files_below(folder: Path) -> dict[str, bytes]:
    """All that lies below a folder, but for what topmast keeps for itself."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".topmast")
    }
