"""What a criterion that matches nothing was probably meant to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from typing import Any

KnownValues = Mapping[str, Mapping[str, int]]
WireFilter = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hint:
    """What to write instead.

    `weight`: 2 where the value cannot be right, 1 where it is unusual, 0 for an advice that fits
    any value. `instead` is the filter that the hint proposes, if it proposes one that can be
    counted.
    """

    text: str
    weight: float = 0.0
    instead: Mapping[str, Any] | None = None


NO_HINT = Hint("")

OTHER_WORDS = {
    "hubble": "HST",
    "webb": "JWST",
    "james webb": "JWST",
    "spectra": "spectrum",
    "spectroscopy": "spectrum",
    "spectroscopic": "spectrum",
    "imaging": "image",
    "photometry": "image",
    "picture": "image",
    "lightcurve": "timeseries",
    "light curve": "timeseries",
    "lc": "timeseries",
    "time series": "timeseries",
    "ifu": "cube",
    "sci": "science",
    "cal": "calibration",
    "ultraviolet": "UV",
    "ir": "INFRARED",
    "visible": "OPTICAL",
    "panstarrs": "PS1",
    "ps": "PS1",
    "nirspec/mos": "NIRSPEC/MSA",
    "nirspec/fs": "NIRSPEC/SLIT",
    "nircam/imaging": "NIRCAM/IMAGE",
    "miri/imaging": "MIRI/IMAGE",
    "wfc3/wfc": "WFC3/UVIS",
    "acs/uvis": "ACS/WFC",
    "wfpc2/pc": "WFPC2/WFC",
    "ghrs": "HRS",
    "tess": "Photometer",
}
"""Words that are not in the archive, and what it calls the same thing."""

ADVICE = {
    "target_name": "the name that the observer gave; object_name searches by place",
    "target_classification": "the observer's words; a wildcard such as '*STAR*' finds more",
    "proposal_pi": "written as 'Surname, First'; a wildcard such as 'Surname*' finds all spellings",
    "obs_title": "the whole title; a wildcard such as '*word*' finds part of it",
    "proposal_id": "the number without the name of the mission",
    "intenttype": "obstype='all' finds calibrations too",
    "s_ra": "the centre of an observation; coordinates and radius find all that touch a place",
    "s_dec": "the centre of an observation; coordinates and radius find all that touch a place",
}
"""For a column, by its name in lower case, what to know of its values."""

Number = float
Turn = Callable[[Number], Number]


@dataclass(frozen=True, slots=True)
class OtherUnit:
    """A unit that numbers of a column are often given in by mistake.

    `low` to `high` is where such numbers lie; `certain` tells that none in the column's own unit
    do.
    """

    unit: str
    low: float
    high: float
    turn: Turn
    certain: bool = False


JD_ZERO = 2_400_000.5
YEAR_ZERO_MJD, DAYS_A_YEAR, YEAR_ZERO = 51544.0, 365.25, 2000.0


def _year_to_mjd(year: float) -> float:
    return YEAR_ZERO_MJD + (year - YEAR_ZERO) * DAYS_A_YEAR


DATES = (
    OtherUnit("Julian dates", 2.4e6, 2.6e6, lambda jd: jd - JD_ZERO, certain=True),
    OtherUnit("years", 1960, 2100, _year_to_mjd, certain=True),
    OtherUnit("seconds since 1970", 1e8, 1e10, lambda s: 40587 + s / 86400, certain=True),
    OtherUnit("BKJD (Kepler's days)", 100, 1700, lambda d: d + 54832.5, certain=True),
    OtherUnit("BTJD (the days of TESS)", 1300, 9000, lambda d: d + 56999.5, certain=True),
)
WAVELENGTHS = (
    OtherUnit("metres", 1e-10, 1e-3, lambda m: m * 1e9, certain=True),
    OtherUnit("micrometres", 1e-2, 40, lambda um: um * 1e3),
    OtherUnit("angstroms", 900, 2e6, lambda angstrom: angstrom / 10),
)
OTHER_UNITS: Mapping[str, tuple[str, tuple[OtherUnit, ...]]] = {
    **dict.fromkeys(("t_min", "t_max", "t_obs_release"), ("days (MJD)", DATES)),
    **dict.fromkeys(("em_min", "em_max"), ("nm", WAVELENGTHS)),
    "t_exptime": (
        "seconds",
        (
            OtherUnit("minutes", 0, 1e4, lambda minutes: minutes * 60),
            OtherUnit("milliseconds", 1e4, 1e12, lambda ms: ms / 1000),
            OtherUnit("hours", 0, 1e3, lambda hours: hours * 3600),
        ),
    ),
    "s_ra": ("degrees", (OtherUnit("hours", 0, 24, lambda hours: hours * 15),)),
}
"""For a column of numbers its unit, and those that it is mistaken for."""

OPEN = 1e29
"""A number this large is an open end."""


def hints_of(one: WireFilter, known: KnownValues) -> list[Hint]:
    """What the filter `one` may have been meant to be, the likeliest first."""
    name = str(one["paramName"])
    found = [hint for look in LOOKS for hint in look(name, one, known)]
    if advice := ADVICE.get(name.lower()):
        found.append(Hint(f"{name} is {advice}" if name != "intentType" else advice))
    return sorted(found, key=lambda hint: -hint.weight)


def texts_of(one: WireFilter) -> list[str]:
    """The values of a filter as they are shown; ranges as ``low..high``."""
    values = [_shown(value) for value in one.get("values", ())]
    return values + ([str(one["freeText"]).replace("%", "*")] if one.get("freeText") else [])


def nearest(text: str, known: Sequence[str], count: int = 1) -> list[str]:
    """The known values most like `text`, in any letter case."""
    by_word: dict[str, str] = {}
    for value in known:
        by_word.setdefault(value.lower(), value)
    word = text.lower().strip()
    close = get_close_matches(word, by_word, n=max(count, 5), cutoff=0.6)
    squeezed = _squeezed(word)
    same = [each for each in by_word if _squeezed(each) == squeezed]
    turned = [each for each in by_word if sorted(each) == sorted(word) and each not in same]
    close = list(dict.fromkeys([*same, *turned, *close]))
    return [by_word[each] for each in close[:count]]


# ------------------------------------------------------------------------------- one by one


def _unknown_texts(name: str, one: WireFilter, known: KnownValues) -> Iterator[Hint]:
    """For values that the archive's list of this column does not have."""
    here = known.get(name.lower())
    if not here:
        return
    words = {value.lower() for value in here}
    given = [str(value) for value in one.get("values", ()) if not isinstance(value, Mapping)]
    if one.get("freeText") or any(value.lower() in words for value in given):
        return
    for value in given:
        yield _of_unknown(name, value, here, known)


def _of_unknown(name: str, value: str, here: Mapping[str, int], known: KnownValues) -> Hint:
    meant = OTHER_WORDS.get(value.strip().lower())
    if meant and (found := _spelled(meant, here)):
        return Hint(f"the archive's word is {found!r}", 2, _with(name, found))
    parts = [each for each in here if each.lower().startswith(f"{value.lower()}/")]
    if parts:
        text = f"{name}={value + '*'!r} finds {', '.join(sorted(parts)[:4])}"
        return Hint(text, 2, {"paramName": name, "values": [], "freeText": f"{value}%"})
    for other, values in known.items():
        if found := _spelled(value, values):
            return Hint(f"{found!r} is a value of {other}", 2, _with(other, found))
    if near := nearest(value, list(here)):
        return Hint(f"did you mean {near[0]!r}?", 2, _with(name, near[0]))
    inside = [each for each in here if len(value) > 2 and value.lower() in each.lower()]
    if inside:
        text = f"{name}={'*' + value + '*'!r} finds {', '.join(sorted(inside)[:4])}"
        return Hint(text, 2, {"paramName": name, "values": [], "freeText": f"%{value}%"})
    most = sorted(here, key=lambda each: -here[each])
    return Hint(f"no observation has it; the archive has {', '.join(most[:6])}", 2)


def _wrong_pattern(name: str, one: WireFilter, known: KnownValues) -> Iterator[Hint]:
    """For a wildcard that fits no value of the archive's list."""
    here, pattern = known.get(name.lower()), str(one.get("freeText") or "")
    if not here or not pattern or one.get("values"):
        return
    pieces = [piece for piece in pattern.lower().split("%") if piece]
    if any(all(piece in value.lower() for piece in pieces) for value in here):
        return
    word = max(pieces, key=len, default="")
    near = max(here, key=lambda value: _likeness(word, value), default="")
    yield Hint(f"no value fits; the nearest is {near!r}", 2, _with(name, near))


def _other_id(name: str, one: WireFilter, known: KnownValues) -> Iterator[Hint]:
    """For an obs_id in the place of an obsid, and the other way round."""
    texts = [str(value) for value in one.get("values", ())]
    if name.lower() == "obsid" and texts:
        is_number = any(text.isdigit() for text in texts)
        why = "" if is_number else "obsid is a number, and "
        text = f"{why}{texts[0]!r} {'may be' if is_number else 'looks like'} an obs_id: "
        instead = {"paramName": "obs_id", "values": texts}
        yield Hint(f"{text}obs_id={texts[0]!r}", 1 if is_number else 2, instead)
    if name.lower() == "obs_id" and texts and all(text.isdigit() for text in texts):
        text = f"{texts[0]!r} may be an obsid: obsid={texts[0]!r}"
        yield Hint(text, 1.2, {"paramName": "obsid", "values": texts})


def _wrong_unit(name: str, one: WireFilter, known: KnownValues) -> Iterator[Hint]:
    """For numbers in a unit that the column does not have."""
    own, others = OTHER_UNITS.get(name.lower(), ("", ()))
    ranges = [value for value in one.get("values", ()) if isinstance(value, Mapping)]
    for other in others:
        if ranges and all(_may_be(each, other) for each in ranges):
            turned = [_turned(each, other.turn) for each in ranges]
            shown = ", ".join(f"[{_end(each['min'])}, {_end(each['max'])}]" for each in turned)
            text = f"{name} is in {own}; if these are {other.unit}, give {shown}"
            yield Hint(text, 2 if other.certain else 0.9, {"paramName": name, "values": turned})


def _turned_ends(name: str, one: WireFilter, known: KnownValues) -> Iterator[Hint]:
    """For a range whose low end is above its high end."""
    for each in one.get("values", ()):
        if isinstance(each, Mapping) and each["min"] > each["max"]:
            right = {"min": each["max"], "max": each["min"]}
            text = f"the ends are the wrong way round: [{_end(right['min'])}, {_end(right['max'])}]"
            yield Hint(text, 2, {"paramName": name, "values": [right]})


def _part_of_text(name: str, one: WireFilter, known: KnownValues) -> Iterator[Hint]:
    """For a text of a column that nobody lists: it may be part of what is stored."""
    texts = [value for value in one.get("values", ()) if isinstance(value, str)]
    if name.lower() in known or name.lower() == "obsid" or len(texts) != 1:
        return
    word = texts[0].strip()
    instead = {"paramName": name, "values": [], "freeText": f"%{word}%"}
    yield Hint(f"a wildcard finds part of a text: {name}={'*' + word + '*'!r}", 0.8, instead)


LOOKS = (_turned_ends, _unknown_texts, _wrong_pattern, _other_id, _wrong_unit, _part_of_text)
"""The kinds of mistake that are looked for."""


# ---------------------------------------------------------------------------------- helpers


def _with(name: str, value: str) -> dict[str, Any]:
    return {"paramName": name, "values": [value]}


def _spelled(word: str, values: Mapping[str, int]) -> str | None:
    return next((value for value in values if value.lower() == word.lower().strip()), None)


def _squeezed(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _likeness(word: str, value: str) -> float:
    return SequenceMatcher(None, word, value.lower()).ratio()


def _may_be(ends: Mapping[str, Any], other: OtherUnit) -> bool:
    numbers = [float(end) for end in (ends["min"], ends["max"]) if abs(float(end)) < OPEN]
    numbers = [number for number in numbers if number != 0]
    return bool(numbers) and all(other.low <= number <= other.high for number in numbers)


def _turned(ends: Mapping[str, Any], turn: Turn) -> dict[str, float]:
    return {
        key: float(f"{turn(float(end)):.10g}") if abs(float(end)) < OPEN else float(end)
        for key, end in ends.items()
    }


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{_end(value['min'])}..{_end(value['max'])}"
    return str(value)


def _end(number: Any) -> str:
    """One end of a range; nothing for an open one."""
    return "None" if abs(float(number)) >= OPEN else f"{float(number):.10g}"
