"""The files of Hubble's catalogued spectra, and the addresses under which clients ask for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import unquote

from topmast.archive.store.locking import writer_lock
from topmast.archive.store.product_files import REGISTER_FILES, IncomingFile, ProductFolder
from topmast.errors import InvalidQueryError

if TYPE_CHECKING:
    from topmast.archive.store.database import Store

SITE = "https://hla.stsci.edu/cgi-bin/"
COLLECTION = "HSC"
SLITLESS = 2
"""From this type on spectra were extracted from slitless images, and lie at another address."""
MODIFIED = 1577836800


def spectrum_uri(name: str, kind: int) -> str:
    """The address of a spectrum at the Hubble Legacy Archive, by which it is known here too."""
    program = (
        f"ecfproxy?file_id={name}.fits"
        if kind >= SLITLESS
        else f"getdata.cgi?config=ops&dataset={name}"
    )
    return SITE + program


def uri_in_query(program: str, query: str) -> str:
    """What a request to one of the two programs asks for; "" if it names nothing."""
    given = dict(part.partition("=")[::2] for part in query.split("&"))
    name = unquote(given.get(PROGRAMS.get(program, ""), ""))
    kind = SLITLESS if program == "ecfproxy" else 0
    return spectrum_uri(name.removesuffix(".fits"), kind) if name else ""


PROGRAMS = {"ecfproxy": "file_id", "getdata.cgi": "dataset"}


def put_spectrum_files(
    store: Store, kinds: Mapping[str, int], make: Callable[[str], bytes]
) -> None:
    """Keep the file of each spectrum; `kinds` are their names and types, `make` gives the bytes."""
    with (
        writer_lock(store.layout),
        TemporaryDirectory(dir=store.layout.folder, prefix="spectra-") as temporary,
        store.writing() as connection,
    ):
        folder = Path(temporary)
        products = ProductFolder(store.layout, connection, folder)
        try:
            for name, kind in kinds.items():
                arrival = IncomingFile(spectrum_uri(name, kind), COLLECTION, name, f"{name}.fits")
                about = (arrival.uri, COLLECTION, name, arrival.file_name, "PUBLIC")
                connection.execute(REGISTER_FILES, about)
                write(folder / arrival.file_name, make(name))
                if not products.place(arrival, None):
                    raise InvalidQueryError(f"The file of the spectrum {name} was not found.")
        except BaseException:
            products.undo()
            raise
    products.finish()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.utime(path, (MODIFIED, MODIFIED))
