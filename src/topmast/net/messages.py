"""Requests, answers, and streams."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from topmast.config.output import one_line
from topmast.errors import BadAnswerError, HTTPStatusError, NotAuthorizedError
from topmast.net.address import shown, without_credentials

LONGEST = 200

ADVICE = {
    400: "The archive could not understand the request: check its values.",
    401: "Log in with a token: Observations.login(token=...), or set MAST_API_TOKEN.",
    403: "Your account has no right to it: exclusive data need their owner's token.",
    404: "Check the name: nothing is there.",
    410: "It was withdrawn: search for a newer version.",
    413: "Ask for less at once.",
    414: "Ask for less at once.",
    429: "The archive asks for fewer requests: wait, or lower conf.connections.",
    500: "The archive failed to answer: try again later, or with a smaller query.",
    502: "The archive has a problem: try again later.",
    503: "The archive is overloaded or down: try again later.",
    504: "The archive took too long: ask for less at once, or try again later.",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `url` is absolute. A body that holds a secret follows no redirects."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    follow_redirects: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for the connection, for the next byte, and for everything (None: no end).

    `first_byte_seconds`: for the first byte of an answer; None: as for every other.
    """

    connect_seconds: float
    read_seconds: float
    total_seconds: float | None = None
    first_byte_seconds: float | None = None


class Headers(Mapping[str, str]):
    """HTTP headers: names in any case; a header sent twice is joined with a comma."""

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}
        for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
            self._names.setdefault(name.lower(), name)
            self._values.setdefault(name.lower(), []).append(value)

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._values[name.lower()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.values())

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"

    def forget(self, name: str) -> None:
        """Leave this header out."""
        self._values.pop(name.lower(), None)
        self._names.pop(name.lower(), None)

    def get_all(self, name: str) -> list[str]:
        """Each value of a header that may come more than once, such as Set-Cookie."""
        return list(self._values.get(name.lower(), []))


class Stream(Protocol):
    """An answer whose headers have arrived and whose body has not."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def url(self) -> str: ...

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """The body, in pieces of at most `size` bytes."""

    def close(self) -> None:
        """Let go of the connection."""

    def __enter__(self) -> Stream: ...

    def __exit__(self, *problem: object) -> None: ...


class Transport(Protocol):
    """Where requests go: the network, or an archive in this process."""

    def open(self, request: Request, limits: Limits) -> Stream:
        """Send `request`; return when the headers of the answer are there."""

    def close(self) -> None:
        """Let go of everything held open."""


class Answer:
    """A whole answer in memory, with the names that `requests.Response` uses.

    Parameters
    ----------
    status_code : int
        The HTTP status.
    headers : mapping
        The headers, names in any case.
    content : bytes
        The body, decoded.
    url : str
        Where it came from, after redirects.
    hidden : sequence of str
        Secrets that no error text may show, even if the server repeats them.
    """

    def __init__(
        self,
        status_code: int,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        content: bytes = b"",
        url: str = "",
        *,
        reason: str = "",
        hidden: Iterable[str] = (),
    ) -> None:
        self.status_code = status_code
        self.headers: Headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.content = content
        self.url = url
        self.reason: str = reason or _reason(status_code)
        self._hidden = tuple(hidden)

    def __repr__(self) -> str:
        return f"<Answer {self.status_code} {self.reason}, {len(self.content)} bytes>"

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def encoding(self) -> str:
        """The character set that the answer names, else UTF-8."""
        match = re.search(r"charset\s*=\s*\"?([\w.:-]+)", self.headers.get("Content-Type", ""))
        return match[1] if match else "utf-8"

    @property
    def text(self) -> str:
        """The body as text; bytes that are no text become U+FFFD."""
        try:
            return self.content.decode(self.encoding, "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body read as JSON; raises BadAnswerError if it is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as problem:
            raise BadAnswerError(
                f"{shown(self.url)} did not answer with JSON ({self.detail() or problem}). "
                "Check that the server is a MAST archive, or try again later."
            ) from problem

    def detail(self) -> str:
        """What the body says in a few words: the title of a page, or the message in it."""
        return without_credentials(_detail(self), self._hidden)

    def raise_for_status(self) -> None:
        """Raise HTTPStatusError, or NotAuthorizedError for 401 and 403, if the status is one."""
        if not self.ok:
            raise self.status_error()

    def status_error(self, note: str = "") -> HTTPStatusError:
        """The error that this answer's status stands for."""
        kind = NotAuthorizedError if self.status_code in (401, 403) else HTTPStatusError
        reason = without_credentials(one_line(self.reason, LONGEST), self._hidden)
        detail = self.detail()
        said = f": {detail.rstrip('.')}" if detail and detail != reason else ""
        message = f"{shown(self.url, self._hidden)} answered {self.status_code} {reason}{said}."
        advice = ADVICE.get(self.status_code, "")
        return kind(
            " ".join(part for part in (message, note, advice) if part),
            status_code=self.status_code,
            url=shown(self.url, self._hidden),
        )


def _reason(status_code: int) -> str:
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return ""


def _detail(answer: Answer) -> str:
    head = answer.content[:65536]
    if b"\0" in head:
        return ""
    text = head.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        return one_line(_json_message(answer.content) or "", LONGEST)
    if text.startswith("<"):
        title = re.search(r"(?is)<title[^>]*>(.*?)</title>", text)
        return one_line(_without_tags(title[1]), LONGEST) if title else "a page of HTML"
    return one_line(text, LONGEST)


def _json_message(content: bytes) -> str | None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    for name in ("msg", "message", "detail", "error", "errorMessage"):
        if isinstance(found, dict) and isinstance(found.get(name), str) and found[name].strip():
            return str(found[name])
    return None


def _without_tags(text: str) -> str:
    from html import unescape

    return unescape(re.sub(r"<[^>]*>", " ", text))
