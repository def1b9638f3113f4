"""Hubble's spectra of catalogued sources: the list, and a small FITS file for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from topmast.sample.catalogs.hubble_fields import HubbleField, images
from topmast.sample.hdus import Cards, Column, primary, table
from topmast.sample.places import places
from topmast.sample.seeds import seeded
from topmast.sample.spectra import energy_distribution, observed

if TYPE_CHECKING:
    from topmast.archive import Archive

FIELD = (111.7465, 69.2725)
"""Of the parallel fields that the grism of ACS looked at around NGC 2366 in proposal 9482."""
FIRST_OBJID = 20010
PROPOSAL = 9482
GRISM = "G800L"
EXPOSURES = {"J8HPAXAEQ": 9328.0, "J8HPAOZMQ": 6198.0}
FIRST_MATCH = 19_900_000

START = (
    ("J072655.67+691648.9", "J8HPAXAEQ", 19657846),
    ("J072655.69+691648.9", "J8HPAOZMQ", 19657846),
    ("J072655.76+691729.7", "J8HPAOZMQ", 19659745),
    ("J072655.82+691620.0", "J8HPAOZMQ", 19659417),
    ("J072656.34+691704.7", "J8HPAXAEQ", 19660230),
    ("J072656.36+691704.7", "J8HPAOZMQ", 19660230),
    ("J072656.36+691744.9", "J8HPAOZMQ", 19658847),
    ("J072656.37+691630.2", "J8HPAXAEQ", 19660827),
    ("J072656.39+691630.2", "J8HPAOZMQ", 19660827),
    ("J072656.41+691734.9", "J8HPAOZMQ", 19656620),
)
"""The first ten of the list, as the guide prints them."""
LATER = (
    ("J072704.61+691530.3", "J8HPAOZMQ"),
    ("J072704.68+691535.9", "J8HPAOZMQ"),
    ("J072704.70+691530.2", "J8HPAOZMQ"),
    ("J072704.73+691808.0", "J8HPAOZMQ"),
)
"""Rows 100 to 103, which the guide downloads."""
KNOWN = ("J072657.06+691415.5", "J8HPAXAEQ")
COUNT = 140
SPECTROGRAPHS = (
    ("STIS/FUV-MAMA", "52X0.2", "G140L", 1425.0, 1, "O5BN02010"),
    ("STIS/CCD", "52X0.2", "G430L", 4300.0, 1, "O4XV01020"),
    ("FOS/BLUE", "1.0", "G130H", 1378.0, 0, "Y2JK0105T"),
    ("GHRS/2", "0.25", "G160M", 1400.0, 0, "Z2FD0204T"),
)
TARGETS = ("QSO", "*", "WD*", "HighPM*")


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One row of the list."""

    name: str
    match: int
    ra: float
    dec: float
    target: str
    type: int
    detector: str
    aperture: str
    element: str
    wavelength: float
    seconds: float
    proposal: int
    matched: bool


def spectra() -> list[Spectrum]:
    """All of them: those of the grism first, then those of spectrographs."""
    return [*grism_spectra(), *slit_spectra()]


def grism_spectra() -> Iterator[Spectrum]:
    for name, exposure, match in grism_names():
        ra, dec = position_in(name)
        yield Spectrum(
            name=f"HAG_{name}_{exposure}_V01.SPEC1D",
            match=match,
            ra=ra,
            dec=dec,
            target=f"HAG_{name}_{exposure}",
            type=2,
            detector="ACS/WFC",
            aperture="",
            element=GRISM,
            wavelength=0.0,
            seconds=EXPOSURES[exposure],
            proposal=PROPOSAL,
            matched=True,
        )


def grism_names() -> list[tuple[str, str, int]]:
    """Names in their order, the guide's in the places where it prints them."""
    random = seeded("hubble spectra", "names")
    between = filler(56.45, 64.60, 100 - len(START) - 1, random)
    between = sorted([*between, KNOWN])
    after = filler(64.80, 79.90, COUNT - 104, random)
    rows = [(name, exposure, FIRST_MATCH + 11 * k) for k, (name, exposure) in enumerate(
        [*between, *LATER, *after])]  # fmt: skip
    return [*START, *rows]


def filler(
    low: float, high: float, count: int, random: np.random.Generator
) -> list[tuple[str, str]]:
    """Names of sources in this range of seconds of right ascension after 7h 26m."""
    seconds = np.sort(np.round(random.uniform(low, high, count), 2))
    seconds += 0.01 * np.arange(count) / count
    dec = random.uniform(10.0, 22.0, count)
    exposures = random.choice(sorted(EXPOSURES), count)
    made = []
    for second, minute, exposure in zip(
        seconds.tolist(), dec.tolist(), exposures.tolist(), strict=True
    ):
        text = f"0726{second:05.2f}" if second < 60 else f"0727{second - 60:05.2f}"
        made.append((f"J{text}+69{int(minute):02d}{minute % 1 * 59.9:04.1f}", exposure))
    return sorted(made)


def position_in(name: str) -> tuple[float, float]:
    """The position that J072655.67+691648.9 tells."""
    ra = 15 * (int(name[1:3]) + int(name[3:5]) / 60 + float(name[5:10]) / 3600)
    dec = int(name[11:13]) + int(name[13:15]) / 60 + float(name[15:]) / 3600
    return round(ra, 8), round(dec, 8)


def slit_spectra() -> Iterator[Spectrum]:
    """Some of well-known stars and quasars."""
    targets = [item for item in places() if item.kind in TARGETS][: 6 * len(SPECTROGRAPHS)]
    for number, item in enumerate(targets):
        detector, aperture, element, wavelength, kind, name = SPECTROGRAPHS[number % 4]
        yield Spectrum(
            name=f"{name[:4]}{number + 10:02d}{name[6:]}",
            match=FIRST_MATCH + 500_000 + number,
            ra=item.ra,
            dec=item.dec,
            target=item.compact,
            type=kind,
            detector=detector,
            aperture=aperture,
            element=element,
            wavelength=wavelength,
            seconds=1200.0 + 30 * number,
            proposal=7100 + 13 * number,
            matched=False,
        )


def spectra_field() -> tuple[HubbleField, list[tuple[int, float, float]]]:
    """The field of the Hubble Source Catalog that has the sources of these spectra."""
    seen = images(
        "NGC2366-FIELD", 190_000_000, (("A", PROPOSAL, "ax", 52700.2, "F775W F814W", 25.5),)
    )
    sources: dict[int, tuple[int, float, float]] = {}
    for spectrum in grism_spectra():
        sources.setdefault(spectrum.match, (spectrum.match, spectrum.ra, spectrum.dec))
    field = HubbleField("spectra", *FIELD, seen, 300, 0.09, 0.0, 0.0, 19_100_000, 0.0364, 19.0)
    return field, list(sources.values())


# ------------------------------------------------------------------------------- list and files


def put_spectra(archive: Archive) -> int:
    """Put the list and the files into the archive; how many they are."""
    from topmast.archive.catalogs.spectrum_files import put_spectrum_files

    listed = spectra()
    archive.ingest_catalog("hsc_spectra", rows(listed))
    kinds = {spectrum.name: spectrum.type for spectrum in listed}
    by_name = {spectrum.name: spectrum for spectrum in listed}
    put_spectrum_files(archive.store, kinds, lambda name: fits_of(by_name[name]))
    return len(listed)


def rows(listed: list[Spectrum]) -> pa.Table:
    """The list as a table."""
    columns = {
        "ObjID": [FIRST_OBJID + number for number in range(len(listed))],
        "DatasetName": [each.name for each in listed],
        "MatchID": [each.match if each.matched else None for each in listed],
        "RA": [each.ra for each in listed],
        "Dec": [each.dec for each in listed],
        "TargetName": [each.target for each in listed],
        "ObjectType": ["" for _ in listed],
        "SpectrumType": [each.type for each in listed],
        "Notes": ["ACS  GRISM G800L" if each.type == 2 else "" for each in listed],
        "Detector": [each.detector for each in listed],
        "Aperture": [each.aperture for each in listed],
        "SpectralElement": [each.element for each in listed],
        "Wavelength": [each.wavelength for each in listed],
        "ExposureTime": [each.seconds for each in listed],
        "PropID": [each.proposal for each in listed],
        "HSCMatch": ["Y" if each.matched else "N" for each in listed],
    }
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def fits_of(spectrum: Spectrum) -> bytes:
    """A spectrum with its errors, one row a wavelength."""
    random = seeded("hubble spectra", spectrum.name)
    low, high = (5500.0, 10500.0) if spectrum.type == 2 else (
        spectrum.wavelength * 0.8, spectrum.wavelength * 1.2)  # fmt: skip
    angstrom = np.round(np.linspace(low, high, 160), 2)
    kind = "G" if spectrum.type == 2 else "*"
    flux, error = observed(1e-4 * energy_distribution(kind, angstrom, random), random)
    cards: Cards = [
        ("TELESCOP", "HST", "telescope"),
        ("INSTRUME", spectrum.detector.partition("/")[0], "instrument"),
        ("TARGNAME", spectrum.target, "target"),
        ("RA_TARG", spectrum.ra, "[deg] right ascension"),
        ("DEC_TARG", spectrum.dec, "[deg] declination"),
        ("DISPERSR", spectrum.element, "grism or grating"),
        ("EXPTIME", spectrum.seconds, "[s] exposure time"),
        ("PROPOSID", spectrum.proposal, "proposal"),
    ]
    columns = [
        Column("WAVE", angstrom.astype("f4"), "Angstrom"),
        Column("FLUX", flux.astype("f4"), "erg/s/cm2/Angstrom"),
        Column("FERROR", error.astype("f4"), "erg/s/cm2/Angstrom"),
    ]
    return primary(cards) + table("SPECTRUM", columns)
