"""Where two runs of a script differ, in words."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from topmast.astroquery.compare.outcome import Outcome, message_lines

MOST_LINES = 40
"""Of the difference between two texts."""
MOST_CELLS = 3
"""Of the differences within one column."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of result: how much of it there is, and where it differs."""

    what: str
    size: str
    differences: tuple[str, ...] = ()


def findings(theirs: Outcome, ours: Outcome, *, with_files: bool = True) -> tuple[Finding, ...]:
    """What was compared, from the exit code to the files."""
    kinds = [_codes, _texts("standard output", "out"), _texts("standard error", "err"), _calls]
    return tuple(kind(theirs, ours) for kind in [*kinds, *([_files] if with_files else [])])


def _codes(theirs: Outcome, ours: Outcome) -> Finding:
    codes = [
        "did not end in time" if outcome.code is None else str(outcome.code)
        for outcome in (theirs, ours)
    ]
    return Finding("exit code", codes[0], () if codes[0] == codes[1] else (_pair(*codes),))


def _texts(what: str, attribute: str) -> Callable[[Outcome, Outcome], Finding]:
    def compared(theirs: Outcome, ours: Outcome) -> Finding:
        first, second = (message_lines(getattr(outcome, attribute)) for outcome in (theirs, ours))
        lines = difflib.unified_diff(first, second, "astroquery", "topmast", lineterm="", n=1)
        return Finding(what, _count(len(first), "line"), tuple(_at_most(list(lines), MOST_LINES)))

    return compared


def _at_most(lines: Sequence[str], most: int) -> list[str]:
    left = len(lines) - most
    return [*lines[:most], f"... and {left} more"] if left > 0 else list(lines)


def _files(theirs: Outcome, ours: Outcome) -> Finding:
    differences = []
    for name in sorted({*theirs.files, *ours.files}):
        first, second = theirs.files.get(name), ours.files.get(name)
        if first != second:
            differences.append(f"{name}: {FILE_WORDS[first is None, second is None]}")
    return Finding("files", _count(len(theirs.files), "file"), tuple(differences))


FILE_WORDS = {
    (False, False): "has other contents",
    (True, False): "topmast's only",
    (False, True): "astroquery's only",
}


def _calls(theirs: Outcome, ours: Outcome) -> Finding:
    size = _count(len(theirs.calls), "call")
    differences = [
        f"call {number}, {_title(first or second)}: {difference}"
        for number, (first, second) in enumerate(zip_longest(theirs.calls, ours.calls), start=1)
        for difference in _call_differences(first, second)
    ]
    return Finding("calls", size, tuple(_at_most(differences, MOST_LINES)))


def _title(call: Record | None) -> str:
    return f"{call['name']}({call['arguments']})" if call else ""


def _call_differences(theirs: Record | None, ours: Record | None) -> Iterator[str]:
    if theirs is None or ours is None:
        yield f"made under {'topmast' if theirs is None else 'astroquery'} only"
    elif theirs["name"] != ours["name"]:
        yield f"topmast's run calls {_title(ours)} here"
    else:
        yield from _value_differences(theirs["gives"], ours["gives"])
        if theirs["warns"] != ours["warns"]:
            yield f"warnings: {_pair(theirs['warns'], ours['warns'])}"


def _value_differences(theirs: Any, ours: Any) -> Iterator[str]:
    if theirs == ours:
        return
    kinds = [value.get("kind") if isinstance(value, dict) else None for value in (theirs, ours)]
    if kinds == ["table", "table"]:
        yield from _table_differences(theirs["columns"], ours["columns"])
    elif kinds == ["raised", "raised"] and theirs["type"] == ours["type"]:
        yield f"the text of {theirs['type']}: {_pair(theirs['text'], ours['text'])}"
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for first, second in zip(theirs, ours, strict=True):
            yield from _value_differences(first, second)
    else:
        yield _pair(_shown(theirs), _shown(ours))


def _table_differences(theirs: Sequence[Record], ours: Sequence[Record]) -> Iterator[str]:
    names = [[column["name"] for column in table] for table in (theirs, ours)]
    if names[0] != names[1]:
        yield f"columns: {_pair(*_without_common(*names))}"
        return
    lengths = [len(table[0]["values"]) if table else 0 for table in (theirs, ours)]
    if lengths[0] != lengths[1]:
        yield f"rows: {_pair(*lengths)}"
        return
    for first, second in zip(theirs, ours, strict=True):
        if first["type"] != second["type"]:
            yield f"type of column {first['name']}: {_pair(first['type'], second['type'])}"
        yield from _cell_differences(first, second)


def _without_common(theirs: list[str], ours: list[str]) -> tuple[list[str], list[str]]:
    """The names that only one side has; all of them where only the order differs."""
    only = [[n for n in a if n not in b] for a, b in ((theirs, ours), (ours, theirs))]
    return (only[0], only[1]) if any(only) else (theirs, ours)


def _cell_differences(theirs: Record, ours: Record) -> Iterator[str]:
    pairs = zip(theirs["values"], ours["values"], strict=True)
    unlike = [(row, a, b) for row, (a, b) in enumerate(pairs) if a != b]
    for row, first, second in unlike[:MOST_CELLS]:
        yield f"column {theirs['name']}, row {row}: {_pair(first, second)}"
    if len(unlike) > MOST_CELLS:
        yield f"column {theirs['name']}: {len(unlike) - MOST_CELLS} more rows"


def _pair(theirs: Any, ours: Any) -> str:
    return f"astroquery {theirs}, topmast {ours}"


def _shown(value: Any) -> str:
    """A value in few words."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "table":
        columns = value["columns"]
        return f"a table of {len(columns[0]['values']) if columns else 0} rows"
    if kind == "raised":
        return f"raised {value['type']}: {value['text']}"
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
