"""Show what a download has brought, sum it up, and say how to fetch what did not arrive."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from topmast.cli.errors import DONE, FAILED, tell
from topmast.cli.output import Output, counted
from topmast.cli.settings import current, say
from topmast.cli.wording import in_options
from topmast.config.output import one_line, readable_size

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.download.product import Result

AGAIN = "Run the same command again: only the missing files are downloaded."


def finish(manifest: Table, output: Output, *, retried: Path | None, folder: Path) -> int:
    """Show the manifest, sum it up, and tell by the exit code whether all files are there.

    `retried` is the manifest or journal that --retry named; `folder` is where the files are, and
    where a run that failed leaves its journal.
    """
    manifest["Message"] = [text and in_options(str(text)) for text in manifest["Message"].tolist()]
    bad = manifest[manifest["Status"] == "ERROR"]
    output.write(manifest, seen=bad["Local Path", "Message"])
    size = sum(manifest["Bytes"].tolist()) if "Bytes" in manifest.colnames else 0
    if len(bad) < len(manifest):
        say(f"{_are_there(len(manifest), len(bad))} in {folder} ({readable_size(size)}).")
    if not len(bad):
        return DONE
    _tell_failure(manifest, bad, _source_of_retry(output, retried, folder), output)
    return FAILED


def _are_there(count: int, bad: int) -> str:
    return f"{count - bad} of {counted(count, 'file')} {'is' if count == 1 else 'are'} there,"


def _tell_failure(manifest: Table, bad: Table, source: Path | None, output: Output) -> None:
    """Sum up what failed; the reasons as well, unless the screen shows them already."""
    from topmast.download.run import last_line

    retry = "" if source is None else f"\nOr: topmast download --retry {shlex.quote(str(source))}"
    lines = last_line(list(_results(manifest)), AGAIN + retry).splitlines()
    if output.shows(bad):
        lines[0] = f"FAILED: {len(bad)} of {counted(len(manifest), 'file')} did not arrive."
    for line in lines:
        tell(in_options(one_line(line)))
    if any("401" in str(text) for text in bad["Message"].tolist()):
        from topmast.login.authentication import token_page_hint

        session = current().client().session
        tell(f"Log in with --login; a token is made {token_page_hint(session)}")


def _results(manifest: Table) -> Iterable[Result]:
    from topmast.download.product import Product, Result

    for path, status, message in manifest["Local Path", "Status", "Message"].iterrows():
        yield Result(Product(uri="", url="", path="", local_path=path), status, message)


def _source_of_retry(output: Output, retried: Path | None, folder: Path) -> Path | None:
    """What --retry can read: the manifest just written, the one given, or the run's journal."""
    if output.path is not None and not output.columns:
        return output.path
    if retried is not None and retried.exists():
        return retried
    return _newest_journal(folder)


def _newest_journal(folder: Path) -> Path | None:
    from topmast.download.folder.journal import is_journal

    journals = [path for path in folder.glob(".topmast-run-*") if is_journal(path)]
    return max(journals, key=lambda path: path.stat().st_mtime_ns, default=None)
