"""The catalogue of GALEX, the Galaxy Evolution Explorer: 30 columns."""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.reading import read_fields

GALEX = read_fields("""
distance_arcmin | float  | arcmin | pos.angDistance             | Distance from the searched position
objID           | long   |        | meta.id;meta.main           | GALEX identifier of the source
survey          | string |        | meta.id                     | Survey: AIS, MIS, DIS, NGS, GII or CAI
ra              | float  | deg    | pos.eq.ra;meta.main         | Right ascension
dec             | float  | deg    | pos.eq.dec;meta.main        | Declination
band            | flag   |        | instr.bandpass              | 1 seen in NUV, 2 in FUV, 3 in both
fov_radius      | float  | deg    | pos.angDistance             | Distance from the centre of the field
IAUName         | string |        | meta.id                     | Name by the rules of the IAU
nuv_exptime     | float  | s      | time.duration;obs.exposure  | Exposure time in NUV
fuv_exptime     | float  | s      | time.duration;obs.exposure  | Exposure time in FUV
fuv_mag         | float  | mag    | phot.mag;em.UV.100-200nm    | FUV magnitude (AB)
fuv_magerr      | float  | mag    | stat.error;phot.mag         | Uncertainty of fuv_mag
nuv_mag         | float  | mag    | phot.mag;em.UV.200-300nm    | NUV magnitude (AB)
nuv_magerr      | float  | mag    | stat.error;phot.mag         | Uncertainty of nuv_mag
fuv_flux        | float  | uJy    | phot.flux;em.UV.100-200nm   | FUV flux density
fuv_fluxerr     | float  | uJy    | stat.error;phot.flux        | Uncertainty of fuv_flux
nuv_flux        | float  | uJy    | phot.flux;em.UV.200-300nm   | NUV flux density
nuv_fluxerr     | float  | uJy    | stat.error;phot.flux        | Uncertainty of nuv_flux
e_bv            | float  | mag    | phot.color.excess           | Galactic colour excess E(B-V)
ra_cent         | float  | deg    | pos.eq.ra                   | Right ascension of the centre of the field
dec_cent        | float  | deg    | pos.eq.dec                  | Declination of the centre of the field
xCenter         | float  | pix    | pos.cartesian.x             | Column of the source on the image
yCenter         | float  | pix    | pos.cartesian.y             | Row of the source on the image
SSAPFitsFile    | string |        | meta.ref.url                | Its spectrum, if there is one
nuv_flux_auto   | float  | ct/s   | phot.count;em.UV.200-300nm  | NUV count rate in the elliptical aperture
nuv_flux_aper_7 | float  | ct/s   | phot.count;em.UV.200-300nm  | NUV count rate within a radius of 17.3 arcsec
nuv_artifact    | flag   |        | meta.code.qual              | Artefacts in NUV, as bits
fuv_flux_auto   | float  | ct/s   | phot.count;em.UV.100-200nm  | FUV count rate in the elliptical aperture
fuv_flux_aper_7 | float  | ct/s   | phot.count;em.UV.100-200nm  | FUV count rate within a radius of 17.3 arcsec
fuv_artifact    | flag   |        | meta.code.qual              | Artefacts in FUV, as bits
""")
DISTANCE = GALEX[0]
