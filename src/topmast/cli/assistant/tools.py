"""What an assistant can ask: each tool is a call of the library, its answer cut to a few rows."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topmast.errors import InvalidQueryError
from topmast.services.chosen import PLANNING
from topmast.tables.display import by_importance
from topmast.wire.table_files import rows_of

if TYPE_CHECKING:
    from topmast.client import Client
    from topmast.download import Plan

MOST_ROWS = 500
"""No answer has more rows, whatever was asked for."""

MOST_COLUMNS = 12
"""So many columns are given where none were asked for."""

MOST_PLANS = 50
"""Older plans are forgotten."""

NO_CRITERIA = ("coordinates", "radius", "pagesize", "page", "objectname", "object_name")
"""Arguments of a query that the tools give themselves."""

Answer = dict[str, Any]
Criteria = Mapping[str, Any]


class Tools:
    """The tools, over one client; `folder` is where downloads go, and nowhere else."""

    def __init__(self, client: Client, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._plans: dict[str, Plan] = {}

    def search(
        self,
        target: str = "",
        radius: str = "",
        criteria: Criteria | None = None,
        columns: Sequence[str] = (),
        rows: int = 50,
    ) -> Answer:
        """Observations around a target, or by criteria, or both: the first rows and their total."""
        asked = _question(target, radius, criteria)
        total = self.count(target, radius, criteria)["total"]
        if not total:
            return {"total": 0, "rows": [], "reasons": self._reasons(asked)}
        size = _checked_rows(rows)
        observations = self._client.observations
        find = observations.query_criteria if criteria else observations.query_region
        table = find(**asked, pagesize=size, page=1)
        return _answer(table, columns, size, total)

    def count(self, target: str = "", radius: str = "", criteria: Criteria | None = None) -> Answer:
        """How many observations a search would find, without fetching them."""
        observations = self._client.observations
        count = observations.query_criteria_count if criteria else observations.query_region_count
        return {"total": int(count(**_question(target, radius, criteria)))}

    def explain(
        self, target: str = "", radius: str = "", criteria: Criteria | None = None
    ) -> Answer:
        """Why a search finds nothing: each criterion is left out in turn, and the rest counted."""
        return {"reasons": self._reasons(_question(target, radius, criteria))}

    def products(
        self,
        obsids: Sequence[str],
        filters: Criteria | None = None,
        columns: Sequence[str] = (),
        rows: int = 100,
    ) -> Answer:
        """The files of observations, those that pass the filters."""
        observations = self._client.observations
        table = observations.get_product_list(list(obsids))
        if filters:
            table = observations.filter_products(table, **_only_filters(filters))
        return _answer(table, columns, _checked_rows(rows), len(table))

    def catalog(
        self,
        target: str,
        radius: str = "0.02 deg",
        catalog: str = "TIC",
        columns: Sequence[str] = (),
        rows: int = 50,
    ) -> Answer:
        """The sources of a catalogue around a target."""
        table = self._client.catalogs.query_region(target, radius=radius, catalog=catalog)
        return _answer(table, columns, _checked_rows(rows), len(table))

    def plan(self, obsids: Sequence[str], filters: Criteria | None = None) -> Answer:
        """What a download of these observations would fetch: nothing is downloaded yet."""
        made = self._client.observations.plan_download(
            list(obsids), download_dir=self._folder, **_only_filters(filters)
        )
        if made is None:
            return {"plan": None, "summary": "There are no files to download.", "files": 0}
        name = secrets.token_hex(4)
        self._plans[name] = made
        while len(self._plans) > MOST_PLANS:
            del self._plans[next(iter(self._plans))]
        return {"plan": name, "summary": str(made), "files": len(made)}

    def summary_of(self, plan: str) -> str:
        """What a plan would do, for the person who approves it."""
        return str(self._known(plan))

    def download(self, plan: str) -> Answer:
        """Run a plan, which has been approved; its files, and what became of them."""
        made = self._known(plan)
        manifest = made.run(verbose=False)
        del self._plans[plan]
        counts = manifest["Status"].tolist()
        answer = _answer(manifest, ("Local Path", "Status", "Message"), MOST_ROWS, len(manifest))
        return {
            "folder": str(made.folder),
            "complete": counts.count("COMPLETE"),
            "failed": counts.count("ERROR"),
            **answer,
        }

    def _known(self, plan: str) -> Plan:
        if plan not in self._plans:
            raise InvalidQueryError(f"There is no plan {plan!r}. The tool plan makes one.")
        return self._plans[plan]

    def _reasons(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        return _rows(self._client.observations.explain(**asked), ())


def _question(target: str, radius: str, criteria: Criteria | None) -> dict[str, Any]:
    asked = _place(target, radius) | _without(criteria, NO_CRITERIA)
    if not asked:
        raise InvalidQueryError("Give a target, or criteria such as {'obs_collection': 'HST'}.")
    return asked


def _only_filters(filters: Criteria | None) -> dict[str, Any]:
    """The filters, without words that would say where files go and how."""
    return _without(filters, set(PLANNING) - {"mrp_only", "extension"})


def _without(words: Criteria | None, refused: Collection[str]) -> dict[str, Any]:
    for name in words or {}:
        if name in refused:
            raise InvalidQueryError(
                f"{name!r} is no column; a place is given by target and radius."
            )
    return dict(words or {})


def _place(target: str, radius: str) -> dict[str, Any]:
    if radius and not target:
        raise InvalidQueryError("A radius needs a target to be around.")
    place = {"coordinates": target, "radius": radius}
    return {name: value for name, value in place.items() if value}


def _checked_rows(rows: int) -> int:
    if rows < 1:
        raise InvalidQueryError(f"rows must be 1 or more, not {rows}.")
    return min(rows, MOST_ROWS)


def _answer(table: Any, columns: Sequence[str], most: int, total: int) -> Answer:
    rows = _rows(table[:most], columns)
    answer: Answer = {"total": total, "rows": rows}
    if len(rows) < total:
        answer["left_out"] = f"{total - len(rows)} rows; ask for less, or for up to {MOST_ROWS}."
    if not columns:
        answer["other_columns"] = by_importance(table.colnames)[MOST_COLUMNS:]
    return answer


def _rows(table: Any, columns: Sequence[str]) -> list[dict[str, Any]]:
    missing = [name for name in columns if name not in table.colnames]
    if missing:
        raise InvalidQueryError(
            f"There is no column {missing[0]!r}; the columns are {', '.join(table.colnames)}."
        )
    names = list(columns) or by_importance(table.colnames)[:MOST_COLUMNS]
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True)}
        for row in rows_of(table[names])
    ]


def _plain(value: Any) -> Any:
    """A value that JSON has; NaN is none."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if value == value else None
    return str(value)
