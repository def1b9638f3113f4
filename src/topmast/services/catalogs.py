"""Catalogs: sources near a place or matching criteria, and the spectra of some."""

from __future__ import annotations

from typing import Final

from topmast.questions import catalogs, crossmatch, tap_collections, tap_jobs, tap_queries
from topmast.questions.catalog_question import ask_catalog, ask_catalog_answers, count_catalog
from topmast.services import hsc_spectra, lsdb_catalogs
from topmast.services.methods import answers, count, method, query, query_of, twin_of
from topmast.services.service import Service


class CatalogsClass(Service):
    """Sources in the catalogues of MAST.

    The catalogues are HSC (v2, v3), GALEX, Gaia (DR1, DR2, DR3), TGAS, TIC, CTL, DiskDetective,
    PLATO and PanSTARRS, named in any letter case. Another name X is asked for as
    ``Mast.Catalogs.X.Cone``.

    A place, many places and a radius are given as in `ObservationsClass`.
    """

    query_region: Final = query_of(catalogs.query_region, ask_catalog)
    query_region_async: Final = twin_of(catalogs.query_region, ask_catalog_answers)
    query_object: Final = query_of(catalogs.query_object, ask_catalog)
    query_object_async: Final = twin_of(catalogs.query_object, ask_catalog_answers)
    query_criteria: Final = query_of(catalogs.query_criteria, ask_catalog)
    query_criteria_async: Final = twin_of(catalogs.query_criteria, ask_catalog_answers)
    query_region_count: Final = count(catalogs.query_region, count_catalog)
    query_object_count: Final = count(catalogs.query_object, count_catalog)
    query_criteria_count: Final = count(catalogs.query_criteria_count, count_catalog)
    get_metadata: Final = method(catalogs.get_metadata)
    crossmatch: Final = method(crossmatch.crossmatch)
    to_lsdb: Final = method(lsdb_catalogs.to_lsdb)

    get_collections: Final = method(tap_collections.get_collections)
    get_catalogs: Final = method(tap_collections.get_catalogs)
    get_column_metadata: Final = method(tap_collections.get_column_metadata)
    supports_spatial_queries: Final = method(tap_collections.supports_spatial_queries)
    submit_query: Final = method(tap_jobs.submit_query)
    get_job: Final = method(tap_jobs.get_job)
    tap: Final = method(tap_queries.tap)
    submit_tap: Final = method(tap_queries.submit_tap)

    query_hsc_matchid: Final = query(hsc_spectra.query_hsc_matchid)
    query_hsc_matchid_async: Final = answers(hsc_spectra.query_hsc_matchid)
    get_hsc_spectra: Final = query(hsc_spectra.get_hsc_spectra)
    get_hsc_spectra_async: Final = answers(hsc_spectra.get_hsc_spectra)
    download_hsc_spectra: Final = method(hsc_spectra.download_hsc_spectra)

    @property
    def catalog_limit(self) -> int | None:
        """The most rows that the archive gave in the last search here; None if it has no limit."""
        return self._question.limit if self._question else None
