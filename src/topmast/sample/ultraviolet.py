"""Spectrographs of the far ultraviolet: FUSE, EUVE, HUT, WUPPE, BEFS and TUES."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from topmast.sample.deflate import gzipped
from topmast.sample.documents import text
from topmast.sample.fits_file import Cards, Column, fits_file, primary, table
from topmast.sample.pictures import gif
from topmast.sample.places import Place, places
from topmast.sample.plane import Plane, circle_text, polygon_text
from topmast.sample.programs import mjd_text, programme
from topmast.sample.scene import seeded
from topmast.sample.sheaf import Sheaf, observation
from topmast.sample.spectra import energy_distribution, observed, spectrum_plot, vo_spectrum


@dataclass(frozen=True, slots=True)
class Spectrograph:
    """A mission: wavelengths in angstrom, years as MJD, aperture in arcsec, how files are named."""

    mission: str
    instrument: str
    low: float
    high: float
    years: tuple[float, float]
    aperture: float
    filters: str | None
    count: int
    base: int
    suffix: str


MISSIONS = (
    Spectrograph(
        "FUSE",
        "FUV",
        905.0,
        1187.0,
        (51500, 54200),
        30.0,
        None,
        80,
        5_000_000_000,
        "00000all4ttagfcal.fit",
    ),
    Spectrograph(
        "EUVE", "EUVE", 70.0, 760.0, (48900, 51900), 60.0, None, 45, 6_000_000_000, ".fits.gz"
    ),
    Spectrograph(
        "HUT",
        "HUT",
        830.0,
        1850.0,
        (49780, 49800),
        20.0,
        "LOW DISP",
        36,
        7_000_000_000,
        "_hut.fits",
    ),
    Spectrograph(
        "WUPPE",
        "WUPPE",
        1400.0,
        3200.0,
        (49780, 49800),
        12.0,
        None,
        30,
        7_100_000_000,
        "_wuppe.fits",
    ),
    Spectrograph(
        "BEFS", "BEFS", 900.0, 1200.0, (50400, 50420), 20.0, None, 30, 7_200_000_000, "_befs.fits"
    ),
    Spectrograph(
        "TUES",
        "TUES",
        900.0,
        1400.0,
        (50400, 50420),
        10.0,
        "HIGH DISP",
        30,
        7_300_000_000,
        "_tues.fits",
    ),
)


def far_ultraviolet() -> Iterator[Sheaf]:
    """Hot stars, galaxies and nebulae, mission by mission."""
    targets = [
        item for item in places() if item.kind in ("*", "WD*", "QSO", "G", "PN", "XRayS", "SNR")
    ]
    for order, mission in enumerate(MISSIONS):
        for number in range(mission.count):
            yield spectrum(mission, number, targets[(number * 5 + order * 11) % len(targets)])


def spectrum(mission: Spectrograph, number: int, target: Place) -> Sheaf:
    """One spectrum with its plot, the same in VO form, and a log."""
    random = seeded(mission.mission, number)
    start = round(float(random.uniform(*mission.years)), 5)
    proposal = programme(300 + number, target)
    name = obs_id(mission, number, target)
    exptime = float(random.integers(400, 30000))
    box = Plane(target.ra, target.dec, 2, 2, mission.aperture / 7200, float(random.uniform(0, 90)))
    round_one = number % 2 == 0
    row = observation(
        **proposal,
        obs_collection=mission.mission,
        provenance_name={"FUSE": "CalFUSE"}.get(mission.mission),
        instrument_name=mission.instrument,
        project=mission.mission,
        filters=mission.filters,
        wavelength_region="EUV" if mission.high < 900 else "UV",
        obs_id=name,
        s_ra=target.ra,
        s_dec=target.dec,
        dataproduct_type="spectrum",
        calib_level=2,
        t_min=start,
        t_max=round(start + exptime / 86400, 7),
        t_exptime=exptime,
        em_min=mission.low / 10,
        em_max=mission.high / 10,
        t_obs_release=round(start + 365, 5),
        s_region=circle_text(target.ra, target.dec, round(mission.aperture / 7200, 8))
        if round_one
        else polygon_text(box.corners(), frame="J2000"),
        jpegURL=f"http://archive.stsci.edu/{mission.mission.lower()}/previews/{name}.gif",
        obsid=mission.base + number,
        objID=mission.base + number,
    )
    row["proposal_type"] = None
    sheaf = Sheaf([row])
    add_products(sheaf, mission, target, random)
    return sheaf


def obs_id(mission: Spectrograph, number: int, target: Place) -> str:
    if mission.mission == "FUSE":
        return f"p{1000 + 7 * number}{1 + number % 9:02d}01000"
    word = "".join(letter for letter in target.name.lower() if letter.isalnum())
    return f"{word[:12]}_{9309120000 + 977 * number}{mission.mission[0].lower()}"


def add_products(
    sheaf: Sheaf, mission: Spectrograph, target: Place, random: np.random.Generator
) -> None:
    row = sheaf.observations[0]
    name = row["obs_id"]
    angstrom = np.round(np.linspace(mission.low, mission.high, 410), 3)
    flux, error = observed(energy_distribution(target.kind, angstrom, random), random)
    cards: Cards = [
        ("TELESCOP", mission.mission, "telescope"),
        ("INSTRUME", mission.instrument, "instrument"),
        ("TARGNAME", row["target_name"], "target"),
        ("RA_TARG", target.ra, "[deg] right ascension"),
        ("DEC_TARG", target.dec, "[deg] declination"),
        ("OBSTIME", row["t_exptime"], "[s] exposure time"),
        ("DATEOBS", mjd_text(row["t_min"])[:10], "start"),
    ]
    word = mission.mission.lower()
    base = f"mast:{mission.mission}/url/pub/{word}/data/{name[:5]}/{name}"
    file = f"{name}{mission.suffix}"
    sheaf.add(
        row,
        file,
        partial(packed, cards, angstrom, flux, error, zipped=file.endswith(".gz")),
        minimum=True,
        uri=f"{base}/{file}",
        description=f"{mission.mission} spectrum",
        prvversion="3.2",
    )
    modern = f"{name}_vo.fits"
    sheaf.add(
        row,
        modern,
        partial(vo_spectrum, cards, angstrom, flux, error),
        group="VO",
        uri=f"http://archive.stsci.edu/pub/vospectra/{word}/{modern}",
        description="Spectrum for the virtual observatory",
    )
    sheaf.add(
        row,
        f"{name}.gif",
        lambda: gif(spectrum_plot(angstrom, flux)),
        kind="PREVIEW",
        uri=f"http://archive.stsci.edu/{word}/previews/{name}.gif",
        description="Preview-Full",
    )
    if row["obsid"] % 2:
        sheaf.add(
            row,
            f"{name}.txt",
            partial(text, f"Log of {name}", ["calibrated", "extracted"]),
            kind="INFO",
            uri=f"{base}/{name}.txt",
            description="Observing log",
        )


def packed(
    cards: Cards, angstrom: np.ndarray, flux: np.ndarray, error: np.ndarray, *, zipped: bool
) -> bytes:
    columns = [
        Column("WAVE", angstrom.astype("f4"), "ANGSTROMS"),
        Column("FLUX", flux.astype("f4"), "ERG/CM2/S/A"),
        Column("ERROR", error.astype("f4"), "ERG/CM2/S/A"),
    ]
    data = fits_file(primary(cards), table("SPECTRUM", columns))
    return gzipped(data) if zipped else data
