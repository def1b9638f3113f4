"""Tables to and from files and pipes, in the formats of `topmast.wire.table_files`."""

from __future__ import annotations

import io
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from topmast.wire.table_files import Format, format_of

if TYPE_CHECKING:
    from astropy.table import Table


def save_table(table: Table, path: Path, kind: Format) -> None:
    """Write `table` to `path`: either the whole file is there at the end, or what was before."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as stream:
            kind.write(table, stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_table(table: Table, stream: BinaryIO, kind: Format) -> None:
    """Write `table` to an open binary stream."""
    whole = io.BytesIO()
    kind.write(table, whole)
    stream.write(whole.getvalue())
    stream.flush()


def read_table(path: Path) -> Table:
    """The Table in a file, whichever of the formats it has."""
    kind = format_of(path.name)
    with path.open("rb") as stream:
        return kind.read(stream)
