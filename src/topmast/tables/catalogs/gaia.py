"""Gaia DR2 and DR3 as MAST serves them: 95 columns, the same in both."""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.reading import read_fields

GAIA = read_fields("""
solution_id                   | long    |          | meta.version                            | Version of the solution
designation                   | string  |          | meta.id;meta.main                       | Name of the source, unique among all releases
source_id                     | long    |          | meta.id                                 | Identifier of the source in this release
random_index                  | int     |          | meta.code                               | Random number to choose subsets with
ref_epoch                     | float   | yr       | meta.ref;time.epoch                     | Epoch of position and motion, Julian year
ra                            | float   | deg      | pos.eq.ra;meta.main                     | Right ascension at the epoch
ra_error                      | float   | mas      | stat.error;pos.eq.ra                    | Uncertainty of ra, times cos(dec)
dec                           | float   | deg      | pos.eq.dec;meta.main                    | Declination at the epoch
dec_error                     | float   | mas      | stat.error;pos.eq.dec                   | Uncertainty of dec
parallax                      | float   | mas      | pos.parallax.trig                       | Parallax
parallax_error                | float   | mas      | stat.error;pos.parallax.trig            | Uncertainty of the parallax
parallax_over_error           | float   |          | stat.snr;pos.parallax.trig              | Parallax divided by its uncertainty
pmra                          | float   | mas/yr   | pos.pm;pos.eq.ra                        | Proper motion in right ascension, times cos(dec)
pmra_error                    | float   | mas/yr   | stat.error;pos.pm;pos.eq.ra             | Uncertainty of pmra
pmdec                         | float   | mas/yr   | pos.pm;pos.eq.dec                       | Proper motion in declination
pmdec_error                   | float   | mas/yr   | stat.error;pos.pm;pos.eq.dec            | Uncertainty of pmdec
ra_dec_corr                   | float   |          | stat.correlation                        | Correlation of ra and dec
ra_parallax_corr              | float   |          | stat.correlation                        | Correlation of ra and parallax
ra_pmra_corr                  | float   |          | stat.correlation                        | Correlation of ra and pmra
ra_pmdec_corr                 | float   |          | stat.correlation                        | Correlation of ra and pmdec
dec_parallax_corr             | float   |          | stat.correlation                        | Correlation of dec and parallax
dec_pmra_corr                 | float   |          | stat.correlation                        | Correlation of dec and pmra
dec_pmdec_corr                | float   |          | stat.correlation                        | Correlation of dec and pmdec
parallax_pmra_corr            | float   |          | stat.correlation                        | Correlation of parallax and pmra
parallax_pmdec_corr           | float   |          | stat.correlation                        | Correlation of parallax and pmdec
pmra_pmdec_corr               | float   |          | stat.correlation                        | Correlation of pmra and pmdec
astrometric_n_obs_al          | int     |          | meta.number                             | Observations along the scan
astrometric_n_obs_ac          | int     |          | meta.number                             | Observations across the scan
astrometric_n_good_obs_al     | int     |          | meta.number                             | Good observations along the scan
astrometric_n_bad_obs_al      | int     |          | meta.number                             | Bad observations along the scan
astrometric_gof_al            | float   |          | stat.fit.goodness                       | Goodness of fit along the scan
astrometric_chi2_al           | float   |          | stat.fit.chi2                           | Chi-square along the scan
astrometric_excess_noise      | float   | mas      | stat.value                              | Excess noise of the source
astrometric_excess_noise_sig  | float   |          | stat.value                              | Significance of the excess noise
astrometric_params_solved     | flag    |          | meta.number                             | Which parameters were solved: 3 position, 31 all five
astrometric_primary_flag      | boolean |          | meta.code                               | Whether it is one of the primary sources
astrometric_weight_al         | float   | 1/mas2   | stat.weight                             | Mean weight along the scan
astrometric_pseudo_colour     | float   | 1/um     | em.wavenumber                           | Colour found by the astrometry
astrometric_pseudo_colour_error | float | 1/um     | stat.error;em.wavenumber                | Uncertainty of that colour
mean_varpi_factor_al          | float   |          | stat.mean                               | Mean parallax factor along the scan
astrometric_matched_observations | int  |          | meta.number                             | Transits used by the astrometry
visibility_periods_used       | int     |          | meta.number                             | Groups of transits used
astrometric_sigma5d_max       | float   | mas      | stat.error                              | Longest axis of the five-dimensional error ellipsoid
frame_rotator_object_type     | flag    |          | meta.code                               | How the source fixes the reference frame
matched_observations          | int     |          | meta.number                             | Transits matched to the source
duplicated_source             | boolean |          | meta.code.qual                          | Whether it had been there twice
phot_g_n_obs                  | int     |          | meta.number                             | Observations in G
phot_g_mean_flux              | float   | electron/s | phot.flux;em.opt                      | Mean flux in G
phot_g_mean_flux_error        | float   | electron/s | stat.error;phot.flux;em.opt           | Uncertainty of that flux
phot_g_mean_flux_over_error   | float   |          | stat.snr;phot.flux;em.opt               | That flux divided by its uncertainty
phot_g_mean_mag               | float   | mag      | phot.mag;em.opt                         | Mean G magnitude (Vega)
phot_bp_n_obs                 | int     |          | meta.number                             | Observations in BP
phot_bp_mean_flux             | float   | electron/s | phot.flux;em.opt.B                    | Mean flux in BP
phot_bp_mean_flux_error       | float   | electron/s | stat.error;phot.flux;em.opt.B         | Uncertainty of that flux
phot_bp_mean_flux_over_error  | float   |          | stat.snr;phot.flux;em.opt.B             | That flux divided by its uncertainty
phot_bp_mean_mag              | float   | mag      | phot.mag;em.opt.B                       | Mean BP magnitude (Vega)
phot_rp_n_obs                 | int     |          | meta.number                             | Observations in RP
phot_rp_mean_flux             | float   | electron/s | phot.flux;em.opt.R                    | Mean flux in RP
phot_rp_mean_flux_error       | float   | electron/s | stat.error;phot.flux;em.opt.R         | Uncertainty of that flux
phot_rp_mean_flux_over_error  | float   |          | stat.snr;phot.flux;em.opt.R             | That flux divided by its uncertainty
phot_rp_mean_mag              | float   | mag      | phot.mag;em.opt.R                       | Mean RP magnitude (Vega)
phot_bp_rp_excess_factor      | float   |          | arith.factor;phot.flux                  | Flux in BP and RP over that in G
phot_proc_mode                | flag    |          | meta.code                               | How the photometry was made: 0 gold, 1 silver, 2 bronze
bp_rp                         | float   | mag      | phot.color;em.opt.B;em.opt.R            | Colour BP - RP
bp_g                          | float   | mag      | phot.color;em.opt.B;em.opt              | Colour BP - G
g_rp                          | float   | mag      | phot.color;em.opt;em.opt.R              | Colour G - RP
radial_velocity               | float   | km/s     | spect.dopplerVeloc.opt                  | Radial velocity
radial_velocity_error         | float   | km/s     | stat.error;spect.dopplerVeloc.opt       | Uncertainty of the radial velocity
rv_nb_transits                | int     |          | meta.number                             | Transits used for the radial velocity
rv_template_teff              | float   | K        | phys.temperature.effective              | Temperature of the template
rv_template_logg              | float   |          | phys.gravity                            | Surface gravity of the template, log of cm/s2
rv_template_fe_h              | float   |          | phys.abund.Fe                           | Metallicity of the template, dex
phot_variable_flag            | string  |          | meta.code;src.var                       | NOT_AVAILABLE, CONSTANT or VARIABLE
l                             | float   | deg      | pos.galactic.lon                        | Galactic longitude
b                             | float   | deg      | pos.galactic.lat                        | Galactic latitude
ecl_lon                       | float   | deg      | pos.ecliptic.lon                        | Ecliptic longitude
ecl_lat                       | float   | deg      | pos.ecliptic.lat                        | Ecliptic latitude
priam_flags                   | int     |          | meta.code                               | Flags of temperature and extinction
teff_val                      | float   | K        | phys.temperature.effective              | Effective temperature
teff_percentile_lower         | float   | K        | phys.temperature.effective;stat.min     | Its 16th percentile
teff_percentile_upper         | float   | K        | phys.temperature.effective;stat.max     | Its 84th percentile
a_g_val                       | float   | mag      | phys.absorption                         | Extinction in G
a_g_percentile_lower          | float   | mag      | phys.absorption;stat.min                | Its 16th percentile
a_g_percentile_upper          | float   | mag      | phys.absorption;stat.max                | Its 84th percentile
e_bp_min_rp_val               | float   | mag      | phot.color.excess                       | Reddening of BP - RP
e_bp_min_rp_percentile_lower  | float   | mag      | phot.color.excess;stat.min              | Its 16th percentile
e_bp_min_rp_percentile_upper  | float   | mag      | phot.color.excess;stat.max              | Its 84th percentile
flame_flags                   | int     |          | meta.code                               | Flags of radius and luminosity
radius_val                    | float   | solRad   | phys.size.radius                        | Radius of the star
radius_percentile_lower       | float   | solRad   | phys.size.radius;stat.min               | Its 16th percentile
radius_percentile_upper       | float   | solRad   | phys.size.radius;stat.max               | Its 84th percentile
lum_val                       | float   | solLum   | phys.luminosity                         | Luminosity of the star
lum_percentile_lower          | float   | solLum   | phys.luminosity;stat.min                | Its 16th percentile
lum_percentile_upper          | float   | solLum   | phys.luminosity;stat.max                | Its 84th percentile
distance                      | float   | arcmin   | pos.angDistance                         | Distance from the searched position
""")
DISTANCE = GAIA[-1]
