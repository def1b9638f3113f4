"""One file by its URI: `download_file`."""

from __future__ import annotations

import os
from pathlib import Path

from topmast.download.folder.index import Index, find_index
from topmast.download.folder.layout import shortened
from topmast.download.job import Job
from topmast.download.rules import Rules
from topmast.download.run import Run
from topmast.download.transfer.sources import Sources, checked_uri, file_name_of
from topmast.net.session import Session
from topmast.wire.safe_names import safe_name


def download_file(
    session: Session,
    uri: str,
    *,
    local_path: str | os.PathLike[str] | None = None,
    base_url: str | None = None,
    cache: bool | str = True,
    verbose: bool = True,
) -> tuple[str, str | None, str | None]:
    """Fetch one product by its URI.

    Parameters
    ----------
    uri : str
        Such as ``mast:HST/product/u9o40504m_c3m.fits``.
    local_path : path, optional
        The file to write, or a folder for it: an existing one, a name without a suffix, or one
        with a slash at its end.
        Default: where Python runs, under the product's own name.
    base_url : str, optional
        What answers ``?uri=...`` in place of the archive's own address.
    cache : True, False or "check"
        As in `plan_download`.
    verbose : bool
        Whether to show what goes on.

    Returns
    -------
    status, message, url
        "COMPLETE", None, None; or "ERROR", what happened, and the address.
    """
    uri = checked_uri(uri)
    sources = Sources.of(session, base_url)
    path = _target(uri, local_path)
    index = Index(find_index(path.parent) or path.parent)
    job = Job(
        uri=uri,
        url=sources.url(uri),
        path=path.relative_to(index.folder).as_posix(),
        shown=os.fspath(path),
        data_url=sources.shown(uri),
    )
    run = Run(session, [job], index, Rules.of(session), cache=cache, verbose=verbose, journal=False)
    outcome = next(iter(list(run.outcomes())))
    return outcome.status, outcome.message, outcome.url


def _target(uri: str, local_path: str | os.PathLike[str] | None) -> Path:
    name = shortened(safe_name(file_name_of(uri) or "unknown"))
    if not local_path:
        return Path(name)
    given = os.path.expanduser(os.fspath(local_path))
    path = Path(given)
    if path.is_dir() or not path.suffix or given.endswith(("/", os.sep)):
        return path / name
    return path
