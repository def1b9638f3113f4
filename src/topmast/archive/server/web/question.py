"""What the address of a page asks for: a place, a program, facets, ranges, order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from topmast.archive.portal.browse import FACETS, MOST_CONES
from topmast.archive.store.database import Store
from topmast.archive.store.names import look_up
from topmast.archive.store.value_counts import SEPARATORS
from topmast.errors import InvalidQueryError

RADIUS_DEG = 0.2
LARGEST_RADIUS_DEG = 30.0
ROWS_A_PAGE = 100
MOST_VALUES = 100
MJD_OF_DAY_ONE = 678576
"""The MJD of 1 January of year 1 is 1 - this."""
LAST_MJD, LONGEST_SECONDS = 100_000, 1_000_000_000
"""Beyond any observation: what a range ends with that has no end."""
DATES = ("begin", "end")
NUMBERS = ("shortest", "longest")
UNITS_DEG = {"deg": 1.0, "d": 1.0, "arcmin": 1 / 60, "'": 1 / 60, "arcsec": 1 / 3600, '"': 1 / 3600}
RADIUS = re.compile(r"\s*([0-9.]+(?:e-?\d+)?)\s*([a-z'\"]*)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """A question as the page has it. `cones` are circles, ra, dec and radius in degrees."""

    text: str = ""
    radius_deg: float = RADIUS_DEG
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    begin: str = ""
    end: str = ""
    shortest: str = ""
    longest: str = ""
    targets: str = ""
    sort: str = ""
    page: int = 1
    cones: tuple[tuple[float, float, float], ...] = ()
    program: str = ""
    target: str = ""
    """A target name or obs_id that is no place."""
    said: str = ""
    """What became of the text: the place it was resolved to, or that nothing was found."""
    unknown: tuple[str, ...] = ()
    """Lines of the target list that no position is known for."""

    @property
    def is_empty(self) -> bool:
        """Whether it asks for everything."""
        ranges = (self.begin, self.end, self.shortest, self.longest)
        return not (self.text or self.targets.strip() or any(self.chosen.values()) or any(ranges))

    @property
    def filters(self) -> list[dict[str, Any]]:
        """The criteria as the portal takes them."""
        found: list[dict[str, Any]] = []
        for name, values in self.chosen.items():
            typed = [int(v) for v in values] if name == "calib_level" else list(values)
            item = {"paramName": name, "values": typed}
            found.append(item | ({"separator": SEPARATORS[name]} if SEPARATORS[name] else {}))
        if self.program:
            found.append({"paramName": "proposal_id", "values": [self.program]})
        if self.target:
            found.append({"paramName": "target_name", "values": [], "freeText": f"%{self.target}%"})
        low, high = (mjd_of_day(text) for text in (self.begin, self.end))
        found += _range("t_min", low, None if high is None else high + 1, LAST_MJD)
        shortest, longest = _number(self.shortest), _number(self.longest)
        found += _range("t_exptime", shortest, longest, LONGEST_SECONDS)
        return found

    @property
    def parameters(self) -> dict[str, Any]:
        """What the Browse services of the portal are asked with."""
        return {"filters": self.filters, "cones": [list(cone) for cone in self.cones]}

    def link(self, **changes: Any) -> str:
        """The query of an address that asks the same, but for these changes."""
        chosen = changes.pop("chosen", self.chosen)
        single = {
            "q": self.text,
            "radius": "" if self.radius_deg == RADIUS_DEG else f"{self.radius_deg:g}",
            **{name: getattr(self, name) for name in (*DATES, *NUMBERS, "targets", "sort")},
            "page": self.page if self.page > 1 else "",
        } | changes
        pairs = [(name, str(value)) for name, value in single.items() if value not in ("", None)]
        pairs += [(name, value) for name in chosen for value in chosen[name]]
        return urlencode(pairs)

    def toggled(self, name: str, value: str) -> str:
        """The same question with one value of a facet more, or less."""
        values = self.chosen.get(name, ())
        values = tuple(v for v in values if v != value) if value in values else (*values, value)
        return self.link(chosen={**self.chosen, name: values}, page="")


def read_question(pairs: Sequence[tuple[str, str]], store: Store) -> PageQuestion:
    """The question in an address; InvalidQueryError names what cannot be meant."""
    given = {name: value.strip() for name, value in pairs}
    chosen: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name in FACETS and value and value not in chosen.get(name, ()):
            chosen[name] = (*chosen.get(name, ()), value[:200])
    if sum(map(len, chosen.values())) > MOST_VALUES:
        raise InvalidQueryError(f"More than {MOST_VALUES} values are chosen.")
    for value in chosen.get("calib_level", ()):
        if not re.fullmatch(r"-?\d{1,3}", value):
            raise InvalidQueryError(f"A calibration level is a number, not {value!r}.")
    plain: dict[str, Any] = {name: given.get(name, "")[:60] for name in (*DATES, *NUMBERS, "sort")}
    for name in DATES:
        mjd_of_day(plain[name])
    for name in NUMBERS:
        _number(plain[name])
    question = PageQuestion(
        given.get("q", "")[:200],
        radius_of(given.get("radius", "")),
        chosen,
        **plain,
        targets=given.get("targets", "")[:20_000],
        page=_page(given.get("page", "")),
    )
    return _placed(question, store)


def _placed(question: PageQuestion, store: Store) -> PageQuestion:
    """The question with the places that its words name."""
    from dataclasses import replace

    radius = question.radius_deg
    lines = [line.strip() for line in question.targets.splitlines() if line.strip()]
    if len(lines) > MOST_CONES:
        raise InvalidQueryError(f"{len(lines)} targets are more than the {MOST_CONES} allowed.")
    if lines:
        known = {line: look_up(store, [line]) for line in lines}
        cones = tuple((each[0].ra_deg, each[0].dec_deg, radius) for each in known.values() if each)
        unknown = tuple(line for line, each in known.items() if not each)
        if not cones:
            raise InvalidQueryError(f"No position is known for any of these: {lines[0]!r}, ...")
        return replace(question, cones=cones, unknown=unknown, said=f"{len(cones)} places")
    if not question.text:
        return question
    found = look_up(store, [question.text])
    if found:
        place = found[0]
        told = f"{place.canonical_name}: {place.ra_deg:.5f} {place.dec_deg:+.5f} deg"
        return replace(question, cones=((place.ra_deg, place.dec_deg, radius),), said=told)
    program = re.fullmatch(r"(?:(?:program|proposal)\s*:?\s*)?(\w{2,12})", question.text, re.I)
    if program and _has_program(store, program[1]):
        return replace(question, program=program[1], said=f"program {program[1]}")
    text = question.text.replace("%", "").replace("*", "%")
    return replace(question, target=text, said=f"targets called {question.text!r}")


def _has_program(store: Store, program: str) -> bool:
    with store.reading() as connection:
        sql = "SELECT 1 FROM observations WHERE proposal_id = ? LIMIT 1"
        return connection.execute(sql, (program,)).fetchone() is not None


def radius_of(text: str) -> float:
    """Degrees of a radius such as ``5 arcmin``, ``0.2``, ``30"``."""
    if not text:
        return RADIUS_DEG
    match = RADIUS.fullmatch(text)
    unit = UNITS_DEG.get(match[2].lower() or "deg") if match else None
    try:
        radius = float(match[1]) * unit if match and unit else -1.0
    except ValueError:
        radius = -1.0
    if not 0 <= radius <= LARGEST_RADIUS_DEG:
        raise InvalidQueryError(
            f"A radius is like 0.2 deg, 5 arcmin or 30 arcsec, up to {LARGEST_RADIUS_DEG:g} deg, "
            f"not {text[:40]!r}."
        )
    return radius


def mjd_of_day(text: str) -> int | None:
    """The Modified Julian Date of a day ``2015-03-01``, or of a year ``2015``."""
    if not text:
        return None
    try:
        day = date.fromisoformat(f"{text}-01-01" if re.fullmatch(r"\d{4}", text) else text)
    except ValueError as problem:
        raise InvalidQueryError(f"A date is like 2015-03-01, not {text[:40]!r}.") from problem
    return day.toordinal() - MJD_OF_DAY_ONE


def day_of_mjd(mjd: float | None) -> str:
    """The day of a Modified Julian Date; "" for none."""
    if mjd is None or not -600_000 < mjd < 2_900_000:
        return ""
    return date.fromordinal(int(mjd // 1) + MJD_OF_DAY_ONE).isoformat()


def _number(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError as problem:
        raise InvalidQueryError(f"An exposure is a number of seconds, not {text!r}.") from problem


def _range(
    name: str, low: float | None, high: float | None, most: float
) -> Iterator[dict[str, Any]]:
    if low is not None or high is not None:
        bounds = {"min": 0 if low is None else low, "max": most if high is None else high}
        yield {"paramName": name, "values": [bounds]}


def _page(text: str) -> int:
    return min(int(text), 10**6) if re.fullmatch(r"[1-9]\d{0,6}", text) else 1
