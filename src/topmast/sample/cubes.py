"""Cubes of TESS full frames, and images of surveys, to try cutouts on: few and small, invented."""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.version import install_command

if TYPE_CHECKING:
    from topmast.archive import Archive

log: logging.Logger = logging.getLogger("topmast")

DATE = "2020-01-01"
MADE_BY = "made by topmast, not an observation"
SIDE = 72
"""Pixels of a side of a full frame; a real one has 2048."""
TIMES = 8
TESS_SCALE_DEG = 21 / 3600
SECTORS = {2: 1354.1, 5: 1437.8, 8: 1517.3}
"""TESS sectors, and when each began (BTJD)."""
FIELDS = ((4, 3, 124.531756, -68.313), (1, 2, 210.80227, 54.34895))
"""Camera, CCD, and the middle of the frame: TIC 307210830 and M101."""
SURVEYS: dict[str, tuple[str, ...]] = {
    "goods_north": (
        "hlsp_goods_hst_acs_north_f606w_v2.0_drz",
        "hlsp_goods_hst_acs_north_f850lp_v2.0_drz",
    ),
    "candels_gn_60mas": ("hlsp_candels_hst_wfc3_gn-tot-60mas_f160w_v1.0_drz",),
    "hap": ("hst_skycell-p2364x10y16_acs_wfc_f606w_all",),
}  # fmt: skip
SURVEY_PLACE = (189.49206, 62.20615)
HAP_PLACE = (210.80227, 54.34895)


def build_cubes(archive: Archive) -> bool:
    """Put the cubes and images into `archive`; False, with a word in the log, without astrocut."""
    try:
        from astrocut import CubeFactory
    except ImportError:
        log.warning(
            "The sample has no cubes for cutouts, since the package astrocut is not installed: "
            f"{install_command('cutouts')}."
        )
        return False
    with tempfile.TemporaryDirectory(prefix="topmast-sample-") as folder, \
            warnings.catch_warnings():  # fmt: skip
        warnings.simplefilter("ignore")
        for sector in SECTORS:
            for camera, ccd, ra, dec in FIELDS:
                frames = full_frames(Path(folder), sector, camera, ccd, (ra, dec))
                path = Path(folder) / f"tess-s{sector:04d}-{camera}-{ccd}-cube.fits"
                CubeFactory().make_cube([*map(str, frames)], str(path), sector, verbose=False)
                archive.add_cube(_finish(path))
        for survey, names in SURVEYS.items():
            place = HAP_PLACE if survey == "hap" else SURVEY_PLACE
            paths = [survey_image(Path(folder), name, survey, place) for name in names]
            archive.add_images(survey, *paths)
    return True


def full_frames(
    folder: Path, sector: int, camera: int, ccd: int, centre: tuple[float, float]
) -> list[Path]:
    """The calibrated full frames of one sector, camera and CCD, half an hour apart."""
    from astropy.io import fits

    random = np.random.default_rng([sector, camera, ccd])
    wcs = frame_wcs(centre, roll_deg=15.0 * sector + camera)
    stars = star_light(wcs, centre, random)
    began = SECTORS[sector]
    paths = []
    for number in range(TIMES):
        start = began + number / 48
        dip = 0.9 if number % 9 in (4, 5) else 1.0
        flux = (stars[0] * dip + stars[1] + random.normal(90, 2, (SIDE, SIDE))).astype("f4")
        primary = fits.PrimaryHDU()
        primary.header.update(_frame_cards(sector, camera, ccd, start, number))
        picture = fits.ImageHDU(flux, wcs.to_header(relax=True), name=f"CAMERA.CCD {camera}.{ccd}")
        picture.header.update(_picture_cards(camera, ccd, start))
        noise = fits.ImageHDU(np.sqrt(np.abs(flux)).astype("f4"), name="UNCERT")
        path = folder / f"tess{20180000000 + sector * 1000 + number}-s{sector:04d}-{camera}-{ccd}"
        path = path.with_name(f"{path.name}-0121-s_ffic.fits")
        fits.HDUList([primary, picture, noise]).writeto(path)
        paths.append(path)
    return paths


def frame_wcs(centre: tuple[float, float], roll_deg: float) -> Any:
    """A plane in the style of TESS: 21 arcseconds a pixel, rolled, and bent by distortion."""
    from astropy.wcs import WCS, Sip

    roll = np.deg2rad(roll_deg)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = centre
    wcs.wcs.crpix = [SIDE / 2 + 0.3, SIDE / 2 - 0.2]
    turn = np.array([[-np.cos(roll), np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    wcs.wcs.cd = TESS_SCALE_DEG * turn
    a, b = np.zeros((3, 3)), np.zeros((3, 3))
    a[2, 0], a[1, 1], b[0, 2], b[1, 1] = 2e-5, 1.7e-5, 2e-5, 1.7e-5
    wcs.sip = Sip(a, b, -a, -b, wcs.wcs.crpix)
    return wcs


def star_light(
    wcs: Any, centre: tuple[float, float], random: np.random.Generator
) -> tuple[Any, Any]:
    """The light of the star in the middle, and that of the others."""
    x, y = wcs.all_world2pix(*centre, 0)
    others = np.zeros((SIDE, SIDE))
    for _ in range(60):
        others += _spot(random.uniform(0, SIDE, 2), 200 * random.pareto(1.5))
    return _spot((x, y), 9000.0), others


def survey_image(folder: Path, name: str, survey: str, place: tuple[float, float]) -> Path:
    """An image of a survey: a plain one, or for Hubble with its weights."""
    from astropy.io import fits
    from astropy.wcs import WCS

    random = np.random.default_rng([len(name), *name.encode()])
    scale = 0.06 if "60mas" in name else 0.03
    side = 200
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = place
    wcs.wcs.crpix = [side / 2, side / 2 + 0.5]
    wcs.wcs.cdelt = [-scale / 3600, scale / 3600]
    pixels = random.normal(0, 0.01, (side, side))
    for _ in range(40):
        pixels += _spot(random.uniform(0, side, 2), 0.3 * random.pareto(1.5), side)
    header = wcs.to_header()
    header["COMMENT"] = MADE_BY
    header["DATE"] = DATE
    path = folder / f"{name}.fits"
    if survey == "hap":
        science = fits.ImageHDU(pixels.astype("f4"), header, name="SCI")
        weight = fits.ImageHDU(np.full((side, side), 500, "f4"), header, name="WHT")
        fits.HDUList([fits.PrimaryHDU(), science, weight]).writeto(path)
    else:
        fits.PrimaryHDU(pixels.astype("f4"), header).writeto(path)
    return _finish(path)


def _spot(place: Any, light: float, side: int = SIDE) -> Any:
    x, y = place
    rows, columns = np.mgrid[:side, :side]
    return light / (2 * np.pi) * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 2)


def _frame_cards(sector: int, camera: int, ccd: int, start: float, number: int) -> dict[str, Any]:
    return {
        "TELESCOP": "TESS",
        "INSTRUME": "TESS Photometer",
        "DATE": DATE,
        "DATE-OBS": _moment(start),
        "DATE-END": _moment(start + 1 / 48),
        "TSTART": start,
        "TSTOP": start + 1 / 48,
        "FFIINDEX": 4000 + 100 * sector + number,
        "CAMERA": camera,
        "CCD": ccd,
        "COMMENT": MADE_BY,
    }


def _picture_cards(camera: int, ccd: int, start: float) -> dict[str, Any]:
    return {
        "CAMERA": camera,
        "CCD": ccd,
        "TSTART": start,
        "TSTOP": start + 1 / 48,
        "DATE-OBS": _moment(start),
        "DATE-END": _moment(start + 1 / 48),
        "EXPOSURE": 0.0165,
        "BARYCORR": 0.004,
        "DQUALITY": 0,
        "WCSAXES": 2,
    }


def _moment(btjd: float) -> str:
    from astropy.time import Time

    return f"{Time(2457000 + btjd, format='jd').isot}Z"


def _finish(path: Path) -> Path:
    """Let the file say who made it; the day on which that was changes nothing in its bytes."""
    from astropy.io import fits

    with fits.open(path, mode="update") as file:
        file[0].header["DATE"] = DATE
        if "COMMENT" not in file[0].header:
            file[0].header["COMMENT"] = MADE_BY
        for hdu in file:
            hdu.add_checksum(when=DATE)
    return path
