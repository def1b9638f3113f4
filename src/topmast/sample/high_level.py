"""Datasets of the mission search that well-known examples ask for; invented, as all of the sample.

Hubble has some near the globular cluster M 4; CLASSY and ULLYSES are missions of high-level
products, whose files are fetched by their URI.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

INVENTED = "made by topmast, not an observation"
M4_RA, M4_DEC = 245.89675, -26.52575
ARCSEC = 1 / 3600


@dataclass(frozen=True, slots=True)
class MissionSample:
    """The rows of a mission, its products, and the content of each file by its name."""

    datasets: list[dict[str, Any]]
    products: list[dict[str, Any]]
    files: dict[str, bytes]


# dataset, target, instrument, filter, seconds, start, PI, program, type, arcsec from M 4
HUBBLE = (
    ("IBKH03020", "NGC6121", "WFC3", "F467M", 392.0, "2012-04-18T10:00:00", "LEE", 12602,
     "IMAGE", 1.0),
    ("J6LP01010", "NGC6121", "ACS", "F775W", 100.0, "2002-07-26T06:00:00", "LEE", 9578,
     "IMAGE", 2.0),
    ("J9I701010", "NGC6121", "ACS", "F606W", 150.0, "2006-03-05T01:00:00", "LEE", 10775,
     "IMAGE", 3.0),
    ("IBB110010", "NGC6121", "WFC3", "F395N", 50.0, "2010-02-24T21:00:00", "LEE", 11729,
     "IMAGE", 4.0),
    ("ICAT01010", "M4", "WFC3", "F438W", 800.0, "2014-08-01T03:00:00", "HOLT", 13000, "IMAGE", 5.0),
    ("OBKH01010", "WD1606+422", "STIS", "G230L", 900.0, "2012-05-01T00:00:00", "ADA", 12557,
     "SPECTRUM", 9000.0),
    ("OBKH01020", "WD1606+422", "STIS", "G430L", 300.0, "2012-05-01T01:00:00", "ADA", 12557,
     "SPECTRUM", 9000.0),
    ("OBKH02010", "WD1632+177", "STIS", "G230L", 950.0, "2012-06-01T00:00:00", "ADA", 12557,
     "SPECTRUM", 9500.0),
    ("OBKH02020", "WD1632+177", "STIS", "G430L", 310.0, "2012-06-01T01:00:00", "ADA", 12557,
     "SPECTRUM", 9500.0),
    ("JBTAA8010", "ABELL2744", "ACS", "F606W", 500.0, "2012-10-01T00:00:00", "ODA", 12700,
     "IMAGE", 9900.0),
    ("JBTAA8020", "ABELL2744", "ACS", "F814W", 520.0, "2012-10-01T01:00:00", "ODA", 12700,
     "IMAGE", 9900.0),
    ("W0FX0301T", "SN1987A", "WFPC", "F555W", 350.0, "1991-01-01T00:00:00", "KEY", 2563,
     "IMAGE", 9990.0),
    ("Z14Z0104T", "NGC1068", "HRS", "MIRROR-N2", 20.0, "1992-08-01T00:00:00", "IVO", 3594,
     "IMAGE", 9999.0),
)  # fmt: skip
SHARED = {"JBTAA8010": "jbtaa8_asn.fits", "JBTAA8020": "jbtaa8_asn.fits"}
"""A file that is among the products of two datasets."""


def hubble() -> MissionSample:
    """The Hubble datasets above, with a raw and a calibrated file each."""
    datasets, products = [], []
    files: dict[str, bytes] = {}
    for name, target, instrument, optics, seconds, start, pi, program, kind, apart in HUBBLE:
        datasets.append(
            {
                "sci_data_set_name": name,
                "sci_targname": target,
                "sci_instrume": instrument,
                "sci_spec_1234": optics,
                "sci_actual_duration": seconds,
                "sci_start_time": start,
                "sci_pi_last_name": pi,
                "sci_pep_id": program,
                "sci_obs_type": kind,
                "sci_aec": "S",
                "sci_hapnum": 0,
                "sci_haspnum": 0,
                "sci_ra": M4_RA,
                "sci_dec": M4_DEC + apart * ARCSEC,
                "sci_status": "PUBLIC",
            }
        )
        shared = [SHARED[name]] if name in SHARED else []
        names = [f"{name.lower()}_{suffix}.fits" for suffix in ("raw", "flt")] + shared
        products += [_product(name, file, instrument, optics) for file in names]
        files |= {file: small_fits(file) for file in names}
    return MissionSample(datasets, products, files)


def _product(dataset: str, file: str, instrument: str, optics: str) -> dict[str, Any]:
    suffix = file.removesuffix(".fits").rpartition("_")[2].upper()
    categories = {"RAW": "UNCALIBRATED", "UNCAL": "UNCALIBRATED", "FLT": "CALIBRATED",
                  "X1D": "CALIBRATED"}  # fmt: skip
    return {
        "product_key": f"{dataset}_{file}",
        "access": "PUBLIC",
        "dataset": dataset,
        "instrument_name": instrument,
        "filters": optics,
        "filename": file,
        "uri": f"{dataset}/{file}",
        "authz_primary_identifier": dataset,
        "authz_secondary_identifier": suffix,
        "file_suffix": suffix,
        "category": categories.get(suffix, "AUX"),
        "type": "science",
    }


def webb() -> MissionSample:
    """One exposure of Webb, of two detectors."""
    name = "jw01189001001_02101_00001"
    dataset = {
        "ArchiveFileID": 1_189_001,
        "fileSetName": name,
        "productLevel": "1b, 2a, 2b",
        "targprop": "WISE-1828",
        "targ_ra": 277.1355,
        "targ_dec": 26.8434,
        "instrume": "NIRSPEC",
        "exp_type": "NRS_FIXEDSLIT",
        "opticalElements": "G395H;F290LP",
        "date_obs": "2022-07-28T20:00:00",
        "duration": 1050.4,
        "program": 1189,
        "observtn": 1,
        "visit": 1,
        "publicReleaseDate": "2023-07-28T20:00:00",
        "pi_name": "Roe, Jane",
        "proposal_type": "GTO",
        "proposal_cycle": 1,
        "targtype": "FIXED",
        "access": "PUBLIC",
    }
    names = [f"{name}_{detector}_{kind}.fits" for detector in ("nrs1", "nrs2")
             for kind in ("uncal", "x1d")]  # fmt: skip
    products = [_product(name, file, "NIRSPEC", "G395H") for file in names]
    return MissionSample([dataset], products, {file: small_fits(file) for file in names})


# ------------------------------------------------------------------- high-level products

CLASSY = (("J0021+0052", 5.4213, 0.8809, 0.0984), ("J0036-3333", 9.2186, -33.5547, 0.0206),
          ("J0144+0453", 26.1162, 4.8899, 0.0052))  # fmt: skip
ULLYSES = (("WLM-A11", "WLM", "O9.7 Ia", 0.5, -15.45, "COS", "G130M/1291"),
           ("WLM-A11", "WLM", "O9.7 Ia", 0.5, -15.45, "STIS", "E140M"),
           ("AV 75", "SMC", "O5.5 I(f)", 12.63, -72.88, "COS", "G160M/1611"),
           ("SK -67 22", "LMC", "O2 If*", 74.36, -67.65, "STIS", "E230M"))  # fmt: skip


def classy() -> MissionSample:
    """Galaxies of CLASSY with a spectrum each, and the table that describes it."""
    datasets = [
        {"Target": name, "RA": ra, "DEC": dec, "Redshift": redshift, "Instrument": "COS"}
        for name, ra, dec, redshift in CLASSY
    ]
    return _with_spectra("classy", datasets, [name for name, *_ in CLASSY])


def ullyses() -> MissionSample:
    """Stars of ULLYSES, one row for each grating."""
    datasets = [
        {
            "observation_id": f"{_plain(target)}_{grating.split('/')[0].lower()}",
            "target_name_ullyses": target,
            "target_classification": kind,
            "host_galaxy_name": galaxy,
            "targ_ra": ra,
            "targ_dec": dec,
            "instrument": instrument,
            "grating": grating,
        }
        for target, galaxy, kind, ra, dec, instrument, grating in ULLYSES
    ]
    return _with_spectra("ullyses", datasets, [str(row["observation_id"]) for row in datasets])


def _with_spectra(
    mission: str, datasets: list[dict[str, Any]], names: Iterable[str]
) -> MissionSample:
    products, files = [], {}
    for name in names:
        for kind in ("spec", "cat"):
            file = f"hlsp_{mission}_hst_{_plain(name)}_v1_{kind}.fits"
            files[file] = small_fits(file)
            products.append(
                {
                    "product_key": f"{name}_{file}",
                    "access": "PUBLIC",
                    "dataset": name,
                    "instrument_name": "COS",
                    "filename": file,
                    "uri": f"mast:HLSP/{mission}/{file}",
                    "category": "HLSP",
                    "type": "science",
                }
            )
    return MissionSample(datasets, products, files)


def _plain(name: str) -> str:
    return name.lower().replace(" ", "-")


def small_fits(name: str) -> bytes:
    """A FITS file without data that says what it is; the same bytes each time."""
    from astropy.io import fits

    unit = fits.PrimaryHDU()
    unit.header["COMMENT"] = INVENTED
    unit.header["FILENAME"] = name
    unit.add_checksum(when="2020-01-01")
    stream = io.BytesIO()
    unit.writeto(stream)
    return stream.getvalue()
