"""Observations: find observations, list their products, download them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.table import Table

from topmast.errors import BadAnswerError, InvalidQueryError
from topmast.questions.columns import columns_of, metadata_table
from topmast.questions.criteria import Criteria
from topmast.questions.observations import (
    count_question,
    criteria_count_question,
    criteria_question,
    region_question,
)
from topmast.questions.portal import Question, ask_question, only_value
from topmast.questions.targets import DEFAULT_RADIUS
from topmast.services.class_or_instance import class_or_instance
from topmast.services.downloads import DownloadService
from topmast.services.service import one_name
from topmast.wire.answers import table_of

if TYPE_CHECKING:
    from topmast.net.messages import Answer

__all__ = ["ObservationsClass"]

ALL = "Mast.Caom.All"
METADATA = {"observations": "Mast.Caom.Cone", "products": "Mast.Caom.Products"}


class ObservationsClass(DownloadService):
    """Observations of all missions, and their data products.

    A place is a text (``"322.49324 12.16683"`` in degrees, ``"21h29m58s +12d10m"``, an object
    name), a `~astropy.coordinates.SkyCoord` in any frame, or a list, array or table of them. For
    many places the requests travel at once, and the table ends with the columns ``target_index``
    (which entry of the list a row matched, from 0) and ``target_given`` (that entry as text).

    A radius is a number of degrees, a text such as ``"5 arcmin"``, or an angle.
    """

    @class_or_instance
    def query_region(
        self,
        coordinates: Any,
        radius: Any = DEFAULT_RADIUS,
        pagesize: int | None = None,
        page: int | None = None,
        **criteria: Any,
    ) -> Table:
        """Observations whose footprint touches a cone, or each of many cones.

        Parameters
        ----------
        coordinates
            One place or many.
        radius : float, str or `~astropy.units.Quantity`
            One radius, or one for each of many places.
        pagesize : int, optional
            Rows in one request; default: the setting ``pagesize``.
        page : int, optional
            Only this page; default: all.
        **criteria
            Further conditions, as for `query_criteria`.

        Returns
        -------
        `~astropy.table.Table`
            The column ``distance`` is in arcseconds from the place to the nearest point of the
            footprint, 0 inside it. Without any match the table has no rows, and a
            NoResultsWarning says so.

        Examples
        --------
        >>> table = Observations.query_region((322.49324, 12.16683), radius="5 arcmin")
        """
        return self._read(self._region(coordinates, radius, pagesize, page, criteria))

    @class_or_instance
    def query_region_async(
        self,
        coordinates: Any,
        radius: Any = DEFAULT_RADIUS,
        pagesize: int | None = None,
        page: int | None = None,
        **criteria: Any,
    ) -> list[Answer]:
        """The answers behind `query_region` as they came, one for each page and place."""
        return self._ask(self._region(coordinates, radius, pagesize, page, criteria))

    @class_or_instance
    def query_object(
        self,
        object_name: str | Iterable[str] | None = None,
        radius: Any = DEFAULT_RADIUS,
        pagesize: int | None = None,
        page: int | None = None,
        *,
        resolver: str | None = None,
        objectname: str | Iterable[str] | None = None,
        **criteria: Any,
    ) -> Table:
        """Observations whose footprint touches a cone around an object, or around each of many.

        Parameters
        ----------
        object_name : str or list of str
            Such as ``"M8"``; ``objectname`` is the same. Of a list, names that nobody knows are
            warned of and left out.
        radius, pagesize, page, **criteria
            As for `query_region`.
        resolver : {"NED", "SIMBAD"}, optional
            Whom to ask for the position; default: the first that knows the name.

        Raises
        ------
        ResolverError
            If the name, or none of the names, is known.

        Examples
        --------
        >>> table = Observations.query_object("M8", radius="0.02 deg")
        """
        name = one_name(object_name, objectname)
        return self._read(self._object(name, radius, pagesize, page, resolver, criteria))

    @class_or_instance
    def query_object_async(
        self,
        object_name: str | Iterable[str] | None = None,
        radius: Any = DEFAULT_RADIUS,
        pagesize: int | None = None,
        page: int | None = None,
        *,
        resolver: str | None = None,
        objectname: str | Iterable[str] | None = None,
        **criteria: Any,
    ) -> list[Answer]:
        """The answers behind `query_object` as they came, one for each page and object."""
        name = one_name(object_name, objectname)
        return self._ask(self._object(name, radius, pagesize, page, resolver, criteria))

    @class_or_instance
    def query_criteria(
        self, pagesize: int | None = None, page: int | None = None, **criteria: Any
    ) -> Table:
        """Observations that meet all criteria.

        Parameters
        ----------
        pagesize, page : int, optional
            As for `query_region`.
        **criteria
            At least one column (see `get_metadata`) and its value or list of values, of which
            any may match. One of them may have wildcards (``*`` or ``%``). A column of floats
            takes ``[low, high]``; times are MJD or `~astropy.time.Time`, and a
            `~astropy.units.Quantity` is converted. ``coordinates`` or ``object_name`` (or
            ``objectname``), ``radius`` and ``resolver`` limit the place. ``obstype`` is
            ``"science"`` (the default), ``"cal"`` or ``"all"``.

        Raises
        ------
        InvalidQueryError
            Without any criterion but a place, and for an unknown one, with the nearest name.

        Examples
        --------
        >>> table = Observations.query_criteria(filters=["*UV", "Kepler"], object_name="M101")
        """
        return self._read(criteria_question(self._session, criteria, pagesize, page))

    @class_or_instance
    def query_criteria_async(
        self, pagesize: int | None = None, page: int | None = None, **criteria: Any
    ) -> list[Answer]:
        """The answers behind `query_criteria` as they came, one for each page and place."""
        return self._ask(criteria_question(self._session, criteria, pagesize, page))

    # ------------------------------------------------------------------------ counts

    @class_or_instance
    def query_region_count(
        self,
        coordinates: Any,
        radius: Any = DEFAULT_RADIUS,
        pagesize: int | None = None,
        page: int | None = None,
        **criteria: Any,
    ) -> Any:
        """How many observations `query_region` would find: a number, or an array for many places.

        `pagesize` and `page` change nothing.
        """
        place = Criteria(coordinates=coordinates, radius=radius)
        return self._count(count_question(self._session, place, criteria))

    @class_or_instance
    def query_object_count(
        self,
        object_name: str | Iterable[str] | None = None,
        radius: Any = DEFAULT_RADIUS,
        pagesize: int | None = None,
        page: int | None = None,
        *,
        resolver: str | None = None,
        objectname: str | Iterable[str] | None = None,
        **criteria: Any,
    ) -> Any:
        """How many observations `query_object` would find: a number, or an array for many names.

        `pagesize` and `page` change nothing.
        """
        name = one_name(object_name, objectname)
        place = Criteria(object_name=name, radius=radius, resolver=resolver)
        return self._count(count_question(self._session, place, criteria))

    @class_or_instance
    def query_criteria_count(
        self, pagesize: int | None = None, page: int | None = None, **criteria: Any
    ) -> Any:
        """How many observations `query_criteria` would find; without criteria, how many there are.

        `pagesize` and `page` change nothing.
        """
        return self._count(criteria_count_question(self._session, criteria))

    # ------------------------------------------------------------ about the archive itself

    @class_or_instance
    def list_missions(self) -> list[str]:
        """The missions (``obs_collection``) of which the archive has observations, sorted."""
        answer = self._ask(Question(ALL, [{}], format="extjs"))[0].json()
        try:
            columns = answer["data"]["Tables"][0]["Columns"]
            facet = next(column for column in columns if column["text"] == "obs_collection")
            return sorted(set(facet["ExtendedProperties"]["histObj"]) - {"hist"})
        except (LookupError, TypeError, StopIteration) as problem:
            raise BadAnswerError(f"{ALL} was answered without a list of missions.") from problem

    @class_or_instance
    def get_metadata(self, query_type: str) -> Table:
        """The columns of ``"observations"`` or of ``"products"``, with types, units and meaning."""
        service = METADATA.get(str(query_type).lower())
        if service is None:
            raise InvalidQueryError(
                f"Unknown query type. It is 'observations' or 'products', not {query_type!r}."
            )
        return metadata_table(columns_of(self._session, service))

    # ------------------------------------------------------------------------ helpers

    def _region(
        self, coordinates: Any, radius: Any, pagesize: Any, page: Any, criteria: dict[str, Any]
    ) -> Question:
        place = Criteria(coordinates=coordinates, radius=radius)
        return region_question(self._session, place, criteria, pagesize, page)

    def _object(
        self,
        name: Any,
        radius: Any,
        pagesize: Any,
        page: Any,
        resolver: str | None,
        criteria: dict[str, Any],
    ) -> Question:
        place = Criteria(object_name=name, radius=radius, resolver=resolver)
        return region_question(self._session, place, criteria, pagesize, page)

    def _count(self, question: Question) -> Any:
        """The number that the archive counts; an array of them for many places."""
        answers = ask_question(self._session, question)
        counts = [
            only_value(table_of([answer.content for answer in pages]).columns[0])
            for pages in answers
        ]
        return counts[0] if question.places is None else np.array(counts)
