"""Invented observing programmes: people, titles and times."""

from __future__ import annotations

from typing import Any

import numpy as np

from topmast.sample.places import Place
from topmast.sample.scene import seeded

FUTURE = 64300.0
"""MJD after which exclusive data of the sample become public: December 2034."""

PEOPLE = (
    "Abara, Nneka", "Bellwether, Ines", "Castellan, Hugo", "Dovrak, Milena", "Eskola, Aino",
    "Farrokhzad, Parisa", "Gallimore, Tess", "Hinterberger, Jo", "Iwasaki, Ren", "Jarnell, Odile",
    "Kestrel, Maya", "Lindqvist-Oyelaran, Sol", "Moana, Tui", "Nakagawa, Emi", "Ostrander, Pim",
    "Pellegrini, Dario", "Quispe, Amaru", "Rautio, Veli", "Sandoval, Ximena", "Tremblay, Luc",
    "Umarov, Dilnoza", "Vantongeren, An", "Whitlock, Ada", "Yıldız, Deniz", "Zielinski, Ola",
)  # fmt: skip
TITLES = {
    "G": ("The star formation history of {}", "Dust and young clusters in {}"),
    "*Cl": ("The faint end of the main sequence in {}", "Binaries in the core of {}"),
    "PN": ("Knots and shells of {}", "The hot central star of {}"),
    "SNR": ("Expansion of {}", "Shocks in {}"),
    "HII": ("Protostellar disks in {}", "Ionization fronts of {}"),
    "Neb": ("Protostellar disks in {}", "Ionization fronts of {}"),
    "*": ("The atmosphere of {}", "Winds and chromosphere of {}"),
    "GClstr": ("Lensed galaxies behind {}", "Intracluster light in {}"),
    "Field": ("A deep survey of {}", "Galaxies at high redshift in {}"),
}
KINDS = {
    "G": "GALAXY;SPIRAL",
    "*Cl": "STELLAR CLUSTER;STAR",
    "PN": "ISM;PLANETARY NEBULA",
    "SNR": "ISM;SUPERNOVA REMNANT",
    "HII": "ISM;HII REGION",
    "Neb": "ISM;NEBULA",
    "*": "STAR",
    "WD*": "STAR;WHITE DWARF",
    "QSO": "GALAXY;QUASAR",
    "GClstr": "CLUSTER OF GALAXIES",
    "Field": "UNIDENTIFIED;BLANK FIELD",
    "PSR": "STAR;PULSAR",
}
TYPES = ("GO", "GO", "GO", "SNAP", "GTO", "GO/DD", "AR", "CAL")


def programme(number: int, target: Place) -> dict[str, Any]:
    """Proposal columns of programme `number` on `target`."""
    random = seeded("programme", number)
    titles = TITLES.get(target.kind, ("A closer look at {}", "Monitoring {}"))
    return {
        "proposal_id": str(number),
        "proposal_pi": PEOPLE[int(random.integers(len(PEOPLE)))],
        "proposal_type": TYPES[int(random.integers(len(TYPES)))],
        "obs_title": titles[int(random.integers(len(titles)))].format(target.name),
        "target_name": target.compact,
        "target_classification": target_classification(target.kind),
    }


def target_classification(kind: str) -> str | None:
    return KINDS.get(kind)


def mjd_stamp(mjd: float) -> str:
    """A time as year, day of year, hours, minutes and seconds, as TESS and Kepler files have it."""
    when = np.datetime64("1858-11-17T00:00:00") + np.timedelta64(round(mjd * 86400), "s")
    year = when.astype("datetime64[Y]")
    day = int(
        (when.astype("datetime64[D]") - year.astype("datetime64[D]")) / np.timedelta64(1, "D")
    )
    clock = str(when)[11:].replace(":", "")
    return f"{year}{day + 1:03d}{clock}"


def mjd_text(mjd: float) -> str:
    """A time as FITS headers have it."""
    when = np.datetime64("1858-11-17T00:00:00.000") + np.timedelta64(round(mjd * 86400000), "ms")
    return str(when)
