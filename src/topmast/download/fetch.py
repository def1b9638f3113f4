"""Download one file: look on disk, fetch into ``name.part``, check, rename.

A file gets its final name only after its length, its format and its checksums were checked
and its bytes were synced to the disk; until then it is called ``name.part``.
"""

from __future__ import annotations

import logging
import os
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from topmast.config.dialects import choice
from topmast.config.output import without_controls
from topmast.download.check.content import Content, inspect
from topmast.download.check.verdict import GOOD, State
from topmast.download.control import Control, RunSettings, Stopped
from topmast.download.folder.index import Index, Presence
from topmast.download.folder.layout import check_inside
from topmast.download.folder.part import Busy, Part
from topmast.download.folder.system import free_bytes, is_disk_full, sync_folder
from topmast.download.product import DISK, Held, Product, Result
from topmast.download.transfer.backoff import Failed
from topmast.download.transfer.cloud import ABSENT, Cloud
from topmast.download.transfer.digests import contradiction
from topmast.download.transfer.judge import NO_VERSION
from topmast.download.transfer.transfer import NotModified, Transfer
from topmast.errors import DiskFullError, MastError
from topmast.net.address import without_credentials
from topmast.net.parallel import at_once
from topmast.net.session import Session

log = logging.getLogger("topmast")

#: Whole bodies that may turn out bad before the file is given up.
BODIES = 3
SECOND_BODY_SECONDS = 0.1
#: Times to make a folder again that is removed while files are written to it.
FOLDERS = 3


class Fetcher:
    """Fetches the files of one run; `cache` is True, False or "check"."""

    def __init__(
        self,
        session: Session,
        index: Index,
        settings: RunSettings,
        control: Control,
        *,
        cache: bool | str = True,
        check: str = "content",
        cloud: Cloud | None = None,
        on_splittable: Callable[[], None] | None = None,
    ) -> None:
        self.session = session
        self.index = index
        self.settings = settings
        self.control = control
        self.cache = cache
        self.cloud = cloud
        self.on_splittable = on_splittable
        #: Transfers that may want help.
        self.active: list[Transfer] = []
        self._check_content = check == "content"
        self._root = os.path.realpath(index.folder)
        self._safe: dict[str, tuple[int, int]] = {}
        self._unsynced: set[str] = set()

    def fetch(self, product: Product) -> Result:
        """Download one file; whatever goes wrong is in the result.

        Raises
        ------
        Busy, Stopped
            Another process is fetching this file; the run is to end.
        """
        began = time.monotonic()
        result = Result(product)
        try:
            if product.error:
                raise Failed(product.error)
            result = self._from_cloud(product, result, self.cloud)
        except (Busy, Stopped):
            raise
        except (Failed, MastError, OSError, EOFError, zlib.error) as problem:
            result.status, result.source = "ERROR", ""
            result.message = self._explain(problem, product)
        except Exception as problem:  # a fault of ours must not keep the other files from coming
            log.debug("%s", product.path, exc_info=True)
            result.status, result.source = "ERROR", ""
            result.message = f"Unexpected {type(problem).__name__}: {one_line(problem)}"
        result.seconds = time.monotonic() - began
        return result

    def _from_cloud(self, product: Product, result: Result, cloud: Cloud | None) -> Result:
        """Fetch the file from the cloud, else from the archive; the message says why."""
        if cloud is None:
            return self._obtain(product, result)
        said = ABSENT
        try:
            if url := cloud.url(product.uri):
                result = self._obtain(replace(product, url=url, cloud_url=url), result)
                cloud.arrived()
                result.product, result.cloud_url = product, url
                return result
        except DiskFullError:
            raise
        except (Failed, MastError) as problem:
            said = cloud.failed(problem)
        if cloud.only:
            result.status, result.message, result.source = "SKIPPED", said, ""
            return result
        result = self._obtain(product, result)
        if said is not ABSENT:
            result.message = " ".join(filter(None, (result.message, said)))
        return result

    def sync_folders(self) -> None:
        """Make the new names themselves safe against a power cut."""
        folders = [os.path.join(self.index.folder, inner) for inner in sorted(self._unsynced)]
        at_once(sync_folder, folders, self.settings.connections)
        self._unsynced.clear()

    def _obtain(self, product: Product, result: Result) -> Result:
        presence, held = self.index.find(product)
        changed = False
        if self.cache is True and presence is not Presence.ABSENT:
            held, changed = (held, False) if held is not None else self._look_closely(product)
            if held is not None:
                return Result.held(product, held)
        if self.control.disk_full.is_set():
            self._check_space(product)
        final = self.index.folder / product.path
        for _ in range(FOLDERS):
            self._make_folder(os.path.dirname(product.path))
            try:
                part = Part.open(final)
                try:
                    if self.cache is True and part.began_empty and presence is Presence.ABSENT:
                        if final.exists():  # another process has finished it since we looked
                            held, changed = self._look_closely(product)
                        if held is not None:
                            part.remove()
                            return Result.held(product, held)
                    keep = changed or product.keep_existing
                    return self._transfer(product, part, held, keep, result)
                finally:
                    part.close()
            except FileNotFoundError as problem:
                last = problem
                self._safe.clear()
        raise Failed(
            f"the folder is being removed while files are written to it ({one_line(last)})"
        )

    def _look_closely(self, product: Product) -> tuple[Held | None, bool]:
        """What a file is for which our index does not vouch; see `Index.adopt`."""
        self.index.refresh()  # another process may have written its line
        held = self.index.find(product)[1]
        return (held, False) if held is not None else self.index.adopt(product)

    def _transfer(
        self, product: Product, part: Part, held: Held | None, keep: bool, result: Result
    ) -> Result:
        """Fetch into `part`, unless the archive says that `held` is current (cache="check")."""
        current = NO_VERSION
        if self.cache == "check" and held is not None and held.cloud_url == product.cloud_url:
            current = held  # only where it came from is asked
        transfer = Transfer(
            product,
            part,
            self.session,
            self.settings,
            self.control,
            current=current,
            on_splittable=self.on_splittable,
        )
        self.active.append(transfer)
        try:
            if not part.began_empty:
                transfer.restart() if self.cache is False else transfer.resume()
            content = self._whole_body(transfer)
            self._finish(transfer, content, keep, result)
        except NotModified:
            assert held is not None
            part.remove()
            result = Result.held(product, held)
        except BaseException as problem:
            transfer.keep()
            unanswered = isinstance(problem, Failed) and not transfer.answered_by
            if self.cache != "check" or held is None or not held.known or not unanswered:
                raise
            result = Result.held(product, held)
            result.message = f"Held whole; not known if it is current: {problem}"
        finally:
            self.active.remove(transfer)
            result.attempts = transfer.attempts
            if result.source != DISK:
                url = transfer.answered_by or product.url
                result.source = urlsplit(url).netloc.rpartition("@")[2]
        return result

    def _whole_body(self, transfer: Transfer) -> Content:
        """Fetch until a body passes every check, or comes bad again and again.

        Where the product table says that there is more, the archive is asked for it: the announced
        length may be wrong, too, and some formats can be cut unnoticed.
        """
        part, size, name = transfer.part, transfer.product.size, transfer.part.final.name
        seen: set[str] = set()
        problem: str | None = None
        for _ in range(BODIES):
            transfer.run()
            content = inspect(part.path, name, *part.hashed())
            more = None
            if size is not None and content.size < size and content.verdict.state in GOOD:
                more = transfer.find_more()
                if more:
                    content = inspect(part.path, name, *part.hashed())
            problem = self._problem(transfer, content)
            doubt = self._doubt(transfer, content, nothing_more=more is False)
            # The same bytes a second time are what the archive has.
            if problem is None and (not doubt or content.sha256 in seen):
                return content
            problem = problem or f"{doubt}, and each time other bytes came."
            transfer.restart()
            if content.sha256 in seen:
                break
            seen.add(content.sha256)
            self.control.wait(SECOND_BODY_SECONDS)
        raise Failed(problem or "")

    def _problem(self, transfer: Transfer, content: Content) -> str | None:
        """Why the body cannot be kept; None if it can."""
        verdict = content.verdict
        if self._check_content and verdict.state not in GOOD:
            return f"what the archive sent is no whole file: {verdict.reason}. Nothing was kept."
        size = transfer.product.size or 0
        if not content.size and size:
            return f"the archive sent no bytes; the product table says {size}."
        copy, proven = transfer.copy, verdict.state is State.WHOLE
        if content.size < size and not (proven or copy.length_known):
            return f"only {content.size} of {size} bytes came; the archive announced no length."
        if copy.digests and not copy.held.encoding:
            return contradiction(transfer.part, copy.digests)
        return None

    def _doubt(self, transfer: Transfer, content: Content, *, nothing_more: bool) -> str:
        """Why the body has to come a second time before it is kept; empty if it need not."""
        verdict, size = content.verdict, transfer.product.size
        proven = verdict.state is State.WHOLE
        if proven and verdict.doubtful and self._check_content:
            return verdict.reason
        if content.size == size or nothing_more:
            return ""
        if verdict.maybe_cut and self._check_content:
            return verdict.reason
        if size is not None and (content.size < size or transfer.kept_connection):
            return f"the product table says {size} bytes, {content.size} came"
        if not proven and not transfer.copy.length_known:
            return "the archive does not say how long the file is"
        return ""

    def _finish(self, transfer: Transfer, content: Content, keep: bool, result: Result) -> None:
        """Give the file its final name, and write down what the manifest says of it."""
        part, product = transfer.part, transfer.product
        self.control.check()
        remarks = [product.message]
        if keep:
            remarks.append(set_aside(part.final, content.sha256))
        status = part.finish()
        self._unsynced.add(os.path.dirname(product.path))
        self.index.add(Held.whole(product, status, content.sha256, transfer.copy.held))
        result.bytes, result.sha256 = content.size, content.sha256
        if content.verdict.doubtful:
            remarks.append(f"The archive's own copy fails a check: {content.verdict.reason}.")
        size = product.size
        if size is not None and size != content.size:
            remarks.append(f"The product table says {size} bytes, the archive {content.size}.")
        result.message = " ".join(filter(None, remarks)) or None

    def _make_folder(self, inner: str) -> None:
        """Make the folder `inner` of the download folder; no symbolic link may lead out of that."""
        folder = os.path.join(self.index.folder, inner)
        if inner in self._safe and self._safe[inner] == _identity(folder):
            return
        if inner:
            self._make_folder(os.path.dirname(inner))
        try:
            if not inner:
                raise FileExistsError
            os.mkdir(folder)
        except FileExistsError:  # perhaps a link
            check_inside(folder, self._root)
            os.makedirs(folder, exist_ok=True)
        self._safe[inner] = _identity(folder)

    def _check_space(self, product: Product) -> None:
        """Once the disk was full, only what surely fits is begun."""
        free = free_bytes(self.index.folder)
        if product.size is None or product.size > free:
            raise DiskFullError(f"No space left on the disk ({free:,} bytes are free).")

    def _explain(self, problem: BaseException, product: Product) -> str:
        status = problem.status if isinstance(problem, Failed) else ""
        if status and choice(self.session, "error_messages") == "requests":
            return _as_requests_says(status, without_credentials(product.url))
        if is_disk_full(problem):
            self.control.disk_full.set()
            size = f" This file has {product.size:,} bytes." if product.size else ""
            return (
                f"No space left to write it ({one_line(problem)}).{size} Free some and run again: "
                "what has arrived is kept and goes on."
            )
        return one_line(problem)


def set_aside(path: Path, sha256: str) -> str:
    """Rename the user's changed file to ``<name>.changed``, ``.changed2``, ..., and say so.

    `sha256`: of the archive's file; the same bytes need not be kept twice.
    """
    if not path.exists() or inspect(path).sha256 == sha256:
        return ""
    number, aside = 1, Path(f"{path}.changed")
    while aside.exists():
        number += 1
        aside = Path(f"{path}.changed{number}")
    os.replace(path, aside)
    return (
        "The file here had been changed since it was downloaded; "
        f"that one is now called {aside.name!r}."
    )


def one_line(problem: BaseException) -> str:
    """The words of an error for a manifest, on one line."""
    text = str(problem)
    if isinstance(problem, OSError) and problem.strerror and not isinstance(problem, MastError):
        text = problem.strerror + (f": {problem.filename}" if problem.filename else "")
    return " ".join(without_controls(text).split()) or type(problem).__name__


def _as_requests_says(status: str, url: str) -> str:
    """The words of the library requests, which astroquery's manifests have."""
    code, _, reason = status.partition(" ")
    side = "Client" if code < "500" else "Server"
    return f"HTTPError: {code} {side} Error: {reason} for url: {url}"


def _identity(folder: str) -> tuple[int, int]:
    """What tells a folder from another, or a link, of the same name; zeros if there is none."""
    try:
        status = os.lstat(folder)
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino
