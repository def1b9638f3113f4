"""Requests for many files at once: the form for a script, the script, and the older request."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from topmast.config.output import one_line
from topmast.errors import BadAnswerError, InvalidQueryError, RemoteServiceError
from topmast.wire.json import read_json
from topmast.wire.safe_names import safe_name, safe_path

BUNDLE_SERVICE = "Mast.Bundle.Request"


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a script: what to fetch, and the folders and name that it gets."""

    uri: str
    collection: str
    obs_id: str
    filename: str
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """The older way to ask for a script: the service Mast.Bundle.Request."""

    filename: str
    uris: tuple[str, ...]
    paths: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    product_types: tuple[str, ...] = ()
    extension: str = "curl"


@dataclass(frozen=True, slots=True)
class BundleAnswer:
    """Where the script is, and which files could not be put into it."""

    url: str
    manifest_url: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """The URIs that are not in the script."""
        return [uri for uri, status in self.statuses.items() if status != "COMPLETE"]


# ---------------------------------------------------------------- today: Download/bundle.sh


def decode_bundle(body: bytes | str) -> list[str]:
    """The URIs in the body of a POST to Download/bundle.sh, each once, in order.

    Raises InvalidQueryError if there is none, or the body is no form.
    """
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        pairs = parse_qsl(text, errors="strict")
    except ValueError as problem:
        raise InvalidQueryError("The list of files cannot be read as a form.") from problem
    uris = list(dict.fromkeys(value for name, value in pairs if name.lower() == "uri"))
    if not uris:
        raise InvalidQueryError("No file is asked for: send one pair uri=... for each.")
    return uris


# ---------------------------------------------------------------- 2017: Mast.Bundle.Request


def encode_bundle_request(request: BundleRequest) -> dict[str, Any]:
    """The params of Mast.Bundle.Request."""
    return {
        "urlList": ",".join(request.uris),
        "filename": request.filename,
        "pathList": ",".join(request.paths),
        "descriptionList": list(request.descriptions),
        "productTypeList": list(request.product_types),
        "extension": request.extension,
    }


def decode_bundle_request(params: Mapping[str, Any]) -> BundleRequest:
    """The request in such params, names in any case.

    Raises InvalidQueryError if no file is named, or the lists do not fit together.
    """
    known = {name.lower(): value for name, value in params.items()}
    filename = str(known.get("filename") or "mastDownload")
    listed = _split(known.get("urllist"), r"[A-Za-z][\w+.-]*(?::|%3A)")
    uris = [unquote(uri) if re.match(r"(?i)[a-z][\w+.-]*%3A", uri) else uri for uri in listed]
    if not uris:
        raise InvalidQueryError(f"{BUNDLE_SERVICE} needs urlList: the files, joined by commas.")
    paths = _split(known.get("pathlist"), re.escape(f"{filename}/"))
    if paths and len(paths) != len(uris):
        raise InvalidQueryError(
            f"{BUNDLE_SERVICE}: pathList has {len(paths)} entries and urlList {len(uris)}."
        )
    return BundleRequest(
        filename=filename,
        uris=tuple(uris),
        paths=tuple(paths),
        descriptions=_texts(known.get("descriptionlist")),
        product_types=_texts(known.get("producttypelist")),
        extension=str(known.get("extension") or "curl"),
    )


def encode_bundle_answer(answer: BundleAnswer) -> bytes:
    """The answer of Mast.Bundle.Request."""
    return json.dumps(
        {
            "status": "COMPLETE",
            "msg": "",
            "bytesStreamed": 0,
            "url": answer.url,
            "manifestUrl": answer.manifest_url,
            "statusList": dict(answer.statuses),
            "progress": 1,
        }
    ).encode()


def decode_bundle_answer(content: bytes) -> BundleAnswer:
    """Where the script is.

    Raises
    ------
    RemoteServiceError
        If the archive answers with an error.
    BadAnswerError
        If it is no such answer.
    """
    try:
        found = read_json(content)
    except BadAnswerError as problem:
        raise BadAnswerError(f"{BUNDLE_SERVICE} did not answer with JSON. {problem}") from problem
    if not isinstance(found, dict):
        raise BadAnswerError(f"{BUNDLE_SERVICE} did not answer with an object.")
    if found.get("status") != "COMPLETE":
        said = found.get("msg") or found.get("status") or "no reason given"
        raise RemoteServiceError(f"{BUNDLE_SERVICE} made no script: {said}")
    statuses = found.get("statusList") or {}
    if not isinstance(found.get("url"), str) or not isinstance(statuses, dict):
        raise BadAnswerError(f"{BUNDLE_SERVICE} did not say where the script is.")
    return BundleAnswer(
        url=found["url"],
        manifest_url=str(found.get("manifestUrl") or ""),
        statuses={str(uri): str(status) for uri, status in statuses.items()},
    )


def _split(joined: Any, start: str) -> list[str]:
    """The entries of a comma-joined list, each beginning like `start`: names may hold commas."""
    if isinstance(joined, list | tuple):
        return [str(entry) for entry in joined]
    if joined is None or joined == "":
        return []
    return [entry.strip() for entry in re.split(rf",\s*(?={start})", str(joined)) if entry.strip()]


def _texts(entries: Any) -> tuple[str, ...]:
    if isinstance(entries, list | tuple):
        return tuple("" if entry is None else str(entry) for entry in entries)
    return (str(entries),) if entries else ()


# ---------------------------------------------------------------- the script


def bundle_script(files: Sequence[BundleFile], server: str, stamp: str) -> str:
    """A bash script that fetches `files` from `server` into the folder ``MAST_<stamp>``.

    It goes on where it was interrupted, writes MANIFEST.HTML, and its exit status is the number
    of files that failed (at most 125). Every name in it is quoted and safe for the disk.

    Parameters
    ----------
    files : sequence of BundleFile
        What to fetch; each URI is fetched once.
    server : str
        The base URL of the archive.
    stamp : str
        Such as 2026-03-01T1200.
    """
    folder = safe_name(f"MAST_{stamp}")
    once: dict[str, BundleFile] = {}
    for file in files:
        once.setdefault(file.uri, file)
    unique = list(once.values())
    exclusive = any(file.exclusive for file in unique)
    fetches = [
        _fetch_line(file, path, folder, server)
        for file, path in zip(unique, _distinct_paths(unique), strict=True)
    ]
    parts = {
        "@COUNT@": str(len(unique)),
        "@FOLDER@": shlex.quote(folder),
        "@COOKIES@": _token_part(server) if exclusive else "cookies() { :; }\n",
        "@FETCHES@": "\n".join(fetches),  # last, for names may hold any text
    }
    script = _shell_text("bundle.sh")
    for word, text in parts.items():
        script = script.replace(word, text)
    return script


@cache
def _shell_text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _token_part(server: str) -> str:
    parts = urlsplit(server)
    host = shlex.quote(parts.hostname or "")
    secure = "TRUE" if parts.scheme == "https" else "FALSE"
    return f"host={host}\nsecure={secure}\n{_shell_text('bundle_token.sh')}"


def _fetch_line(file: BundleFile, path: str, folder: str, server: str) -> str:
    url = (
        f"{server.rstrip('/')}/api/v0.1/Download/file"
        f"?bundle_name={quote(folder, safe='')}.sh&uri={quote(file.uri, safe=':/')}"
    )
    access = "EXCLUSIVE" if file.exclusive else "PUBLIC"
    cell = f"<tr><td>{escape(one_line(file.uri))}</td><td>{escape(path)}</td><td>{access}</td>"
    words = ["fetch", access, url, path, one_line(file.uri), cell]
    return " ".join(shlex.quote(word) for word in words)


def _distinct_paths(files: Sequence[BundleFile]) -> list[str]:
    """``collection/obs_id/filename`` for each, told apart where two would be one file."""
    paths: list[str] = []
    taken = {"manifest.html"}
    for file in files:
        names = [name for name in (file.collection, file.obs_id) if name]
        filename, number = file.filename, 1
        while (path := safe_path(*names, filename)).lower() in taken:
            number += 1
            stem, dot, extension = file.filename.partition(".")
            filename = f"{stem}-{number}{dot}{extension}"
        taken.add(path.lower())
        paths.append(path)
    return paths
