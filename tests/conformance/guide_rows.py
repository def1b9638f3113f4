"""Printed lines as rows of cells, and whether two of them say the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

__all__ = ["MAY_DIFFER", "Compared", "Row", "compare", "rows_of", "same_text"]

RULE = re.compile(r"[-. ]*---[-. ]*")
DASHES = re.compile(r"-+|\.\.\.")
DOWNLOAD = re.compile(r"Downloading URL (\S+) to (.+) \.\.\. (.+)")
ENTRY = re.compile(r"'(\w+)'(?:: ('[^']*'|[\w.-]+))?")
FLOAT = re.compile(r"-?(\d*)\.(\d*)(?:e[-+]?\d+)?", re.IGNORECASE)
GAP = "..."

Spans = dict[str, tuple[int, int]]
"""Where each column of a printed table begins and ends."""


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line: its kind, and its cells by the name of their column."""

    kind: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """A row of the guide beside ours: what differs as it may, and what differs as it may not."""

    wanted: Row | None
    ours: Row | None
    excused: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        return not self.excused and not self.faults


# ------------------------------------------------------------------------------- reading lines


def rows_of(lines: Iterable[str]) -> list[Row]:
    """The rows of printed lines, without the dashes below the head of a table."""
    lines = list(_whole(lines))
    rows: list[Row] = []
    spans: Spans = {}
    for line, following in zip(lines, [*lines, ""][1:], strict=True):
        if RULE.fullmatch(line):
            continue
        if RULE.fullmatch(following):
            spans = _spans(line, following)
            rows.append(Row("head", {name: name for name in spans}))
            continue
        if _is_speech(line):
            spans = {}
        rows.append(Row("row", _cells(line, spans)) if spans else _spoken(line))
    return rows


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """The lines, a warning that was broken into two made whole again."""
    held = ""
    for line in lines:
        if line.startswith("WARNING: ") and not re.search(r"\]$", line):
            held = line
        elif held and line.endswith("]"):
            yield f"{held} {line.strip()}"
            held = ""
        else:
            yield from filter(None, (held, line))
            held = ""
    yield from filter(None, (held,))


def _spans(head: str, dashes: str) -> Spans:
    """Where each column begins and ends, by the dashes below its name."""
    found = [match.span() for match in DASHES.finditer(dashes)]
    named = {head[start:end].strip(): (start, end) for start, end in found}
    return {name: span for name, span in named.items() if name != GAP}


def _cells(line: str, spans: Spans) -> dict[str, str]:
    return {name: " ".join(line[start:end].split()) for name, (start, end) in spans.items()}


def _is_speech(line: str) -> bool:
    """Whether a line below a table is none of its rows."""
    return line.startswith(("WARNING: ", "Traceback ", "Downloading URL "))


def _spoken(line: str) -> Row:
    """A line outside of a table."""
    if match := DOWNLOAD.fullmatch(line):
        return Row("download", dict(zip(("URL", "file", "end"), match.groups(), strict=True)))
    if line.startswith("WARNING: "):
        words = re.sub(r" \[[\w.]+\]$", "", line.removeprefix("WARNING: "))
        return Row("warning", dict([words.split(": ", 1)]))
    if re.match(r"\s*[{\['].*'", line):
        return Row("entries", dict(ENTRY.findall(line)))
    name, colon, value = line.partition(":")
    return Row("line", {name: value.strip()} if colon else {"": line.strip()})


# ------------------------------------------------------------------------------------ comparing


def compare(guide: Iterable[str], shown: Iterable[str]) -> list[Compared]:
    """Each row that the guide prints beside ours, and rows that only we have."""
    wanted, ours = _by_kind(rows_of(guide)), _by_kind(rows_of(shown))
    if "entries" in wanted:
        everything = {name: cell for row in ours["entries"] for name, cell in row.cells.items()}
        ours["entries"] = [Row("entries", everything)] * len(wanted["entries"])
    ours["warning"] = [row for row in ours["warning"] if not MAY_ADD & set(row.cells)]
    return [
        Compared(None, mine, faults=("more than the guide",)) if row is None else _pair(row, mine)
        for kind in dict.fromkeys([*wanted, *ours])
        for row, mine in zip_longest(wanted[kind], ours[kind])
    ]


def _by_kind(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows by kind, each kind in its order; downloads, which end in any order, by file."""
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        kinds[row.kind].append(row)
    if "download" in kinds:
        kinds["download"].sort(key=lambda row: row.cells["file"])
    return kinds


def _pair(wanted: Row, ours: Row | None) -> Compared:
    if ours is None:
        return Compared(wanted, None, faults=("is missing",))
    excused, faults = [], []
    for name, cell in wanted.cells.items():
        mine = ours.cells.get(name)
        if mine is None:
            faults.append(f"no {name!r}")
        elif not same_text(cell, mine):
            reason = _excuse(wanted.kind, name, cell, mine)
            (excused if reason else faults).append(reason or f"{name}: {cell!r} is {mine!r}")
    common = [name for name in ours.cells if name in wanted.cells]
    in_order = wanted.kind == "entries" or common == [n for n in wanted.cells if n in ours.cells]
    if not in_order:
        faults.append("other order of columns")
    return Compared(wanted, ours, tuple(excused), tuple(faults))


def same_text(wanted: str, ours: str) -> bool:
    """The same text, or the same number in all digits that are wanted."""
    if wanted == ours:
        return True
    match = FLOAT.fullmatch(wanted)
    if not match or not FLOAT.fullmatch(ours):
        return False
    digits = max(1, len((match[1] + match[2]).lstrip("0")))
    return format(float(ours), f".{digits}g") == format(float(wanted), f".{digits}g")


# ------------------------------------------------------------------------------ what may differ

MAY_ADD = {"InputWarning"}
"""Warnings about how a call is written, of which the guide's text has none."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Cells of one name that may differ, as long as both still make sense, and why."""

    kind: str
    name: str
    makes_sense: Callable[[str, str], bool]
    reason: str


def _whole_numbers(wanted: str, ours: str) -> bool:
    return wanted.isdigit() and ours.isdigit()


def _counts(wanted: str, ours: str) -> bool:
    return _whole_numbers(wanted, ours) and int(ours) > 0


def _same_end(wanted: str, ours: str) -> bool:
    """Addresses of the same file, or of scripts that are named by the time."""
    ends = [re.split(r"[/=:]", address)[-1] for address in (wanted, ours)]
    return ends[0] == ends[1] or ends[0].endswith(".sh")


def _both_scripts(wanted: str, ours: str) -> bool:
    name = re.compile(r"\./mastDownload_\d{14}\.sh")
    return bool(name.fullmatch(wanted) and name.fullmatch(ours))


def _minutes(wanted: str, ours: str) -> bool:
    units = [text.partition(" ")[2] for text in (wanted, ours)]
    return units[0] == units[1] and 0 < float(ours.split()[0]) <= 600


MAY_DIFFER = (
    Allowed("row", "size", _counts, "the sample's files have sizes of their own"),
    Allowed("line", "", _counts, "the sample has fewer observations"),
    Allowed("line", "Number of results", _counts, "the sample has fewer sources"),
    Allowed("line", "Session Expiration", _minutes, "minutes pass"),
    Allowed("download", "URL", _same_end, "the file comes from another server"),
    Allowed("download", "file", _both_scripts, "a script is named by the time"),
    Allowed("entries", "resolverTime", _whole_numbers, "the time that a resolver took"),
    Allowed(
        "row", "dataURL", lambda *texts: texts == ("None", "--"), "a missing text is masked, as --"
    ),
)


def _excuse(kind: str, name: str, wanted: str, ours: str) -> str:
    """Why a cell may be another; "" if it may not."""
    return next(
        (
            allowed.reason
            for allowed in MAY_DIFFER
            if (allowed.kind, allowed.name) == (kind, name) and allowed.makes_sense(wanted, ours)
        ),
        "",
    )
