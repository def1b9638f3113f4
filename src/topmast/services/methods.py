"""Functions of a session as methods of services, on the instance and on the class.

A service lists its methods, one line each; the functions behind them have their signatures and
docstrings. A function that makes a question becomes a query, which gives the table, and its
``_async`` twin, which gives the raw answers. Type checkers see all of them, on the class as well;
``Final`` lets them take the types from here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import update_wrapper, wraps
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from topmast.errors import with_short_errors
from topmast.net.session import Session
from topmast.questions.portal import Question, ask_answers, ask_counts, ask_table

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer

P = ParamSpec("P")
R = TypeVar("R")
Q = TypeVar("Q", bound=Question)
AnyQuestion = TypeVar("AnyQuestion")

TWIN = """The answers behind `{0}` as they came, one for each page and place.

Parameters as for `{0}`. Each answer has ``.json()``, ``.text``, ``.content`` and
``.status_code``.
"""
COUNT = """How many rows `{0}` would find: a number, or an array for many places.

Parameters as for `{0}`, of which `pagesize` and `page` change nothing.
"""


class Method(Generic[P, R]):
    """A method of a service; called on the class, it asks through the default client."""

    def __init__(self, function: Callable[Concatenate[Any, P], R]) -> None:
        self._function = with_short_errors(_wants_all)(function)
        update_wrapper(self, function)  # type: ignore[arg-type]

    def __get__(self, instance: Any, owner: Any) -> Callable[P, R]:
        return MethodType(self._function, owner._shared() if instance is None else instance)


def _wants_all(service: Any, /, *_: Any, **__: Any) -> bool:
    return bool(service._session.setting("tracebacks") == "full")


def method(function: Callable[Concatenate[Session, P], R], own: Sequence[str] = ()) -> Method[P, R]:
    """A method that does what `function` does with the session of the service.

    Arguments listed in `own` are the service's own attributes of these names where not given.
    """

    @wraps(function)
    def call(service: Any, /, *given: P.args, **named: P.kwargs) -> R:
        return function(service._session, *given, **_with_own(service, named, own))

    return Method(call)


def query(
    question: Callable[Concatenate[Session, P], Q], ask: Callable[[Any, Q], Table] = ask_table
) -> Method[P, Table]:
    """A method that gives the table for the question that `question` makes."""
    return Method(_asking(question, ask, "Table"))


def answers(question: Callable[Concatenate[Session, P], Q]) -> Method[P, list[Answer]]:
    """The twin of a query: the same question, and its answers as they came."""
    return twin_of(question, ask_answers)


def query_of(
    question: Callable[Concatenate[Session, P], AnyQuestion],
    ask: Callable[[Any, AnyQuestion], R],
    own: Sequence[str] = (),
    gives: str = "Table",
) -> Method[P, R]:
    """As `query`, for a question that is not put to the portal; `own` as for `method`."""
    return Method(_asking(question, ask, gives, own))


def twin_of(
    question: Callable[Concatenate[Session, P], AnyQuestion],
    ask: Callable[[Any, AnyQuestion], R],
    own: Sequence[str] = (),
    gives: str = "list[Answer]",
) -> Method[P, R]:
    """The twin of such a query."""
    twin = _asking(question, ask, gives, own)
    name = question.__name__
    twin.__name__, twin.__doc__ = f"{name}_async", TWIN.format(name)
    return Method(twin)


def count(
    question: Callable[Concatenate[Session, P], AnyQuestion],
    ask: Callable[[Any, Any], Any] = ask_counts,
) -> Method[P, Any]:
    """A method that counts what the query of the same question would find."""
    counting = _asking(question, ask, "Any")
    name = question.__name__.removesuffix("_count")
    if name == question.__name__:
        counting.__name__, counting.__doc__ = f"{name}_count", COUNT.format(name)
    return Method(counting)


def _asking(
    question: Callable[Concatenate[Session, P], AnyQuestion],
    ask: Callable[[Any, AnyQuestion], R],
    gives: str,
    own: Sequence[str] = (),
) -> Callable[Concatenate[Any, P], R]:
    @wraps(question)
    def call(service: Any, /, *given: P.args, **named: P.kwargs) -> R:
        named = _with_own(service, named, own)
        service._question = question(service._session, *given, **named)
        return ask(service._session, service._question)

    signature = inspect.signature(question).replace(return_annotation=gives)
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _with_own(service: Any, named: Any, own: Sequence[str]) -> Any:
    """The arguments of a call, with those of `own` that it leaves out taken from the service."""
    return {**named, **{name: getattr(service, name) for name in own if not named.get(name)}}
