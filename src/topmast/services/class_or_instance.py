"""Methods that work on a class too, where they ask through the default client."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from types import MethodType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class _ClassOrInstance:
    """A method that works on the class too; the class tells its instance for that, `ready_made`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        update_wrapper(self, function)  # type: ignore[arg-type]

    def __get__(self, instance: Any, owner: Any) -> MethodType:
        return MethodType(self._function, owner.ready_made() if instance is None else instance)


def class_or_instance(method: F) -> F:
    """Let a method of a Service be called on the class as on an instance."""
    return cast(F, _ClassOrInstance(method))
