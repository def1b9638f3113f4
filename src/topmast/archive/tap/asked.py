"""A query as a form asks it: its words checked, its uploads taken along."""

from __future__ import annotations

from topmast.archive.tap.results import result_format
from topmast.archive.tap.run import SECONDS, TapQuery
from topmast.archive.tap.uploads import Fetch, uploads_of
from topmast.errors import InvalidQueryError
from topmast.wire.forms import Form

LANGUAGES = ("ADQL", "ADQL-2.0", "ADQL-2.1")
VOTABLE = "votable"


def query_of(
    form: Form,
    collection: str,
    base_url: str,
    fetch: Fetch,
    seconds: float = SECONDS,
    stop_file: str = "",
) -> TapQuery:
    """The query that a form asks; `fetch` gives the results of earlier jobs by their addresses.

    Raises InvalidQueryError for what is wrong or missing, with the value.
    """
    words = form.words
    if words.get("REQUEST", "doQuery").lower() != "doquery":
        raise InvalidQueryError(f"REQUEST is doQuery, not {words['REQUEST'][:60]!r}.")
    if words.get("LANG", "ADQL").upper() not in LANGUAGES:
        raise InvalidQueryError(f"LANG is {', '.join(LANGUAGES)}, not {words['LANG'][:60]!r}.")
    if not words.get("QUERY", "").strip():
        raise InvalidQueryError("QUERY is missing: the query in ADQL.")
    wanted = format_of(form)
    result_format(wanted)  # says now that there is no such format
    listed = [value for name, value in form.every if name == "UPLOAD"]
    return TapQuery(
        words["QUERY"],
        collection,
        whole_number("MAXREC", words.get("MAXREC")),
        wanted,
        base_url,
        uploads_of(listed, form.files, fetch),
        seconds,
        stop_file,
    )


def format_of(form: Form) -> str:
    """The format of the answer that a form asks for."""
    return form.words.get("RESPONSEFORMAT") or form.words.get("FORMAT") or VOTABLE


def whole_number(name: str, text: str | None) -> int | None:
    """A word of a form that is a whole number; None if it is not given."""
    if text is None or not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) <= 18):
        raise InvalidQueryError(f"{name} is a whole number from 0 on, not {text[:60]!r}.")
    return int(text)
