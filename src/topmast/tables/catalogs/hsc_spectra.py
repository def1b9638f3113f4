"""The list of Hubble's spectra of sources in the Hubble Source Catalog."""

# ruff: noqa: E501  (one column a line)

from __future__ import annotations

from topmast.tables.catalogs.reading import read_fields

SPECTRA = read_fields("""
ObjID           | int    |          | meta.record                | Key of the row
DatasetName     | string |          | meta.id;meta.file          | Name of the spectrum
MatchID         | long   |          | meta.id                    | Source of the Hubble Source Catalog
RA              | float  | deg      | pos.eq.ra;meta.main        | Right ascension
Dec             | float  | deg      | pos.eq.dec;meta.main       | Declination
TargetName      | string |          | meta.id                    | Target of the observation
ObjectType      | string |          | src.class                  | Kind of object
SpectrumType    | flag   |          | meta.code                  | 0 and 1: of a spectrograph; 2: from slitless grism images
Notes           | string |          | meta.note                  | Notes
Detector        | string |          | instr.det                  | Instrument and detector
Aperture        | string |          | instr.setup                | Aperture
SpectralElement | string |          | instr.dispElement          | Grating or grism
Wavelength      | float  | Angstrom | em.wl.central              | Central wavelength, 0 if there is none
ExposureTime    | float  | s        | time.duration;obs.exposure | Exposure time
PropID          | int    |          | meta.id                    | Number of the proposal
HSCMatch        | string |          | meta.code                  | Y where the source is in the Hubble Source Catalog
""")
