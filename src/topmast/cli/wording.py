"""Messages of the library in the words of the command line: options in place of arguments."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from functools import cache

Said = str | Callable[[re.Match[str]], str]


def in_options(text: str) -> str:
    """`text` with options and commands where it names what Python users write."""
    for pattern, said in _PHRASES:
        text = pattern.sub(said, text)
    return _columns().sub(_as_option, text)


def option_name(column: str) -> str:
    """How the option of a column is spelled: ``--product-sub-group-description``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z]|UR[IL])", "-", column).replace("_", "-").lower()
    return f"--{words}"


def _setting(match: re.Match[str]) -> str:
    return f"the environment variable TOPMAST_{match[1].upper()}"


PHRASES: tuple[tuple[str, Said], ...] = (
    (r"mrp_only=False takes them too \(--all at the command line\)", "--all takes them too"),
    (r"mrp_only=False takes all", "without --mrp-only all are taken"),
    (r"[Ll]eave mrp_only out", "Leave --mrp-only out"),
    (r"\bmrp_only='?True'?", "--mrp-only"),
    (r"conf\.timeout", "--timeout"),
    (r"conf\.(connections)", r"--\1"),
    (r"conf\.(\w+)", _setting),
    (r"(Observations\.)?\blogin\(token=\.\.\.\)|Observations\.login\b", "--login"),
    (r"\blogin\(username='?([^')]*)'?\)", r"--username \1"),
    (r"download_file\b", "topmast download URI"),
    (r"get_product_list( makes one of obsids| returns it)?", "topmast products"),
    (r"\bdownload_products( returns it)?", "topmast download"),
    (r"filter_products takes", "A filter takes"),
    (r"Conditions on columns are for query_criteria", "Conditions on columns: --criterion"),
    (r"; explain\(\) counts", "; topmast explain counts"),
    (r"Please try another resolver or set `resolver=None` to use", "Leave --resolver out to use"),
    (r"coordinates and radius find", "a TARGET and --radius find"),
    (r"object_name searches by place", "a TARGET searches by place"),
    (r"obstype='all'", "--criterion obstype=all"),
    (r"\(pagesize=(\d+)\)", r"(TOPMAST_PAGESIZE=\1)"),
    (r",? or ask for one page at a time \(page=1[^)]*\)", ""),
    (r"Ask for one page at a time \(page=1[^)]*\)", "Ask for less"),
    (r"\bflat=True", "--flat"),
    (r"\bversion=(\d+)", r"--version \1"),
    (r"object_name and coordinates", "a name and a position"),
)  # fmt: skip
_PHRASES = tuple((re.compile(pattern), said) for pattern, said in PHRASES)


@cache
def _columns() -> re.Pattern[str]:
    """A column and its value, as Python has them: ``obs_collection='HST'``."""
    from topmast.tables.fields import OBSERVATION, PRODUCT

    names = "|".join(sorted({field.name for field in (*OBSERVATION, *PRODUCT)} | {"extension"}))
    return re.compile(rf"\b({names})=('[^']*'|\"[^\"]*\")")


def _as_option(match: re.Match[str]) -> str:
    return f"{option_name(match[1])} {shlex.quote(match[2][1:-1])}"
