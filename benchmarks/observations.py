"""Observations with values like those of a crowded field of MAST, made by chance from a seed."""

from __future__ import annotations

import random
from typing import Any

from astropy.table import Table

from topmast.tables.fields import CONE

__all__ = ["crowded_field", "observation"]

SEED = 101


def crowded_field(count: int) -> Table:
    """A table of observations around M101, with the columns that an archive takes."""
    chance = random.Random(SEED)
    rows = [observation(number, chance) for number in range(count)]
    columns = dict(zip([field.name for field in CONE], zip(*rows, strict=True), strict=True))
    del columns["distance"]
    filled = {
        name: list(cells)
        for name, cells in columns.items()
        if any(cell is not None for cell in cells)
    }
    return Table(filled, copy=False)


def observation(number: int, chance: random.Random) -> list[Any]:
    """The cells of one row, in the order of Mast.Caom.Cone."""
    ra, dec = 210.8 + chance.gauss(0, 0.1), 54.35 + chance.gauss(0, 0.1)
    name = f"hst_{chance.randint(9000, 17000)}_{number:05d}_acs_wfc_f814w_j{chance.getrandbits(24)}"
    corners = " ".join(
        f"{ra + chance.gauss(0, 0.03):.8f} {dec + chance.gauss(0, 0.03):.8f}"
        for _ in range(chance.choice([4, 5, 8]))
    )
    values = {
        "intentType": "science",
        "obs_collection": chance.choice(["HST", "HLA", "TESS", "JWST"]),
        "provenance_name": "CALACS",
        "instrument_name": "ACS/WFC",
        "project": "HST",
        "filters": chance.choice(["F814W", "F606W;CLEAR2L", "F435W"]),
        "wavelength_region": "OPTICAL",
        "target_name": f"NGC5457-FIELD{number % 77}",
        "target_classification": "GALAXY;SPIRAL",
        "obs_id": name,
        "s_ra": ra,
        "s_dec": dec,
        "dataproduct_type": "image",
        "proposal_pi": "Kuntz, K. D.",
        "calib_level": chance.randint(1, 3),
        "t_min": 53000 + chance.random() * 5000,
        "t_max": 53000 + chance.random() * 5000,
        "t_exptime": chance.choice([120, 720.0, 1480.5]),
        "em_min": 708.0,
        "em_max": 959.0,
        "obs_title": "A Deep Survey of M101 with the Advanced Camera for Surveys",
        "t_obs_release": 53400.5,
        "proposal_id": str(chance.randint(9000, 17000)),
        "proposal_type": "GO",
        "sequence_number": None,
        "s_region": f"POLYGON ICRS  {corners}",
        "jpegURL": f"mast:HST/product/{name}_drz.jpg",
        "dataURL": f"mast:HST/product/{name}_drz.fits",
        "dataRights": "PUBLIC",
        "mtFlag": False,
        "srcDen": None if chance.random() < 0.3 else 5885.0,
        "obsid": 23_000_000 + number,
        "distance": chance.random() * 300,
    }
    return [values.get(field.name) for field in CONE]
