"""Where topmast and today's astroquery differ in what a call returns, as one table.

A session speaks one of three dialects. ``"guide"`` is topmast's own and follows the astroquery
guide; ``"astroquery"`` follows astroquery 0.4.11, so that existing scripts see no change;
``"next"`` follows its pre-release 0.4.12.dev11095.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

AS_TODAY = object()
"""The pre-release answers as the release does."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One question that the dialects answer differently.

    `guide` and `astroquery` are the values that the code uses; the `_text` of each is how the
    documentation words it. `later` is the value of astroquery's pre-release, `AS_TODAY` where it
    answers as 0.4.11 does.
    """

    name: str
    question: str
    guide: Any
    astroquery: Any
    guide_text: str
    astroquery_text: str
    later: Any = AS_TODAY

    def value(self, dialect: str) -> Any:
        """What the code uses in a dialect."""
        if dialect == "guide":
            return self.guide
        is_later = dialect == "next" and self.later is not AS_TODAY
        return self.later if is_later else self.astroquery

    @property
    def later_text(self) -> str:
        """How the documentation words the pre-release's answer."""
        if self.later is AS_TODAY or self.later == self.astroquery:
            return self.astroquery_text
        return self.guide_text


DIALECT_DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "null_floats",
        "missing floats",
        "masked",
        "nan",
        "masked, print `--`",
        "NaN, not masked",
    ),
    Difference(
        "units",
        "columns of a table",
        True,
        False,
        "have units and descriptions",
        "have neither",
    ),
    Difference(
        "science_only",
        "query_criteria without obstype or intentType",
        True,
        False,
        "science only",
        "science and calibration",
    ),
    Difference(
        "mrp_only",
        "mrp_only in download_products when it is not given",
        None,
        False,
        "minimum recommended products only, unless the call has filters of its own",
        "all products",
    ),
    Difference(
        "script_manifest",
        "manifest of a curl script",
        ("Local Path", "Status", "Message", "URL"),
        ("Local Path", "Status", "Message"),
        "four columns",
        "three columns",
    ),
    Difference(
        "gaia_version",
        "releases of Gaia",
        3,
        2,
        "DR1 to DR3, the highest where none is given",
        "DR1 and DR2, and DR2 where none is given",
        later=3,
    ),
    Difference(
        "full_manifest",
        "manifest of a download",
        True,
        False,
        "also tells bytes, checksum, attempts, seconds and source of each file",
        "Local Path, Status, Message, URL",
    ),
    Difference(
        "missions_need_criteria",
        "query_criteria of MastMissions without any criterion but a place",
        False,
        True,
        "finds all datasets, or all near the place",
        "is refused",
        later=False,
    ),
    Difference(
        "path_objects",
        "Local Path in the manifest of MastMissions",
        False,
        True,
        "a text",
        "a `pathlib.Path`",
    ),
    Difference(
        "own_address",
        "the line printed for a product that lies elsewhere on the web",
        True,
        False,
        "names the product's own address",
        "names the address at the archive",
    ),
    Difference(
        "error_messages",
        "Message in the manifest when the archive answers with an error status",
        "advice",
        "requests",
        "the status and what to do",
        "the text of requests: `HTTPError: 404 Client Error: Not Found for url: ...`",
    ),
    Difference(
        "any_letter_case",
        "texts in filter_products and its `extension`",
        True,
        False,
        "match in any letter case",
        "match in the same letter case only",
        later=True,
    ),
    Difference(
        "leave_out_full_frames",
        "get_product_list with TESS full-frame images among the observations",
        False,
        True,
        "lists their products and says that they are large",
        "leaves them out and says so",
    ),
    Difference(
        "cloud_first",
        "get_cloud_uri, get_cloud_uris and list_cloud_datasets before enable_cloud_dataset",
        False,
        True,
        "answer",
        "raise RemoteServiceError",
        later=False,
    ),
    Difference(
        "cloud_address",
        "get_cloud_uris(include_bucket=False, full_url=True)",
        None,
        "http://s3.amazonaws.com/{bucket}/{key}",
        "the https address that is asked for the file",
        "an http address of Amazon's global server",
    ),
    Difference(
        "hours",
        "`14:03:12.6 +54:20:57`, `14 03 12.6 +54 20 57` and `J140312.54+542056.2`",
        True,
        False,
        "the right ascension is in hours",
        "the right ascension is in degrees; the warning tells both positions",
    ),
    Difference(
        "all_pages",
        "a search of Pan-STARRS without page",
        True,
        False,
        "gives all rows, a page after the other",
        "gives the first page",
    ),
    Difference(
        "collections",
        "a catalogue that is none of the portal's",
        True,
        False,
        "is looked for among the collections that the archive offers by TAP",
        "is asked of the portal",
    ),
    Difference(
        "disagreement",
        "resolve_object(resolve_all=True) where resolvers are more than an arcminute apart",
        True,
        False,
        "warns, with both positions",
        "says nothing",
    ),
    Difference(
        "catalog_names",
        "a TIC, KIC or EPIC number that no resolver knows",
        True,
        False,
        "looked up in the archive's own catalogue or observations",
        "not known",
    ),
    Difference(
        "doubts",
        "an answer with fewer rows than it says it has, or with a message beside them",
        True,
        False,
        "a MaxResultsWarning or MastWarning",
        "a line in the log",
    ),
    Difference(
        "explained",
        "the NoResultsWarning of a search that finds nothing",
        True,
        False,
        "names the criterion that is the reason",
        "says that there are no results",
    ),
    Difference(
        "keep_selected",
        "the column `_selected_` in Mast.mashup_request",
        True,
        False,
        "kept",
        "left out",
    ),
)

_BY_NAME = {difference.name: difference for difference in DIALECT_DIFFERENCES}


class HasSettings(Protocol):
    """Anything that knows its settings, such as a session."""

    def setting(self, name: str) -> Any: ...


def choice(session: HasSettings, name: str) -> Any:
    """The value that the dialect of `session` gives to the difference called `name`."""
    return _BY_NAME[name].value(session.setting("dialect"))
