"""A small FITS file for each of Hubble's spectra in data/hsc_spectra.csv."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from astropy.io import fits

from topmast.sample.catalogs.data_tables import read_table
from topmast.sample.seeds import seeded

SLITLESS = 2
COLUMNS = [("WAVE", ">f4"), ("FLUX", ">f4"), ("FERROR", ">f4")]
UNITS = ("Angstrom", "erg/s/cm2/Angstrom", "erg/s/cm2/Angstrom")
NOT_OBSERVED = "made by topmast, not an observation"


def spectrum_rows() -> list[dict[str, Any]]:
    """The list of the spectra, those of the grism first, then those of spectrographs."""
    return read_table("hsc_spectra").to_pylist()


def spectrum_file(row: Mapping[str, Any]) -> bytes:
    """A hot star or a galaxy with its errors, one row a wavelength."""
    random = seeded("hubble spectra", row["DatasetName"])
    low, high = row["Wavelength"] * 0.8, row["Wavelength"] * 1.2
    if row["SpectrumType"] == SLITLESS:
        low, high = 5500.0, 10500.0
    angstrom = np.linspace(low, high, 160)
    continuum = 10 ** random.uniform(-17.5, -15.5) * (angstrom / low) ** random.uniform(-3, -1)
    line = random.uniform(low, high)
    depth = random.uniform(-0.5, 2) * np.exp(-0.5 * ((angstrom - line) / (0.004 * line)) ** 2)
    error = continuum / 15
    flux = continuum * (1 + depth) + error * random.standard_normal(len(angstrom))
    values = np.rec.fromarrays([angstrom, flux, error], dtype=COLUMNS)
    table = fits.BinTableHDU(values, name="SPECTRUM")
    for number, unit in enumerate(UNITS, 1):
        table.header[f"TUNIT{number}"] = unit
    content = io.BytesIO()
    hdus = fits.HDUList([fits.PrimaryHDU(header=primary_header(row)), table])
    for hdu in hdus:
        hdu.add_checksum(when=NOT_OBSERVED)
    hdus.writeto(content, output_verify="ignore")
    return content.getvalue()


def primary_header(row: Mapping[str, Any]) -> fits.Header:
    header = fits.Header(
        [
            ("TELESCOP", "HST", "telescope"),
            ("INSTRUME", row["Detector"].partition("/")[0], "instrument"),
            ("TARGNAME", row["TargetName"], "target"),
            ("RA_TARG", row["RA"], "[deg] right ascension"),
            ("DEC_TARG", row["Dec"], "[deg] declination"),
            ("DISPERSR", row["SpectralElement"], "grism or grating"),
            ("EXPTIME", row["ExposureTime"], "[s] exposure time"),
            ("PROPOSID", row["PropID"], "proposal"),
        ]
    )
    header["COMMENT"] = NOT_OBSERVED
    return header
