"""Made-up observing programmes, and times as MAST writes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from topmast.sample.places import Place
from topmast.sample.seeds import seeded
from topmast.sample.templates import load

FUTURE = 64300.0
"""MJD after which exclusive data of the sample become public: December 2034."""


def programme(number: int, target: Place) -> dict[str, Any]:
    """Proposal columns of programme `number` on `target`."""
    table, random = load("programs.toml"), seeded("programme", number)
    titles = table["titles"].get(target.kind, table["other_titles"])
    return {
        "proposal_id": str(number),
        "proposal_pi": table["people"][int(random.integers(len(table["people"])))],
        "proposal_type": table["types"][int(random.integers(len(table["types"])))],
        "obs_title": titles[int(random.integers(len(titles)))].format(target.name),
        **target_columns(target),
    }


def target_columns(target: Place) -> dict[str, Any]:
    """What the columns say about the target."""
    kinds = load("programs.toml")["classifications"]
    return {
        "target_name": target.compact,
        "target_classification": kinds.get(target.kind),
        "s_ra": target.ra,
        "s_dec": target.dec,
    }


def mjd_stamp(mjd: float) -> str:
    """A time as year, day of year, hours, minutes and seconds, as TESS and Kepler files have it."""
    when = np.datetime64("1858-11-17T00:00:00") + np.timedelta64(round(mjd * 86400), "s")
    return f"{when.item():%Y%j%H%M%S}"


def mjd_text(mjd: float) -> str:
    """A time as FITS headers have it."""
    when = np.datetime64("1858-11-17T00:00:00.000") + np.timedelta64(round(mjd * 86400000), "ms")
    return str(when)
