"""Why tests of astroquery's own suites fail on topmast, by how their names begin."""

from __future__ import annotations

__all__ = ["OWN", "REMOTE", "Reason", "reason_of"]

Reason = tuple[str, str]
"""What it needs, and the start of the names of the tests that need it, or their whole names."""

MISSIONS = "MastMissions, which is not built yet"
CUTOUTS = "cutouts (Tesscut, Zcut, Hapcut), which are not built yet"
CLOUD = "the copies in the cloud, which are not built yet"
PAN_STARRS = "Pan-STARRS, which is not built yet"
PRIVATE = "private attributes of astroquery's classes"
HOLDINGS = "real holdings: rows, files or positions that the sample does not have"

OWN: tuple[Reason, ...] = (
    (MISSIONS, "test_missions_"),
    (CUTOUTS, "test_tesscut_"),
    (CUTOUTS, "test_zcut_"),
    (CLOUD, "test_observations_get_cloud_uri"),
    (PAN_STARRS, "test_catalogs_fabric_"),
    (PAN_STARRS, "test_catalogs_query_criteria_async"),
    (PRIVATE, "test_login_logout"),
)

REMOTE: tuple[Reason, ...] = (
    (MISSIONS, "test_missions_"),
    (CUTOUTS, "test_tesscut_"),
    (CUTOUTS, "test_zcut_"),
    (CUTOUTS, "test_hapcut_"),
    (CLOUD, "test_observations_get_cloud_uri"),
    (CLOUD, "test_observations_download_file_cloud"),
    (PAN_STARRS, "test_catalogs_query_region_async"),
    (PAN_STARRS, "test_catalogs_query_criteria_async"),
    (PAN_STARRS, "test_catalogs_query_criteria_invalid_keyword"),
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
    (HOLDINGS, "test_observations_download_file"),
    (HOLDINGS, "test_observations_download_file_escaped"),
    (HOLDINGS, "test_observations_download_file_no_length"),
    (HOLDINGS, "test_catalogs_query_region"),
    (HOLDINGS, "test_catalogs_query_object"),
    (HOLDINGS, "test_catalogs_query_criteria"),
    (HOLDINGS, "test_catalogs_query_hsc_matchid"),
    (HOLDINGS, "test_catalogs_get_hsc_spectra"),
    (HOLDINGS, "test_catalogs_download_hsc_spectra"),
)


def reason_of(test: str, reasons: tuple[Reason, ...]) -> str | None:
    """Why a test fails; None if there is no reason for it."""
    name = test.partition("[")[0]
    exact = [why for why, start in reasons if start == name]
    starts = [why for why, start in reasons if name.startswith(start)]
    return next(iter([*exact, *starts]), None)
