"""Tables on their way into the archive, piece by piece: from memory, or from a file of any kind."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.archive.store.column_values import column_values
from topmast.archive.store.fits_headers import check_fits, is_fits
from topmast.errors import InvalidQueryError, did_you_mean
from topmast.tables.fields import Field

if TYPE_CHECKING:
    from astropy.table import Table

LONGEST_CELL = 1 << 30
"""Letters; Python's own limit, 131072, is less than some regions have."""
ROWS_AT_ONCE = 10_000
COMPUTED = {"distance", "objid1", "_selected_"}
"""Columns of answers that the archive works out itself; they are passed over."""

TableSource = Any
"""An astropy Table, anything that makes one (a dict of columns, a list of rows), or a path."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows: `columns` holds one list of values for each field, in the same order."""

    first_row: int
    fields: tuple[Field, ...]
    columns: tuple[list[Any], ...]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def by_name(self) -> dict[str, list[Any]]:
        """The values of each field."""
        return {field.name: v for field, v in zip(self.fields, self.columns, strict=True)}

    def column(self, name: str) -> list[Any]:
        """The values of one field, all None if the table does not have it."""
        return self.by_name().get(name) or [None] * len(self)


def pieces_of(
    source: TableSource, fields: Sequence[Field], *, ignore_unknown: bool = False
) -> Iterator[Piece]:
    """The rows of `source` in pieces, each column checked against its field."""
    first_row = 0
    for raw in _raw_pieces(source):
        known = known_columns(list(raw), fields, ignore_unknown=ignore_unknown)
        columns = tuple(column_values(raw[name], field, first_row) for name, field in known.items())
        piece = Piece(first_row, tuple(known.values()), columns)
        if len({len(column) for column in columns}) > 1:
            raise InvalidQueryError("The columns of a table must all have the same length.")
        yield piece
        first_row += len(piece)


def known_columns(
    names: Sequence[str], fields: Sequence[Field], *, ignore_unknown: bool
) -> dict[str, Field]:
    """For each column name the field it means; the exact name wins over one in other case."""
    exact = {field.name: field for field in fields}
    lower = {field.name.lower(): field for field in reversed(fields)}
    known: dict[str, Field] = {}
    for name in names:
        field = exact.get(name) or lower.get(name.lower())
        if field is not None:
            if field in known.values():
                raise InvalidQueryError(f"The column {field.name} is there twice.")
            known[name] = field
        elif name.lower() not in COMPUTED and not ignore_unknown:
            hint = did_you_mean(name, [field.name for field in fields])
            raise InvalidQueryError(
                f"The archive has no column '{name}'.{hint} "
                "ignore_unknown=True passes over such columns."
            )
    if not known:
        raise InvalidQueryError("The table has none of the columns that the archive knows.")
    return known


def whole_table(source: TableSource) -> Table:
    """All of a table at once, each column with the type that it has there."""
    from astropy.table import Table

    if isinstance(source, str | Path):
        path = _existing(source)
        if path.suffix.lower() not in PARQUET:
            return _read_with_astropy(path)
        with _open_parquet(path) as file:
            source = file.read()
    if hasattr(source, "to_pydict"):
        source = source.to_pydict()
    if isinstance(source, Table):
        return source
    try:
        return Table(source)
    except (TypeError, ValueError) as problem:
        raise InvalidQueryError(
            f"A table or the path of one is needed, not {type(source).__name__}: {problem}"
        ) from problem


def _raw_pieces(source: TableSource) -> Iterator[Mapping[str, Any]]:
    if isinstance(source, str | Path):
        path = _existing(source)
        if reader := READERS.get(path.suffix.lower()):
            return reader(path)
    return _slices(whole_table(source))


def _existing(source: str | Path) -> Path:
    path = Path(source).expanduser()
    if not path.is_file():
        raise InvalidQueryError(f"There is no table {path}.")
    return path


def _slices(table: Table) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(table), ROWS_AT_ONCE):
        stop = start + ROWS_AT_ONCE
        yield {name: table[name][start:stop] for name in table.colnames}


def _read_with_astropy(path: Path) -> Table:
    from astropy.table import Table

    if is_fits(path):
        check_fits(path)
    try:
        return Table.read(path)
    except Exception as problem:  # astropy's readers raise whatever they like
        raise InvalidQueryError(f"The table {path} cannot be read: {problem}") from problem


def _read_parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    with _open_parquet(path) as file:
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            names = batch.schema.names
            yield {name: _plain_column(batch.column(n)) for n, name in enumerate(names)}


def _open_parquet(path: Path) -> Any:
    import pyarrow.parquet

    try:
        # Buffered ahead, a file would be in memory whole in the end.
        return pyarrow.parquet.ParquetFile(path, memory_map=True, pre_buffer=False)
    except (OSError, pyarrow.ArrowException) as problem:
        raise InvalidQueryError(f"The table {path} cannot be read: {problem}") from problem


def _plain_column(column: Any) -> Any:
    """An Arrow column as NumPy has it, which is quick, or as a list where that is not the same."""
    kind = str(column.type)
    if kind in ARROW_TEXTS or (kind in ARROW_NUMBERS and not column.null_count):
        return column.to_numpy(zero_copy_only=False)
    return column.to_pylist()


ARROW_TEXTS = {"string", "large_string"}
ARROW_NUMBERS = {"bool", "int8", "int16", "int32", "int64", "float", "double"}


def _read_csv(path: Path) -> Iterator[Mapping[str, Any]]:
    """Every cell stays a text until its field says what it is: obs_id 0042 keeps its zeros."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        csv.field_size_limit(LONGEST_CELL)
        lines = csv.reader(file)
        names = next(lines, [])
        rows: list[list[str]] = []
        for row in lines:
            if len(row) != len(names):
                if not row:
                    continue
                raise InvalidQueryError(
                    f"{path}, line {lines.line_num}: {len(row)} values for {len(names)} columns."
                )
            rows.append(row)
            if len(rows) == ROWS_AT_ONCE:
                yield _transposed(names, rows)
                rows = []
        if rows:
            yield _transposed(names, rows)


def _transposed(names: list[str], rows: list[list[str]]) -> dict[str, list[str]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


PARQUET = (".parquet", ".parq")
READERS: dict[str, Callable[[Path], Iterator[Mapping[str, Any]]]] = {
    **dict.fromkeys(PARQUET, _read_parquet),
    ".csv": _read_csv,
}
