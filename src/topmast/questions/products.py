"""List the products of many observations, asked for in batches that travel at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from topmast.config.dialects import choice
from topmast.errors import HTTPStatusError, InputWarning, InvalidQueryError, TimeoutError, warn
from topmast.login.expiry import check_not_expired
from topmast.questions.arguments import first_few, in_batches, is_astropy, whole_number
from topmast.questions.paging import ask_all_pages
from topmast.questions.polling import Finished
from topmast.questions.portal import Question, ask_question, ask_table
from topmast.questions.product_filters import is_obsid, obsids_of, unique_products
from topmast.wire.answers import columns_of_pages, read_page
from topmast.wire.portal import MashupRequest

if TYPE_CHECKING:
    from astropy.table import Table

    from topmast.net.session import Session

log: logging.Logger = logging.getLogger("topmast")

PRODUCTS = "Mast.Caom.Products"
FILTERED = "Mast.Caom.Filtered"
CONFIG = "Mast.Caom.Cone"
BATCH_SIZE = 500
"""Observations asked for in one request; several requests are under way at once."""

FULL_FRAMES = ("TESS FFI", "TICA FFI")
TOO_MUCH = (408, 413, 414, 502, 504)
"""HTTP statuses that a smaller question may not meet."""


def get_product_list(
    session: Session, /, observations: Any, *, batch_size: int | None = None, verbose: bool = True
) -> Question:
    """The data products of observations.

    Parameters
    ----------
    observations
        Observations as a query returns them (a table or a row of it), or obsids: one, a list,
        a column, or several in one text with commas. An obs_id is looked up, with a warning.
    batch_size : int, optional
        Observations in one request; several requests are under way at once.

    Raises
    ------
    InvalidQueryError
        If there is no id, or something that can be none.

    Examples
    --------
    >>> products = Observations.get_product_list(table[:2])
    """
    obsids = find_obsids(session, observations)
    size = BATCH_SIZE if batch_size is None else whole_number("batch_size", batch_size)
    params = [{"obsid": ",".join(batch)} for batch in in_batches(obsids, size)]
    return Question(PRODUCTS, params, ask=_ask_batch)


def find_obsids(session: Session, observations: Any) -> list[str]:
    """The obsids of observations as `get_product_list` takes them, each once."""
    check_not_expired(session)
    observations = leave_out_full_frames(observations, choice(session, "leave_out_full_frames"))
    return _as_obsids(session, obsids_of(observations))


def get_unique_product_list(
    session: Session, /, observations: Any, *, batch_size: int | None = None
) -> Table:
    """As `get_product_list`, but each file (``dataURI``) once, where it is listed first."""
    question = get_product_list(session, observations, batch_size=batch_size)
    return unique_products(ask_table(session, question))


def _ask_batch(session: Session, request: MashupRequest) -> list[Finished]:
    """The answers for one batch; one that is too much for the archive is asked for in halves."""
    try:
        return ask_all_pages(session, request)
    except (TimeoutError, HTTPStatusError) as problem:
        if _count(request) == 1 or not is_too_much(problem):
            raise
        log.warning("%s: asking for half as many observations at a time.", problem)
    obsids = request.params["obsid"].split(",")
    middle = len(obsids) // 2
    return [
        answer
        for half in (obsids[:middle], obsids[middle:])
        for answer in _ask_batch(session, replace(request, params={"obsid": ",".join(half)}))
    ]


def is_too_much(problem: Exception) -> bool:
    """Whether a smaller question may be answered where this one was not."""
    return not isinstance(problem, HTTPStatusError) or problem.status_code in TOO_MUCH


def _count(request: MashupRequest) -> int:
    return int(request.params["obsid"].count(",")) + 1


def release_dates(session: Session, obsids: Sequence[str]) -> Table:
    """The columns obsid, obs_id and t_obs_release of observations, as far as they are told."""
    params = [
        {
            "columns": "obsid,obs_id,t_obs_release",
            "filters": [{"paramName": "obsid", "values": list(batch)}],
        }
        for batch in in_batches(obsids, BATCH_SIZE)
    ]
    return ask_table(session, Question(FILTERED, params, config=CONFIG))


# ------------------------------------------------------------------- obs_id in place of obsid


def _as_obsids(session: Session, ids: Sequence[str]) -> list[str]:
    """The ids, each once, with the obsids of those that are an obs_id in their place."""
    others = [text for text in dict.fromkeys(ids) if not is_obsid(text)]
    if not others:
        return list(dict.fromkeys(ids))
    found = _look_up(session, others)
    missing = [text for text in others if text.lower() not in found]
    if missing and len(missing) == len(set(ids)):
        raise InvalidQueryError(_not_found(missing))
    if missing:
        warn(_not_found(missing), InputWarning)
    if len(missing) < len(others):
        warn(
            f"{first_few(map(repr, others))} is no obsid and was looked up as obs_id. "
            "The column 'obsid' of a query is quicker.",
            InputWarning,
        )
    return list(
        dict.fromkeys(
            obsid
            for text in ids
            for obsid in ([text] if is_obsid(text) else found.get(text.lower(), []))
        )
    )


def _look_up(session: Session, obs_ids: Sequence[str]) -> dict[str, list[str]]:
    """The obsids of each obs_id, in lower case, that the archive knows."""
    question = Question(
        FILTERED,
        [
            {
                "columns": "obs_id,obsid",
                "filters": [{"paramName": "obs_id", "values": list(batch)}],
            }
            for batch in in_batches(obs_ids, BATCH_SIZE)
        ],
    )
    found: dict[str, list[str]] = {}
    for pages in ask_question(session, question):
        rows = columns_of_pages([read_page(page.page) for page in pages])
        obs_ids_found, obsids = rows["obs_id"].data.tolist(), rows["obsid"].data.tolist()
        for obs_id, obsid in zip(obs_ids_found, obsids, strict=True):
            found.setdefault(str(obs_id).lower(), []).append(str(obsid))
    return found


def _not_found(texts: Sequence[str]) -> str:
    hint = ""
    if any(":" in text for text in texts):
        hint = " A single file is fetched by its URI with download_file."
    return f"{first_few(map(repr, texts))} is neither an obsid nor an obs_id of this archive.{hint}"


# ------------------------------------------------------------------------- full-frame images


def leave_out_full_frames(observations: Any, leave_out: bool) -> Any:
    """Say which TESS full-frame images are among the rows, and leave them out if asked to."""
    if not is_astropy(observations, "table.Row", "table.Table"):
        return observations
    if "target_name" not in observations.colnames:
        return observations
    from astropy.table import Row, Table

    rows = Table(observations) if isinstance(observations, Row) else observations
    is_frame = [str(name) in FULL_FRAMES for name in rows["target_name"].tolist()]
    if not any(is_frame):
        return observations
    frames = [str(text) for text, frame in zip(rows["obs_id"], is_frame, strict=True) if frame]
    log.warning(
        "TESS full-frame images are very large, and %s: %s. For one target use TESScut.",
        "their products are left out" if leave_out else "these observations are such",
        first_few(map(repr, frames)),
    )
    return rows[[not frame for frame in is_frame]] if leave_out else observations
