"""Light curves and target pixel files with the columns and keywords of Kepler, K2 and TESS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topmast.sample.fits_file import Cards, Column, fits_file, image, primary, table
from topmast.sample.light import Star, relative_flux, scatter
from topmast.sample.plane import Plane
from topmast.sample.programs import mjd_text
from topmast.sample.scene import seeded

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Survey:
    """What differs between the two photometers."""

    telescope: str
    zero_day: int
    scale: float
    flux_at_ten: float
    noise: float
    floor: float
    time_unit: str
    id_keyword: str
    prefix: str
    quality: str
    pixels_name: str
    mag_keyword: str


KEPLER = Survey(
    "Kepler",
    2454833,
    3.98 / 3600,
    1.7e6,
    12e-6,
    8e-6,
    "BJD - 2454833",
    "KEPLERID",
    "KIC",
    "SAP_QUALITY",
    "TARGETTABLES",
    "KEPMAG",
)
TESS = Survey(
    "TESS",
    2457000,
    21.0 / 3600,
    1.4e4,
    190e-6,
    40e-6,
    "BJD - 2457000, days",
    "TICID",
    "TIC",
    "QUALITY",
    "PIXELS",
    "TESSMAG",
)


@dataclass(frozen=True, slots=True)
class Run:
    """One stretch of observing: `counted` is SECTOR, QUARTER or CAMPAIGN with its number."""

    counted: tuple[str, int]
    start: float
    cadences: int
    seconds: float
    first: int
    prefix: str = ""
    mission: str = ""
    places: Cards = ()

    @property
    def step(self) -> float:
        return self.seconds / 86400


@dataclass(frozen=True, slots=True)
class Measured:
    """What the photometer saw: times from its zero day, flux in electrons a second."""

    time: Array
    flux: Array
    error: Array
    trend: Array
    quality: Array
    drift: Array


def measured(survey: Survey, star: Star, run: Run) -> Measured:
    """The photometry of a star in one run, with a gap, bad cadences, and a trend to take out."""
    random = seeded(survey.telescope, star.number, *run.counted, run.cadences)
    time = run.start + run.step * np.arange(run.cadences)
    level = survey.flux_at_ten * 10 ** (-0.4 * (star.magnitude - 10))
    model = relative_flux(star, time + survey.zero_day - 2450000, seeded("star", star.number))
    sigma = scatter(star.magnitude, run.seconds, floor=survey.floor, reference=survey.noise)
    noise = sigma * random.standard_normal(run.cadences)
    phase = np.linspace(0, 1, run.cadences)
    trend = 1 + 0.002 * (phase - 0.5) + 0.001 * np.exp(-phase / 0.05)
    drift = np.stack([0.05 * np.sin(2 * np.pi * phase), 0.03 * (phase - 0.5)], axis=1)
    quality = np.zeros(run.cadences, "i4")
    gap = slice(int(0.48 * run.cadences), int(0.51 * run.cadences))
    quality[gap] = 32
    quality[random.random(run.cadences) > 0.995] = 128
    flux = level * (model + noise)
    flux[gap] = np.nan
    return Measured(
        rounded(time, 7),
        rounded(flux, 3),
        rounded(np.full(run.cadences, level * sigma), 4),
        trend,
        quality,
        rounded(drift, 5),
    )


def rounded(values: Array, digits: int) -> Array:
    return np.asarray(np.round(values, digits))


def object_cards(survey: Survey, star: Star, run: Run) -> Cards:
    """Keywords that every extension has."""
    prefix = run.prefix or survey.prefix
    return [
        ("TELESCOP", survey.telescope, "telescope"),
        ("INSTRUME", f"{survey.telescope} Photometer", "detector type"),
        ("OBJECT", f"{prefix} {star.number}", "string version of target id"),
        (survey.id_keyword, star.number, "unique target identifier"),
        ("RADESYS", "ICRS", "reference frame of celestial coordinates"),
        ("RA_OBJ", star.ra, "[deg] right ascension"),
        ("DEC_OBJ", star.dec, "[deg] declination"),
        ("EQUINOX", 2000.0, "equinox of celestial coordinate system"),
    ]


def first_cards(survey: Survey, star: Star, run: Run, maker: str) -> Cards:
    """Keywords of the primary header; readers tell the kind of file from `maker`."""
    return [
        ("NEXTEND", 2, "number of standard extensions"),
        ("SIMDATA", True, "file is based on simulated data"),
        ("ORIGIN", "topmast", "who made this file"),
        ("CREATOR", f"topmast {maker}", "program that made this file"),
        ("FILEVER", "6.1", "file format version"),
        *object_cards(survey, star, run),
        (run.counted[0], run.counted[1], "when the data were collected"),
        *run.places,
        ("DATA_REL", 25, "data release version number"),
        ("OBSMODE", "long cadence" if run.seconds > 600 else "short cadence", "observing mode"),
        ("MISSION", run.mission or survey.telescope, "Mission name"),
        ("PMRA", 0.0, "proper motion"),
        ("PMDEC", 0.0, "proper motion"),
        (survey.mag_keyword, star.magnitude, "[mag] magnitude in the mission's band"),
        ("TEFF", star.teff, "[K] effective temperature"),
        ("LOGG", 4.4, "[cm/s2] log10 surface gravity"),
        ("RADIUS", star.radius, "[solar radii] stellar radius"),
    ]


def time_cards(survey: Survey, run: Run) -> Cards:
    """Keywords that say how times count."""
    stop = run.start + run.step * run.cadences
    mjd = survey.zero_day - 2400000.5
    return [
        ("EXPOSURE", round((stop - run.start) * 0.8, 8), "[d] time on source"),
        ("TIMEREF", "SOLARSYSTEM", "barycentric correction applied to times"),
        ("TASSIGN", "SPACECRAFT", "where time is assigned"),
        ("TIMESYS", "TDB", "time system is barycentric JD"),
        ("BJDREFI", survey.zero_day, "integer part of BJD reference date"),
        ("BJDREFF", 0.0, "fraction of the day in BJD reference date"),
        ("TIMEUNIT", "d", "time unit for TIME, TSTART and TSTOP"),
        ("TELAPSE", round(stop - run.start, 8), "[d] TSTOP - TSTART"),
        ("LIVETIME", round((stop - run.start) * 0.8, 8), "[d] TELAPSE multiplied by DEADC"),
        ("TSTART", round(run.start, 8), "observation start time in BJD-BJDREF"),
        ("TSTOP", round(stop, 8), "observation stop time in BJD-BJDREF"),
        ("DATE-OBS", mjd_text(run.start + mjd) + "Z", "TSTART as UTC calendar date"),
        ("DATE-END", mjd_text(stop + mjd) + "Z", "TSTOP as UTC calendar date"),
        ("DEADC", 0.8, "deadtime correction"),
        ("TIMEPIXR", 0.5, "bin time beginning=0 middle=0.5 end=1"),
        ("TIERRELA", 5.78e-07, "[d] relative time error"),
        ("INT_TIME", 1.98, "[s] photon accumulation time per frame"),
        ("READTIME", 0.02, "[s] readout time per frame"),
        ("FRAMETIM", 2.0, "[s] frame time (INT_TIME + READTIME)"),
        ("NUM_FRM", int(run.seconds / 2), "number of frames per time stamp"),
        ("TIMEDEL", run.step, "[d] time resolution of data"),
        ("BACKAPP", True, "background is subtracted"),
        ("DEADAPP", True, "deadtime applied"),
        ("VIGNAPP", True, "vignetting or collimator correction applied"),
        ("CROWDSAP", 0.98, "Ratio of target flux to total flux in op. ap."),
        ("FLFRCSAP", 0.9, "Frac. of target flux w/in the op. aperture"),
    ]


def light_curve_file(survey: Survey, star: Star, run: Run) -> bytes:
    """A light curve: raw and corrected flux, centroids, and the aperture it was summed in."""
    seen = measured(survey, star, run)
    count = run.cadences
    plane, aperture = stamp(survey, star, 11)
    x, y = plane.reference
    ones = np.ones(count, "f4")
    raw = rounded(seen.flux * seen.trend, 3)
    corrected = np.where(seen.quality == 0, seen.flux, np.nan)
    columns = [
        Column("TIME", seen.time, survey.time_unit),
        Column("TIMECORR", rounded(0.003 + 1e-5 * np.arange(count), 7).astype("f4"), "d"),
        Column("CADENCENO", (run.first + np.arange(count)).astype("i4")),
        Column("SAP_FLUX", raw.astype("f4"), "e-/s"),
        Column("SAP_FLUX_ERR", seen.error.astype("f4"), "e-/s"),
        Column("SAP_BKG", ones * 420, "e-/s"),
        Column("SAP_BKG_ERR", ones * 0.7, "e-/s"),
        Column("PDCSAP_FLUX", corrected.astype("f4"), "e-/s"),
        Column("PDCSAP_FLUX_ERR", seen.error.astype("f4"), "e-/s"),
        Column(survey.quality, seen.quality),
    ]
    for kind in ("PSF", "MOM"):
        for axis, middle in ((1, x), (2, y)):
            column = rounded(middle + 200 * axis + seen.drift[:, axis - 1], 5)
            columns.append(Column(f"{kind}_CENTR{axis}", column, "pixel"))
            columns.append(Column(f"{kind}_CENTR{axis}_ERR", ones * 1e-3, "pixel"))
    for axis in (1, 2):
        drift = seen.drift[:, axis - 1].astype("f4")
        columns.append(Column(f"POS_CORR{axis}", drift, "pixels"))
    shared = object_cards(survey, star, run)
    keywords = [("INHERIT", True, "inherit the primary header"), *shared, *time_cards(survey, run)]
    return fits_file(
        primary(first_cards(survey, star, run, "LightCurveExporter")),
        table("LIGHTCURVE", columns, keywords),
        image("APERTURE", aperture, [*shared, *aperture_cards(plane, aperture)]),
    )


def stamp(survey: Survey, star: Star, size: int) -> tuple[Plane, Array]:
    """The pixels around a star, and which of them belong to the aperture (2) or were read (1)."""
    random = seeded("stamp", star.number)
    off = rounded(0.6 * (random.random(2) - 0.5), 4)
    middle = (size - 1) / 2
    plane = Plane(
        star.ra,
        star.dec,
        size,
        size,
        survey.scale,
        float(np.round(360 * random.random(), 3)),
        float(middle + off[0]),
        float(middle + off[1]),
    )
    dy, dx = np.mgrid[:size, :size] - np.array([plane.y0, plane.x0])[:, None, None]
    return plane, np.where(np.hypot(dx, dy) < 1.9, 3, 1).astype("i4")


def aperture_cards(plane: Plane, aperture: Array) -> Cards:
    """WCS of the stamp, and the physical one of rows and columns."""
    cdelt = plane.scale
    (a, b), (c, d) = plane.matrix / cdelt
    x0, y0 = plane.reference
    return [
        ("WCSAXES", 2, "number of WCS axes"),
        ("CTYPE1", "RA---TAN", "right ascension coordinate type"),
        ("CTYPE2", "DEC--TAN", "declination coordinate type"),
        ("CRPIX1", x0 + 1, "[pixel] reference pixel along image axis 1"),
        ("CRPIX2", y0 + 1, "[pixel] reference pixel along image axis 2"),
        ("CRVAL1", plane.ra, "[deg] right ascension at reference pixel"),
        ("CRVAL2", plane.dec, "[deg] declination at reference pixel"),
        ("CUNIT1", "deg", "physical unit in column dimension"),
        ("CUNIT2", "deg", "physical unit in row dimension"),
        ("CDELT1", -cdelt, "[deg] pixel scale in RA dimension"),
        ("CDELT2", cdelt, "[deg] pixel scale in Dec dimension"),
        ("PC1_1", float(-a), "linear transformation element"),
        ("PC1_2", float(-b), "linear transformation element"),
        ("PC2_1", float(c), "linear transformation element"),
        ("PC2_2", float(d), "linear transformation element"),
        ("WCSNAMEP", "PHYSICAL", "name of world coordinate system alternate P"),
        ("WCSAXESP", 2, "number of WCS physical axes"),
        ("CTYPE1P", "RAWX", "physical WCS axis 1 type CCD col"),
        ("CUNIT1P", "PIXEL", "physical WCS axis 1 unit"),
        ("CRPIX1P", 1, "reference CCD column"),
        ("CRVAL1P", 200, "value at reference CCD column"),
        ("CDELT1P", 1.0, "physical WCS axis 1 step"),
        ("CTYPE2P", "RAWY", "physical WCS axis 2 type CCD row"),
        ("CUNIT2P", "PIXEL", "physical WCS axis 2 units"),
        ("CRPIX2P", 1, "reference CCD row"),
        ("CRVAL2P", 400, "value at reference CCD row"),
        ("CDELT2P", 1.0, "physical WCS axis 2 step"),
        ("NPIXSAP", int((aperture == 3).sum()), "Number of pixels in optimal aperture"),
        ("NPIXMISS", 0, "Number of op. aperture pixels not collected"),
    ]


def column_wcs(plane: Plane, number: int) -> Cards:
    """WCS of the images in column `number`."""
    x0, y0 = plane.reference
    (a, b), (c, d) = plane.matrix / plane.scale
    return [
        (f"WCSN{number}P", "PHYSICAL", "table column WCS name"),
        (f"1CTY{number}P", "RAWX", "axis 1 type, CCD col"),
        (f"2CTY{number}P", "RAWY", "axis 2 type, CCD row"),
        (f"1CUN{number}P", "PIXEL", "axis 1 unit"),
        (f"2CUN{number}P", "PIXEL", "axis 2 unit"),
        (f"1CRV{number}P", 200, "axis 1 ref value"),
        (f"2CRV{number}P", 400, "axis 2 ref value"),
        (f"1CDL{number}P", 1.0, "axis 1 step"),
        (f"2CDL{number}P", 1.0, "axis 2 step"),
        (f"1CRP{number}P", 1, "axis 1 reference"),
        (f"2CRP{number}P", 1, "axis 2 reference"),
        (f"WCAX{number}", 2, "number of WCS axes"),
        (f"1CTYP{number}", "RA---TAN", "right ascension coordinate type"),
        (f"2CTYP{number}", "DEC--TAN", "declination coordinate type"),
        (f"1CRPX{number}", x0 + 1, "[pixel] reference pixel along image axis 1"),
        (f"2CRPX{number}", y0 + 1, "[pixel] reference pixel along image axis 2"),
        (f"1CRVL{number}", plane.ra, "[deg] right ascension at reference pixel"),
        (f"2CRVL{number}", plane.dec, "[deg] declination at reference pixel"),
        (f"1CUNI{number}", "deg", "physical unit in column dimension"),
        (f"2CUNI{number}", "deg", "physical unit in row dimension"),
        (f"1CDLT{number}", -plane.scale, "[deg] pixel scale in RA dimension"),
        (f"2CDLT{number}", plane.scale, "[deg] pixel scale in Dec dimension"),
        (f"11PC{number}", float(-a), "linear transformation element"),
        (f"12PC{number}", float(-b), "linear transformation element"),
        (f"21PC{number}", float(c), "linear transformation element"),
        (f"22PC{number}", float(d), "linear transformation element"),
    ]


def target_pixel_file(survey: Survey, star: Star, run: Run, size: int = 11) -> bytes:
    """The pixels around a star, cadence by cadence; summed in the aperture they give its flux."""
    seen = measured(survey, star, run)
    plane, aperture = stamp(survey, star, size)
    shape = spread(plane)
    flux = np.nan_to_num(seen.flux * seen.trend)[:, None, None] * shape
    noise = seeded("pixels", star.number, *run.counted).standard_normal(flux.shape)
    flux = rounded(flux + 0.3 * np.nanmedian(seen.error) * noise, 2)
    flux[np.isnan(seen.flux)] = np.nan
    error = rounded(np.sqrt(np.maximum(np.nan_to_num(flux), 1.0)), 2)
    constant = np.ones(flux.shape, "f4")
    raw = np.where(np.isnan(flux), -1, np.nan_to_num(flux) * 5 + 20000).astype("i4")
    count = run.cadences
    pixels = [
        ("RAW_CNTS", raw, "count", -1),
        ("FLUX", flux.astype("f4"), "e-/s", None),
        ("FLUX_ERR", error.astype("f4"), "e-/s", None),
        ("FLUX_BKG", constant * 70, "e-/s", None),
        ("FLUX_BKG_ERR", constant * 0.4, "e-/s", None),
    ]
    if survey is KEPLER:
        pixels.append(("COSMIC_RAYS", constant * np.nan, "e-/s", None))
    columns = [
        Column("TIME", seen.time, survey.time_unit),
        Column("TIMECORR", np.full(count, 0.003, "f4"), "d"),
        Column("CADENCENO", (run.first + np.arange(count)).astype("i4")),
    ]
    for number, (name, data, unit, null) in enumerate(pixels, 4):
        columns.append(Column(name, data, unit, null, column_wcs(plane, number)))
    columns.append(Column("QUALITY", seen.quality))
    for axis in (1, 2):
        columns.append(Column(f"POS_CORR{axis}", seen.drift[:, axis - 1].astype("f4"), "pixel"))
    shared = object_cards(survey, star, run)
    keywords = [("INHERIT", True, "inherit the primary header"), *shared, *time_cards(survey, run)]
    return fits_file(
        primary(first_cards(survey, star, run, "TargetPixelExporter")),
        table(survey.pixels_name, columns, keywords),
        image("APERTURE", aperture, [*shared, *aperture_cards(plane, aperture)]),
    )


def spread(plane: Plane) -> Array:
    """How the light of the star falls on the pixels; it sums to one."""
    x0, y0 = plane.reference
    dy, dx = np.mgrid[: plane.ny, : plane.nx] - np.array([y0, x0])[:, None, None]
    shape = np.exp(-0.5 * (dx**2 + dy**2) / 0.85**2)
    return np.asarray(shape / shape.sum())
