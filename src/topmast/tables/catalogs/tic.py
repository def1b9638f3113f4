"""The TESS Input Catalog and its candidate target list, version 8: 125 columns."""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.reading import picked, read_fields

FILTERED = read_fields("""
ID            | long   |         | meta.id;meta.main                      | TESS Input Catalog identifier
version       | string |         | meta.version                           | Version of the entry, as a date
HIP           | int    |         | meta.id.cross                          | Hipparcos number
TYC           | string |         | meta.id.cross                          | Tycho-2 identifier
UCAC          | string |         | meta.id.cross                          | UCAC4 identifier
TWOMASS       | string |         | meta.id.cross                          | 2MASS identifier
SDSS          | long   |         | meta.id.cross                          | SDSS DR9 identifier
ALLWISE       | string |         | meta.id.cross                          | ALLWISE identifier
GAIA          | string |         | meta.id.cross                          | Gaia DR2 identifier
APASS         | string |         | meta.id.cross                          | APASS identifier
KIC           | int    |         | meta.id.cross                          | Kepler Input Catalog number
objType       | string |         | src.class                              | STAR or EXTENDED
typeSrc       | string |         | meta.ref                               | Where the object comes from
ra            | float  | deg     | pos.eq.ra;meta.main                    | Right ascension, J2000
dec           | float  | deg     | pos.eq.dec;meta.main                   | Declination, J2000
POSflag       | string |         | meta.ref                               | Source of the position
pmRA          | float  | mas/yr  | pos.pm;pos.eq.ra                       | Proper motion in right ascension, times cos(dec)
e_pmRA        | float  | mas/yr  | stat.error;pos.pm;pos.eq.ra            | Uncertainty of pmRA
pmDEC         | float  | mas/yr  | pos.pm;pos.eq.dec                      | Proper motion in declination
e_pmDEC       | float  | mas/yr  | stat.error;pos.pm;pos.eq.dec           | Uncertainty of pmDEC
PMflag        | string |         | meta.ref                               | Source of the proper motion
plx           | float  | mas     | pos.parallax.trig                      | Parallax
e_plx         | float  | mas     | stat.error;pos.parallax.trig           | Uncertainty of the parallax
PARflag       | string |         | meta.ref                               | Source of the parallax
gallong       | float  | deg     | pos.galactic.lon                       | Galactic longitude
gallat        | float  | deg     | pos.galactic.lat                       | Galactic latitude
eclong        | float  | deg     | pos.ecliptic.lon                       | Ecliptic longitude
eclat         | float  | deg     | pos.ecliptic.lat                       | Ecliptic latitude
Bmag          | float  | mag     | phot.mag;em.opt.B                      | Johnson B magnitude
e_Bmag        | float  | mag     | stat.error;phot.mag;em.opt.B           | Uncertainty of Bmag
Vmag          | float  | mag     | phot.mag;em.opt.V                      | Johnson V magnitude
e_Vmag        | float  | mag     | stat.error;phot.mag;em.opt.V           | Uncertainty of Vmag
umag          | float  | mag     | phot.mag;em.opt.U                      | SDSS u magnitude (AB)
e_umag        | float  | mag     | stat.error;phot.mag;em.opt.U           | Uncertainty of umag
gmag          | float  | mag     | phot.mag;em.opt.B                      | SDSS g magnitude (AB)
e_gmag        | float  | mag     | stat.error;phot.mag;em.opt.B           | Uncertainty of gmag
rmag          | float  | mag     | phot.mag;em.opt.R                      | SDSS r magnitude (AB)
e_rmag        | float  | mag     | stat.error;phot.mag;em.opt.R           | Uncertainty of rmag
imag          | float  | mag     | phot.mag;em.opt.I                      | SDSS i magnitude (AB)
e_imag        | float  | mag     | stat.error;phot.mag;em.opt.I           | Uncertainty of imag
zmag          | float  | mag     | phot.mag;em.opt.I                      | SDSS z magnitude (AB)
e_zmag        | float  | mag     | stat.error;phot.mag;em.opt.I           | Uncertainty of zmag
Jmag          | float  | mag     | phot.mag;em.IR.J                       | 2MASS J magnitude
e_Jmag        | float  | mag     | stat.error;phot.mag;em.IR.J            | Uncertainty of Jmag
Hmag          | float  | mag     | phot.mag;em.IR.H                       | 2MASS H magnitude
e_Hmag        | float  | mag     | stat.error;phot.mag;em.IR.H            | Uncertainty of Hmag
Kmag          | float  | mag     | phot.mag;em.IR.K                       | 2MASS Ks magnitude
e_Kmag        | float  | mag     | stat.error;phot.mag;em.IR.K            | Uncertainty of Kmag
TWOMflag      | string |         | meta.code.qual                         | Quality flags of the 2MASS photometry
prox          | float  | arcsec  | pos.angDistance                        | Distance to the nearest 2MASS source
w1mag         | float  | mag     | phot.mag;em.IR.3-4um                   | WISE W1 magnitude
e_w1mag       | float  | mag     | stat.error;phot.mag;em.IR.3-4um        | Uncertainty of w1mag
w2mag         | float  | mag     | phot.mag;em.IR.4-8um                   | WISE W2 magnitude
e_w2mag       | float  | mag     | stat.error;phot.mag;em.IR.4-8um        | Uncertainty of w2mag
w3mag         | float  | mag     | phot.mag;em.IR.8-15um                  | WISE W3 magnitude
e_w3mag       | float  | mag     | stat.error;phot.mag;em.IR.8-15um       | Uncertainty of w3mag
w4mag         | float  | mag     | phot.mag;em.IR.15-30um                 | WISE W4 magnitude
e_w4mag       | float  | mag     | stat.error;phot.mag;em.IR.15-30um      | Uncertainty of w4mag
GAIAmag       | float  | mag     | phot.mag;em.opt                        | Gaia G magnitude
e_GAIAmag     | float  | mag     | stat.error;phot.mag;em.opt             | Uncertainty of GAIAmag
Tmag          | float  | mag     | phot.mag;em.opt.I                      | Magnitude in the TESS band
e_Tmag        | float  | mag     | stat.error;phot.mag;em.opt.I           | Uncertainty of Tmag
TESSflag      | string |         | meta.code                              | How Tmag was worked out
SPFlag        | string |         | meta.code                              | How the properties of the star were worked out
Teff          | float  | K       | phys.temperature.effective             | Effective temperature
e_Teff        | float  | K       | stat.error;phys.temperature.effective  | Uncertainty of Teff
logg          | float  |         | phys.gravity                           | Logarithm of the surface gravity in cm/s2
e_logg        | float  |         | stat.error;phys.gravity                | Uncertainty of logg
MH            | float  |         | phys.abund.Z                           | Metallicity, dex
e_MH          | float  |         | stat.error;phys.abund.Z                | Uncertainty of MH
rad           | float  | solRad  | phys.size.radius                       | Radius
e_rad         | float  | solRad  | stat.error;phys.size.radius            | Uncertainty of the radius
mass          | float  | solMass | phys.mass                              | Mass
e_mass        | float  | solMass | stat.error;phys.mass                   | Uncertainty of the mass
rho           | float  |         | phys.density                           | Mean density; that of the Sun is 1
e_rho         | float  |         | stat.error;phys.density                | Uncertainty of the density
lumclass      | string |         | src.class.luminosity                   | DWARF, SUBGIANT or GIANT
lum           | float  | solLum  | phys.luminosity                        | Luminosity
e_lum         | float  | solLum  | stat.error;phys.luminosity             | Uncertainty of the luminosity
d             | float  | pc      | pos.distance                           | Distance
e_d           | float  | pc      | stat.error;pos.distance                | Uncertainty of the distance
ebv           | float  | mag     | phot.color.excess                      | Colour excess E(B-V) that was applied
e_ebv         | float  | mag     | stat.error;phot.color.excess           | Uncertainty of ebv
numcont       | int    |         | meta.number                            | Sources that contaminate the aperture
contratio     | float  |         | arith.ratio                            | Flux of the contaminating sources over that of the star
disposition   | string |         | meta.code                              | ARTIFACT, DUPLICATE, SPLIT or JOIN; empty for most
duplicate_id  | long   |         | meta.id.assoc                          | Identifier of the entry that this one repeats
priority      | float  |         | meta.code                              | Priority as a target for TESS
eneg_EBV      | float  | mag     | stat.error;phot.color.excess           | Lower uncertainty of ebv
epos_EBV      | float  | mag     | stat.error;phot.color.excess           | Upper uncertainty of ebv
EBVflag       | string |         | meta.ref                               | Source of ebv
eneg_Mass     | float  | solMass | stat.error;phys.mass                   | Lower uncertainty of the mass
epos_Mass     | float  | solMass | stat.error;phys.mass                   | Upper uncertainty of the mass
eneg_Rad      | float  | solRad  | stat.error;phys.size.radius            | Lower uncertainty of the radius
epos_Rad      | float  | solRad  | stat.error;phys.size.radius            | Upper uncertainty of the radius
eneg_rho      | float  |         | stat.error;phys.density                | Lower uncertainty of the density
epos_rho      | float  |         | stat.error;phys.density                | Upper uncertainty of the density
eneg_logg     | float  |         | stat.error;phys.gravity                | Lower uncertainty of logg
epos_logg     | float  |         | stat.error;phys.gravity                | Upper uncertainty of logg
eneg_lum      | float  | solLum  | stat.error;phys.luminosity             | Lower uncertainty of the luminosity
epos_lum      | float  | solLum  | stat.error;phys.luminosity             | Upper uncertainty of the luminosity
eneg_dist     | float  | pc      | stat.error;pos.distance                | Lower uncertainty of the distance
epos_dist     | float  | pc      | stat.error;pos.distance                | Upper uncertainty of the distance
distflag      | string |         | meta.ref                               | Source of the distance
eneg_Teff     | float  | K       | stat.error;phys.temperature.effective  | Lower uncertainty of Teff
epos_Teff     | float  | K       | stat.error;phys.temperature.effective  | Upper uncertainty of Teff
TeffFlag      | string |         | meta.ref                               | Source of Teff
gaiabp        | float  | mag     | phot.mag;em.opt.B                      | Gaia BP magnitude
e_gaiabp      | float  | mag     | stat.error;phot.mag;em.opt.B           | Uncertainty of gaiabp
gaiarp        | float  | mag     | phot.mag;em.opt.R                      | Gaia RP magnitude
e_gaiarp      | float  | mag     | stat.error;phot.mag;em.opt.R           | Uncertainty of gaiarp
gaiaqflag     | flag   |         | meta.code.qual                         | 1 where the Gaia data passed the quality tests
starchareFlag | string |         | meta.code                              | Where a person looked at the properties
VmagFlag      | string |         | meta.ref                               | Source of Vmag
BmagFlag      | string |         | meta.ref                               | Source of Bmag
splists       | string |         | meta.code                              | Special list that the star is on
e_RA          | float  | mas     | stat.error;pos.eq.ra                   | Uncertainty of ra
e_Dec         | float  | mas     | stat.error;pos.eq.dec                  | Uncertainty of dec
RA_orig       | float  | deg     | pos.eq.ra                              | Right ascension of the original catalogue, at its epoch
Dec_orig      | float  | deg     | pos.eq.dec                             | Declination of the original catalogue, at its epoch
e_RA_orig     | float  | mas     | stat.error;pos.eq.ra                   | Uncertainty of RA_orig
e_Dec_orig    | float  | mas     | stat.error;pos.eq.dec                  | Uncertainty of Dec_orig
raddflag      | flag   |         | meta.code                              | 1 for the radius of a dwarf, 0 of a giant, -1 for none
wdflag        | flag   |         | meta.code                              | 1 for a possible white dwarf
objID         | long   |         | meta.record                            | Key of the row
""")

(DISTANCE,) = read_fields(
    "dstArcSec | float | arcsec | pos.angDistance | Distance from the searched position"
)
TIC = (*FILTERED, DISTANCE)

FIRST = "ID ra dec pmRA pmDEC Tmag objType typeSrc version"
ADDED_IN_8 = [field.name for field in FILTERED].index("eneg_EBV")


def _cone(fields: tuple[str, ...]) -> str:
    """The order of a cone's answer: what matters most comes first, the key of the row is missing."""
    rest = [name for name in fields if name not in FIRST.split() and name != "objID"]
    return " ".join([FIRST, *rest, "dstArcSec"])


NAMES = tuple(field.name for field in FILTERED)
CONE = picked(_cone(NAMES), TIC)
FILTERED_2017 = (*FILTERED[:ADDED_IN_8], FILTERED[-1])
CONE_2017 = picked(_cone(NAMES[:ADDED_IN_8]), TIC)
