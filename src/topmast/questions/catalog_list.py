"""The catalogues that can be searched: one row each, with its services, versions and limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from topmast.errors import InputWarning, InvalidQueryError, nearest_word, warn
from topmast.questions.arguments import is_one, plain_argument, plain_text


@dataclass(frozen=True, slots=True)
class CriteriaServices:
    """The services that search one catalogue by its columns, with and without a place.

    `config` is the column configuration that tells which columns there are. `selects` is true
    where a service is told the columns to give back, and counts when told ``COUNT_BIG(*)``.
    """

    rows: str
    rows_near: str
    count: str
    count_near: str
    config: str
    selects: bool = True


@dataclass(frozen=True, slots=True)
class Catalog:
    """One catalogue, in one version if it has several.

    Attributes
    ----------
    name : str
        As messages call it; users may write it in any letter case.
    cone : str
        The service that finds what is near a place.
    version : int, optional
    release : str
        The version as messages call it, such as ``DR3``.
    words : tuple of str
        Other names, as `_plain` leaves them.
    parameters : mapping
        What the cone service takes besides the place, with MAST's defaults.
    limit : str
        Which of the parameters is the most rows that the service gives; "" if none is.
    criteria : CriteriaServices, optional
    matches : str
        The service with the detections behind one source.
    api : str
        What the catalogue is called at catalogs.mast, for one that is searched there.
    listed : bool
        False for a name that only the archive may know.
    """

    name: str
    cone: str
    version: int | None = None
    release: str = ""
    words: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)
    limit: str = ""
    criteria: CriteriaServices | None = None
    matches: str = ""
    api: str = ""
    listed: bool = True

    @property
    def title(self) -> str:
        """The name with the version: ``GaiaDR3``, ``HSCv3``, ``TIC``."""
        return self.name + self.release


def _tess(name: str) -> CriteriaServices:
    """The services of a TESS catalogue; its ``.Rows`` are quicker and cannot count."""
    start = f"Mast.Catalogs.Filtered.{name}"
    return CriteriaServices(
        rows=f"{start}.Rows",
        rows_near=f"{start}.Position.Rows",
        count=start,
        count_near=f"{start}.Position",
        config="Mast.Catalogs.Tess.Cone",
    )


DISK_DETECTIVE = CriteriaServices(
    rows="Mast.Catalogs.Filtered.DiskDetective",
    rows_near="Mast.Catalogs.Filtered.DiskDetective.Position",
    count="Mast.Catalogs.Filtered.DiskDetective.Count",
    count_near="Mast.Catalogs.Filtered.DiskDetective.Position.Count",
    config="Mast.Catalogs.Dd.Cone",
    selects=False,
)
HSC: dict[str, Any] = {
    "words": ("hubblesourcecatalog",),
    "parameters": {"nr": 50000, "ni": 1, "magtype": 1},
    "limit": "nr",
}
GALEX: dict[str, Any] = {"parameters": {"maxrecords": 50000}, "limit": "maxrecords"}

CATALOGS: tuple[Catalog, ...] = (
    Catalog("HSC", "Mast.Hsc.Db.v2", 2, "v2", **HSC, matches="Mast.HscMatches.Db.v2"),
    Catalog("HSC", "Mast.Hsc.Db.v3", 3, "v3", **HSC, matches="Mast.HscMatches.Db.v3"),
    Catalog("GALEX", "Mast.Galex.Catalog", **GALEX),
    Catalog("Gaia", "Mast.Catalogs.GaiaDR1.Cone", 1, "DR1"),
    Catalog("Gaia", "Mast.Catalogs.GaiaDR2.Cone", 2, "DR2"),
    Catalog("Gaia", "Mast.Catalogs.GaiaDR3.Cone", 3, "DR3"),
    Catalog("TGAS", "Mast.Catalogs.Tgas.Cone", words=("gaiatgas",)),
    Catalog("TIC", "Mast.Catalogs.Tic.Cone", words=("tessinputcatalog",), criteria=_tess("Tic")),
    Catalog("CTL", "Mast.Catalogs.Ctl.Cone", words=("candidatetargetlist",), criteria=_tess("Ctl")),
    Catalog("DiskDetective", "Mast.Catalogs.DiskDetective.Cone", criteria=DISK_DETECTIVE),
    Catalog("PLATO", "Mast.Catalogs.Plato.Cone", 1, "DR1"),
    Catalog("PanSTARRS", "", words=("ps1", "panstarrs1"), api="panstarrs"),
)
"""Versions of one catalogue stand together, the highest last."""


def find_catalog(
    name: str, version: int | None = None, *, newest: Mapping[str, int] | None = None
) -> Catalog:
    """The catalogue that a user names in any letter case, with or without its version.

    Without `version` it is the highest; `newest` says for some names which one that is. For an
    unknown name it is the service that it would have, since an archive may know it. Warns of a
    version that does not exist, and of one where it says nothing.
    """
    name, plain = plain_text(name), _checked(name)
    version = plain_argument(version)
    if not is_one(version):
        raise InvalidQueryError(f"A version is a whole number, not {version!r}.")
    releases = [each for each in CATALOGS if plain in (_plain(each.name), *each.words)]
    if not releases:
        unlisted = Catalog(name, f"Mast.Catalogs.{name}.Cone", listed=False)
        found = next((each for each in CATALOGS if plain == _plain(each.title)), unlisted)
        return _without_version(found, version)
    if releases[-1].version is None:
        return _without_version(releases[-1], version)
    highest = (newest or {}).get(releases[-1].name)
    known = [each for each in releases if highest is None or (each.version or 0) <= highest]
    for each in known:
        if version == each.version:
            return each
    if version is not None:
        name = "PLATO catalog" if known[-1].name == "PLATO" else known[-1].name
        message = f"Invalid {name} version number, defaulting to {known[-1].release}."
        warn(message, InputWarning)  # in astroquery's words
    return known[-1]


def nearest_catalog(name: str, others: Iterable[str] = ()) -> str | None:
    """The name of the catalogue, or of one of `others`, that an unknown name most likely means."""
    return nearest_word(_plain(name), {_plain(each): each for each in others} | dict(_spellings()))


def _spellings() -> Iterator[tuple[str, str]]:
    for each in CATALOGS:
        for word in (_plain(each.name), *each.words):
            yield word, each.name
        yield _plain(each.title), each.title


def _without_version(catalog: Catalog, version: int | None) -> Catalog:
    if version is not None and version != catalog.version:
        why = "names its version" if catalog.version else "has no versions"
        warn(f"version={version!r} is ignored: {catalog.title} {why}.", InputWarning)
    return catalog


def _checked(name: Any) -> str:
    name = plain_text(name)
    plain = _plain(name) if isinstance(name, str) else ""
    if not plain:
        names = ", ".join(dict.fromkeys(each.name for each in CATALOGS))
        raise InvalidQueryError(f"A catalogue has a name ({names}), not {name!r}.")
    return plain


def _plain(name: str) -> str:
    return re.sub(r"[\s_.-]+", "", name).lower()
