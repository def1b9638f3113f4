"""Tables to and from bytes, the format chosen by extension: ECSV, FITS, Parquet and more."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from topmast.errors import BadAnswerError
from topmast.tables.dates import mjd_of
from topmast.tables.fields import OBSERVATION, PRODUCT

if TYPE_CHECKING:
    from astropy.table import Column, Table


LONGEST_CELL = 1 << 30
"""Letters; Python's own limit, 131072, is less than some regions have."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of table file: its name, its extensions and how to write and read it.

    One that is `plain` is written without astropy, also from a `PlainTable`.
    """

    name: str
    extensions: tuple[str, ...]
    write: Callable[[Table, BinaryIO], None]
    read: Callable[[BinaryIO], Table]
    needs: str = ""
    plain: bool = False


def format_of(name: str) -> Format:
    """The format that a file name's extension, or a format's own name, stands for."""
    known = {word: each for each in FORMATS for word in (each.name, *each.extensions)}
    found = known.get(name.lower()) or known.get(Path(name).suffix.lower())
    if found is None:
        extensions = ", ".join(extension for each in FORMATS for extension in each.extensions)
        raise ValueError(f"Cannot tell the format of {name!r}. Known extensions: {extensions}.")
    return found


def rows_of(table: Table) -> Iterator[list[Any]]:
    """The rows as plain Python values, with None for whatever is missing."""
    return map(list, zip(*(_values(table[name]) for name in table.colnames), strict=True))


def _values(column: Column) -> list[Any]:
    return [_plain_value(value) for value in column.tolist()]


def _plain_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if isinstance(value, float) and math.isnan(value) else value


def _write_ecsv(table: Table, stream: BinaryIO) -> None:
    text = io.StringIO()
    _without_objects(table).write(text, format="ascii.ecsv")
    stream.write(text.getvalue().encode())


def _write_votable(table: Table, stream: BinaryIO) -> None:
    from topmast.wire.votable.tables import encode_table

    stream.write(encode_table(table))


def _write_fits(table: Table, stream: BinaryIO) -> None:
    plain = _without_objects(table)
    plain.meta.clear()
    for name in plain.colnames:
        plain[name] = _for_fits(plain[name])
    with warnings.catch_warnings():  # units such as "byte" are not in the FITS standard
        warnings.simplefilter("ignore")
        whole = io.BytesIO()
        plain.write(whole, format="fits")
    stream.write(whole.getvalue())


def _for_fits(column: Column) -> Column:
    """FITS has no missing truth values and no letters beyond ASCII."""
    import numpy as np
    from astropy.table import Column, MaskedColumn

    attributes = {"name": column.name, "unit": column.unit, "description": column.description}
    if column.dtype.kind == "b" and np.any(getattr(column, "mask", False)):
        return MaskedColumn(column.astype("i2"), fill_value=-1, **attributes)
    if column.dtype.kind == "U":
        filled = column.filled("") if hasattr(column, "filled") else column
        return Column(np.char.encode(np.asarray(filled), "ascii", "replace"), **attributes)
    return column


def _without_objects(table: Table) -> Table:
    """A copy whose columns of Python objects are texts, missing ones masked."""
    import numpy as np
    from astropy.table import MaskedColumn

    plain = table.copy()
    for name in [name for name in plain.colnames if plain[name].dtype.kind == "O"]:
        values = _values(plain[name])
        missing = [value is None for value in values]
        texts = np.array(["" if value is None else str(value) for value in values], dtype=np.str_)
        plain[name] = MaskedColumn(texts, mask=missing, fill_value="", name=name)
    return plain


def _write_csv(table: Table, stream: BinaryIO) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_marked, table.colnames))
    writer.writerows([_marked(value) for value in row] for row in rows_of(table))
    stream.write(_encoded(text.getvalue()))


def _write_tsv(table: Table, stream: BinaryIO) -> None:
    lines = ["\t".join(" ".join(_text(name).split()) for name in table.colnames)]
    for row in rows_of(table):
        lines.append("\t".join(" ".join(_text(value).split()) for value in row))
    stream.write(_encoded("".join(f"{line}\n" for line in lines)))


def _text(value: Any) -> str:
    """A value as text, without anything that a terminal would obey."""
    text = "" if value is None else str(value)
    if text.isprintable():
        return text
    return "".join(
        x if x.isprintable() or x in "\n\t" else "\N{REPLACEMENT CHARACTER}" for x in text
    )


FORMULA = re.compile(r"'*[=+\-@]")
MARK = "'"
"""Before a text that a spreadsheet would take for a formula; `_unmarked` takes it away."""


def _marked(value: Any) -> str:
    text = _text(value)
    if isinstance(value, str) and FORMULA.match(text) and not _is_number(text):
        return MARK + text
    return text


def _unmarked(text: str) -> str:
    return text[1:] if text.startswith(MARK) and FORMULA.match(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _write_json(table: Table, stream: BinaryIO) -> None:
    lines = (
        json.dumps(dict(zip(table.colnames, row, strict=True)), ensure_ascii=False, default=str)
        for row in rows_of(table)
    )
    text = "[" + ",\n ".join(lines) + "]\n"
    stream.write(_encoded(CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)))


CONTROLS = re.compile("[\x7f-\x9f\ud800-\udfff]")
"""Letters that JSON may hold as they are, and a terminal would obey or nobody can encode."""


def _write_parquet(table: Table, stream: BinaryIO) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    plain = _without_objects(table)
    arrays = [
        pa.array(_values(plain[name]), type=_arrow_type(plain[name])) for name in plain.colnames
    ]
    fields = [
        pa.field(name, array.type, metadata=_notes(plain[name]))
        for name, array in zip(plain.colnames, arrays, strict=True)
    ]
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), stream)


def _arrow_type(column: Column) -> Any:
    import pyarrow as pa

    return pa.string() if column.dtype.kind in "US" else pa.from_numpy_dtype(column.dtype)


def _notes(column: Column) -> dict[str, str]:
    notes = {"unit": str(column.unit or ""), "description": column.description or ""}
    return {key: text for key, text in notes.items() if text}


def _read_with_astropy(kind: str) -> Callable[[BinaryIO], Table]:
    def read(stream: BinaryIO) -> Table:
        from astropy.table import Table

        content = stream.read()
        source: Any = content.decode() if kind == "ascii.ecsv" else io.BytesIO(content)
        table = Table.read(source, format=kind)
        table.convert_bytestring_to_unicode()
        return table

    return read


def _read_separated(separator: str, quoting: Literal[0, 3]) -> Callable[[BinaryIO], Table]:
    def read(stream: BinaryIO) -> Table:
        csv.field_size_limit(LONGEST_CELL)
        text = io.StringIO(stream.read().decode("utf-8-sig"), newline="")
        names, *rows = [
            row for row in csv.reader(text, delimiter=separator, quoting=quoting) if row
        ] or [[]]
        short = next((row for row in rows if len(row) != len(names)), None)
        if short is not None:
            raise ValueError(f"A row has {len(short)} values for {len(names)} columns: {short}")
        return _table(names, ((_unmarked(value) or None for value in row) for row in rows))

    return read


def _read_json(stream: BinaryIO) -> Table:
    rows = json.loads(stream.read())
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("A JSON table is a list of objects, one for each row.")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _table(names, ([row.get(name) for name in names] for row in rows))


def _read_parquet(stream: BinaryIO) -> Table:
    import pyarrow.parquet as pq

    columns = pq.read_table(stream)
    names = columns.column_names
    return _table(names, zip(*(columns.column(name).to_pylist() for name in names), strict=True))


def _table(names: list[str], rows: Iterable[Iterable[Any]]) -> Table:
    """A Table of plain values, each column typed as the archive types it and None masked."""
    from astropy.table import Table

    cells = list(zip(*rows, strict=True)) or [() for _ in names]
    columns = [_column(name, values) for name, values in zip(names, cells, strict=True)]
    return Table(columns, names=names, masked=True)


_TYPES = {field.name: field.type for field in (*OBSERVATION, *PRODUCT)} | {"distance": "float"}
_DATES = {field.name for field in OBSERVATION if field.unit == "d"}
_EMPTY: dict[type, Any] = {str: "", int: 0, float: 0.0, bool: False}


def _column(name: str, values: Iterable[Any]) -> Column:
    import numpy as np
    from astropy.table import MaskedColumn

    values = list(values)
    wanted = {"string": str, "int": int, "float": float, "boolean": bool}.get(
        _TYPES.get(name, ""), _common_type(values)
    )
    missing = [value is None for value in values]
    typed = [
        _EMPTY[wanted] if value is None else _of_field(name, wanted, value) for value in values
    ]
    kind = np.str_ if wanted is str else wanted
    return MaskedColumn(np.array(typed, dtype=kind), mask=missing, name=name)


def _common_type(values: Iterable[Any]) -> type:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 and kinds <= set(_EMPTY) else str


def _of_field(name: str, wanted: type, value: Any) -> Any:
    if wanted is float and name in _DATES:
        return mjd_of(value)
    if wanted is bool and isinstance(value, str):
        return value.lower() == "true"
    return wanted(value)


def _read_votable(stream: BinaryIO) -> Table:
    from topmast.wire.votable.reading import read_votable

    try:
        found = read_votable(stream.read())
    except BadAnswerError as problem:
        raise ValueError(str(problem)) from problem
    if not found.has_table:
        raise ValueError("The VOTable has no table.")
    return found.to_table()


FORMATS = (
    Format("ecsv", (".ecsv",), _write_ecsv, _read_with_astropy("ascii.ecsv")),
    Format("votable", (".vot", ".xml"), _write_votable, _read_votable),
    Format("fits", (".fits",), _write_fits, _read_with_astropy("fits")),
    Format("csv", (".csv",), _write_csv, _read_separated(",", csv.QUOTE_MINIMAL), plain=True),
    Format("tsv", (".tsv",), _write_tsv, _read_separated("\t", csv.QUOTE_NONE), plain=True),
    Format("json", (".json",), _write_json, _read_json, plain=True),
    Format("parquet", (".parquet",), _write_parquet, _read_parquet, needs="pyarrow"),
)
