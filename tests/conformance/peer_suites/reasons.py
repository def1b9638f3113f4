"""Why tests of astroquery's own suites fail on topmast."""

from __future__ import annotations

from fnmatch import fnmatchcase

__all__ = ["OWN", "REMOTE", "Reason", "reason_of"]

Reason = tuple[str, str]
"""What a test needs, and its name; a name with a star is that of several."""

PRIVATE = "private attributes of astroquery's classes, or an error of the suite's own patch"
HOSTS = "a host whose https address is fixed in astroquery"
HOLDINGS = "real holdings: rows, files or positions that the sample does not have"
EPHEMERIS = "the positions of moving targets, which a local archive does not have"

OWN: tuple[Reason, ...] = (
    (PRIVATE, "test_missions_query_criteria_async_with_missing_results"),
    (PRIVATE, "test_login_logout"),
)

REMOTE: tuple[Reason, ...] = (
    (HOSTS, "test_missions_workflow"),
    (EPHEMERIS, "test_tesscut_*_mt"),
    (HOLDINGS, "test_tesscut_*"),
    (HOLDINGS, "test_zcut_*"),
    (HOLDINGS, "test_hapcut_*"),
    (HOSTS, "test_observations_get_cloud_uri"),
    (HOSTS, "test_observations_get_cloud_uris_list_input"),
    (HOLDINGS, "test_observations_get_cloud_uris*"),
    (HOLDINGS, "test_observations_download_file_cloud*"),
    (HOLDINGS, "test_resolve_object"),
    (HOLDINGS, "test_mast_service_request"),
    (HOLDINGS, "test_mast_query"),
    (HOLDINGS, "test_observations_query_region"),
    (HOLDINGS, "test_observations_query_region_count"),
    (HOLDINGS, "test_observations_query_object"),
    (HOLDINGS, "test_observations_query_object_count"),
    (HOLDINGS, "test_observations_query_criteria"),
    (HOLDINGS, "test_observations_query_criteria_count"),
    (HOLDINGS, "test_observations_get_product_list"),
    (HOLDINGS, "test_observations_get_product_list_async"),
    (HOLDINGS, "test_observations_get_product_list_tess_tica"),
    (HOLDINGS, "test_observations_get_unique_product_list"),
    (HOLDINGS, "test_observations_filter_products"),
    (HOLDINGS, "test_observations_download_products"),
    (HOLDINGS, "test_observations_download_products_*"),
    (HOLDINGS, "test_observations_download_file"),
    (HOLDINGS, "test_observations_download_file_escaped"),
    (HOLDINGS, "test_observations_download_file_no_length"),
    (HOLDINGS, "test_catalogs_query_region"),
    (HOLDINGS, "test_catalogs_query_object"),
    (HOLDINGS, "test_catalogs_query_criteria"),
    (HOSTS, "test_catalogs_download_hsc_spectra"),
)


def reason_of(test: str, reasons: tuple[Reason, ...]) -> str | None:
    """Why a test fails; None if there is no reason for it."""
    name = test.partition("[")[0]
    return next((why for why, pattern in reasons if fnmatchcase(name, pattern)), None)
