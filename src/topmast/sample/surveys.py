"""Images of surveys: GALEX, Swift, PS1, HLA, HLSP, Spitzer, and full frames of Kepler and K2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from topmast.sample.observations import Group, observe
from topmast.sample.photometry import CAMPAIGNS, FIELDS, QUARTERS
from topmast.sample.places import FAMOUS, Place, place, places
from topmast.sample.programs import mjd_stamp, target_columns
from topmast.sample.seeds import seeded
from topmast.sample.templates import load
from topmast.sample.wcs import ImageWcs, circle_text, polygon_text

ARCSEC = 1 / 3600
NEAR_THE_GUIDE = ("M 40", "M 97", "M 101", "M 102", "M 106", "M 108", "M 109", "NGC 5474")
"""Objects too near to the guide's tiles of GALEX around M101 and around 184.3 +54.5."""
ONLY_SWIFT = ("NGC 6441", "NGC 7023", "IC 1805", "IC 5146", "PSR J0437-4715", "BL Lac",
              "MACS J0416.1-2403", "Hyades", "Westerlund 2")  # fmt: skip
"""Objects that no other mission of the sample looks at."""
KEPLER_FIELD = (290.667, 44.5)

# ----------------------------------------------------------------------------------------- GALEX


@dataclass(frozen=True, slots=True)
class Band:
    """A channel of GALEX with its limits in nm."""

    band: str
    letter: str
    band_number: int
    em_min: float
    em_max: float


BANDS = {"NUV": Band("NUV", "n", 1, 169.3, 300.7), "FUV": Band("FUV", "f", 2, 134.0, 180.6)}


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile, 1.25 degrees wide; `survey` is AIS, MIS, DIS, NGS or GII."""

    tile: str
    survey: str
    obs_id: str
    obsid: int
    s_ra: float
    s_dec: float
    s_region: str
    t_min: float
    t_max: float
    folder: str
    proposal_id: str | None = None
    proposal_pi: str | None = None
    obs_title: str | None = None


Exposure = tuple[Tile, str, int, float]
"""A row of GALEX: the tile, the band, objID and exposure time."""


def galex() -> Iterator[Group]:
    """Tiles on the well-known objects, and some over the sky."""
    targets = [item for item in places() if item.name not in NEAR_THE_GUIDE][:150:2]
    for number, target in enumerate(targets):
        yield survey_tile(number, ("AIS", "NGS", "MIS")[number % 3], target)
    for number in range(len(targets), len(targets) + 40):
        yield survey_tile(number, "AIS")


def survey_tile(number: int, survey: str, target: Place | None = None) -> Group:
    """A tile near the target, or anywhere but where the guide expects nothing else."""
    random = seeded("galex", number)
    if target is None:
        ra, dec = float(random.uniform(0, 360)), float(np.degrees(np.arcsin(random.uniform(-1, 1))))
        dec -= 60 if 45 < dec < 65 and 170 < ra < 225 else 0
    else:
        ra, dec = target.ra, target.dec
    ra = (ra + random.normal(0, 0.05)) % 360
    dec = float(np.clip(dec + random.normal(0, 0.05), -89.9, 89.9))
    start = float(random.uniform(52900, 55900))
    title = f"{survey}_{number + 1}_1_{number % 90 + 1}"
    if target and survey == "NGS":
        title = f"NGA_{target.compact}"
    tile = Tile(
        title,
        survey,
        str(6371000000000000000 + 1048576 * (number + 17)),
        1_000_100_000 + number,
        round(ra, 11),
        round(dec, 11),
        circle_text(ra, dec, 0.625),
        round(start, 8),
        round(start + 0.002 + 0.1 * (number % 4), 8),
        f"{50000 + number}-{title}",
    )
    bands = ("NUV",) if number % 7 == 3 else ("NUV", "FUV")
    return tiles(
        [(tile, band, tile.obsid + 40_000 * (band == "FUV"), 109.0 + number) for band in bands]
    )


def tiles(exposures: Sequence[Exposure]) -> Group:
    """Rows in the order given, and the products of each tile once."""
    group = Group()
    seen: dict[Tile, list[tuple[dict[str, Any], Band]]] = {}
    for tile, name, obj_id, exptime in exposures:
        band = BANDS[name]
        about = fields_of(tile) | fields_of(band) | {"objID": obj_id, "t_exptime": exptime}
        row = group.observe(
            "galex", with_files=False, **about, srcDen=float(4000 + len(tile.tile) * 37)
        )
        seen.setdefault(tile, []).append((row, band))
    for tile, rows in seen.items():
        bands = sorted((band for _, band in rows), key=lambda band: band.band_number)
        values = {
            "bands": [fields_of(band) for band in bands],
            "wcs": ImageWcs(tile.s_ra, tile.s_dec, 44, 44, 1.25 / 44),
        }
        group.list_files("galex", rows[0][0], fields_of(tile) | values)
    return group


def fields_of(record: Tile | Band) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


# ----------------------------------------------------------------------------------------- Swift


def swift() -> Iterator[Group]:
    """Pointings at objects all over the sky."""
    targets = [item for item in places() if item.kind not in ("Field", "HII", "Neb")]
    chosen = targets[::3] + [item for item in places() if item.name in ONLY_SWIFT]
    for number, target in enumerate(chosen):
        yield pointing(30100 + 13 * number, 1 + number % 5, 15_500_000 + number, target)


def pointing(target_id: int, segment: int, obsid: int, target: Place) -> Group:
    """Segment `segment` of the observations of a target: a cube of all filters used."""
    name = f"{target_id:08d}{segment:03d}"
    random = seeded("swift", name)
    ra = (target.ra + random.normal(0, 0.015) / max(np.cos(np.radians(target.dec)), 0.01)) % 360
    dec = float(np.clip(target.dec + random.normal(0, 0.015), -89.9, 89.9))
    angle = float(random.uniform(0, 360))
    wcs = ImageWcs(float(round(ra, 8)), round(dec, 8), 26, 26, 17 / 60 / 26, angle)
    bands = load("instruments.toml")["swift"][int(random.integers(3)) :][: 2 + target_id % 3]
    start = round(float(random.uniform(53500, 60500)), 6)
    kinds = (
        {"kind": "sk", "sky_image": True, "product_type": "SCIENCE", "title": "Sky image"},
        {"kind": "ex", "sky_image": False, "product_type": "AUXILIARY", "title": "Exposure map"},
    )
    return observe(
        "swift",
        **target_columns(target),
        filters=";".join(band["band"].upper() for band in bands),
        wavelength_region="UV;OPTICAL" if bands[-1]["limits"][1] > 300 else "UV",
        obs_id=name,
        obsid=obsid,
        s_ra=wcs.ra,
        s_dec=wcs.dec,
        t_min=start,
        t_max=round(start + 0.3, 6),
        t_exptime=float(900 + target_id % 1700),
        em_min=bands[0]["limits"][0],
        em_max=bands[-1]["limits"][1],
        t_obs_release=round(start + 7, 6),
        s_region=polygon_text(wcs.corners(), frame="ICRS "),
        folder=f"mast:SWIFT/url/pub/swift/uvot/{target_id:08d}/{name}/uvot/image",
        images=[band | kind for band in bands for kind in kinds],
        wcs=wcs,
    )


# ------------------------------------------------------------------------ PS1, HLA, HLSP, Spitzer


def panstarrs() -> Iterator[Group]:
    """Stacked sky cells around objects that PS1 sees, in two or three bands."""
    bands = (("g", 414.0, 551.0), ("r", 550.0, 689.0), ("i", 690.0, 819.0), ("z", 818.0, 922.0),
             ("y", 918.0, 1001.0))  # fmt: skip
    obsid = 1_500_000
    for number, target in enumerate([item for item in places() if item.dec > -30][::4]):
        cell = f"{600 + int((target.dec + 30) * 16):04d}.{number % 100:03d}"
        wcs = ImageWcs(target.ra, target.dec, 26, 26, 0.4 / 26)
        for band, low, high in bands[number % 3 :][:3]:
            obsid += 1
            stack = f"rings.v3.skycell.{cell}.stk.{band}"
            yield observe(
                "ps1",
                filters=band,
                obsid=obsid,
                s_ra=wcs.ra,
                s_dec=wcs.dec,
                t_exptime=float(400 + obsid % 600),
                em_min=low,
                em_max=high,
                s_region=polygon_text(wcs.corners(), frame="ICRS", closed=obsid % 3 > 0),
                cell=cell,
                stack=stack,
                listed=obsid % 2,
                exposures=[f"{stack}.exp {exposure}" for exposure in range(5)],
                seed=stack,
                wcs=wcs,
            )


def legacy() -> Iterator[Group]:
    """HLA: combined WFPC2 and ACS images by filter, and the detection image of all."""
    targets = [item for item in places() if item.kind in ("G", "*Cl", "PN", "HII", "GClstr")]
    for order, target in enumerate(targets[::2]):
        for which, limits in enumerate(((473.0, 596.0), None)):
            yield combined(2 * order + which, target, limits)


def combined(number: int, target: Place, limits: tuple[float, float] | None) -> Group:
    """An image of HLA in one filter or, without limits, the detection image with catalogues."""
    program = 5200 + 3 * (number // 2)
    camera, words, chip = (("wfpc2", "WFPC2/WFC", "wf"), ("acs_wfc", "ACS/WFC", "wfc"))[
        number // 2 % 2
    ]
    label = "f555w" if limits else "total"
    random = seeded("hla", number // 2)
    wcs = ImageWcs(target.ra, target.dec, 26, 26, 160 / 26 * ARCSEC, float(random.uniform(0, 360)))
    start = round(float(random.uniform(49500, 54000)), 5)
    low, high = limits or (None, None)
    return observe(
        "hla",
        instrument_name=words,
        filters="F555W" if limits else "DETECTION",
        wavelength_region="OPTICAL" if limits else None,
        target_name=target.compact,
        obs_id=f"hst_{program:05d}_0{1 + number % 9}_{camera}_{label}_{chip}",
        obsid=25_500_000 + number,
        s_ra=wcs.ra,
        s_dec=wcs.dec,
        proposal_pi=("GRUNDTVIG", "HOLMQUIST", "IBARRA")[number % 3],
        proposal_id=str(program),
        t_min=start,
        t_max=round(start + 0.02, 5),
        em_min=low,
        em_max=high,
        t_obs_release=round(start + 365.5, 5),
        s_region=polygon_text(chevron(wcs), frame="J2000"),
        catalogs=[] if limits else [{"kind": "daophot"}, {"kind": "sexphot"}],
        wcs=wcs,
    )


def chevron(wcs: ImageWcs) -> np.ndarray:
    """The outline of three chips of four: a square without one corner."""
    end, half = wcs.nx - 0.5, (wcs.nx - 1) / 2
    x = np.array([-0.5, end, end, half, half, -0.5])
    y = np.array([-0.5, -0.5, half, half, end, end])
    return np.stack(wcs.sky_of(x, y), axis=1)


def field_mosaics() -> Iterator[Group]:
    """HLSP: mosaics of well-known fields."""
    bands = (("F435W", 360.0, 488.0), ("F606W", 470.0, 720.0), ("F160W", 1400.0, 1700.0))
    for number, target in enumerate(map(place, FAMOUS)):
        project = ("legus", "candels", "phat", "heritage")[number % 4]
        band, low, high = bands[number % 3]
        word = target.compact.lower().replace("'", "").replace("*", "").replace("+", "p")
        angle = float(number * 13 % 90)
        wcs = ImageWcs(target.ra, target.dec, 37, 37, 448 / 37 * ARCSEC, angle)
        yield observe(
            "hlsp_mosaic",
            filters=band,
            wavelength_region="OPTICAL" if high < 1000 else "INFRARED",
            target_name=target.compact,
            obs_id=f"hlsp_{project}_hst_acs_{word}_{band.lower()}_v1",
            obsid=33_500_000 + number,
            s_ra=target.ra,
            s_dec=target.dec,
            t_min=53000.0 + number,
            t_max=55000.0 + number,
            em_min=low,
            em_max=high,
            s_region=polygon_text(wcs.corners()),
            project_name=project,
            wcs=wcs,
        )


def spitzer() -> Iterator[Group]:
    """Enhanced images of Spitzer."""
    bands = (("IRAC1", 3180.0, 3920.0), ("IRAC2", 4000.0, 5020.0), ("IRAC4", 6300.0, 9300.0))
    for number, target in enumerate(map(place, FAMOUS)):
        band, low, high = bands[number % 3]
        wcs = ImageWcs(target.ra, target.dec, 46, 46, 0.3 / 46)
        name = f"{60000000 + 4000 * number}.{60000000 + 4000 * number}-0.{band}.1"
        yield observe(
            "spitzer",
            filters=band,
            target_name=target.compact,
            obs_id=name,
            obsid=19_000_000 + number,
            s_ra=target.ra,
            s_dec=target.dec,
            t_min=53000.0 + 11 * number,
            em_min=low,
            em_max=high,
            s_region=polygon_text(wcs.corners(), frame=""),
            folder=f"http://irsa.ipac.caltech.edu/data/SPITZER/Enhanced/SEIP/images/4/{number:04d}",
            channel=number % 3 + 1,
            seed=f"{name}.mosaic",
            wcs=wcs,
        )


# ----------------------------------------------------------------------------------- full frames


def full_frames() -> Iterator[Group]:
    """KeplerFFI and K2FFI: all channels at one moment."""
    for number, start in enumerate(QUARTERS):
        yield full_frame(number, KEPLER_FIELD, start + 54833.5 + number * 0.3)
    for number, campaign in enumerate([*FIELDS] * 3, len(QUARTERS)):
        start = CAMPAIGNS[campaign] + 54833.5 + number - len(QUARTERS)
        yield full_frame(number, FIELDS[campaign], start, campaign)


def full_frame(
    number: int, centre: tuple[float, float], mjd: float, campaign: int | None = None
) -> Group:
    ra, dec = centre
    if campaign is None:
        project, name, folder = "Kepler", f"kplr{mjd_stamp(mjd)}_ffi-cal", "kepler/ffi"
    else:
        name, folder = f"ktwo{mjd_stamp(mjd)}-c{campaign:02d}_ffi-cal", f"k2/ffi/c{campaign}"
        project = "K2"
    modules = [module_wcs(ra, dec, module) for module in range(21)]
    return observe(
        "full_frame",
        project=project,
        obs_id=name,
        obsid=9_900_000_000 + number,
        s_ra=ra,
        s_dec=dec,
        t_min=round(mjd, 6),
        t_max=round(mjd + 0.0204, 6),
        sequence_number=campaign,
        s_region=polygon_text(*(wcs.corners() for wcs in modules)),
        folder=f"mast:{project}/url/missions/{folder}",
        modules=modules[:12:3],
        wcs=ImageWcs(ra, dec, 96, 96, 12 / 96, 13.0),
    )


def module_wcs(ra: float, dec: float, module: int) -> ImageWcs:
    """One of the 21 modules, 2.3 degrees wide, on a five by five grid without its corners."""
    cells = [(x, y) for y in range(5) for x in range(5) if {x, y} - {0, 4}]
    x, y = cells[module]
    middle = ImageWcs(ra, dec, 5, 5, 2.6, 13.0).sky_of(np.array(x), np.array(y))
    ra, dec = (round(float(value), 6) for value in middle)
    return ImageWcs(ra, dec, 26, 26, 2.3 / 26, 13.0)
