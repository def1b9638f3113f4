"""The PLATO Input Catalog, first release: bright dwarfs and subgiants of its fields."""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.reading import read_fields

PLATO = read_fields("""
PICidDR1     | long   |         | meta.id;meta.main                     | PLATO Input Catalog identifier
PICnameDR1   | string |         | meta.id                               | Name in the catalogue
sourceID     | long   |         | meta.id.cross                         | Gaia DR2 identifier
ra           | float  | deg     | pos.eq.ra;meta.main                   | Right ascension
dec          | float  | deg     | pos.eq.dec;meta.main                  | Declination
gallong      | float  | deg     | pos.galactic.lon                      | Galactic longitude
gallat       | float  | deg     | pos.galactic.lat                      | Galactic latitude
fieldID      | string |         | meta.id                               | Field of PLATO: LOPN1, LOPS2, or none
sampleFlag   | flag   |         | meta.code                             | Sample: 1, 2, 4 (M dwarfs) or 5
pmRA         | float  | mas/yr  | pos.pm;pos.eq.ra                      | Proper motion in right ascension, times cos(dec)
e_pmRA       | float  | mas/yr  | stat.error;pos.pm;pos.eq.ra           | Uncertainty of pmRA
pmDEC        | float  | mas/yr  | pos.pm;pos.eq.dec                     | Proper motion in declination
e_pmDEC      | float  | mas/yr  | stat.error;pos.pm;pos.eq.dec          | Uncertainty of pmDEC
plx          | float  | mas     | pos.parallax.trig                     | Parallax
e_plx        | float  | mas     | stat.error;pos.parallax.trig          | Uncertainty of the parallax
d            | float  | pc      | pos.distance                          | Distance
e_d          | float  | pc      | stat.error;pos.distance               | Uncertainty of the distance
Gmag         | float  | mag     | phot.mag;em.opt                       | Gaia G magnitude
e_Gmag       | float  | mag     | stat.error;phot.mag;em.opt            | Uncertainty of Gmag
BPmag        | float  | mag     | phot.mag;em.opt.B                     | Gaia BP magnitude
RPmag        | float  | mag     | phot.mag;em.opt.R                     | Gaia RP magnitude
Vmag         | float  | mag     | phot.mag;em.opt.V                     | Johnson V magnitude
e_Vmag       | float  | mag     | stat.error;phot.mag;em.opt.V          | Uncertainty of Vmag
ebv          | float  | mag     | phot.color.excess                     | Colour excess E(B-V)
Teff         | float  | K       | phys.temperature.effective            | Effective temperature
e_Teff       | float  | K       | stat.error;phys.temperature.effective | Uncertainty of Teff
rad          | float  | solRad  | phys.size.radius                      | Radius
e_rad        | float  | solRad  | stat.error;phys.size.radius           | Uncertainty of the radius
mass         | float  | solMass | phys.mass                             | Mass
e_mass       | float  | solMass | stat.error;phys.mass                  | Uncertainty of the mass
numcont      | int    |         | meta.number                           | Sources that contaminate the aperture
dstArcSec    | float  | arcsec  | pos.angDistance                       | Distance from the searched position
""")
DISTANCE = PLATO[-1]
