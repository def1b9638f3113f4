"""Functions of a session as methods of services, on the instance and on the class.

A service lists its methods, one line each; the functions behind them have their signatures and
docstrings. A function that makes a question becomes a query, which gives the table, and its
``_async`` twin, which gives the raw answers. Type checkers see all of them, on the class as well;
``Final`` lets them take the types from here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import update_wrapper, wraps
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from topmast.errors import MastError
from topmast.questions.portal import Question, ask_answers, ask_counts, ask_table

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.messages import Answer
    from topmast.net.session import Session

P = ParamSpec("P")
R = TypeVar("R")
Q = TypeVar("Q", bound=Question)

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
        self._function = _with_short_errors(function)
        update_wrapper(self, function)  # type: ignore[arg-type]

    def __get__(self, instance: Any, owner: Any) -> Callable[P, R]:
        return MethodType(self._function, owner._shared() if instance is None else instance)


def _with_short_errors(
    function: Callable[Concatenate[Any, P], R],
) -> Callable[Concatenate[Any, P], R]:
    """`function`, whose errors end in the line that called it and not inside topmast."""

    @wraps(function)
    def call(service: Any, /, *given: P.args, **named: P.kwargs) -> R:
        try:
            return function(service, *given, **named)
        except MastError as problem:
            if service._session.setting("tracebacks") == "full":
                raise
            raise problem.shorten() from None

    return call


def method(function: Callable[Concatenate[Session, P], R]) -> Method[P, R]:
    """A method that does what `function` does with the session of the service."""

    @wraps(function)
    def call(service: Any, /, *given: P.args, **named: P.kwargs) -> R:
        return function(service._session, *given, **named)

    return Method(call)


def query(
    question: Callable[Concatenate[Session, P], Q], ask: Callable[[Any, Q], Table] = ask_table
) -> Method[P, Table]:
    """A method that gives the table for the question that `question` makes."""
    return Method(_asking(question, ask, "Table"))


def answers(question: Callable[Concatenate[Session, P], Q]) -> Method[P, list[Answer]]:
    """The twin of a query: the same question, and its answers as they came."""
    twin = _asking(question, ask_answers, "list[Answer]")
    name = question.__name__
    twin.__name__, twin.__doc__ = f"{name}_async", TWIN.format(name)
    return Method(twin)


def count(
    question: Callable[Concatenate[Session, P], Q], ask: Callable[[Any, Q], Any] = ask_counts
) -> Method[P, Any]:
    """A method that counts what the query of the same question would find."""
    counting = _asking(question, ask, "Any")
    name = question.__name__.removesuffix("_count")
    if name == question.__name__:
        counting.__name__, counting.__doc__ = f"{name}_count", COUNT.format(name)
    return Method(counting)


def _asking(
    question: Callable[Concatenate[Session, P], Q], ask: Callable[[Any, Q], R], gives: str
) -> Callable[Concatenate[Any, P], R]:
    @wraps(question)
    def call(service: Any, /, *given: P.args, **named: P.kwargs) -> R:
        service._question = question(service._session, *given, **named)
        return ask(service._session, service._question)

    signature = inspect.signature(question).replace(return_annotation=gives)
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call
