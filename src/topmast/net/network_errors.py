"""Convert errors of a connection into topmast's errors."""

from __future__ import annotations

import builtins
import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from urllib3.exceptions import ConnectTimeoutError, HTTPError, IncompleteRead, NewConnectionError

from topmast.config.output import one_line
from topmast.errors import MastError, TimeoutError, UnreachableError
from topmast.net.address import shown, without_credentials
from topmast.net.connection import LOGIN_WANTED, NameUnknown, NotConnected, ProxyFailed
from topmast.net.deadline import Timeouts
from topmast.net.messages import LONGEST

LASTING_NAMES = ("not known", "no address", "not valid", "nodename")
CONNECTING = (NotConnected, NewConnectionError, ConnectTimeoutError)
ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


@contextmanager
def network_errors(url: str, timeouts: Timeouts) -> Iterator[None]:
    """Turn what goes wrong inside into TimeoutError or UnreachableError, with what to do."""
    try:
        yield
    except MastError:
        raise
    except (http.client.HTTPException, HTTPError, OSError) as problem:
        raise _translated(problem, url, timeouts) from problem


def _translated(
    problem: Exception, url: str, timeouts: Timeouts
) -> TimeoutError | UnreachableError:
    """The error of ours, with what `retry` looks at: `never_sent` and `lasting`."""
    chain = list(_chain(problem))
    never_sent, lasting = _has(chain, *CONNECTING), False
    proxied = _has(chain, ProxyFailed)
    host = "The proxy" if proxied else urlsplit(url).netloc
    error: TimeoutError | UnreachableError
    if _has(chain, NameUnknown):
        reason = _reason(chain)
        lasting = any(text in reason.lower() for text in LASTING_NAMES)
        error = UnreachableError(
            f"No address is known for {host} ({reason}). "
            "Check the network and the server's name (conf.server)."
        )
    elif _has(chain, ssl.SSLError) and not _has(chain, *ENDED):
        lasting = True
        error = UnreachableError(
            f"No secure connection to {host}: {_reason(chain)}. Behind a proxy that reads the "
            "traffic, conf.ca_bundle has to name its certificates."
        )
    elif _has(chain, builtins.TimeoutError, ConnectTimeoutError):
        error = _too_slow(url, host, timeouts, never_sent)
    elif proxied and f"{LOGIN_WANTED}" in _reason(chain):
        lasting = True  # and many a wrong password closes an account
        error = UnreachableError(
            f"The proxy wants another login to ask for {shown(url)}: {_reason(chain)}. "
            "Give its name and password in conf.proxy: http://NAME:PASSWORD@HOST:PORT"
        )
    elif never_sent or proxied:
        place = "conf.proxy" if proxied else "the server's address"
        error = UnreachableError(
            f"{host} cannot be reached to ask for {shown(url)}: {_reason(chain)}. "
            f"Check the network and {place}."
        )
    else:
        error = UnreachableError(
            f"The answer of {shown(url)} was cut off: {_reason(chain)}. Try again."
        )
    error.__dict__.update(never_sent=never_sent, lasting=lasting)
    return error


def _too_slow(url: str, host: str, timeouts: Timeouts, connecting: bool) -> TimeoutError:
    deadline = timeouts.deadline
    if deadline.passed and deadline.seconds is not None:
        text = f"{shown(url)} was not answered whole within {round(deadline.seconds, 1):g} s."
        return TimeoutError(f"{text} Try again later, or raise conf.timeout.")
    if connecting:
        return TimeoutError(
            f"{host} gave no connection within {timeouts.connect_seconds:g} s. "
            "Check the network, or raise conf.connect_timeout."
        )
    return TimeoutError(
        f"{shown(url)} sent nothing for {timeouts.read_seconds:g} s. "
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


def _has(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(problem, kinds) for problem in chain)


def _reason(chain: list[BaseException]) -> str:
    """The plainest words in the chain: bytes missing, the system's own, else the last text."""
    for problem in chain:
        if isinstance(problem, IncompleteRead):
            return f"{problem.partial:,} bytes came and {problem.expected:,} more were announced"
        if isinstance(problem, http.client.IncompleteRead):
            return "it ended inside a chunk"
    for problem in chain:
        if isinstance(problem, ssl.SSLEOFError):
            return "the connection ended where TLS did not"
        if isinstance(problem, OSError) and problem.strerror:
            return _clean(problem.strerror)
    return _clean(str(chain[-1]) or type(chain[-1]).__name__)


def _clean(text: str) -> str:
    return without_credentials(one_line(text, LONGEST)).rstrip(".")
