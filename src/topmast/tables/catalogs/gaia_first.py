"""The first Gaia release: all sources, and the two million with motions from Tycho (TGAS)."""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.gaia import GAIA
from topmast.tables.catalogs.reading import picked, read_fields

OWN = read_fields("""
hip                          | int     |          | meta.id.cross         | Hipparcos number
tycho2_id                    | string  |          | meta.id.cross         | Tycho-2 identifier
astrometric_n_good_obs_ac    | int     |          | meta.number           | Good observations across the scan
astrometric_n_bad_obs_ac     | int     |          | meta.number           | Bad observations across the scan
astrometric_delta_q          | float   |          | stat.value            | How far Hipparcos and Gaia agree
astrometric_relegation_factor | float  |          | arith.factor          | Relegation factor of the solution
astrometric_weight_ac        | float   | 1/mas2   | stat.weight           | Mean weight across the scan
astrometric_priors_used      | flag    |          | meta.code             | Kind of prior used
scan_direction_strength_k1   | float   |          | stat.value            | Concentration of scan directions, first order
scan_direction_strength_k2   | float   |          | stat.value            | Concentration of scan directions, second order
scan_direction_strength_k3   | float   |          | stat.value            | Concentration of scan directions, third order
scan_direction_strength_k4   | float   |          | stat.value            | Concentration of scan directions, fourth order
scan_direction_mean_k1       | float   | deg      | pos.posAng            | Mean position angle of the scans, first order
scan_direction_mean_k2       | float   | deg      | pos.posAng            | Mean position angle of the scans, second order
scan_direction_mean_k3       | float   | deg      | pos.posAng            | Mean position angle of the scans, third order
scan_direction_mean_k4       | float   | deg      | pos.posAng            | Mean position angle of the scans, fourth order
""")
SHARED = "solution_id source_id random_index ref_epoch ra ra_error dec dec_error parallax parallax_error pmra pmra_error pmdec pmdec_error ra_dec_corr ra_parallax_corr ra_pmra_corr ra_pmdec_corr dec_parallax_corr dec_pmra_corr dec_pmdec_corr parallax_pmra_corr parallax_pmdec_corr pmra_pmdec_corr astrometric_n_obs_al astrometric_n_obs_ac astrometric_n_good_obs_al astrometric_n_good_obs_ac astrometric_n_bad_obs_al astrometric_n_bad_obs_ac astrometric_delta_q astrometric_excess_noise astrometric_excess_noise_sig astrometric_primary_flag astrometric_relegation_factor astrometric_weight_al astrometric_weight_ac astrometric_priors_used matched_observations duplicated_source scan_direction_strength_k1 scan_direction_strength_k2 scan_direction_strength_k3 scan_direction_strength_k4 scan_direction_mean_k1 scan_direction_mean_k2 scan_direction_mean_k3 scan_direction_mean_k4 phot_g_n_obs phot_g_mean_flux phot_g_mean_flux_error phot_g_mean_mag phot_variable_flag l b ecl_lon ecl_lat distance"

GAIA_DR1 = picked(SHARED, (*GAIA, *OWN))
TGAS = picked(f"hip tycho2_id {SHARED}", (*GAIA, *OWN))
DISTANCE = GAIA[-1]
