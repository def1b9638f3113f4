"""The Hubble Source Catalog in detail: one row for each image that a source was seen on."""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.reading import read_fields

MATCHES = read_fields("""
CatID        | int    |          | meta.record              | Key of the row
MatchID      | long   |          | meta.id;meta.main        | Identifier of the source
MemID        | int    |          | meta.id                  | Number of the detection within the source
SourceID     | int    |          | meta.id                  | Identifier of the source on its image
ImageID      | int    |          | meta.id                  | Identifier of the combined image
Det          | string |          | meta.code                | Y for a detection, N where there is none
MatchRA      | float  | deg      | pos.eq.ra;meta.main      | Right ascension, mean of all detections
MatchDec     | float  | deg      | pos.eq.dec;meta.main     | Declination, mean of all detections
SourceRA     | float  | deg      | pos.eq.ra                | Right ascension on this image
SourceDec    | float  | deg      | pos.eq.dec               | Declination on this image
D            | float  | mas      | pos.angDistance          | Distance from the mean position
DSigma       | float  | mas      | stat.stdev;pos           | Scatter of the detections around the mean position
AbsCorr      | string |          | meta.code                | Y where the astrometry was put on an outer reference
XImage       | float  | pix      | pos.cartesian.x          | Column on the image
YImage       | float  | pix      | pos.cartesian.y          | Row on the image
ImageName    | string |          | meta.file                | Name of the image
Instrument   | string |          | instr                    | Instrument
Mode         | string |          | instr.setup              | Mode of the instrument
Detector     | string |          | instr.det                | Detector
Aperture     | string |          | instr.setup              | Aperture
ExposureTime | float  | s        | time.duration;obs.exposure | Exposure time
StartMJD     | float  | d        | time.start               | Start of the exposure, MJD
StopMJD      | float  | d        | time.end                 | End of the exposure, MJD
WaveLength   | float  | Angstrom | em.wl.central            | Wavelength of the filter
Filter       | string |          | instr.filter             | Filter
TargetName   | string |          | meta.id                  | Target of the observation
FluxAper2    | float  |          | phot.count               | Counts in the larger aperture
MagAper2     | float  | mag      | phot.mag                 | Magnitude (AB) in the larger aperture
MagAuto      | float  | mag      | phot.mag                 | Magnitude (AB) in the elliptical aperture
PropID       | int    |          | meta.id                  | Number of the proposal
CI           | float  | mag      | phys.angSize             | Concentration: magnitude within 1 pixel minus within 3
KronRadius   | float  | arcsec   | phys.angSize             | Kron radius
Flags        | flag   |          | meta.code.qual           | Flags of the detection, as bits
naxis        | string |          | meta.number              | Size of the image in pixels
crpix        | string |          | pos.wcs.crpix            | Reference pixel of the image
crval        | string |          | pos.wcs.crval            | Position of the reference pixel
cd_matrix    | string |          | pos.wcs.cdmatrix         | Degrees a pixel, as a matrix
""")
