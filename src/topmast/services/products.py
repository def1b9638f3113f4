"""List and choose the data products of observations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from astropy.table import Table

from topmast.config.dialects import choice
from topmast.questions.portal import Question
from topmast.questions.product_filters import filter_products, unique_products
from topmast.questions.products import ask_batch, products_question
from topmast.services.class_or_instance import class_or_instance
from topmast.services.service import Service

if TYPE_CHECKING:
    from topmast.net.messages import Answer


class ProductService(Service):
    """The data products of observations."""

    @class_or_instance
    def get_product_list(
        self, observations: Any, *, batch_size: int | None = None, verbose: bool = True
    ) -> Table:
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
        question = self._products_question(observations, batch_size)
        return self._read(question, ask_batch)

    @class_or_instance
    def get_product_list_async(
        self, observations: Any, *, batch_size: int | None = None
    ) -> list[Answer]:
        """The answers behind `get_product_list` as they came, one for each page and batch."""
        question = self._products_question(observations, batch_size)
        return self._ask(question, ask_batch)

    @class_or_instance
    def get_unique_product_list(self, observations: Any, *, batch_size: int | None = None) -> Table:
        """As `get_product_list`, but each file (``dataURI``) once, where it is listed first."""
        return unique_products(self.get_product_list(observations, batch_size=batch_size))

    @class_or_instance
    def filter_products(
        self,
        products: Table,
        mrp_only: bool | None = False,
        extension: str | Iterable[str] | None = None,
        **filters: Any,
    ) -> Table:
        """The rows of `products` that pass every filter, as a new table.

        Parameters
        ----------
        products : `~astropy.table.Table`
            As `get_product_list` gives it.
        mrp_only : bool
            Keep the Minimum Recommended Products only.
        extension : str or list of str
            Keep files whose name ends in this, or in one of these.
        **filters
            Column name and the value, or list of values, to keep. A text starting with ``!`` is
            left out instead. Columns of numbers also take ``"10..20"`` (both ends included),
            ``">=10"``, ``">10"``, ``"<=10"`` and ``"<10"``.

        Raises
        ------
        InvalidQueryError
            For a column that is not there, or a number that cannot be read.

        Examples
        --------
        >>> chosen = Observations.filter_products(products, extension="fits", size="<1000000")
        """
        return filter_products(
            products,
            mrp_only=mrp_only,
            extension=extension,
            any_letter_case=choice(self._session, "any_letter_case"),
            **filters,
        )

    # ------------------------------------------------------------------------ helpers

    def _products_question(self, observations: Any, batch_size: int | None) -> Question:
        return products_question(
            self._session,
            observations,
            batch_size=batch_size,
            leave_out=choice(self._session, "leave_out_full_frames"),
        )
