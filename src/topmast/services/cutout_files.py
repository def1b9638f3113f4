"""Cutouts as files: fetched as a zip a sector, checked, unpacked, and kept for the next call.

They are fetched into ``.topmast-cutouts`` beside their place, as all downloads are, and get their
names when the zip was checked. The folder's index says which request each file belongs to.
"""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astropy.io import fits

from topmast.config.dialects import choice
from topmast.download.check.content import inspect
from topmast.download.check.verdict import GOOD
from topmast.download.control import Control, RunSettings, Stopped
from topmast.download.fetch import Fetcher, reason_of, set_aside
from topmast.download.folder.index import INDEX_NAME, Index, Presence
from topmast.download.folder.part import Busy
from topmast.download.folder.system import sync_folder
from topmast.download.product import DISK, GUIDE_COLUMNS, MORE_COLUMNS, Held, Product, Version
from topmast.download.tables.manifest import table_of_rows
from topmast.errors import (
    BadAnswerError,
    DownloadError,
    InvalidQueryError,
    MastError,
    NoResultsWarning,
    warn,
)
from topmast.net.pace import Pace
from topmast.net.parallel import at_once
from topmast.net.session import Session
from topmast.questions.arguments import truth_value
from topmast.questions.cutouts import Cut, at_a_time, send, url_of
from topmast.questions.portal import TARGET_GIVEN, TARGET_INDEX
from topmast.wire.cutouts import (
    LONGEST_MESSAGE,
    ZIP_PROBLEMS,
    checked_members,
    encode_cutout_query,
    no_cutouts_message,
    sector_of_name,
)
from topmast.wire.safe_names import safe_name

if TYPE_CHECKING:
    from astropy.table import Table

WORK = ".topmast-cutouts"
PIECE = 1 << 18
BUSY_SECONDS = 0.1
CUTOUT_COLUMNS = ("Sector", "Version")
"""Of our manifest, beside those of a download: the sector, and the pipeline's version (PROCVER)."""

Row = dict[str, Any]


class NothingThere(Exception):
    """The service has no cutout of this; its words say why."""


def download_cuts(
    session: Session,
    cuts: Sequence[Cut],
    path: str | os.PathLike[str],
    *,
    inflate: bool = True,
    cache: bool = True,
    verbose: bool = False,
    many: bool = False,
) -> Table:
    """Fetch all cuts; the manifest has a row for each file, and for each cut that failed."""
    folder = CutoutFolder(session, path, truth_value("inflate", inflate), _cache(cache))
    if verbose and inflate and cuts:
        print("Inflating...")
    outcomes = folder.fetch_all(cuts)
    for _, rows in outcomes:
        for row in rows:
            if row.get("nothing"):
                warn(row["Message"], NoResultsWarning)
    return _manifest(session, outcomes, many)


def _cache(cache: Any) -> bool:
    if not isinstance(cache, bool):
        raise InvalidQueryError(f"cache is True or False for cutouts, not {cache!r}.")
    return cache


def _manifest(session: Session, outcomes: Sequence[tuple[Cut, list[Row]]], many: bool) -> Table:
    """All that is known of each file; in astroquery's dialect the paths of those that are here."""
    rows = [
        row | {TARGET_INDEX: cut.target.index, TARGET_GIVEN: cut.target.given}
        for cut, listed in outcomes
        for row in listed
    ]
    columns = [*GUIDE_COLUMNS, *MORE_COLUMNS, *CUTOUT_COLUMNS]
    if not choice(session, "full_manifest"):
        _check_any_came(rows)
        rows = [row for row in rows if row["Status"] == "COMPLETE"]
        columns = ["Local Path"]
    table = table_of_rows(rows, columns)
    if many:
        table[TARGET_INDEX] = [row[TARGET_INDEX] for row in rows]
        table[TARGET_GIVEN] = [row[TARGET_GIVEN] for row in rows]
    return table


def _check_any_came(rows: Sequence[Row]) -> None:
    """A table of paths alone cannot tell what failed: warn, or raise if nothing came."""
    failed = [row for row in rows if row["Status"] == "ERROR" and not row.get("nothing")]
    if failed and not any(row["Status"] == "COMPLETE" for row in rows):
        raise DownloadError(f"No cutout came. {failed[0]['Message']}")
    for row in failed:
        warn(f"No cutout {row['Local Path']}: {row['Message']}", NoResultsWarning)


class CutoutFolder:
    """The folder that cutouts go to, and the index that tells which are there."""

    def __init__(
        self, session: Session, path: str | os.PathLike[str], inflate: bool, cache: bool
    ) -> None:
        self.session = session
        self.shown: str = os.fspath(path)
        self.folder: Path = Path(self.shown).expanduser()
        self.inflate = inflate
        self.cache = cache
        self._make_folders()
        self.index: Index = Index(self.folder)
        settings = RunSettings.of(session)
        self._control = Control(settings.connections)
        self._fetcher = Fetcher(
            session, Index(self.folder / WORK), settings, self._control, cache=False, check="length"
        )
        self._patience = settings.limits.read_seconds
        self._known: dict[str, list[Held]] = {}
        self._read_index()

    def fetch_all(self, cuts: Sequence[Cut]) -> list[tuple[Cut, list[Row]]]:
        """The rows of each cut; several are under way at once."""
        try:
            return at_once(lambda cut: (cut, self._rows(cut)), cuts, at_a_time(self.session))
        except BaseException:
            self._control.stop()
            raise
        finally:
            self.index.flush()
            sync_folder(os.fspath(self.folder))
            self._remove_work()

    def _read_index(self) -> None:
        """Learn which files each request has brought, also in other processes."""
        self.index.refresh()
        known: dict[str, list[Held]] = {}
        for held in self.index:
            known.setdefault(held.uri.partition("#")[0], []).append(held)
        self._known = known

    def _rows(self, cut: Cut) -> list[Row]:
        """The rows of one cut; if another process is at it, wait for what comes of that."""
        until = time.monotonic() + self._patience
        while True:
            if self.cache and (held := self._held(cut)):
                return [self._row(cut, each, {"Source": DISK}) for each in held]
            try:
                return self._fetched_or_failed(cut)
            except Busy:
                if time.monotonic() > until:
                    return [self._failed_row(cut, "Another process is fetching this cutout.")]
                self._control.wait(BUSY_SECONDS)
                self._read_index()

    def _failed_row(self, cut: Cut, message: str) -> Row:
        row: Row = {"Local Path": self._local(_zip_name(cut)), "Status": "ERROR"}
        row |= {"URL": self._url(cut), "Sector": _sector(cut, ""), "Version": "", "SHA-256": ""}
        return row | {
            "Message": message, "Bytes": 0, "Attempts": 0, "Seconds": 0.0, "Source": ""
        }  # fmt: skip

    def _fetched_or_failed(self, cut: Cut) -> list[Row]:
        """The rows of a cut that is not held: what has come, or why it has not."""
        row = self._failed_row(cut, "")
        try:
            return self._fetched(cut, row)
        except NothingThere as problem:
            return [row | {"Message": str(problem), "nothing": True}]
        except (Busy, Stopped):
            raise
        except (MastError, OSError, *ZIP_PROBLEMS) as problem:
            return [row | {"Message": reason_of(problem)}]

    def _held(self, cut: Cut) -> list[Held]:
        """The files of a cut, if all are here as they came."""
        listed = self._known.get(self._uri(cut), [])
        present = [
            each
            for each in listed
            if self.index.find(Product(each.uri, "", each.path, ""))[0] is Presence.HELD
        ]
        count = next((int(each.uri.rpartition("/")[2]) for each in present), -1)
        return present if len(present) == count else []

    def _fetched(self, cut: Cut, row: Row) -> list[Row]:
        name = hashlib.sha256(self._uri(cut).encode()).hexdigest()[:16] + ".zip"
        product = Product(self._uri(cut), self._url(cut), name, name)
        self.session.cache(Pace).wait(product.url)
        result = self._fetcher.fetch(product)
        row |= {"Attempts": result.attempts, "Seconds": round(result.seconds, 3)}
        row |= {"Source": result.source}
        if result.status != "COMPLETE":
            return [row | {"Message": self._explained(cut, result.message or "")}]
        packed = self.folder / WORK / name
        try:
            placed = self._placed(cut, packed)
        finally:
            packed.unlink(missing_ok=True)
        self.index.flush()  # another process may wait for it
        return [self._row(cut, held, row) for held in placed]

    def _explained(self, cut: Cut, message: str) -> str:
        """Why the service refuses a request: of a download, the status alone is known."""
        if not message.removeprefix("HTTPError: ").startswith("400"):
            return message
        try:
            send(self.session, cut.request)
        except MastError as problem:
            return reason_of(problem)
        return message

    def _placed(self, cut: Cut, packed: Path) -> list[Held]:
        """The files of a zip under their names, or the zip under its own."""
        size = packed.stat().st_size
        with packed.open("rb") as file:
            start = file.read(LONGEST_MESSAGE + 1)
        if not start.startswith(b"PK"):
            raise NothingThere(no_cutouts_message(start))
        with zipfile.ZipFile(packed) as opened:
            members = checked_members(opened, size)
            if not members:
                raise BadAnswerError("The zip of cutouts holds no files.")
            if not self.inflate:
                if broken := opened.testzip():
                    raise BadAnswerError(f"{broken} in the zip of cutouts is broken.")
                return [self._finish(cut, packed, _zip_name(cut), "1/1")]
            unpacked = [self._unpacked(opened, member, packed) for member in members]
        return [
            self._finish(cut, part, member.filename, f"{number}/{len(members)}")
            for number, (member, part) in enumerate(zip(members, unpacked, strict=True), 1)
        ]

    def _unpacked(self, opened: zipfile.ZipFile, member: zipfile.ZipInfo, packed: Path) -> Path:
        """One file of the zip in the working folder, whole by its checksum and its format."""
        part = packed.with_name(f"{packed.stem}-{member.filename}")
        with opened.open(member) as source, part.open("wb") as target:
            while piece := source.read(PIECE):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        verdict = inspect(part, member.filename).verdict
        if verdict.state not in GOOD:
            part.unlink()
            raise BadAnswerError(f"{member.filename} is no whole file: {verdict.reason}.")
        return part

    def _finish(self, cut: Cut, part: Path, name: str, which: str) -> Held:
        """Give a checked file its name; another file of that name is kept under a third one."""
        final = self.folder / name
        content = inspect(part, name)
        before = self.index.at(name)
        if final.exists():
            held = before and self.index.find(Product(before.uri, "", name, ""))[1]
            if held:
                self._keep_version(final, held, version_of(part))
            else:
                set_aside(final, content.sha256)
        os.replace(part, final)
        product = Product(f"{self._uri(cut)}#{which}", "", name, "")
        entry = Held.whole(product, final.stat(), content.sha256, Version())
        self.index.add(entry)
        return entry

    def _keep_version(self, final: Path, held: Held, version: str) -> None:
        """An earlier file that another version of the pipeline made gets that in its name."""
        before = version_of(final)
        if not before or before == version:
            return
        kept = final.with_name(f"{final.stem}_{safe_name(before)}{final.suffix}")
        os.replace(final, kept)
        product = Product(f"{before}:{held.uri}", "", kept.name, "")
        self.index.add(Held.whole(product, kept.stat(), held.sha256, Version()))

    def _row(self, cut: Cut, held: Held, more: Row) -> Row:
        return {
            "Attempts": 0,
            "Seconds": 0.0,
            **more,
            "Local Path": self._local(held.path),
            "Status": "COMPLETE",
            "Message": None,
            "URL": None,
            "Bytes": held.size,
            "SHA-256": held.sha256,
            "Sector": _sector(cut, held.path),
            "Version": version_of(self.folder / held.path),
        }

    def _uri(self, cut: Cut) -> str:
        """What names a cut in the index: the service, the place, the size, the sector."""
        kind = "" if self.inflate else "zip:"
        return f"{kind}{cut.request.service}:{encode_cutout_query(cut.request)}"

    def _url(self, cut: Cut) -> str:
        return f"{url_of(self.session, cut.request)}?{encode_cutout_query(cut.request)}"

    def _local(self, name: str) -> str:
        return os.path.join(self.shown, name)

    def _make_folders(self) -> None:
        work = self.folder / WORK
        try:
            work.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise DownloadError(
                f"Nothing can be written to {self.shown}: {problem.strerror}. Choose another path."
            ) from problem
        if work.is_symlink():
            raise DownloadError(f"{work} is a symbolic link: remove it.")

    def _remove_work(self) -> None:
        """Remove the working folder; what is unfinished stays, to go on from there."""
        work = self.folder / WORK
        with suppress(OSError):
            (work / INDEX_NAME).unlink(missing_ok=True)
            work.rmdir()


def version_of(path: Path) -> str:
    """The version of the pipeline that made a FITS file; "" for other files."""
    try:
        return str(fits.getheader(path).get("PROCVER", "")).strip()
    except (OSError, ValueError):
        return ""


def _sector(cut: Cut, name: str) -> str:
    found = sector_of_name(name)
    if found is not None:
        return found.name
    return f"s{cut.request.sector:04d}" if cut.request.sector else cut.request.survey


def _zip_name(cut: Cut) -> str:
    request, target = cut.request, cut.target
    place = f"{target.ra_deg:.6f}_{target.dec_deg:.6f}" if target.ra_deg is not None \
        else target.obj_id  # fmt: skip
    parts = [request.service, place, str(request.size), _sector(cut, ""), request.format]
    return safe_name("_".join(filter(None, parts)) + ".zip")
