"""One request to one service, and what the services of the portal have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topmast.archive.accounts.user import ANONYMOUS, User
from topmast.archive.portal.answers import Answer, Page, check_format, encode_table
from topmast.archive.store.filters import find_field
from topmast.archive.store.limits import check_rows
from topmast.archive.store.query import Cone
from topmast.errors import InvalidQueryError
from topmast.tables.fields import Field
from topmast.wire.portal import MashupRequest

if TYPE_CHECKING:
    from topmast.archive.archive import Archive


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: decoded, or its bytes if they are many."""

    request: MashupRequest | bytes
    base_url: str
    user: User = ANONYMOUS
    client: str = ""
    """The address that it came from."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one service of one archive."""

    archive: Archive
    request: MashupRequest
    base_url: str
    user: User = ANONYMOUS
    client: str = ""

    def parameter(self, name: str, default: Any = None) -> Any:
        """A parameter, its name in any case."""
        for given, value in self.request.params.items():
            if given.lower() == name.lower():
                return value
        return default

    def fields(self, service: str) -> tuple[Field, ...]:
        """The columns that the archive's profile has for a kind of service."""
        return self.archive.fields[service]


def answer_heavy(
    archive: Archive,
    answer: Callable[[Archive, Any], bytes],
    asked: Any,
    seconds: float | None = None,
) -> Answer:
    """What `answer` gives for a heavy question, in another process where there is one."""
    if archive.heavy_answers is None:
        return answer(archive, asked)
    return archive.heavy_answers(answer, asked, seconds)


def number(call: Call, name: str, default: float | None = None) -> float:
    """A parameter that is a number; an error if it is missing and has no default."""
    value = call.parameter(name, default)
    if value is None:
        raise InvalidQueryError(f"{call.request.service} needs the parameter {name}.")
    return as_number(value, name)


def cone_of(call: Call, radius_deg: float) -> Cone:
    """The cone in the parameters ra, dec and radius, with a default for the last."""
    return Cone(number(call, "ra"), number(call, "dec"), number(call, "radius", radius_deg))


def as_number(value: Any, name: str) -> float:
    """`value` as a finite number of degrees; `name` is what the error calls it."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidQueryError(
            f"Error converting data type varchar to float: {name} must be a number of degrees, "
            f"not {str(value)[:60]!r}."
        )
    return number


def table_answer(
    call: Call, fields: Sequence[Field], rows: Sequence[Sequence[Any]], page: Page, total: int
) -> bytes:
    """One page of rows, in the format that was asked for."""
    check_format(call.request.format)
    check_rows(len(rows))
    return encode_table(call.request, fields, rows, page, total)


def is_count(columns: Any) -> bool:
    """Whether ``columns`` asks for nothing but the number of rows."""
    return "".join(str(columns).split()).lower() in ("count_big(*)", "count(*)")


def chosen_fields(
    columns: Any, fields: tuple[Field, ...], among: Mapping[str, Field]
) -> tuple[Field, ...]:
    """The columns asked for, by a list, a text with commas or ``*``, which stands for `fields`.

    `among` are further columns that can be named, by their names in lower case.
    """
    names = columns.split(",") if isinstance(columns, str) else columns
    if names is None or names in ([], [""]):
        return fields
    if not isinstance(names, list):
        raise InvalidQueryError(f"columns must be a text such as '*', not {str(columns)[:60]!r}.")
    among = {**among, **{field.name.lower(): field for field in fields}}
    chosen: dict[str, Field] = {}
    for name in (str(name).strip().removeprefix("c.") for name in names):
        for field in fields if name == "*" else (find_field(name, among),):
            chosen.setdefault(field.name, field)
    return tuple(chosen.values())
