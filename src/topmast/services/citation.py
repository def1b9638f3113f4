"""How to cite topmast, and the data that a table lists: DOIs, BibTeX, an acknowledgement."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from topmast.errors import InvalidTypeError
from topmast.version import __version__

__all__ = ["Citation", "DataSet", "__citation__", "cite"]

__citation__ = f"""@software{{topmast,
  author = {{{{The topmast developers}}}},
  title = {{topmast: the MAST archive in Python}},
  version = {{{__version__}}},
  license = {{BSD-3-Clause}}
}}"""
"""The citation of the software itself, in BibTeX."""

ASK_FOR_DOI = (
    "no DOI is known here; make one for your own list of observations with the DOI service of "
    "MAST, https://archive.stsci.edu/publishing/doi"
)


@dataclass(frozen=True, slots=True)
class DataSet:
    """A collection of data, with its DOI if one is known."""

    mission: str
    title: str
    doi: str = ""
    pattern: str = ""
    """What the collection, provenance, type and file name of its rows match, in lower case."""

    @property
    def key(self) -> str:
        """The BibTeX key: ``mast:t9-nmc8-f686``."""
        return f"mast:{self.doi.partition('/')[2]}"

    def bibtex(self) -> str:
        """The entry of this data set; empty without a DOI."""
        if not self.doi:
            return ""
        fields = {
            "title": f"{{{self.title}}}",
            "publisher": "STScI/MAST",
            "doi": self.doi,
            "url": f"https://doi.org/{self.doi}",
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items()]
        return f"@misc{{{self.key},\n" + ",\n".join(lines) + "\n}"


DATA_SETS = (
    DataSet("QLP", "TESS light curves from the full frame images (QLP)",
            "10.17909/t9-r086-e880", r"\bqlp\b|hlsp_qlp_"),
    DataSet("TESS-SPOC", "TESS light curves from the full frame images (TESS-SPOC)",
            "10.17909/t9-wpz1-8s54", r"\btess-spoc\b|hlsp_tess-spoc_"),
    DataSet("TESS", "TESS calibrated full frame images, all sectors",
            "10.17909/0cp4-2j79", r"^tess [^ ]* image |tess\d+-s\d+-\d-\d-\d+-s_ffi[rc]"),
    DataSet("TESS", "TESS light curves, all sectors",
            "10.17909/t9-nmc8-f686", r"^tess [^ ]* timeseries (?!.*_tp\.fits)|-s_lc\.fits"),
    DataSet("Kepler", "Kepler light curves and target pixel files",
            "10.17909/T9488N", r"^kepler |\bkplr\d{9}"),
    DataSet("K2", "K2 light curves and target pixel files",
            "10.17909/T9WS3R", r"^k2 |\bktwo\d{9}"),
)  # fmt: skip
"""The data sets whose DOI is known; the first whose pattern matches a row is that of the row."""

URI_MISSION = re.compile(r"mast:([^/]+)/")
PATH_MISSION = re.compile(r"(?:^|[/\\])mastDownload[/\\]([^/\\]+)[/\\]")


@dataclass(frozen=True, slots=True)
class Citation:
    """The data sets that a table of data comes from, and how many of its rows each gave."""

    data: tuple[tuple[DataSet, int], ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """The missions whose data have no DOI that is known here."""
        return tuple(each.mission for each, _ in self.data if not each.doi)

    def bibtex(self) -> str:
        """The software and each data set with a DOI, as entries of BibTeX."""
        entries = [__citation__, *(each.bibtex() for each, _ in self.data)]
        return "\n\n".join(filter(None, entries))

    def acknowledgement(self) -> str:
        """A sentence for a paper, to be completed by those that the missions ask for."""
        if not self.data:
            return "This work used topmast."
        missions = _listed(dict.fromkeys(each.mission for each, _ in self.data))
        dois = _listed(each.doi for each, _ in self.data if each.doi)
        return (
            f"This work used topmast and data of {missions} from the Mikulski Archive for Space "
            f"Telescopes (MAST) at STScI{f', DOI {dois}' if dois else ''}."
        )

    def rows(self) -> list[dict[str, Any]]:
        """The data sets as rows of a table: mission, title, doi, rows, note, bibtex."""
        return [
            {"mission": each.mission, "title": each.title, "doi": each.doi, "rows": count,
             "note": "" if each.doi else ASK_FOR_DOI, "bibtex": each.bibtex()}
            for each, count in self.data
        ]  # fmt: skip

    def __str__(self) -> str:
        """The acknowledgement, what is not known, and the BibTeX."""
        unknown = [f"{mission}: {ASK_FOR_DOI}." for mission in self.unknown]
        return "\n\n".join([self.acknowledgement(), *unknown, self.bibtex()])


def cite(data: Any = None) -> Citation:
    """How to cite topmast, and the data in a table.

    Parameters
    ----------
    data
        Observations, products or a manifest, as a search or a download returned them. Without it
        only the software is cited.

    Returns
    -------
    Citation
        Print it, or take its ``bibtex()``. Missions without a DOI that is known here are in
        ``unknown``, and the text says how to get one.

    Examples
    --------
    >>> from topmast import Observations, cite
    >>> cite(Observations.query_criteria(obs_collection="K2")).data[0][0].doi
    '10.17909/T9WS3R'
    """
    counts = Counter(map(_data_set_of, _facts(data))) if data is not None else {}
    ordered = sorted(counts.items(), key=lambda each: (not each[0].doi, each[0].mission))
    return Citation(tuple(ordered))


def _facts(data: Any) -> Iterator[tuple[str, str]]:
    """The mission of each row, and the text that the patterns are compared with."""
    names = getattr(data, "colnames", None)
    if names is None or not {"obs_collection", "Local Path"} & set(names):
        raise InvalidTypeError(
            f"cite takes a table of observations, products or a manifest, not {_what(data)}."
        )
    if "obs_collection" not in names:
        for path, url in zip(_texts(data, "Local Path"), _texts(data, "URL"), strict=True):
            found = URI_MISSION.search(url) or PATH_MISSION.search(path)
            yield (found[1] if found else ""), f"   {path}"
        return
    provenance = "provenance_name" if "provenance_name" in names else "project"
    wanted = ("obs_collection", provenance, "dataproduct_type", "productFilename")
    for values in zip(*(_texts(data, name) for name in wanted), strict=True):
        mission = (values[0] == "HLSP" and values[1]) or values[0]
        yield mission, " ".join(value.replace(" ", "_") for value in values)


def _what(data: Any) -> str:
    names = getattr(data, "colnames", None)
    return type(data).__name__ if names is None else f"one with the columns {', '.join(names)}"


def _texts(table: Any, name: str) -> list[str]:
    if name not in table.colnames:
        return [""] * len(table)
    return ["" if value is None else str(value) for value in table[name].tolist()]


def _data_set_of(facts: tuple[str, str]) -> DataSet:
    mission, text = facts
    known = (each for each in DATA_SETS if re.search(each.pattern, text.lower()))
    return next(known, None) or DataSet(mission or "unknown mission", f"Data of {mission}")


def _listed(words: Iterable[str]) -> str:
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last
