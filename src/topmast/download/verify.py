"""Look again at every file under a download folder, and fetch what is broken once more."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.download.check.content import Content, inspect
from topmast.download.check.verdict import State, Verdict, corrupt, truncated, unproven, whole
from topmast.download.control import Control
from topmast.download.fetch import Fetcher
from topmast.download.folder.index import INDEX_NAME, Index, find_index
from topmast.download.folder.journal import is_journal
from topmast.download.folder.part import Origin, read_origin
from topmast.download.job import Job, Outcome
from topmast.download.pool import run_jobs
from topmast.download.rules import Rules
from topmast.download.transfer.answers import Version, version_of
from topmast.download.transfer.problems import said
from topmast.download.transfer.sources import Sources
from topmast.errors import InvalidQueryError, MastError
from topmast.net.messages import Request
from topmast.net.parallel import at_once
from topmast.net.session import Session

if TYPE_CHECKING:
    from astropy.table import Table

#: Files read at once: hashing runs beside reading.
AT_ONCE = 4
#: What `holding.set_aside` calls a file.
ASIDE = re.compile(r"\.changed\d*$")
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
class Looked:
    """One file and what was found."""

    path: Path
    index: Index
    verdict: Verdict
    size: int = 0
    sha256: str = ""
    uri: str = ""
    repaired: bool = False
    message: str = field(default="", repr=False)

    @property
    def relative(self) -> str:
        """The path as the index has it."""
        return self.path.relative_to(self.index.folder).as_posix()


def verify(
    folder: str | os.PathLike[str],
    *,
    repair: bool = False,
    current: bool = False,
    session: Session | None = None,
) -> Table:
    """What every file under a download folder is worth.

    Works on any folder; files fetched by topmast are also compared with the SHA-256 of their
    download.

    Parameters
    ----------
    folder : path
        A download folder, or any folder below it.
    repair : bool
        Fetch again what is not in order, and only that; needs a session. A complete file whose
        own checksums do not fit is fetched, too, unless it is known to be what the archive has.
    current : bool
        Ask the archive whether it still has the same version; needs a session.
    session : Session, optional
        The archive.

    Returns
    -------
    Table
        One row a file: Path, State, Reason, Size, SHA-256, URI, Repaired. State is

        - ``whole``: complete by its format, or the very bytes that were downloaded
        - ``truncated``: it ends too early, or is an unfinished download
        - ``corrupt``: its bytes are not what its format or its download say
        - ``error page``: a server's message in place of the file
        - ``superseded``: whole, but the archive has another version (with `current`)
        - ``unknown``: nothing is wrong with it, and nothing can prove it complete
        - ``missing``: it was downloaded here, and is not here any more

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
    looked = at_once(lambda path: _look(path, indexes), list(_files(root)), AT_ONCE)
    looked += indexes.missing(root.absolute(), {one.path for one in looked})
    if session is not None and current:
        _ask_if_current(looked, session)
    if session is not None and repair:
        _repair(looked, session, current)
    return _table(looked)


class _Indexes:
    """The index that speaks of each folder: the nearest one at it or above."""

    def __init__(self) -> None:
        self._by_home: dict[Path, Index] = {}
        self._homes: dict[Path, Path] = {}

    def of(self, path: Path) -> Index:
        folder = path.parent
        home = self._homes.get(folder)
        if home is None:
            home = find_index(folder.absolute(), levels=32) or _top(folder)
            self._homes[folder] = home
        return self._at(home)

    def missing(self, root: Path, found: set[Path]) -> list[Looked]:
        """What was downloaded below `root` and is not among the files `found`."""
        self.of(root / "any")
        missing = []
        for index in list(self._by_home.values()):
            for entry in index:
                path = index.folder / entry.path
                if ".." in path.parts:
                    continue
                unfinished = path.with_name(path.name + ".part")
                if path.is_relative_to(root) and not found & {path, unfinished}:
                    verdict = Verdict(State.MISSING, "it was downloaded and is not here any more")
                    missing.append(Looked(path, index, verdict, uri=entry.uri))
        return missing

    def _at(self, home: Path) -> Index:
        if home not in self._by_home:
            self._by_home[home] = Index(home)
        return self._by_home[home]


def _top(folder: Path) -> Path:
    """Where the index of a folder without one belongs: its ``mastDownload``, if it is in one."""
    absolute = folder.absolute()
    for above in (absolute, *absolute.parents):
        if above.name == "mastDownload":
            return above
    return absolute


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root.absolute()):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if not _is_ours(path):
                yield path


def _is_ours(path: Path) -> bool:
    """The index, journals and sidecars are no downloads."""
    return (
        path.name.startswith(INDEX_NAME)
        or is_journal(path)
        or path.name.endswith((".part.json", ".part.head"))
    )


def _look(path: Path, indexes: _Indexes) -> Looked:
    index = indexes.of(path)
    looked = Looked(path, index, unproven())
    if path.name.endswith(".part"):
        return _unfinished(looked)
    if ASIDE.search(path.name):
        looked.verdict = unproven("a file that was changed here, set aside by a download")
        looked.size = path.stat().st_size
        return looked
    try:
        content = inspect(path)
    except OSError as problem:
        looked.verdict = corrupt(f"it cannot be read ({said(problem)})")
        return looked
    looked.size, looked.sha256 = content.size, content.sha256
    entry = index.at(looked.relative)
    looked.uri = entry.uri if entry is not None else _certain_uri(path)
    looked.verdict = _compared(content, entry.sha256 if entry is not None else "")
    return looked


def _unfinished(looked: Looked) -> Looked:
    final = looked.path.with_name(looked.path.name.removesuffix(".part"))
    origin = read_origin(final) or Origin(url="")
    looked.size = looked.path.stat().st_size
    looked.uri = origin.uri
    goes_on = "the same call goes on with it" if looked.uri else "of what, is not known: delete it"
    looked.verdict = truncated(f"an unfinished download; {goes_on}")
    return looked


def _compared(content: Content, known: str) -> Verdict:
    """The verdict of the format, and what the SHA-256 of the download adds to it."""
    if not known:
        return content.verdict
    verdict = content.verdict
    if content.sha256 == known:
        odd = verdict.doubtful and verdict.state is State.UNKNOWN  # as the archive has it
        as_it_is = replace(verdict, doubtful=False)
        return as_it_is if odd else whole(verdict.reason if verdict.doubtful else "")
    if verdict.good:
        return corrupt("its bytes were changed after the download (SHA-256)")
    return verdict


def _certain_uri(path: Path) -> str:
    collection = path.parent.parent.name
    for name, pattern, start in CERTAIN_URIS:
        if collection == name and pattern.fullmatch(path.name):
            return start + path.name
    return ""


def _ask_if_current(looked: list[Looked], session: Session) -> None:
    held = [one for one in looked if one.verdict.good]
    problems = at_once(lambda one: _ask(one, session), held, int(session.setting("connections")))
    failed = [problem for problem in problems if problem is not None]
    if failed and len(failed) == sum(_can_be_asked(one) for one in held):
        raise failed[0]


def _can_be_asked(looked: Looked) -> bool:
    entry = looked.index.at(looked.relative)
    return entry is not None and entry.has_validator


def _ask(looked: Looked, session: Session) -> MastError | None:
    """One conditional request, of which only the headers are read; the error if none came."""
    entry = looked.index.at(looked.relative)
    if entry is None or not entry.has_validator:
        return None
    headers = {"If-None-Match": entry.etag, "If-Modified-Since": entry.modified}
    headers = {name: value for name, value in headers.items() if value}
    request = Request("GET", Sources.of(session).url(entry.uri), headers)
    try:
        with session.stream(request) as answer:
            status, version = answer.status_code, version_of(answer.headers)
    except MastError as problem:
        looked.verdict = replace(looked.verdict, reason=f"not known if current: {said(problem)}")
        return problem
    if status == 200 and not Version(entry.etag, entry.modified).same(version):
        looked.verdict = Verdict(State.SUPERSEDED, "the archive has another version now")
    elif status in (404, 410):
        looked.verdict = replace(looked.verdict, reason="the archive does not have it any more")
    return None


def _repair(looked: list[Looked], session: Session, current: bool) -> None:
    bad = [one for one in looked if not one.verdict.good or one.verdict.doubtful]
    for one in bad:
        if not one.uri:
            one.message = "not repaired: its URI is not known"
    for index in {id(one.index): one.index for one in bad}.values():
        mine = {one.relative.removesuffix(".part"): one for one in bad if one.index is index}
        jobs = [_job(one, path, session) for path, one in mine.items() if one.uri]
        rules = Rules.of(session)
        cache = "check" if current else True
        fetcher = Fetcher(
            session, index, rules, Control(rules.connections, rules.bandwidth), cache=cache
        )
        for arrived in run_jobs(jobs, fetcher) if jobs else ():
            for outcome in arrived:
                _note(mine[outcome.job.path], outcome)


def _job(looked: Looked, path: str, session: Session) -> Job:
    sources = Sources.of(session)
    return Job(
        uri=looked.uri,
        url=sources.url(looked.uri),
        path=path,
        shown=str(looked.path),
        data_url=sources.shown(looked.uri),
        keep_aside=looked.verdict.doubtful,  # perhaps changed on purpose
    )


def _note(looked: Looked, outcome: Outcome) -> None:
    if outcome.status != "COMPLETE":
        looked.message = f"not repaired: {outcome.message}"
        return
    if outcome.sha256 == looked.sha256:
        looked.verdict = whole(f"{looked.verdict.reason}; the archive's own copy is the same")
        return
    looked.repaired = True
    was = f"was {looked.verdict.state.value}: {looked.verdict.reason}"
    looked.message = "; ".join(filter(None, (was, outcome.message)))
    looked.path = looked.path.with_name(looked.path.name.removesuffix(".part"))
    looked.size, looked.sha256, looked.verdict = outcome.bytes, outcome.sha256, whole()


def _table(looked: list[Looked]) -> Table:
    from astropy.table import Table

    table = Table()
    columns: dict[str, list[Any]] = {
        "Path": [_from_here(one.path) for one in looked],
        "State": [one.verdict.state.value for one in looked],
        "Reason": ["; ".join(filter(None, (one.verdict.reason, one.message))) for one in looked],
        "Size": [one.size for one in looked],
        "SHA-256": [one.sha256 for one in looked],
        "URI": [one.uri for one in looked],
        "Repaired": [one.repaired for one in looked],
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
