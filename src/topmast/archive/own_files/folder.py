"""Put a folder of FITS and ASDF files into an archive; again, only what is new or has changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from topmast.archive.ingest import IngestInput, Progress, ingest_all
from topmast.archive.own_files.headers import ENDINGS, read_headers
from topmast.archive.own_files.mapping import HeaderMapping
from topmast.archive.own_files.observed import missing_in, observation_of, stem_of
from topmast.archive.own_files.previews import preview_of
from topmast.archive.store.database import Store
from topmast.archive.store.paths import is_inside
from topmast.archive.store.schema import put_rows
from topmast.errors import InvalidQueryError, MissingExtraError

FILES_AT_ONCE = 200
"""So many go in together: what is reported done stays, whatever happens to the rest."""
IDENTIFIER_BITS = 50
COLLECTION = "OWN"
"""Where no header and no setting says otherwise."""


@dataclass(slots=True)
class FolderReport:
    """What became of the files of a folder.

    `left_out` are the files that could not be read, with the reason, and `incomplete` those for
    which some columns were not found, with their names.
    """

    observations: int = 0
    files: int = 0
    previews: int = 0
    bytes: int = 0
    unchanged: int = 0
    left_out: list[tuple[Path, str]] = field(default_factory=list)
    incomplete: list[tuple[Path, list[str]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that is to go in: its row, and what tells it from its next version."""

    path: Path
    uri: str
    row: dict[str, Any]
    size: int
    modified: int


def ingest_folder(
    store: Store,
    folder: Path,
    mapping: HeaderMapping,
    *,
    previews: bool = True,
    progress: Progress | None = None,
) -> FolderReport:
    """Read the headers of every file below `folder`, and put the files in, some at a time."""
    if is_inside(folder, store.layout.folder) or is_inside(store.layout.folder, folder):
        raise InvalidQueryError(f"{folder} and the archive {store.layout.folder} overlap.")
    report = FolderReport()
    found = _new_files(store, folder, mapping, report)
    while batch := list(islice(found, FILES_AT_ONCE)):
        with tempfile.TemporaryDirectory(prefix="topmast-previews-") as made:
            _put(store, batch, Path(made) if previews else None, report)
        if progress:
            progress("files", report.files)
    return report


def files_below(folder: Path) -> Iterator[Path]:
    """FITS and ASDF files in the order of their names; no link out of the folder is followed."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            wanted = name.lower().endswith(ENDINGS) and not name.startswith(".")
            if wanted and path.is_file() and is_inside(path, folder):
                yield path


def _new_files(
    store: Store, folder: Path, mapping: HeaderMapping, report: FolderReport
) -> Iterator[_Found]:
    known = _known_files(store)
    for path in files_below(folder):
        status = path.stat()
        if known.get(str(path.resolve())) == (status.st_size, status.st_mtime_ns):
            report.unchanged += 1
            continue
        try:
            row = observation_of(read_headers(path), mapping)
        except (InvalidQueryError, MissingExtraError, OSError) as problem:
            report.left_out.append((path, str(problem)))
            continue
        if missing := missing_in(row):
            report.incomplete.append((path, missing))
        row.setdefault("obs_collection", COLLECTION)
        row["obsid"] = row["objID"] = identifier(row["obs_collection"], row["obs_id"])
        uri = f"mast:{row['obs_collection']}/own/{path.relative_to(folder).as_posix()}"
        yield _Found(path, uri, row, status.st_size, status.st_mtime_ns)


def identifier(collection: str, obs_id: str) -> int:
    """The same number for the same observation each time, so that it replaces itself."""
    digest = hashlib.blake2b(f"{collection}\0{obs_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 64 - IDENTIFIER_BITS


def _known_files(store: Store) -> dict[str, tuple[int, int]]:
    with store.reading() as connection:
        rows = connection.execute("SELECT path, size, modified FROM own_files").fetchall()
    return {path: (size, modified) for path, size, modified in rows}


def _put(store: Store, batch: list[_Found], made: Path | None, report: FolderReport) -> None:
    previews = {} if made is None else dict(_make_previews(batch, made))
    rows = {one.row["objID"]: _observation(one, previews) for one in reversed(batch)}
    places = {one.uri: one.path for one in batch}
    places |= {_preview_uri(uri): path for uri, path in previews.items()}
    products = [_product(one) for one in batch]
    products += [_preview_product(one) for one in batch if one.uri in previews]
    given = IngestInput(_table(list(rows.values())), _table(products), places)
    done = ingest_all(store, given)
    with store.writing() as connection:
        columns: dict[str, list[Any]] = {
            "path": [str(one.path.resolve()) for one in batch],
            "size": [one.size for one in batch],
            "modified": [one.modified for one in batch],
            "uri": [one.uri for one in batch],
        }
        put_rows(connection, "own_files", columns, key=["path"])
    report.observations += len(rows)
    report.files += len(batch)
    report.previews += len(previews)
    report.bytes += done.bytes


def _table(rows: list[dict[str, Any]]) -> Any:
    """A table of rows that need not have the same columns."""
    from astropy.table import MaskedColumn, Table

    table = Table(masked=True)
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        filler = next(value for value in values if value is not None)
        filled = [filler if value is None else value for value in values]
        table[name] = MaskedColumn(filled, mask=[value is None for value in values])
    return table


def _observation(one: _Found, previews: Mapping[str, Path]) -> dict[str, Any]:
    links = {"dataURL": one.uri}
    if one.uri in previews:
        links["jpegURL"] = _preview_uri(one.uri)
    return one.row | links


def _product(one: _Found) -> dict[str, Any]:
    suffix = stem_of(one.path.name).rpartition("_")[2]
    return _about(one) | {
        "dataURI": one.uri,
        "productFilename": one.path.name,
        "productType": "SCIENCE" if one.row["intentType"] == "science" else "CALIBRATION",
        "productSubGroupDescription": suffix.upper()[:20],
        "description": f"{one.row.get('dataproduct_type') or 'file'} of {one.row['obs_id']}",
        "size": one.size,
    }


def _preview_product(one: _Found) -> dict[str, Any]:
    uri = _preview_uri(one.uri)
    return _about(one) | {
        "dataURI": uri,
        "productFilename": uri.rpartition("/")[2],
        "productType": "PREVIEW",
        "description": f"preview of {one.path.name}",
    }


def _about(one: _Found) -> dict[str, Any]:
    shared = ("obs_collection", "obs_id", "dataproduct_type", "proposal_id", "dataRights",
              "calib_level", "filters")  # fmt: skip
    return {name: one.row[name] for name in shared if name in one.row} | {
        "obsID": one.row["objID"],
        "parent_obsid": one.row["objID"],
        "type": "S",
    }


def _preview_uri(uri: str) -> str:
    return stem_of(uri) + ".jpg"


def _make_previews(batch: list[_Found], made: Path) -> Iterator[tuple[str, Path]]:
    for number, one in enumerate(batch):
        if (picture := preview_of(one.path)) is not None:
            path = made / f"{number}.jpg"
            path.write_bytes(picture)
            yield one.uri, path
