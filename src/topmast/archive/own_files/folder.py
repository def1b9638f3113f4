"""Put a folder of FITS and ASDF files into an archive; again, only what is new or has changed."""

from __future__ import annotations

import hashlib
import json
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
from topmast.archive.own_files.observed import checked_row, missing_in, observation_of, stem_of
from topmast.archive.own_files.previews import preview_of
from topmast.archive.store.database import Store
from topmast.archive.store.paths import distinct_path, is_inside, product_path
from topmast.archive.store.removal import remove_products
from topmast.archive.store.schema import AMONG, put_rows
from topmast.errors import ArchiveError, InvalidQueryError, MastError

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
    own_path: str
    uri: str
    old_uri: str
    """Under which the file went in before; "" for a new file."""
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
    _note_mapping(store, folder, mapping)
    found = _new_files(store, folder, mapping, report)
    while batch := list(islice(found, FILES_AT_ONCE)):
        with tempfile.TemporaryDirectory(prefix="topmast-previews-") as made:
            _put(store, batch, Path(made) if previews else None, report)
        if progress:
            progress("files", report.files)
    return report


def files_below(folder: Path, left_out: list[tuple[Path, str]]) -> Iterator[Path]:
    """FITS and ASDF files in the order of their names; no link out of the folder is followed."""

    def unreadable(problem: OSError) -> None:
        left_out.append((Path(problem.filename or folder), str(problem.strerror or problem)))

    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if not name.lower().endswith(ENDINGS) or name.startswith("."):
                continue
            if not is_inside(path, folder):
                left_out.append((path, "it is a link to a place outside of the folder."))
            elif path.is_file():
                yield path


def _note_mapping(store: Store, folder: Path, mapping: HeaderMapping) -> None:
    """Where a folder was read by another mapping before, none of its files counts as unchanged."""
    name, told = f"own_files {text_of(folder.resolve())}", repr(mapping)
    mark = hashlib.sha256(told.encode(errors="replace")).hexdigest()
    with store.reading() as connection:
        noted = store.setting(name, connection)
    if noted == mark:
        return
    with store.writing() as connection:
        if noted is not None:
            before = text_of(folder.resolve()) + os.sep
            connection.execute(
                "UPDATE own_files SET modified = -1 WHERE substr(path, 1, ?) = ?",
                (len(before), before),
            )
        connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, mark))


def text_of(path: Path | str) -> str:
    """A path as text that every table can have: bytes that are no UTF-8 are spelt out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def name_of(path: Path | str) -> str:
    """A name or path as it may stand in a URI, a file name and an obs_id."""
    return "".join(letter if letter.isprintable() else "_" for letter in text_of(path)).replace(
        "\\", "_"
    )


def _new_files(
    store: Store, folder: Path, mapping: HeaderMapping, report: FolderReport
) -> Iterator[_Found]:
    known = _known_files(store)
    owners = {uri: path for path, (*_, uri) in known.items()}
    for path in files_below(folder, report.left_out):
        own_path = text_of(path.resolve())
        try:
            status = path.stat()
            size, modified, old_uri = known.get(own_path, (-1, -1, ""))
            if (size, modified) == (status.st_size, status.st_mtime_ns):
                report.unchanged += 1
                continue
            row = observation_of(read_headers(path), mapping)
            missing = missing_in(row)
            row.setdefault("obs_collection", COLLECTION)
            row["obs_id"] = name_of(row["obs_id"])
            checked_row(row)
            product_path(row["obs_collection"], row["obs_id"], name_of(path.name))
        except (MastError, OSError) as problem:
            report.left_out.append((path, getattr(problem, "strerror", None) or str(problem)))
            continue
        if missing:
            report.incomplete.append((path, missing))
        row["obsid"] = row["objID"] = identifier(row["obs_collection"], row["obs_id"])
        relative = name_of(path.relative_to(folder).as_posix())
        uri = f"mast:{row['obs_collection']}/own/{relative}"
        if owners.get(uri, own_path) != own_path and os.path.lexists(owners[uri]):
            uri = distinct_path(uri, own_path)  # of a file of this name from another folder
        owners[uri] = own_path
        yield _Found(path, own_path, uri, old_uri, row, status.st_size, status.st_mtime_ns)


def identifier(collection: str, obs_id: str) -> int:
    """The same number for the same observation each time, so that it replaces itself."""
    digest = hashlib.blake2b(f"{collection}\0{obs_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 64 - IDENTIFIER_BITS


def _known_files(store: Store) -> dict[str, tuple[int, int, str]]:
    with store.reading() as connection:
        rows = connection.execute("SELECT path, size, modified, uri FROM own_files").fetchall()
    return {path: (size, modified, uri) for path, size, modified, uri in rows}


def _put(store: Store, batch: list[_Found], made: Path | None, report: FolderReport) -> None:
    previews = {} if made is None else dict(_make_previews(batch, made))
    try:
        given, count = _input(store, batch, previews)
        done = ingest_all(store, given)
    except OSError as problem:
        there = [one for one in batch if _is_readable(one.path)]
        if len(there) == len(batch):
            raise ArchiveError(
                f"The files cannot be copied into {store.layout.folder}: {problem}. "
                "What was put in before stays; run the command again to go on."
            ) from problem
        gone = [one.path for one in batch if one not in there]
        report.left_out += [(path, "it is gone, or cannot be read any more.") for path in gone]
        if there:
            _put(store, there, made, report)
        return
    with store.writing() as connection:
        columns: dict[str, list[Any]] = {
            "path": [one.own_path for one in batch],
            "size": [one.size for one in batch],
            "modified": [one.modified for one in batch],
            "uri": [one.uri for one in batch],
        }
        put_rows(connection, "own_files", columns, key=["path"])
    remove_products(store, [one.old_uri for one in batch if one.old_uri not in ("", one.uri)])
    report.observations += count
    report.files += len(batch)
    report.previews += len(previews)
    report.bytes += done.bytes


def _is_readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _input(
    store: Store, batch: list[_Found], previews: Mapping[str, Path]
) -> tuple[IngestInput, int]:
    """What is to be put in, and of how many observations."""
    rows = _merged(store, batch, previews)
    places = {one.uri: one.path for one in batch}
    places |= {_preview_uri(uri): path for uri, path in previews.items()}
    products = [_product(one) for one in batch]
    products += [_preview_product(one) for one in batch if one.uri in previews]
    return IngestInput(_table(rows), _table(products), places), len(rows)


def _merged(
    store: Store, batch: list[_Found], previews: Mapping[str, Path]
) -> list[dict[str, Any]]:
    """A row for each observation: what one of its files does not tell, another does.

    The first file goes before the others; one that has changed, before what is in the archive.
    """
    numbers = json.dumps([one.row["objID"] for one in batch])
    with store.reading() as connection:
        cursor = connection.execute(f'SELECT * FROM observations WHERE "objID" {AMONG}', (numbers,))
        names = [about[0] for about in cursor.description]
        old = [dict(zip(names, values, strict=True)) for values in cursor]
    known: dict[int, dict[str, Any]] = {}
    for row in old:
        del row["number"]
        known[row["objID"]] = {name: value for name, value in row.items() if value is not None}
    rows: dict[int, dict[str, Any]] = {}
    for one in batch:
        told = _observation(one, previews)
        before = {} if one.old_uri else known.get(one.row["objID"], {})
        rows[one.row["objID"]] = told | before | rows.get(one.row["objID"], {})
    return [known.get(number, {}) | row for number, row in rows.items()]


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
    name = name_of(one.path.name)
    suffix = stem_of(name).rpartition("_")[2]
    return _about(one) | {
        "dataURI": one.uri,
        "productFilename": name,
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
        "description": f"preview of {name_of(one.path.name)}",
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
    stem = uri.removesuffix(".fits")  # a.fits.gz beside a.fits has a preview of its own
    return f"{stem}.jpg"


def _make_previews(batch: list[_Found], made: Path) -> Iterator[tuple[str, Path]]:
    for number, one in enumerate(batch):
        if (picture := preview_of(one.path)) is not None:
            path = made / f"{number}.jpg"
            path.write_bytes(picture)
            yield one.uri, path
