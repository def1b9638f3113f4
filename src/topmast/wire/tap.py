"""TAP as MAST offers it, the client's half: collections, queries, jobs and their results.

One TAP service a collection stands under ``/vo-tap/api/v0.1/<collection>``; which collections there
are is read from the service's own OpenAPI description.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.wire.addresses import TAP_ROOT
from topmast.wire.json import excerpt, is_markup, read_json
from topmast.wire.votable.reading import read_votable

if TYPE_CHECKING:
    from astropy.table import Table

WHOLE = "/tap"
"""The service of a topmast archive over all its tables."""
OPENAPI = f"{TAP_ROOT}/openapi.json"
SYNC = TAP_ROOT + "/{collection}/sync"
ASYNC = TAP_ROOT + "/{collection}/async"
CAPABILITIES = TAP_ROOT + "/{collection}/capabilities"
MOST_ROWS = 100_000
"""What MAST gives at most in one answer."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UPLOAD = "targets"
FINAL = ("COMPLETED", "ERROR", "ABORTED", "ARCHIVED")
"""Phases of a job after which nothing more happens."""


def decode_collections(content: bytes) -> list[str]:
    """The collections that a description of the service names, in its order.

    Raises BadAnswerError if it is no OpenAPI description, or names none.
    """
    found = read_json(content)
    for key in ("components", "schemas", "CatalogName", "enum"):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, list) or not found:
        raise BadAnswerError(f"The TAP service does not list its collections: {excerpt(content)}")
    return [name for name in found if isinstance(name, str) and name]


def encode_tap_query(
    adql: str, maxrec: int, *, run: bool = False, uploads: Mapping[str, bytes] | None = None
) -> tuple[Mapping[str, str], bytes]:
    """The headers and the body of a query; `run` starts a job at once, `uploads` are VOTables."""
    pairs = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "votable", "QUERY": adql}
    pairs |= {"MAXREC": str(maxrec)} | ({"PHASE": "RUN"} if run else {})
    if not uploads:
        return FORM, urlencode(pairs).encode()
    pairs["UPLOAD"] = ";".join(f"{name},param:{name}" for name in uploads)
    return _multipart(pairs, uploads)


def _multipart(
    pairs: Mapping[str, str], uploads: Mapping[str, bytes]
) -> tuple[Mapping[str, str], bytes]:
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="'
    parts = [f'{head}{name}"\r\n\r\n{value}\r\n'.encode() for name, value in pairs.items()]
    for name, content in uploads.items():
        file = f'{head}{name}"; filename="{name}.xml"\r\nContent-Type: application/x-votable+xml'
        parts += [f"{file}\r\n\r\n".encode(), content, b"\r\n"]
    body = b"".join([*parts, f"--{mark}--\r\n".encode()])
    return {"Content-Type": f"multipart/form-data; boundary={mark}"}, body


def encode_upload(table: Table) -> bytes:
    """A table as the VOTable of an upload."""
    from topmast.wire.votable.tables import encode_table

    return encode_table(table)


def decode_result(content: bytes) -> tuple[Table, bool]:
    """The table of a result, and whether it was cut off at the limit of rows.

    Raises InvalidQueryError with the service's words where it refuses the query, and
    BadAnswerError if the bytes are no VOTable.
    """
    try:
        found = read_votable(content)
    except BadAnswerError as problem:
        check_refusal(content)
        raise BadAnswerError(
            f"The TAP answer is no VOTable that can be read: {problem} {excerpt(content)}"
        ) from problem
    _raise_refusal((status, text) for _, status, text in found.statuses())
    if not found.has_table:
        raise BadAnswerError(f"The TAP answer has no table: {excerpt(content)}")
    table = found.to_table()
    table.meta.clear()
    return table, "OVERFLOW" in {status for _, status, _ in found.statuses()}


def check_refusal(content: bytes) -> None:
    """Raise InvalidQueryError with what the service says, if it says that the query is wrong."""
    _raise_refusal(_statuses(content))


def _raise_refusal(statuses: Iterable[tuple[str, str]]) -> None:
    text = next((said for status, said in statuses if status == "ERROR"), None)
    if text is not None:
        raise InvalidQueryError(f"The TAP service refused the query: {text}")


def _statuses(content: bytes) -> Iterator[tuple[str, str]]:
    """What each INFO named QUERY_STATUS says, and the text in it."""
    if not is_markup(content) or b"QUERY_STATUS" not in content:
        return
    try:
        for _, element in ElementTree.iterparse(io.BytesIO(content)):
            if _local(element) == "INFO" and element.get("name") == "QUERY_STATUS":
                yield str(element.get("value", "")).upper(), " ".join((element.text or "").split())
            element.clear() if _local(element) == "TR" else None
    except ElementTree.ParseError:
        return


@dataclass(frozen=True, slots=True)
class JobState:
    """What a job says of itself."""

    phase: str
    message: str = ""
    result: str = ""


def decode_job(content: bytes) -> JobState:
    """The state of a job (UWS); `result` is the address of its result, if it names one.

    Raises BadAnswerError if the bytes describe no job.
    """
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError) as problem:
        raise BadAnswerError(f"The TAP service describes no job: {excerpt(content)}") from problem
    texts = {_local(each): " ".join((each.text or "").split()) for each in root.iter()}
    if "phase" not in texts:
        raise BadAnswerError(f"The TAP service describes no job: {excerpt(content)}")
    results = (each for each in root.iter() if _local(each) == "result")
    found = next(({_plain(k): v for k, v in each.attrib.items()} for each in results), {})
    return JobState(texts["phase"].upper(), texts.get("message", ""), found.get("href", ""))


def can_upload(content: bytes) -> bool:
    """Whether a service's capabilities say that it takes uploads within the request."""
    return b"uploadMethod" in content and b"inline" in content


def _local(element: Any) -> str:
    return _plain(str(element.tag))


def _plain(name: str) -> str:
    return name.rpartition("}")[2]
