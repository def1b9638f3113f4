"""The manifest: what became of every file, as a Table and as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.download.job import Outcome

if TYPE_CHECKING:
    from astropy.table import Table

GUIDE_COLUMNS = ("Local Path", "Status", "Message", "URL")
MORE_COLUMNS = ("Bytes", "SHA-256", "Attempts", "Seconds", "Source")
#: How each column is held. Message and URL are None where all is well, as the guide prints them.
KINDS: dict[str, Any] = {
    "Message": object,
    "URL": object,
    "Bytes": np.int64,
    "Attempts": np.int64,
    "Seconds": np.float64,
}


def row_of(outcome: Outcome) -> dict[str, Any]:
    """One row of the manifest."""
    return {
        "Local Path": outcome.job.shown,
        "Status": outcome.status,
        "Message": outcome.message,
        "URL": outcome.url,
        "Bytes": outcome.bytes,
        "SHA-256": outcome.sha256,
        "Attempts": outcome.attempts,
        "Seconds": round(outcome.seconds, 3),
        "Source": outcome.source,
    }


def manifest_table(outcomes: Sequence[Outcome], *, columns: Sequence[str] | None = None) -> Table:
    """The rows as a Table: the guide's four columns first, then ours.

    Printed are the guide's four; ``pprint_all()`` shows all.

    Columns
    -------
    Local Path, Status, Message, URL
        As in the guide: the URL is named only for files that failed.
    Bytes, SHA-256
        Of the file on disk; 0 and empty where there is none.
    Attempts, Seconds
        Requests sent for it and time taken; 0 for a file that was held.
    Source
        The host that sent it, or "disk" for a file that was held.
    """
    rows = [row_of(outcome) for outcome in outcomes]
    return table_of_rows(rows, columns or (*GUIDE_COLUMNS, *MORE_COLUMNS))


def table_of_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    """A Table of these rows, with the types of a manifest also when there are none."""
    from topmast.download.printed import ManifestTable

    table = ManifestTable()
    for name in columns:
        values = [row.get(name) for row in rows]
        kind = KINDS.get(name, str)
        table[name] = _objects(values) if kind is object else np.array(values, dtype=kind)
    return table


def _objects(values: list[Any]) -> np.ndarray[Any, Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def failed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those that did not come home."""
    return [outcome for outcome in outcomes if outcome.status == "ERROR"]


def last_line(outcomes: Sequence[Outcome], how_to_retry: str) -> str:
    """The line that nobody can miss when something failed; empty when nothing did."""
    bad = failed(outcomes)
    if not bad:
        return ""
    first = bad[0]
    others = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    return (
        f"FAILED: {len(bad)} of {len(outcomes)} files did not arrive. "
        f"{first.job.shown}: {first.message}{others}\n{how_to_retry}"
    )
