"""Every error and warning of topmast, in one tree.

::

    MastError
    ├── InvalidQueryError              a wrong column, value, unit or argument
    │   ├── InvalidTypeError           an argument of a wrong type (also a TypeError)
    │   └── UnsafeNameError            a file name, path or URI that would leave its folder
    ├── ResolverError                  no position is known for this object name
    ├── RemoteServiceError             the archive answered, but not with a result
    │   ├── HTTPStatusError            an HTTP error status (.status_code, .url)
    │   │   └── NotAuthorizedError     401 or 403: a login or a right is missing
    │   ├── BadAnswerError             an answer that cannot be read: HTML, cut JSON, a wrong shape
    │   └── UnreachableError           no answer at all (also a ConnectionError)
    ├── TimeoutError                   a time limit passed (also Python's TimeoutError)
    ├── LoginError                     the password or token was refused
    ├── DownloadError                  a file could not be downloaded completely
    │   └── DiskFullError              no space is left (also an OSError)
    ├── ArchiveError                   the folder is not an archive, or cannot be read or written
    ├── MissingExtraError              an optional package is needed (also an ImportError)
    ├── TableParseError                kept for code written for astroquery
    └── EmptyResponseError             kept for code written for astroquery (also a ValueError)

    MastWarning (a UserWarning, and an AstropyWarning once astropy is loaded)
    ├── NoResultsWarning               nothing matched
    ├── InputWarning                   an argument was understood in a way you may not expect
    ├── MaxResultsWarning              the limit was reached: there may be more
    ├── AuthenticationWarning          not logged in, or no longer
    ├── BlankResponseWarning           values in the answer could not be read and are masked
    ├── CorruptDataWarning             a file on disk is not what it should be
    ├── LargeQueryWarning              this will take a while
    └── CloudAccessWarning             the cloud copy cannot be used
"""

import builtins
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import ParamSpec, Self, TypeVar

__all__ = [
    "ArchiveError",
    "AuthenticationWarning",
    "BadAnswerError",
    "BlankResponseWarning",
    "CloudAccessWarning",
    "CorruptDataWarning",
    "DiskFullError",
    "DownloadError",
    "EmptyResponseError",
    "HTTPStatusError",
    "InputWarning",
    "InvalidQueryError",
    "InvalidTypeError",
    "LargeQueryWarning",
    "LoginError",
    "MastError",
    "MastWarning",
    "MaxResultsWarning",
    "MissingExtraError",
    "NoResultsWarning",
    "NotAuthorizedError",
    "RemoteServiceError",
    "ResolverError",
    "TableParseError",
    "TimeoutError",
    "UnreachableError",
    "UnsafeNameError",
]

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE = str(Path(__file__).parent)


class MastError(Exception):
    """Base class of all errors of topmast."""

    _is_short = False
    __cause__: BaseException | None
    __suppress_context__: bool

    def shorten(self) -> Self:
        """The error without the frames and causes inside topmast, which users need not see."""
        self._is_short = True
        self.__cause__, self.__suppress_context__ = None, True
        return self.with_traceback(None)

    @property
    def _render_traceback_(self) -> Callable[[], list[str]]:
        """What a notebook shows of it; without this, all frames of the caller with their code.

        An error that is not short has no such attribute, and is shown as any other error.
        """
        if not self._is_short:
            raise AttributeError("_render_traceback_")
        return lambda: [f"{type(self).__name__}: {self}"]


def with_short_errors(
    wants_all: Callable[..., bool],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let the errors of a function end in the line that called it and not inside topmast.

    `wants_all` is called with the arguments of the function: whether full tracebacks are wanted.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*given: P.args, **named: P.kwargs) -> R:
            try:
                return function(*given, **named)
            except MastError as problem:
                if wants_all(*given, **named):
                    raise
                raise problem.shorten() from None

        return call

    return decorate


def with_short_errors_in(rows: Iterator[R], wants_all: bool) -> Iterator[R]:
    """`rows`, whose errors end in the line that asked for the next one, as those of a call do."""
    try:
        yield from rows
    except MastError as problem:
        if wants_all:
            raise
        raise problem.shorten() from None


class InvalidQueryError(MastError, ValueError):
    """The call is not valid: an unknown name, a wrong value or a wrong unit."""


class InvalidTypeError(InvalidQueryError, TypeError):
    """An argument of a wrong type."""


class UnsafeNameError(InvalidQueryError):
    """A file name, path or URI that would leave the folder it belongs in."""


class ResolverError(MastError):
    """No position is known for an object name."""


class RemoteServiceError(MastError):
    """The archive answered, but not with a result."""


class HTTPStatusError(RemoteServiceError):
    """The archive answered with an HTTP error status.

    Attributes
    ----------
    status_code : int
        The status, such as 404 or 503.
    url : str
        What was asked for, without any credential.
    """

    def __init__(self, message: str, *, status_code: int = 0, url: str = "") -> None:
        super().__init__(message)
        self.status_code = status_code
        self.url = url


class NotAuthorizedError(HTTPStatusError):
    """401 or 403: a login or a right is missing."""


class BadAnswerError(RemoteServiceError):
    """An answer that cannot be read: HTML for JSON, JSON cut short, a wrong shape."""


class UnreachableError(RemoteServiceError, ConnectionError):
    """No answer came at all: the host is unknown, refuses, or cuts the connection."""


class TimeoutError(MastError, builtins.TimeoutError):
    """A time limit passed before the answer was whole."""


class LoginError(MastError):
    """The password or token was refused."""


class DownloadError(MastError):
    """A file could not be downloaded completely."""


class DiskFullError(DownloadError, OSError):
    """No space is left on the disk that should hold the file."""


class ArchiveError(MastError):
    """The folder is not an archive, or cannot be read or written."""


class MissingExtraError(MastError, ImportError):
    """An optional package is needed for this; the message names how to install it."""


class TableParseError(MastError):
    """Kept so that code written for astroquery can name it."""


class EmptyResponseError(MastError, ValueError):
    """Kept so that code written for astroquery can name it."""


class MastWarning(UserWarning):
    """What every warning of topmast is."""


class NoResultsWarning(MastWarning):
    """Nothing matched."""


class InputWarning(MastWarning):
    """An argument was understood in a way the caller may not expect."""


class MaxResultsWarning(MastWarning):
    """The limit was reached: there may be more than was returned."""


class AuthenticationWarning(MastWarning):
    """Not logged in, or no longer."""


class BlankResponseWarning(MastWarning):
    """Values in the answer could not be read and are masked."""


class CorruptDataWarning(MastWarning):
    """A file on disk is not what it should be."""


class LargeQueryWarning(MastWarning):
    """This will take a while."""


class CloudAccessWarning(MastWarning):
    """The cloud copy of a product cannot be used."""


def make_astropy_warnings() -> None:
    """Make the warnings of topmast AstropyWarnings too, if astropy is loaded.

    A filter on AstropyWarning has to meet them, and whoever has such a filter has loaded astropy.
    Without astropy, which takes as long to load as all of topmast, they do without.
    """
    exceptions = sys.modules.get("astropy.utils.exceptions")
    if exceptions is not None and len(MastWarning.__bases__) == 1:
        MastWarning.__bases__ = (UserWarning, exceptions.AstropyWarning)


make_astropy_warnings()


def warn(message: str, category: type[Warning]) -> None:
    """Issue a warning that points at the line of the caller outside topmast."""
    make_astropy_warnings()
    frame = _caller()
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=frame.f_globals.get("__name__") or "__main__",  # None would silence it
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def is_heard(message: str, category: type[Warning]) -> bool:
    """Whether `warn` would show or raise this warning; False where its kind is ignored."""
    make_astropy_warnings()
    frame = _caller()
    module = frame.f_globals.get("__name__") or "__main__"
    for action, text, kind, name, line in warnings.filters:
        if (
            issubclass(category, kind)
            and (text is None or text.match(message))
            and (name is None or name.match(module))
            and line in (0, frame.f_lineno)
        ):
            return action != "ignore"
    return True


def _caller() -> FrameType:
    """The frame outside topmast that called it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return frame


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` Did you mean '...'?`` with the known word most like `name`, in any case; "" if none is."""
    near = nearest_word(name, {word: word for word in known})
    return f" Did you mean '{near}'?" if near else ""


def nearest_word(name: str, meanings: Mapping[str, str]) -> str | None:
    """What the word most like `name` means; None if none of `meanings` is like it."""
    from difflib import get_close_matches  # late: only errors need it

    words = {word.lower(): meaning for word, meaning in meanings.items()}
    close = get_close_matches(name.lower(), words, n=1)
    return words[close[0]] if close else None
