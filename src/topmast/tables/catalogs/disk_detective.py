"""The catalogue of Disk Detective: warm disks that volunteers look for in WISE images."""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.reading import picked, read_fields

FILTERED = read_fields("""
designation       | string |         | meta.id;meta.main              | WISE name of the source
ZooniverseID      | string |         | meta.id                        | Subject of the Zooniverse
SciTeamFollowUp   | string |         | meta.note                      | Follow-up by the science team
SciTeamComment    | string |         | meta.note                      | Comment of the science team
flags             | string |         | meta.code                      | Reasons for which it was set aside
goodFraction      | float  |         | arith.ratio                    | Part of the classifiers who said good candidate
multiFraction     | float  |         | arith.ratio                    | Part who said multiple objects
ovalFraction      | float  |         | arith.ratio                    | Part who said oval
emptyFraction     | float  |         | arith.ratio                    | Part who said empty circle
extendedFraction  | float  |         | arith.ratio                    | Part who said extended beyond the circle
shiftFraction     | float  |         | arith.ratio                    | Part who said it moves out of the crosshairs
classifiers       | int    |         | meta.number                    | Classifications
good              | int    |         | meta.number                    | How many said good candidate
multi             | int    |         | meta.number                    | How many said multiple objects
oval              | int    |         | meta.number                    | How many said oval
empty             | int    |         | meta.number                    | How many said empty circle
extended          | int    |         | meta.number                    | How many said extended
shift             | int    |         | meta.number                    | How many said it moves
state             | string |         | meta.code                      | complete, active, inactive or disabled
twentyBad         | float  |         | arith.ratio                    | Bad by the first twenty classifications
twentyGood        | float  |         | arith.ratio                    | Good by the first twenty classifications
twentyShift       | float  |         | arith.ratio                    | Moving by the first twenty classifications
majBad            | float  |         | meta.code                      | Bad by majority
majGood           | float  |         | meta.code                      | Good by majority
majShift          | float  |         | meta.code                      | Moving by majority
pluralBad         | float  |         | meta.code                      | Bad by plurality
pluralGood        | float  |         | meta.code                      | Good by plurality
pluralShift       | float  |         | meta.code                      | Moving by plurality
avgBad            | float  |         | stat.mean                      | Bad on the average
avgGood           | float  |         | stat.mean                      | Good on the average
avgShift          | float  |         | stat.mean                      | Moving on the average
ra                | float  | deg     | pos.eq.ra;meta.main            | Right ascension
dec               | float  | deg     | pos.eq.dec;meta.main           | Declination
glon              | float  | deg     | pos.galactic.lon               | Galactic longitude
glat              | float  | deg     | pos.galactic.lat               | Galactic latitude
w1mpro            | float  | mag     | phot.mag;em.IR.3-4um           | WISE W1 magnitude
w1sigmpro         | float  | mag     | stat.error;phot.mag            | Uncertainty of w1mpro
w2mpro            | float  | mag     | phot.mag;em.IR.4-8um           | WISE W2 magnitude
w2sigmpro         | float  | mag     | stat.error;phot.mag            | Uncertainty of w2mpro
w3mpro            | float  | mag     | phot.mag;em.IR.8-15um          | WISE W3 magnitude
w3sigmpro         | float  | mag     | stat.error;phot.mag            | Uncertainty of w3mpro
w4mpro            | float  | mag     | phot.mag;em.IR.15-30um         | WISE W4 magnitude
w4sigmpro         | float  | mag     | stat.error;phot.mag            | Uncertainty of w4mpro
j_m_2mass         | float  | mag     | phot.mag;em.IR.J               | 2MASS J magnitude
j_msig_2mass      | float  | mag     | stat.error;phot.mag            | Uncertainty of j_m_2mass
h_m_2mass         | float  | mag     | phot.mag;em.IR.H               | 2MASS H magnitude
h_msig_2mass      | float  | mag     | stat.error;phot.mag            | Uncertainty of h_m_2mass
k_m_2mass         | float  | mag     | phot.mag;em.IR.K               | 2MASS Ks magnitude
k_msig_2mass      | float  | mag     | stat.error;phot.mag            | Uncertainty of k_m_2mass
j_h               | float  | mag     | phot.color;em.IR.J;em.IR.H     | Colour J - H
h_k               | float  | mag     | phot.color;em.IR.H;em.IR.K     | Colour H - Ks
A_Vmag            | float  | mag     | phot.mag;em.opt.V              | APASS V magnitude
A_B_V             | float  | mag     | phot.color;em.opt.B;em.opt.V   | APASS colour B - V
A_Bmag            | float  | mag     | phot.mag;em.opt.B              | APASS B magnitude
A_gMag            | float  | mag     | phot.mag;em.opt.B              | APASS g magnitude
A_rMag            | float  | mag     | phot.mag;em.opt.R              | APASS r magnitude
A_iMag            | float  | mag     | phot.mag;em.opt.I              | APASS i magnitude
A_Verr            | float  | mag     | stat.error;phot.mag            | Uncertainty of A_Vmag
A_B_Verr          | float  | mag     | stat.error;phot.color          | Uncertainty of A_B_V
A_Berr            | float  | mag     | stat.error;phot.mag            | Uncertainty of A_Bmag
A_gErr            | float  | mag     | stat.error;phot.mag            | Uncertainty of A_gMag
A_rErr            | float  | mag     | stat.error;phot.mag            | Uncertainty of A_rMag
A_iErr            | float  | mag     | stat.error;phot.mag            | Uncertainty of A_iMag
A_objid           | long   |         | meta.id.cross                  | APASS source
A_dstArcSec       | float  | arcsec  | pos.angDistance                | Distance to the APASS source
A_contamination   | int    |         | meta.number                    | Further APASS sources nearby
G_source_id       | long   |         | meta.id.cross                  | Gaia source
G_parallax        | float  | mas     | pos.parallax.trig              | Gaia parallax
G_parallax_error  | float  | mas     | stat.error;pos.parallax.trig   | Uncertainty of G_parallax
G_parallax_over_error | float |      | stat.snr;pos.parallax.trig     | G_parallax divided by its uncertainty
G_pmra            | float  | mas/yr  | pos.pm;pos.eq.ra               | Gaia proper motion in right ascension
G_pmra_error      | float  | mas/yr  | stat.error;pos.pm;pos.eq.ra    | Uncertainty of G_pmra
G_pmdec           | float  | mas/yr  | pos.pm;pos.eq.dec              | Gaia proper motion in declination
G_pmdec_error     | float  | mas/yr  | stat.error;pos.pm;pos.eq.dec   | Uncertainty of G_pmdec
G_astrometric_n_good_obs_al | int |  | meta.number                    | Good Gaia observations along the scan
G_astrometric_chi2_al | float |      | stat.fit.chi2                  | Chi-square of the Gaia solution
G_visibility_periods_used | int |    | meta.number                    | Groups of Gaia transits
G_phot_g_mean_flux_over_error | float | | stat.snr;phot.flux          | Gaia G flux divided by its uncertainty
G_phot_g_mean_mag | float  | mag     | phot.mag;em.opt                | Gaia G magnitude
G_phot_bp_mean_flux_over_error | float | | stat.snr;phot.flux         | Gaia BP flux divided by its uncertainty
G_phot_bp_mean_mag | float | mag     | phot.mag;em.opt.B              | Gaia BP magnitude
G_phot_rp_mean_flux_over_error | float | | stat.snr;phot.flux         | Gaia RP flux divided by its uncertainty
G_phot_rp_mean_mag | float | mag     | phot.mag;em.opt.R              | Gaia RP magnitude
G_phot_bp_rp_excess_factor | float | | arith.factor;phot.flux         | Flux in BP and RP over that in G
G_radial_velocity | float  | km/s    | spect.dopplerVeloc.opt         | Gaia radial velocity
G_radial_velocity_error | float | km/s | stat.error;spect.dopplerVeloc.opt | Uncertainty of the radial velocity
G_objid           | long   |         | meta.id.cross                  | Key of the Gaia source
G_dstArcSec       | float  | arcsec  | pos.angDistance                | Distance to the Gaia source
G_contamination   | int    |         | meta.number                    | Further Gaia sources nearby
P_objid           | long   |         | meta.id.cross                  | Pan-STARRS object
P_gMeanPSFMag     | float  | mag     | phot.mag;em.opt.B              | Pan-STARRS g magnitude
P_gMeanPSFMagErr  | float  | mag     | stat.error;phot.mag            | Its uncertainty, -999 for none
P_iMeanPSFMag     | float  | mag     | phot.mag;em.opt.I              | Pan-STARRS i magnitude
P_iMeanPSFMagErr  | float  | mag     | stat.error;phot.mag            | Its uncertainty, -999 for none
P_rMeanPSFMag     | float  | mag     | phot.mag;em.opt.R              | Pan-STARRS r magnitude
P_rMeanPSFMagErr  | float  | mag     | stat.error;phot.mag            | Its uncertainty, -999 for none
P_yMeanPSFMag     | float  | mag     | phot.mag;em.IR.NIR             | Pan-STARRS y magnitude
P_yMeanPSFMagErr  | float  | mag     | stat.error;phot.mag            | Its uncertainty, -999 for none
P_zMeanPSFMag     | float  | mag     | phot.mag;em.opt.I              | Pan-STARRS z magnitude
P_zMeanPSFMagErr  | float  | mag     | stat.error;phot.mag            | Its uncertainty, -999 for none
P_nDetections     | int    |         | meta.number                    | Pan-STARRS detections
P_dstArcSec       | float  | arcsec  | pos.angDistance                | Distance to the Pan-STARRS object
P_contamination   | int    |         | meta.number                    | Further Pan-STARRS objects nearby
T_id              | long   |         | meta.id.cross                  | TESS Input Catalog identifier
T_pmRA            | float  | mas/yr  | pos.pm;pos.eq.ra               | Proper motion in right ascension from there
T_e_pmRA          | float  | mas/yr  | stat.error;pos.pm;pos.eq.ra    | Uncertainty of T_pmRA
T_pmDEC           | float  | mas/yr  | pos.pm;pos.eq.dec              | Proper motion in declination from there
T_e_pmDEC         | float  | mas/yr  | stat.error;pos.pm;pos.eq.dec   | Uncertainty of T_pmDEC
T_PMflag          | string |         | meta.ref                       | Source of the proper motion
T_plx             | float  | mas     | pos.parallax.trig              | Parallax from there
T_e_plx           | float  | mas     | stat.error;pos.parallax.trig   | Uncertainty of T_plx
T_PARflag         | string |         | meta.ref                       | Source of the parallax
T_dstArcSec       | float  | arcsec  | pos.angDistance                | Distance to that entry
T_contamination   | int    |         | meta.number                    | Further entries nearby
fileNPath         | string |         | meta.file                      | File of the energy distribution
objid             | int    |         | meta.record                    | Key of the row
thumbNail         | string |         | meta.ref.url                   | Small picture
previewURL        | string |         | meta.ref.url                   | Picture of the energy distribution, small
sedURL            | string |         | meta.ref.url                   | Picture of the energy distribution
ZooniverseURL     | string |         | meta.ref.url                   | Where volunteers talk about it
""")

(DISTANCE,) = read_fields(
    "dstArcSec | float | arcsec | pos.angDistance | Distance from the searched position"
)
DISK_DETECTIVE = (*FILTERED, DISTANCE)
CONE = DISK_DETECTIVE

PICKED_2017 = (
    "designation ZooniverseID ra dec glon glat w1mpro w1sigmpro w2mpro w2sigmpro w3mpro w3sigmpro "
    "w4mpro w4sigmpro j_m_2mass j_msig_2mass h_m_2mass h_msig_2mass k_m_2mass k_msig_2mass j_h h_k "
    "A_Vmag A_B_V A_Bmag A_gMag A_rMag A_iMag A_Verr A_B_Verr A_Berr A_gErr A_rErr A_iErr A_objid "
    "A_dstArcSec A_contamination G_source_id G_phot_g_mean_mag G_parallax G_parallax_error G_pmra "
    "G_pmra_error G_pmdec G_pmdec_error G_objid G_dstArcSec G_contamination P_gMeanPSFMag "
    "P_gMeanPSFMagErr P_iMeanPSFMag P_iMeanPSFMagErr P_rMeanPSFMag P_rMeanPSFMagErr P_yMeanPSFMag "
    "P_yMeanPSFMagErr P_zMeanPSFMag P_zMeanPSFMagErr P_nDetections P_dstArcSec P_contamination "
    "previewURL sedURL ZooniverseURL"
)
FILTERED_2017 = picked(PICKED_2017, FILTERED)
CONE_2017 = (*FILTERED_2017, DISTANCE)
