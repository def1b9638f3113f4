"""Check every file under a download folder, and fetch what is broken again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.download.check.content import Content, inspect
from topmast.download.check.verdict import GOOD, State, Verdict, corrupt, truncated, unproven, whole
from topmast.download.control import Control, RunSettings
from topmast.download.fetch import Fetcher, reason_of
from topmast.download.folder.index import INDEX_NAME, Index, find_index
from topmast.download.folder.journal import is_journal
from topmast.download.folder.part import read_sidecar
from topmast.download.pool import fetch_all
from topmast.download.product import Held, Result, Sources
from topmast.download.transfer.judge import version_of
from topmast.errors import InvalidQueryError, MastError
from topmast.net.messages import Request
from topmast.net.parallel import at_once
from topmast.net.session import Session

if TYPE_CHECKING:
    from astropy.table import Table

NOT_HELD = Held()
#: Files read at once: hashing runs beside reading.
AT_ONCE = 4
#: What `fetch.set_aside` calls a file.
SET_ASIDE = re.compile(r"\.changed\d*$")
#: Names from which the URI of a file that astroquery has fetched follows with certainty.
CERTAIN_URIS: list[tuple[str, re.Pattern[str], str]] = [
    ("JWST", re.compile(r"jw\d{5}[\w.-]*"), "mast:JWST/product/"),
    (
        "HST",
        re.compile(r"[a-z][a-z0-9]{8}_[a-z0-9]{3}\.(?:fits|fits\.gz|jpg)"),
        "mast:HST/product/",
    ),
    ("TESS", re.compile(r"tess\d{13}-[\w.-]*"), "mast:TESS/product/"),
]


@dataclass
class Checked:
    """A file below the folder, what is in it, and what became of its repair."""

    path: Path
    index: Index
    content: Content
    held: Held = NOT_HELD
    message: str = ""
    repaired: bool = False

    @property
    def verdict(self) -> Verdict:
        return self.content.verdict

    def judge(self, state: State, reason: str) -> None:
        """Replace the verdict."""
        verdict = Verdict(state, reason, self.verdict.doubtful and state is self.verdict.state)
        self.content = replace(self.content, verdict=verdict)


def verify(
    folder: str | os.PathLike[str],
    *,
    repair: bool = False,
    current: bool = False,
    session: Session | None = None,
) -> Table:
    """What every file under a download folder is worth.

    Works on any folder; files fetched by topmast are also compared with the SHA-256 of their
    download. `repair` and `current` need a session. A complete file whose own checksums
    do not fit is repaired, too, unless it is known to be what the archive has.

    Returns
    -------
    Table
        One row a file: Path, State, Reason, Size, SHA-256, URI, Repaired. State is

        - ``whole``: complete by its format, or matches the SHA-256 of the download
        - ``truncated``: it ends too early, or is an unfinished download
        - ``corrupt``: its bytes are not what its format or its download say
        - ``error page``: a server's message in place of the file
        - ``superseded``: whole, but the archive has another version (with `current`)
        - ``unknown``: nothing is wrong with it, and nothing can prove it complete
        - ``missing``: downloaded earlier, now missing

    Raises
    ------
    InvalidQueryError
        There is no such folder, or a session is needed.
    UnreachableError, TimeoutError
        With `current`: the archive did not answer at all.
    """
    root = Path(os.path.expanduser(os.fspath(folder)))
    if not root.is_dir():
        raise InvalidQueryError(f"There is no folder {os.fspath(folder)!r}.")
    if (repair or current) and session is None:
        raise InvalidQueryError("To repair, or to ask what is current, give a session.")
    indexes = _Indexes()
    files = at_once(lambda path: _check(path, indexes.of(path)), list(_files(root)), AT_ONCE)
    files += indexes.missing(root.absolute(), {file.path for file in files})
    if session is not None and current:
        _check_current(files, session)
    if session is not None and repair:
        _repair(files, session, current)
    return _table(files)


class _Indexes:
    """The index for each folder: the nearest one at it or above."""

    def __init__(self) -> None:
        self._by_folder: dict[Path, Index] = {}

    def of(self, path: Path) -> Index:
        folder = path.parent
        if folder not in self._by_folder:
            owner = find_index(folder.absolute(), levels=32) or _top(folder)
            self._by_folder[folder] = self._by_folder.get(owner) or Index(owner)
            self._by_folder[owner] = self._by_folder[folder]
        return self._by_folder[folder]

    def missing(self, root: Path, found: set[Path]) -> list[Checked]:
        """What was downloaded below `root` and is not among the files `found`."""
        for folder in (root, *(file.parent for file in root.rglob(INDEX_NAME))):
            self.of(folder / "any")
        missing = []
        for index in set(self._by_folder.values()):
            for held in index:
                path = index.folder / held.path
                unfinished = path.with_name(path.name + ".part")
                if ".." in path.parts or not path.is_relative_to(root):
                    continue
                if not found & {path, unfinished}:
                    verdict = Verdict(State.MISSING, "downloaded earlier, now missing")
                    missing.append(Checked(path, index, Content(verdict, 0, ""), held))
        return missing


def _top(folder: Path) -> Path:
    """Where the index of a folder without one belongs: its ``mastDownload``, if it is in one."""
    absolute = folder.absolute()
    above = (absolute, *absolute.parents)
    return next((folder for folder in above if folder.name == "mastDownload"), absolute)


def _files(root: Path) -> Iterator[Path]:
    """All files but index, journals and sidecars."""
    for folder, folders, names in os.walk(root.absolute()):
        folders.sort()
        for path in (Path(folder, name) for name in sorted(names)):
            ours = path.name.startswith(INDEX_NAME) or is_journal(path)
            if not ours and not path.name.endswith((".part.json", ".part.head")):
                yield path


def _check(path: Path, index: Index) -> Checked:
    held, size, sha256 = NOT_HELD, 0, ""
    try:
        if path.name.endswith(".part"):
            final = path.with_name(path.name.removesuffix(".part"))
            known = index.at(final.relative_to(index.folder).as_posix())
            # A kill can leave an unfinished file of which only the index knows what it was to be.
            held = read_sidecar(final) or known or Held(uri=_certain_uri(final))
            size = path.stat().st_size
            advice = (
                "the same call goes on with it" if held.uri else "of an unknown file: delete it"
            )
            verdict = truncated(f"an unfinished download; {advice}")
        elif SET_ASIDE.search(path.name):
            size = path.stat().st_size
            verdict = unproven("a file that was changed here, renamed by a download")
        else:
            content = inspect(path)
            held = index.at(path.relative_to(index.folder).as_posix()) or held
            held = held if held.uri else Held(uri=_certain_uri(path))
            size, sha256 = content.size, content.sha256
            verdict = _compared(content, held.sha256)
    except OSError as problem:
        verdict = corrupt(f"it cannot be read ({reason_of(problem)})")
    return Checked(path, index, Content(verdict, size, sha256), held)


def _compared(content: Content, known: str) -> Verdict:
    """The verdict of the format, and what the SHA-256 of the download adds to it."""
    verdict = content.verdict
    if not known:
        return verdict
    if content.sha256 == known:
        doubtful = verdict.doubtful and verdict.state is State.UNKNOWN  # as the archive has it
        as_it_is = replace(verdict, doubtful=False)
        return as_it_is if doubtful else whole(verdict.reason if verdict.doubtful else "")
    if verdict.state in GOOD:
        return corrupt("its bytes were changed after the download (SHA-256)")
    return verdict


def _certain_uri(path: Path) -> str:
    collection = path.parent.parent.name
    for name, pattern, start in CERTAIN_URIS:
        if collection == name and pattern.fullmatch(path.name):
            return start + path.name
    return ""


def _check_current(files: list[Checked], session: Session) -> None:
    asked = [file for file in files if file.verdict.state in GOOD and file.held.known]
    connections = int(session.setting("connections"))
    problems = at_once(lambda file: _check_version(file, session), asked, connections)
    failed = [problem for problem in problems if problem is not None]
    if failed and len(failed) == len(asked):
        raise failed[0]


def _check_version(file: Checked, session: Session) -> MastError | None:
    """One conditional request, of which only the headers are read; the error if none came."""
    held = file.held
    headers = {"If-None-Match": held.etag, "If-Modified-Since": held.modified}
    headers = {name: value for name, value in headers.items() if value}
    url = held.cloud_url or Sources.of(session).url(held.uri)
    request = Request("GET", url, headers)
    try:
        with session.stream(request) as answer:
            status, version = answer.status_code, version_of(answer.headers)
    except MastError as problem:
        file.judge(file.verdict.state, f"not known if current: {reason_of(problem)}")
        return problem
    if status == 200 and not held.is_same(version):
        file.judge(State.SUPERSEDED, "the archive has another version now")
    elif status in (404, 410):
        file.judge(file.verdict.state, "the archive does not have it any more")
    return None


def _repair(files: list[Checked], session: Session, current: bool) -> None:
    bad = [file for file in files if file.verdict.state not in GOOD or file.verdict.doubtful]
    sources, settings = Sources.of(session), RunSettings.of(session)
    by_index: dict[Index, dict[str, Checked]] = {}
    unfinished: list[Checked] = []
    for file in bad:
        path = file.path.relative_to(file.index.folder).as_posix().removesuffix(".part")
        others = by_index.setdefault(file.index, {})
        if path in others:  # its rest is fetched with the damaged file beside it
            unfinished.append(file)
        elif file.held.uri:
            others[path] = file
        else:
            file.message = "not repaired: its URI is not known"
    for index, mine in by_index.items():
        products = [
            # Perhaps changed on purpose: such a file is not replaced.
            sources.product(
                file.held.uri, path, str(file.path), keep_existing=file.verdict.doubtful
            )
            for path, file in mine.items()
        ]
        control = Control(settings.connections, settings.bandwidth)
        cache = "check" if current else True
        fetcher = Fetcher(session, index, settings, control, cache=cache)
        for arrived in fetch_all(products, fetcher):
            for result in arrived:
                _add_result(mine[result.product.path], result)
    for file in unfinished:
        if not file.path.exists():
            files.remove(file)


def _add_result(file: Checked, result: Result) -> None:
    if result.status != "COMPLETE":
        file.message = f"not repaired: {result.message}"
        return
    verdict = file.verdict
    if result.sha256 == file.content.sha256:
        file.judge(State.WHOLE, f"{verdict.reason}; the archive's own copy is the same")
        return
    file.repaired = True
    was = f"was {verdict.state.value}: {verdict.reason}"
    file.message = "; ".join(filter(None, (was, result.message)))
    file.path = file.path.with_name(file.path.name.removesuffix(".part"))
    file.content = Content(whole(), result.bytes, result.sha256)


def _table(files: list[Checked]) -> Table:
    from astropy.table import Table

    table = Table()
    columns: dict[str, list[Any]] = {
        "Path": [_from_here(file.path) for file in files],
        "State": [file.verdict.state.value for file in files],
        "Reason": ["; ".join(filter(None, (file.verdict.reason, file.message))) for file in files],
        "Size": [file.content.size for file in files],
        "SHA-256": [file.content.sha256 for file in files],
        "URI": [file.held.uri for file in files],
        "Repaired": [file.repaired for file in files],
    }
    kinds = {"Size": np.int64, "Repaired": bool}
    for name, values in columns.items():
        table[name] = np.array(values, dtype=kinds.get(name, str))
    table["Size"].unit = "byte"
    return table


def _from_here(path: Path) -> str:
    """The path from where Python runs, if it lies below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)
