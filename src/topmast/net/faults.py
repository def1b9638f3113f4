"""What goes wrong on a connection, said in topmast's own words."""

from __future__ import annotations

import builtins
import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from topmast.errors import MastError, TimeoutError, UnreachableError
from topmast.net.address import shown, without_credentials
from topmast.net.clock import Clock
from topmast.net.connection import BodyCut, NameUnknown, NotConnected, ProxyFailed

LASTING_NAMES = ("not known", "no address", "not valid", "nodename")


@contextmanager
def said_plainly(url: str, clock: Clock) -> Iterator[None]:
    """Turn what goes wrong inside into TimeoutError or UnreachableError, with what to do."""
    try:
        yield
    except MastError:
        raise
    except (http.client.HTTPException, OSError) as problem:
        raise _translated(problem, url, clock) from problem


def _translated(problem: Exception, url: str, clock: Clock) -> TimeoutError | UnreachableError:
    """The error of ours, with what `retry` looks at: `never_sent` and `lasting`."""
    chain = list(_chain(problem))
    connecting = any(isinstance(p, NotConnected) for p in chain)
    proxied = any(isinstance(p, ProxyFailed) for p in chain)
    host = "The proxy" if proxied else urlsplit(url).netloc
    error: TimeoutError | UnreachableError
    lasting = False
    if any(isinstance(p, NameUnknown) for p in chain):
        reason = _reason(chain)
        lasting = any(text in reason.lower() for text in LASTING_NAMES)
        error = UnreachableError(
            f"No address is known for {host} ({reason}). "
            "Check the network and the server's name (conf.server)."
        )
    elif any(isinstance(p, ssl.SSLError) and not _is_cut(p) for p in chain):
        lasting = True
        error = UnreachableError(
            f"No secure connection to {host}: {_reason(chain)}. Behind a proxy that reads the "
            "traffic, conf.ca_bundle has to name its certificates."
        )
    elif _timed_out(chain):
        error = _too_slow(url, host, clock, connecting)
    elif connecting or proxied:
        error = UnreachableError(
            f"{host} cannot be reached to ask for {shown(url)}: {_reason(chain)}. "
            "Check the network and the server's address."
        )
    else:
        error = UnreachableError(
            f"The answer of {shown(url)} was cut off: {_reason(chain)}. Try again."
        )
    error.__dict__.update(never_sent=connecting, lasting=lasting)
    return error


def _too_slow(url: str, host: str, clock: Clock, connecting: bool) -> TimeoutError:
    if clock.deadline.passed and clock.deadline.seconds is not None:
        return TimeoutError(
            f"{shown(url)} was not answered whole within {round(clock.deadline.seconds, 1):g} s. "
            "Try again later, or raise conf.timeout."
        )
    if connecting:
        return TimeoutError(
            f"{host} gave no connection within {clock.connect_seconds:g} s. "
            "Check the network, or raise conf.connect_timeout."
        )
    return TimeoutError(
        f"{shown(url)} sent nothing for {clock.read_seconds:g} s. "
        "Try again later, or raise conf.read_timeout."
    )


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    """`problem`, and all that it was raised from or carries.

    Not its `__context__`: that may be an error which the caller is just handling.
    """
    waiting, seen = [problem], set[int]()
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inside = [arg for arg in current.args if isinstance(arg, BaseException)]
        waiting += [*inside, current.__cause__]


def _timed_out(chain: list[BaseException]) -> bool:
    return any(isinstance(p, builtins.TimeoutError) for p in chain)


def _is_cut(problem: ssl.SSLError) -> bool:
    return isinstance(problem, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _reason(chain: list[BaseException]) -> str:
    """The plainest words in the chain: bytes missing, the system's own, else the last text."""
    for problem in chain:
        if isinstance(problem, BodyCut):
            return str(problem)
    for problem in chain:
        if isinstance(problem, ssl.SSLEOFError):
            return "the connection ended where TLS did not"
        if isinstance(problem, OSError) and problem.strerror:
            return _clean(problem.strerror)
    return _clean(str(chain[-1]) or type(chain[-1]).__name__)


def _clean(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return without_credentials(line[:200]).rstrip(".")
