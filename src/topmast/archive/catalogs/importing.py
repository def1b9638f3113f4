"""Import catalogue files of any size: file after file, and after a kill from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from topmast.archive.catalogs.building import Builder
from topmast.archive.catalogs.definitions import Catalog, known_catalog, own_name
from topmast.archive.catalogs.rows import arrow_type, completed
from topmast.archive.catalogs.source_files import (
    SourceFile,
    files_of,
    open_source,
    pieces_of_file,
)
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.tables.fields import Field

RA_NAMES = ("ra", "raj2000", "ra_icrs", "ramean", "ra_deg", "radeg", "alpha_j2000", "s_ra", "raj")
DEC_NAMES = ("dec", "dej2000", "decj2000", "de_icrs", "decmean", "dec_deg", "decdeg",
             "delta_j2000", "s_dec", "decl", "dej")  # fmt: skip
KEY_NAMES = ("id", "objid", "source_id", "sourceid", "object_id", "objectid")
DEGREES = ("", "deg", "degree", "degrees", "d")
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user says of the files: columns of position and identifier, and unwanted ones."""

    ra: str = ""
    dec: str = ""
    key: str = ""
    without: tuple[str, ...] = ()


@dataclass(slots=True)
class ImportReport:
    """What was imported: rows, those of them without a position, and files.

    `resumed` counts the files that an import which was killed had done. `partly` are columns that
    only some of the files have.
    """

    rows: int = 0
    unplaced: int = 0
    files: int = 0
    resumed: int = 0
    partly: list[str] = field(default_factory=list)


def read_sources(given: Sequence[Path]) -> list[SourceFile]:
    """All files, looked at before the first row is read."""
    paths = [path for each in given for path in files_of(each)]
    if not paths:
        raise InvalidQueryError("There are no files to import.")
    return [open_source(path) for path in dict.fromkeys(paths)]


def catalog_of(name: str, sources: Sequence[SourceFile], options: ImportOptions) -> Catalog:
    """What the catalogue is like: that of MAST with the name, or one with the files' columns."""
    unwanted = {each.lower() for each in options.without}
    fields = {k: v for k, v in _fields(sources).items() if k not in unwanted}
    _refuse_unknown(options, _fields(sources))
    known = known_catalog(name)
    if known is not None:
        return known
    own_name(name)
    ra = _position(options.ra, fields, sources, "pos.eq.ra", RA_NAMES, "--ra")
    dec = _position(options.dec, fields, sources, "pos.eq.dec", DEC_NAMES, "--dec")
    key = options.key or next((each for each in KEY_NAMES if each in fields), "")
    key = fields[key.lower()].name if key else ""
    return Catalog(name, tuple(fields.values()), ra.name, dec.name, key)


def import_files(
    builder: Builder, sources: Sequence[SourceFile], progress: Progress | None = None
) -> ImportReport:
    """Read every file into `builder`, and write the catalogue."""
    report = ImportReport(partly=_partly(sources))
    wanted = [_mark(source) for source in sources]
    done = builder.resume(wanted)
    report.resumed = done
    for number, source in enumerate(sources):
        if number < done:
            continue
        for piece in pieces_of_file(source):
            builder.add(_checked(piece, source, builder.catalog))
            if progress:
                progress("rows", builder.count)
        builder.checkpoint(wanted[: number + 1])
    report.rows, report.files = builder.build(()), len(sources)
    report.unplaced = builder.unplaced
    return report


def _mark(source: SourceFile) -> list[Any]:
    """What tells a file from every other, and from its next version."""
    status = source.path.stat()
    return [str(source.path.resolve()), status.st_size, status.st_mtime_ns]


def _checked(piece: pa.Table, source: SourceFile, catalog: Catalog) -> pa.Table:
    """The rows in the catalogue's columns and types; a position off the sky is refused."""
    lower = {name.lower(): name for name in piece.column_names}
    columns, fields = [], [f for f in catalog.stored if f.name.lower() in lower]
    for each in fields:
        column = piece.column(lower[each.name.lower()])
        columns.append(_cast(column, each, source))
    schema = pa.schema([(each.name, arrow_type(each)) for each in fields])
    rows = completed(pa.table(columns, schema=schema), _schema(catalog))
    for name, low, high in ((catalog.ra, -360.0, 720.0), (catalog.dec, -90.0, 90.0)):
        values = rows.column(name).to_numpy()
        wrong = np.flatnonzero((values < low) | (values > high))
        if len(wrong):
            raise InvalidQueryError(
                f"{source.path}: {name} is {values[wrong[0]]:g} in one of its rows, which is off "
                "the sky. Positions are in degrees."
            )
    return rows


def _schema(catalog: Catalog) -> pa.Schema:
    return pa.schema([(each.name, arrow_type(each)) for each in catalog.stored])


def _cast(column: Any, to: Field, source: SourceFile) -> Any:
    kind = arrow_type(to)
    try:
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        return column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as problem:
        raise InvalidQueryError(f"{source.path}: column {to.name}: {problem}") from problem


# ------------------------------------------------------------------------------------ the columns


def _fields(sources: Sequence[SourceFile]) -> dict[str, Field]:
    """The columns of all files by their names in lower case."""
    found: dict[str, Field] = {}
    first: dict[str, SourceFile] = {}
    for source in sources:
        for each in source.schema:
            name = each.name.lower()
            new = _field(each, source)
            old = found.get(name)
            if old is None or (old.type, new.type) == ("int", "float"):
                found[name] = new if old is None else _as_float(old)
                first.setdefault(name, source)
            elif old.type != new.type and (old.type, new.type) != ("float", "int"):
                raise InvalidQueryError(
                    f"The column {each.name} is {old.type} in {first[name].path} and {new.type} "
                    f"in {source.path}. Leave it out, or make them alike."
                )
    return found


def _field(column: pa.Field, source: SourceFile) -> Field:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    words = (
        (pa.types.is_boolean, "boolean", "boolean"),
        (pa.types.is_integer, "int", "long"),
        (pa.types.is_floating, "float", "double"),
        (pa.types.is_string, "string", "char"),
        (pa.types.is_large_string, "string", "char"),
        (pa.types.is_null, "string", "char"),
        (pa.types.is_temporal, "string", "char"),
    )
    found = next(((word, datatype) for test, word, datatype in words if test(kind)), None)
    if found is None:
        raise InvalidQueryError(
            f"The column {column.name} of {source.path} holds {kind}, which a catalogue cannot "
            f"keep. Leave it out: --without {column.name}"
        )
    unit = source.units.get(column.name, "")
    return Field(
        column.name, found[0], column.name, source.texts.get(column.name, ""), unit=unit,
        wire_unit=unit, datatype=found[1], ucd=source.ucds.get(column.name, ""),
    )  # fmt: skip


def _as_float(given: Field) -> Field:
    from dataclasses import replace

    return replace(given, type="float", datatype="double")


def _position(
    wanted: str,
    fields: Mapping[str, Field],
    sources: Sequence[SourceFile],
    ucd: str,
    names: Sequence[str],
    option: str,
) -> Field:
    """The column of a coordinate: the one asked for, by its UCD, or by its name."""
    by_ucd = [f for f in fields.values() if f.ucd.lower().split(";")[0] == ucd]
    by_ucd.sort(key=lambda each: "meta.main" not in each.ucd.lower())
    by_name = [fields[name] for name in names if name in fields]
    found = [fields[wanted.lower()]] if wanted else [*by_ucd, *by_name]
    if not found:
        known = ", ".join(each.name for each in fields.values())
        raise InvalidQueryError(
            f"None of the columns looks like a position; say which is one with {option}. "
            f"There are: {known[:500]}."
        )
    if found[0].type not in ("float", "int"):
        raise InvalidQueryError(f"The column {found[0].name} is no number and so no position.")
    if found[0].unit.lower() not in DEGREES:
        raise InvalidQueryError(
            f"The column {found[0].name} is in {found[0].unit}; positions are in degrees."
        )
    return found[0] if found[0].type == "float" else _as_float(found[0])


def _refuse_unknown(options: ImportOptions, fields: Mapping[str, Field]) -> None:
    for name in (options.ra, options.dec, options.key, *options.without):
        if name and name.lower() not in fields:
            hint = did_you_mean(name, [each.name for each in fields.values()])
            raise InvalidQueryError(f"The files have no column {name!r}.{hint}")


def _partly(sources: Sequence[SourceFile]) -> list[str]:
    """Columns that only some of the files have."""
    sets = [{name.lower() for name in source.schema.names} for source in sources]
    return sorted(set.union(*sets) - set.intersection(*sets))
