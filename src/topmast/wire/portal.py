"""Requests to MAST's portal ("Mashup" requests), both ways: the client writes, the archive reads.

A request is one JSON object, percent-encoded behind the word ``request=``. The answers are in
`topmast.wire.answers`; their names are here too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import msgspec
import numpy as np

from topmast.errors import InvalidQueryError

LONGEST_REQUEST = 32 << 20
"""Bytes; an uploaded table for a cross-match travels inside the request."""
MOST_ROWS = 10**9
DEFAULT_FORMAT = "extjs"
"""What MAST answers to a request that names no format."""


@dataclass(frozen=True, slots=True)
class MashupRequest:
    """One question to a service of the portal.

    `extra` holds further properties of the request (timeout, clearcache, data, ...);
    `cache_breaker` makes it differ from an equal one asked earlier, and stays the same while
    polling.
    """

    service: str
    params: dict[str, Any] = field(default_factory=dict)
    format: str = "json"
    pagesize: int | None = None
    page: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    cache_breaker: str | None = None


# ---------------------------------------------------------------- writing a request


def encode_request(request: MashupRequest) -> bytes:
    """The body of a POST, which is as well the query string of a GET.

    Raises InvalidQueryError if a value has no place in JSON.
    """
    try:
        text = json.dumps(_properties(request), default=_plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as problem:
        raise InvalidQueryError(f"The request cannot be written: {problem}") from problem
    return f"request={quote(text)}".encode("ascii")


def _properties(request: MashupRequest) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "service": request.service,
        "params": request.params,
        "format": request.format,
    }
    if request.pagesize is not None:
        properties["pagesize"] = request.pagesize
    if request.page is not None:
        properties["page"] = request.page
    properties |= request.extra
    # Last on purpose: older clients find the page number by the comma behind it.
    if request.cache_breaker is not None:
        properties.setdefault("cacheBreaker", request.cache_breaker)
    return properties


def _plain(value: Any) -> Any:
    """A value that JSON knows, in place of a NumPy one, a set or another mapping."""
    if value is np.ma.masked:
        raise InvalidQueryError("A masked value cannot be asked for.")
    if hasattr(value, "unit"):
        raise InvalidQueryError(f"{value!r} has a unit; give the plain number it stands for.")
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if isinstance(value, Mapping):
        return dict(value)
    raise InvalidQueryError(f"A request cannot hold {value!r:.60} ({type(value).__name__}).")


# ---------------------------------------------------------------- reading a request


def decode_request(text: str | bytes) -> MashupRequest:
    """The request in a body or a query string.

    Names of properties are known in any case, of equal ones the last counts, and unknown ones
    are kept in `extra`. A request without a format is one for extjs, as at MAST.

    Raises
    ------
    InvalidQueryError
        Saying what is wrong with it.
    """
    properties = _json_object(_request_text(text))
    known = {PROPERTIES.get(name.lower(), name): value for name, value in properties.items()}
    breaker = known.pop("cacheBreaker", None)
    return MashupRequest(
        service=_service(known.pop("service", None)),
        params=_params(known.pop("params", None)),
        format=_format(known.pop("format", None)),
        pagesize=_count("pagesize", known.pop("pagesize", None)),
        page=_count("page", known.pop("page", None)),
        cache_breaker=None if breaker is None else str(breaker),
        extra={name: EXTRA.get(name, _as_it_is)(name, value) for name, value in known.items()},
    )


def _request_text(text: str | bytes) -> bytes:
    """The percent-decoded JSON behind ``request=``."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > LONGEST_REQUEST:
        raise InvalidQueryError(f"The request is longer than {LONGEST_REQUEST} bytes.")
    for part in raw.strip().removeprefix(b"?").split(b"&"):
        name, _, value = part.partition(b"=")
        if name.strip().lower() == b"request":
            return _unquoted(value)
    raise InvalidQueryError("There is no request: the body must read request=<JSON object>.")


def _unquoted(value: bytes) -> bytes:
    if broken := re.search(rb"%(?![0-9a-fA-F]{2})", value):
        start = value[broken.start() : broken.start() + 3]
        raise InvalidQueryError(f"The request has a broken percent code: {start!r}")
    return unquote_to_bytes(value.replace(b"+", b" "))


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        parsed = (
            json.loads(str(text, "utf-8")) if INFINITE.search(text) else msgspec.json.decode(text)
        )
    except RecursionError as problem:
        raise InvalidQueryError("The request is nested too deep.") from problem
    except (json.JSONDecodeError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise InvalidQueryError(f"The request is not JSON: {problem}") from problem
    if not isinstance(parsed, dict):
        raise InvalidQueryError("The request must be one JSON object.")
    return parsed


INFINITE = re.compile(rb"[\[:,]\s*-?Infinity\b")
"""Python's own JSON writer, and so astroquery, sends open ends of ranges as such words."""


PROPERTIES = {
    name.lower(): name
    for name in (
        "service params format data filename timeout clearcache removecache removenullcolumns "
        "page pagesize cacheBreaker"
    ).split()
}


def _service(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidQueryError("The request names no service.")
    return value.strip()


def _params(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidQueryError("The params of a request must be an object.")
    return value


def _format(value: Any) -> str:
    if value is None or value == "":
        return DEFAULT_FORMAT
    if not isinstance(value, str):
        raise InvalidQueryError(f"format must be a word such as json, not {value!r:.60}.")
    return value.strip().lower()


def _count(name: str, value: Any) -> int | None:
    """A whole number from 1 on; text such as "3" will do."""
    if value is None or value == "":
        return None
    number = whole_number(value)
    if number is None or not 1 <= number <= MOST_ROWS:
        raise InvalidQueryError(
            f"{name} must be a whole number from 1 to {MOST_ROWS}, not {value!r:.60}."
        )
    return number


def whole_number(value: Any) -> int | None:
    """The whole number that `value` is, or that its text reads; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"\s*\+?[0-9]{1,18}\s*", value) else None
    return int(value) if value == value // 1 else None


def _truth(name: str, value: Any) -> bool:
    word = str(value).strip().lower()
    if word in ("true", "1", "yes"):
        return True
    if word in ("false", "0", "no", "", "none"):
        return False
    raise InvalidQueryError(f"{name} must be true or false, not {value!r:.60}.")


def _seconds(name: str, value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        seconds = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = float("nan")
    if not 0 <= seconds < float("inf"):
        raise InvalidQueryError(f"{name} must be a number of seconds, not {value!r:.60}.")
    return value if isinstance(value, int | float) else seconds


def _as_it_is(name: str, value: Any) -> Any:
    return value


EXTRA: dict[str, Callable[[str, Any], Any]] = {
    "timeout": _seconds,
    "clearcache": _truth,
    "removecache": _truth,
    "removenullcolumns": _truth,
}
