"""How to cite topmast, and the data of a table: DOIs where they are known, and whom to thank."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from topmast.errors import InvalidQueryError
from topmast.version import YEAR, __citation__, __version__

HOW_TO_GET_A_DOI = "https://archive.stsci.edu/publishing/doi"
ACKNOWLEDGEMENTS = "https://archive.stsci.edu/publishing/mission-acknowledgements"
SOFTWARE = (
    f"The topmast developers, topmast: the MAST archive in Python, version {__version__} ({YEAR})."
)


@dataclass(frozen=True, slots=True)
class DataSet:
    """Data that have a DOI, and by which rows they are known.

    `collections`, `provenance` and `kinds` are what obs_collection, provenance_name and
    dataproduct_type of a row may be, in small letters; empty for any.
    """

    title: str
    doi: str
    collections: tuple[str, ...]
    provenance: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def holds(self, row: Mapping[str, str]) -> bool:
        """Whether a row is of these data."""
        pairs = (
            ("obs_collection", self.collections),
            ("provenance_name", self.provenance),
            ("dataproduct_type", self.kinds),
        )
        return all(not wanted or row.get(name, "") in wanted for name, wanted in pairs)


DATA_SETS: tuple[DataSet, ...] = (
    DataSet("TESS-SPOC light curves", "10.17909/t9-wpz1-8s54", ("hlsp",), ("tess-spoc",)),
    DataSet("QLP light curves", "10.17909/t9-r086-e880", ("hlsp",), ("qlp",)),
    DataSet("TESS calibrated full-frame images", "10.17909/0cp4-2j79", ("tess",), (), ("image",)),
    DataSet("TESS light curves", "10.17909/t9-nmc8-f686", ("tess",), (), ("timeseries",)),
    DataSet("Kepler", "10.17909/T9488N", ("kepler", "keplerffi")),
    DataSet("K2", "10.17909/T9WS3R", ("k2", "k2ffi")),
)
"""The first that holds a row is the one to cite."""


@dataclass(frozen=True, slots=True)
class Citation:
    """What to cite and whom to thank; `str()` gives it as text.

    Attributes
    ----------
    missions : tuple of str
        The collections of the data.
    data : tuple of DataSet
        Data sets with a DOI.
    without_doi : tuple of str
        Collections of which some data have no DOI that topmast knows.
    programs : tuple of str
        Programs, by collection and number, which papers name.
    """

    missions: tuple[str, ...] = ()
    data: tuple[DataSet, ...] = ()
    without_doi: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.missions:
            yield "Acknowledge:"
            yield (
                f"  Data of {_joined(self.missions)} were obtained from the Mikulski Archive for "
                "Space Telescopes (MAST) at the Space Telescope Science Institute."
            )
            yield f"  Each mission asks for words of its own: {ACKNOWLEDGEMENTS}"
        if self.programs:
            yield f"Programs: {_joined(self.programs)}."
        if self.data:
            yield "Cite the data:"
            yield from (f"  {each.title}: https://doi.org/{each.doi}" for each in self.data)
        if self.without_doi:
            yield (
                f"No DOI is known here for data of {_joined(self.without_doi)}. MAST makes one for "
                f"the very rows that you used: {HOW_TO_GET_A_DOI}"
            )
        yield "Cite the software:"
        yield f"  {SOFTWARE}"

    @property
    def bibtex(self) -> str:
        """Entries for the data with a DOI, and for the software."""
        entries = [
            f"@misc{{{_key(each.title)},\n  author = {{{{STScI}}}},\n  title = {{{each.title}}},\n"
            f"  publisher = {{STScI/MAST}},\n  doi = {{{each.doi}}},\n}}"
            for each in self.data
        ]
        return "\n\n".join([*entries, __citation__])


def cite(table: Any = None) -> Citation:
    """What to cite and whom to thank for the data of a table, and for topmast.

    Parameters
    ----------
    table : Table, optional
        Observations, products or a manifest. What is looked at are the columns obs_collection,
        provenance_name, dataproduct_type and proposal_id, and the URIs of files.

    Returns
    -------
    Citation
        Printed, it is text; its `bibtex` has entries for a bibliography.

    Raises
    ------
    InvalidQueryError
        For a table without a column that tells where its data come from.

    Examples
    --------
    >>> from topmast import cite
    >>> print(cite())  # doctest: +ELLIPSIS
    Cite the software:
      The topmast developers, topmast: ...
    """
    if table is None:
        return Citation()
    rows = list(_rows(table))
    found = {_data_set(row) for row in rows}
    without = (row["shown"] for row in rows if _data_set(row) is None)
    programs = (f"{row['shown']} {row['program']}" for row in rows if row["program"])
    return Citation(
        _distinct(row["shown"] for row in rows),
        tuple(each for each in DATA_SETS if each in found),
        _distinct(without),
        _distinct(programs),
    )


def _data_set(row: Mapping[str, str]) -> DataSet | None:
    return next((each for each in DATA_SETS if each.holds(row)), None)


def _rows(table: Any) -> Iterator[dict[str, str]]:
    """Of each row what a citation depends on, in small letters; `shown` as it is written."""
    names = {name.lower(): name for name in getattr(table, "colnames", None) or list(table)}
    collections = _texts(table, names.get("obs_collection"))
    if collections is None:
        uris = _texts(table, names.get("datauri") or names.get("uri") or names.get("local path"))
        if uris is None:
            raise InvalidQueryError(
                "The table has neither obs_collection nor the URIs of files, and so does not tell "
                "where its data come from."
            )
        collections = [_collection_of(uri) for uri in uris]
    others = {
        name: _texts(table, names.get(name)) or [""] * len(collections)
        for name in ("provenance_name", "dataproduct_type", "proposal_id")
    }
    seen = zip(collections, *others.values(), strict=True)
    for collection, provenance, kind, program in dict.fromkeys(seen):
        if collection:
            yield {
                "shown": collection,
                "obs_collection": collection.lower(),
                "provenance_name": provenance.lower(),
                "dataproduct_type": kind.lower(),
                "program": "" if program in ("N/A", "--") else program,
            }


def _texts(table: Any, name: str | None) -> list[str] | None:
    if name is None:
        return None
    values = table[name]
    values = values.tolist() if hasattr(values, "tolist") else list(values)
    return ["" if value is None else str(value).strip() for value in values]


def _collection_of(uri: str) -> str:
    """The collection in a URI, ``mast:HST/product/...``, or in the path of a download."""
    match = re.search(r"(?:^mast:|mastDownload[/\\])(\w+)", uri)
    return match[1] if match else ""


def _distinct(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(texts)))


def _joined(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _key(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower()).strip("-")
