"""Catalogs: sources near a place or matching criteria."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Table

from topmast.questions.catalogs import (
    CatalogQuestion,
    CountingAsk,
    catalog_metadata,
    chosen_catalog,
    cone_count_question,
    cone_question,
    counted,
    criteria_count_question,
    criteria_question,
    knowing,
    rows_found,
    warn_if_cut,
)
from topmast.questions.criteria import Criteria
from topmast.questions.portal import ask_question
from topmast.questions.targets import DEFAULT_RADIUS
from topmast.services.class_or_instance import class_or_instance
from topmast.services.hsc_spectra import HscService
from topmast.services.service import one_name
from topmast.wire.answers import table_of

if TYPE_CHECKING:
    from topmast.net.messages import Answer

__all__ = ["CatalogsClass"]

DEFAULT = "Hsc"


class CatalogsClass(HscService):
    """Sources in the catalogues of MAST.

    The catalogues are HSC (v2, v3), GALEX, Gaia (DR1, DR2, DR3), TGAS, TIC, CTL, DiskDetective
    and PLATO, named in any letter case. Another name X is asked for as ``Mast.Catalogs.X.Cone``.

    A place, many places and a radius are given as in `ObservationsClass`.
    """

    _catalog_limit: int | None = None

    @property
    def catalog_limit(self) -> int | None:
        """The most rows that the archive gave in the last search here; None if it has no limit."""
        return self._catalog_limit

    @class_or_instance
    def query_region(
        self,
        coordinates: Any,
        radius: Any = DEFAULT_RADIUS,
        catalog: str = DEFAULT,
        version: int | None = None,
        pagesize: int | None = None,
        page: int | None = None,
        **parameters: Any,
    ) -> Table:
        """Sources of a catalogue within a cone, or within each of many cones.

        Parameters
        ----------
        coordinates
            One place or many.
        radius : float, str or `~astropy.units.Quantity`
            One radius, or one for each of many places; a number is degrees.
        catalog : str
            Which catalogue.
        version : int, optional
            Of HSC, Gaia or PLATO; default: the highest.
        pagesize, page : int, optional
            As for `ObservationsClass.query_region`.
        **parameters
            For HSC: ``nr`` (the most rows, 50000), ``ni`` (the fewest images a source is seen on,
            1) and ``magtype`` (1: MagAper2, 2: MagAuto). For GALEX: ``maxrecords`` (50000).

        Returns
        -------
        `~astropy.table.Table`
            By increasing distance from the place; that column is in arcmin for HSC, GALEX and
            Gaia and in arcsec for TIC, CTL and DiskDetective. Without any match the table has no
            rows, and a NoResultsWarning says so.

        Raises
        ------
        InvalidQueryError
            For an unknown catalogue or parameter, with the nearest name.

        Warns
        -----
        MaxResultsWarning
            When the most rows were reached, so that there may be more sources.

        Examples
        --------
        >>> stars = Catalogs.query_region((322.49324, 12.16683), radius=0.01, catalog="HSC")
        """
        return self._search(
            self._region(coordinates, radius, catalog, version, pagesize, page, parameters)
        )

    @class_or_instance
    def query_region_async(
        self,
        coordinates: Any,
        radius: Any = DEFAULT_RADIUS,
        catalog: str = DEFAULT,
        version: int | None = None,
        pagesize: int | None = None,
        page: int | None = None,
        **parameters: Any,
    ) -> list[Answer]:
        """The answers behind `query_region` as they came, one for each page and place."""
        asked = self._region(coordinates, radius, catalog, version, pagesize, page, parameters)
        return self._ask(self._noted(asked).question)

    @class_or_instance
    def query_object(
        self,
        object_name: str | Iterable[str] | None = None,
        radius: Any = DEFAULT_RADIUS,
        catalog: str = DEFAULT,
        pagesize: int | None = None,
        page: int | None = None,
        version: int | None = None,
        *,
        resolver: str | None = None,
        objectname: str | Iterable[str] | None = None,
        **parameters: Any,
    ) -> Table:
        """Sources of a catalogue within a cone around an object, or around each of many.

        Parameters
        ----------
        object_name : str or list of str
            Such as ``"M10"`` or ``"158.47924 -7.30962"``; ``objectname`` is the same. Of a list,
            names that nobody knows are warned of and left out.
        radius, catalog, pagesize, page, version, **parameters
            As for `query_region`.
        resolver : {"NED", "SIMBAD"}, optional
            Whom to ask for the position; default: the first that knows the name.

        Raises
        ------
        ResolverError
            If the name, or none of the names, is known.

        Examples
        --------
        >>> stars = Catalogs.query_object("M10", radius=0.02, catalog="TIC")
        """
        name = one_name(object_name, objectname)
        return self._search(
            self._object(name, resolver, radius, catalog, version, pagesize, page, parameters)
        )

    @class_or_instance
    def query_object_async(
        self,
        object_name: str | Iterable[str] | None = None,
        radius: Any = DEFAULT_RADIUS,
        catalog: str = DEFAULT,
        pagesize: int | None = None,
        page: int | None = None,
        version: int | None = None,
        *,
        resolver: str | None = None,
        objectname: str | Iterable[str] | None = None,
        **parameters: Any,
    ) -> list[Answer]:
        """The answers behind `query_object` as they came, one for each page and object."""
        name = one_name(object_name, objectname)
        asked = self._object(name, resolver, radius, catalog, version, pagesize, page, parameters)
        return self._ask(self._noted(asked).question)

    @class_or_instance
    def query_criteria(
        self, catalog: str, pagesize: int | None = None, page: int | None = None, **criteria: Any
    ) -> Table:
        """Sources of a catalogue that meet all criteria.

        Parameters
        ----------
        catalog : {"TIC", "CTL", "DiskDetective"}
            In any letter case.
        pagesize, page : int, optional
            As for `query_region`.
        **criteria
            At least one column (see `get_metadata`), as for `ObservationsClass.query_criteria`:
            a value or list of values, ``[low, high]`` for a column of floats. ``coordinates`` or
            ``object_name`` (or ``objectname``), ``radius`` and ``resolver`` limit the place.

        Raises
        ------
        InvalidQueryError
            For another catalogue, without any criterion but a place, and for an unknown
            criterion, with the nearest name.

        Examples
        --------
        >>> stars = Catalogs.query_criteria("Tic", Bmag=[30, 50], objType="STAR")
        """
        return self._search(criteria_question(self._session, catalog, criteria, pagesize, page))

    @class_or_instance
    def query_criteria_async(
        self, catalog: str, pagesize: int | None = None, page: int | None = None, **criteria: Any
    ) -> list[Answer]:
        """The answers behind `query_criteria` as they came, one for each page and place."""
        asked = criteria_question(self._session, catalog, criteria, pagesize, page)
        return self._ask(self._noted(asked).question)

    # ------------------------------------------------------------------------ counts

    @class_or_instance
    def query_region_count(
        self,
        coordinates: Any,
        radius: Any = DEFAULT_RADIUS,
        catalog: str = DEFAULT,
        version: int | None = None,
        pagesize: int | None = None,
        page: int | None = None,
        **parameters: Any,
    ) -> Any:
        """How many sources `query_region` would find: a number, or an array for many places.

        `pagesize` and `page` change nothing.
        """
        place = Criteria(coordinates=coordinates, radius=radius)
        return self._count_near(place, catalog, version, parameters)

    @class_or_instance
    def query_object_count(
        self,
        object_name: str | Iterable[str] | None = None,
        radius: Any = DEFAULT_RADIUS,
        catalog: str = DEFAULT,
        pagesize: int | None = None,
        page: int | None = None,
        version: int | None = None,
        *,
        resolver: str | None = None,
        objectname: str | Iterable[str] | None = None,
        **parameters: Any,
    ) -> Any:
        """How many sources `query_object` would find: a number, or an array for many names.

        `pagesize` and `page` change nothing.
        """
        name = one_name(object_name, objectname)
        place = Criteria(object_name=name, radius=radius, resolver=resolver)
        return self._count_near(place, catalog, version, parameters)

    @class_or_instance
    def query_criteria_count(
        self, catalog: str, pagesize: int | None = None, page: int | None = None, **criteria: Any
    ) -> Any:
        """How many sources `query_criteria` would find; without criteria, how many there are.

        `pagesize` and `page` change nothing.
        """
        asked = self._noted(criteria_count_question(self._session, catalog, criteria))
        counts = [counted(pages) for pages in ask_question(self._session, asked.question)]
        return counts[0] if asked.question.places is None else np.array(counts)

    # ------------------------------------------------------------ about the catalogues

    @class_or_instance
    def get_metadata(self, catalog: str = DEFAULT, version: int | None = None) -> Table:
        """The columns of a catalogue, with types, units, meaning and UCDs.

        Examples
        --------
        >>> columns = Catalogs.get_metadata("Gaia", version=3)
        """
        return catalog_metadata(self._session, chosen_catalog(self._session, catalog, version))

    # ------------------------------------------------------------------------ helpers

    def _region(
        self,
        coordinates: Any,
        radius: Any,
        catalog: str,
        version: Any,
        pagesize: Any,
        page: Any,
        parameters: dict[str, Any],
    ) -> CatalogQuestion:
        chosen = chosen_catalog(self._session, catalog, version)
        place = Criteria(coordinates=coordinates, radius=radius)
        return cone_question(self._session, chosen, place, parameters, pagesize, page)

    def _object(
        self,
        name: Any,
        resolver: str | None,
        radius: Any,
        catalog: str,
        version: Any,
        pagesize: Any,
        page: Any,
        parameters: dict[str, Any],
    ) -> CatalogQuestion:
        chosen = chosen_catalog(self._session, catalog, version)
        place = Criteria(object_name=name, radius=radius, resolver=resolver)
        return cone_question(self._session, chosen, place, parameters, pagesize, page)

    def _noted(self, asked: CatalogQuestion) -> CatalogQuestion:
        self._catalog_limit = asked.limit
        return asked

    def _search(self, asked: CatalogQuestion) -> Table:
        """The table that answers a question, with a warning if it may lack sources."""
        ask = CountingAsk()
        with knowing(asked.catalog):
            table = self._read(self._noted(asked).question, ask)
        warn_if_cut(asked, ask.rows_of(asked.question))
        return table

    def _count_near(
        self, place: Criteria, catalog: str, version: Any, parameters: dict[str, Any]
    ) -> Any:
        chosen = chosen_catalog(self._session, catalog, version)
        asked = self._noted(cone_count_question(self._session, chosen, place, parameters))
        answers = ask_question(self._session, asked.question)
        with knowing(chosen):
            for pages in answers:
                table_of([answer.content for answer in pages])
        counts = [rows_found(pages) for pages in answers]
        warn_if_cut(asked, counts)
        return counts[0] if asked.question.places is None else np.array(counts)
