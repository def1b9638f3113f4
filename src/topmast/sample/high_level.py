"""Datasets of the mission search that well-known examples ask for; invented, as all of the sample.

Hubble has some near the globular cluster M 4; CLASSY and ULLYSES are missions of high-level
products, whose files are fetched by their URI.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from topmast.sample.templates import fill_row, load

INVENTED = "made by topmast, not an observation"
M4_DEC = -26.52575
ARCSEC = 1 / 3600
TABLES = load("missions_search.toml")


@dataclass(frozen=True, slots=True)
class MissionSample:
    """The rows of a mission, its products, and the content of each file by its name."""

    datasets: list[dict[str, Any]] = field(default_factory=list)
    products: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def add(self, kind: str, file: str, content: bytes, values: dict[str, Any]) -> None:
        """Add a file and the product that it is, of a `kind` of products."""
        suffix = file.partition(".")[0].rpartition("_")[2]
        category = TABLES["categories"].get(suffix, "AUX")
        about = {"file": file, "suffix": suffix, "category": category, **values}
        self.products.append(fill_row(TABLES["products"][kind], about))
        self.files[file] = content


def hubble() -> MissionSample:
    """The Hubble datasets of the table, with a raw and a calibrated file each."""
    table, sample = TABLES["hubble"], MissionSample()
    for row in table["rows"]:
        values = dict(zip(table["columns"], row, strict=True))
        values["dec"] = M4_DEC + values["apart"] * ARCSEC
        sample.datasets.append(fill_row(table["row"], values))
        name = values["dataset"]
        names = [f"{name.lower()}_{suffix}.fits" for suffix in ("raw", "flt")]
        for file in [*names, *filter(None, [table["shared"].get(name)])]:
            sample.add("own", file, small_fits(file), values)
    return sample


def webb() -> MissionSample:
    """One exposure of Webb, of two detectors."""
    sample = MissionSample([dict(TABLES["webb"])])
    name = TABLES["webb"]["fileSetName"]
    values = {"dataset": name, "instrument": "NIRSPEC", "optics": "G395H"}
    for detector in ("nrs1", "nrs2"):
        for kind in ("uncal", "x1d"):
            file = f"{name}_{detector}_{kind}.fits"
            sample.add("own", file, small_fits(file), values)
    return sample


def high_level(mission: str) -> MissionSample:
    """A mission of high-level products: each dataset has a spectrum and a table about it."""
    table, sample = TABLES[mission], MissionSample()
    for row in table["rows"]:
        values = dict(zip(table["columns"], row, strict=True))
        name = values["dataset"] = values["target"]
        if "grating" in values:
            grating = values["grating"].partition("/")[0].lower()
            name = values["dataset"] = f"{_plain(values['target'])}_{grating}"
        sample.datasets.append(fill_row(table["row"], values))
        for kind in ("spec", "cat"):
            file = f"hlsp_{mission}_hst_{_plain(name)}_v1_{kind}.fits"
            sample.add("high_level", file, small_fits(file), {"dataset": name, "mission": mission})
    return sample


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
