"""Surveys and contributed data: PS1, HLA, HLSP and the Spitzer enhanced images."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from topmast.sample.cadences import TESS, light_curve_file
from topmast.sample.documents import pdf, text
from topmast.sample.images import map_file, mosaic, preview
from topmast.sample.places import FAMOUS, Place, place, places
from topmast.sample.plane import Plane, circle_text, polygon_text
from topmast.sample.scene import seeded, stars_near
from topmast.sample.sheaf import Sheaf, alone
from topmast.sample.stars import TESS_STARS
from topmast.sample.tess import sector_of, sector_run, tess_row

ARCSEC = 1 / 3600
PS1_BANDS = (
    ("g", 414.0, 551.0),
    ("r", 550.0, 689.0),
    ("i", 690.0, 819.0),
    ("z", 818.0, 922.0),
    ("y", 918.0, 1001.0),
)
SPITZER_BANDS = (("IRAC1", 3180.0, 3920.0), ("IRAC2", 4000.0, 5020.0), ("IRAC4", 6300.0, 9300.0))


def panstarrs() -> Iterator[Sheaf]:
    """Stacked sky cells around objects that PS1 sees, in two or three bands."""
    seen = [item for item in places() if item.dec > -30]
    obsid = 1_500_000
    for number, target in enumerate(seen[::4]):
        cell = f"{600 + int((target.dec + 30) * 16):04d}.{number % 100:03d}"
        plane = Plane(target.ra, target.dec, 26, 26, 0.4 / 26)
        for band, low, high in PS1_BANDS[number % 3 :][:3]:
            obsid += 1
            yield stack(f"rings.v3.skycell.{cell}.stk.{band}", plane, cell, band, low, high, obsid)


def stack(
    name: str, plane: Plane, cell: str, band: str, low: float, high: float, obsid: int
) -> Sheaf:
    sheaf = alone(
        obs_collection="PS1",
        provenance_name="3PI",
        instrument_name="GPC1",
        project="PS1",
        filters=band,
        wavelength_region="OPTICAL",
        target_name=cell,
        obs_id=name.rpartition(".stk")[0],
        s_ra=plane.ra,
        s_dec=plane.dec,
        dataproduct_type="image",
        calib_level=3,
        t_min=55062.4,
        t_max=56971.2,
        t_exptime=float(400 + obsid % 600),
        em_min=low,
        em_max=high,
        t_obs_release=57740.0,
        proposal_type="3PI",
        s_region=polygon_text(plane.corners(), frame="ICRS", closed=obsid % 3 > 0),
        jpegURL=f"http://ps1images.stsci.edu/cgi-bin/fitscut.cgi?red=rings.v3.skycell.{cell}.stk.{band}",
        obsid=obsid,
        objID=obsid + 1_000_000,
    )
    row = sheaf.observations[0]
    cards = [
        ("TELESCOP", "PS1", "telescope"),
        ("INSTRUME", "GPC1", "camera"),
        ("FILTER", f"{band}.00000", ""),
    ]
    make = partial(map_file, plane, name, cards, zero_point=25.0)
    sheaf.add(row, f"{name}.unconv.fits", make, minimum=True, description="stack data image")
    sheaf.add(
        row,
        f"{name}.unconv.jpg",
        partial(preview, plane, name),
        kind="PREVIEW",
        description="Preview-Full",
    )
    if obsid % 2:
        lines = [f"{name}.exp {number}" for number in range(5)]
        sheaf.add(
            row,
            f"{name}.target.txt",
            partial(text, name, lines),
            kind="AUXILIARY",
            description="exposures in the stack",
        )
    return sheaf


def legacy() -> Iterator[Sheaf]:
    """HLA: combined WFPC2 and ACS images by filter, and the detection image of all."""
    number = 0
    for target in [item for item in places() if item.kind in ("G", "*Cl", "PN", "HII", "GClstr")][
        ::2
    ]:
        for band, low, high in (("F555W", 473.0, 596.0), ("DETECTION", None, None)):
            yield combined(number, target, band, low, high)
            number += 1


def combined(number: int, target: Place, band: str, low: float | None, high: float | None) -> Sheaf:
    program = 5200 + 3 * (number // 2)
    camera, words = (("wfpc2", "WFPC2/WFC"), ("acs_wfc", "ACS/WFC"))[number // 2 % 2]
    label = "total" if band == "DETECTION" else band.lower()
    chip = "wf" if camera == "wfpc2" else "wfc"
    name = f"hst_{program:05d}_0{1 + number % 9}_{camera}_{label}_{chip}"
    random = seeded("hla", number // 2)
    plane = Plane(target.ra, target.dec, 26, 26, 160 / 26 * ARCSEC, float(random.uniform(0, 360)))
    start = round(float(random.uniform(49500, 54000)), 5)
    sheaf = alone(
        obs_collection="HLA",
        provenance_name="HLA",
        instrument_name=words,
        project="HLA",
        filters=band,
        wavelength_region="OPTICAL" if low else None,
        target_name=target.compact,
        obs_id=name,
        s_ra=plane.ra,
        s_dec=plane.dec,
        dataproduct_type="image",
        proposal_pi=("GRUNDTVIG", "HOLMQUIST", "IBARRA")[number % 3],
        proposal_id=str(program),
        calib_level=3,
        t_min=start,
        t_max=round(start + 0.02, 5),
        t_exptime=1500.0,
        em_min=low,
        em_max=high,
        t_obs_release=round(start + 365.5, 5),
        s_region=polygon_text(chevron(plane), frame="J2000"),
        jpegURL=f"https://hla.stsci.edu/cgi-bin/preview.cgi?dataset={name}",
        obsid=25_500_000 + number,
        objID=131_000_000 + number,
    )
    row = sheaf.observations[0]
    site = "mast:HLA/url/cgi-bin"
    cards = [
        ("TELESCOP", "HST", "telescope"),
        ("INSTRUME", camera.partition("_")[0].upper(), ""),
        ("FILTER", band, ""),
    ]
    sheaf.add(
        row,
        f"{name}_drz.jpg",
        partial(preview, plane, name),
        kind="PREVIEW",
        type="C",
        uri=f"{site}/preview.cgi?dataset={name}",
        description="Preview-Full",
    )
    sheaf.add(
        row,
        f"{name}_drz.fits",
        partial(mosaic, plane, name, cards),
        minimum=True,
        group="DRZ",
        type="C",
        uri=f"{site}/getdata.cgi?dataset={name}_drz.fits",
        description="HLA simple fits science image",
    )
    if band == "DETECTION":
        for kind in ("daophot", "sexphot"):
            file = f"{name}_{kind}_trm.cat"
            sheaf.add(
                row,
                file,
                partial(source_text, plane, name, kind),
                minimum=True,
                type="C",
                kind="CATALOG",
                uri=f"{site}/getdata.cgi?download=1&filename={file}",
                group=kind.upper(),
                description=f"HLA {kind} catalog",
            )
    return sheaf


def chevron(plane: Plane) -> np.ndarray:
    """The outline of three chips of four: a square without one corner."""
    end = plane.nx - 0.5
    half = (plane.nx - 1) / 2
    x = np.array([-0.5, end, end, half, half, -0.5])
    y = np.array([-0.5, -0.5, half, half, end, end])
    return np.stack(plane.sky_of(x, y), axis=1)


def source_text(plane: Plane, name: str, kind: str) -> bytes:
    stars = stars_near(plane.ra, plane.dec, 0.02)[:50]
    x, y = plane.pixels_of(stars[:, 0], stars[:, 1])
    lines = [
        f"{a:9.3f} {b:9.3f} {ra:12.7f} {dec:12.7f} {m:8.3f}"
        for a, b, (ra, dec, m) in zip(x, y, stars, strict=True)
    ]
    return text(f"{kind} catalogue of {name}: x y ra dec magnitude", lines)


def contributed() -> Iterator[Sheaf]:
    """HLSP: light curves that others made of TESS data, and mosaics of well-known fields."""
    number = 0
    for star in TESS_STARS:
        for project, cadence in (("QLP", 1800.0), ("TESS-SPOC", 1800.0)):
            yield curve(number, star, project, cadence)
            number += 1
    for order, name in enumerate(FAMOUS):
        yield field_mosaic(order, place(name))


def curve(number: int, star: Any, project: str, cadence: float) -> Sheaf:
    sector = sector_of(star.ra, star.dec)
    word = project.lower()
    stem = {
        "QLP": f"hlsp_qlp_tess_ffi_s{sector:04d}-{star.number:016d}_tess_v01_llc",
        "TESS-SPOC": f"hlsp_tess-spoc_tess_phot_{star.number:016d}-s{sector:04d}_tess_v1_lc",
    }[project]
    row = tess_row(
        star,
        stem.rpartition("_")[0],
        sector,
        33_000_000 + number,
        obs_collection="HLSP",
        provenance_name=project,
        t_exptime=cadence,
        calib_level=4,
        proposal_pi=None,
        s_region=circle_text(star.ra, star.dec, 0.0029, frame="ICRS"),
    )
    sheaf = Sheaf([row])
    digits = f"{star.number:016d}"
    folder = (
        f"mast:HLSP/{word}/s{sector:04d}/{digits[:4]}/{digits[4:8]}/{digits[8:12]}/{digits[12:]}"
    )
    run = sector_run(star, sector, 115, cadence)
    sheaf.add(
        row,
        f"{stem}.fits",
        partial(light_curve_file, TESS, star, run),
        minimum=True,
        calib_level=4,
        uri=f"{folder}/{stem}.fits",
        description="FITS",
        project=project,
        prvversion="1",
    )
    if project == "QLP":
        lines = [f"{planet.period} {planet.epoch} {planet.depth}" for planet in star.planets]
        sheaf.add(
            row,
            f"{stem}.txt",
            partial(text, stem, lines),
            uri=f"{folder}/{stem}.txt",
            description="Text",
            project=project,
            prvversion="1",
        )
    return sheaf


def field_mosaic(number: int, target: Place) -> Sheaf:
    project = ("legus", "candels", "phat", "heritage")[number % 4]
    band, low, high = (("F435W", 360.0, 488.0), ("F606W", 470.0, 720.0), ("F160W", 1400.0, 1700.0))[
        number % 3
    ]
    word = target.compact.lower().replace("'", "").replace("*", "").replace("+", "p")
    stem = f"hlsp_{project}_hst_acs_{word}_{band.lower()}_v1"
    plane = Plane(target.ra, target.dec, 37, 37, 448 / 37 * ARCSEC, float(number * 13 % 90))
    sheaf = alone(
        obs_collection="HLSP",
        provenance_name=project.upper(),
        instrument_name="ACS/WFC",
        project=f"hlsp_{project}",
        filters=band,
        wavelength_region="OPTICAL" if high < 1000 else "INFRARED",
        target_name=target.compact,
        obs_id=stem,
        s_ra=target.ra,
        s_dec=target.dec,
        dataproduct_type="image",
        proposal_pi=None,
        calib_level=4,
        t_min=53000.0 + number,
        t_max=55000.0 + number,
        t_exptime=12000.0,
        em_min=low,
        em_max=high,
        t_obs_release=56000.0,
        s_region=polygon_text(plane.corners()),
        dataURL=f"mast:HLSP/{project}/{stem}_drz.fits",
        obsid=33_500_000 + number,
        objID=133_500_000 + number,
    )
    row = sheaf.observations[0]
    cards = [
        ("TELESCOP", "HST", "telescope"),
        ("INSTRUME", "ACS", ""),
        ("HLSPID", project.upper(), ""),
    ]
    sheaf.add(
        row,
        f"{stem}_drz.fits",
        partial(mosaic, plane, stem, cards),
        minimum=True,
        group="DRZ",
        uri=f"mast:HLSP/{project}/{stem}_drz.fits",
        description="Drizzled image",
        prvversion="1",
    )
    sheaf.add(
        row,
        f"{stem}_drz.jpg",
        partial(preview, plane, stem),
        kind="PREVIEW",
        uri=f"mast:HLSP/{project}/{stem}_drz.jpg",
        description="Preview-Full",
    )
    readme = f"hlsp_{project}_hst_acs_all_multi_v1_readme.pdf"
    # One document for the whole project: every observation of it lists the same file.
    sheaf.add(
        row,
        readme,
        partial(pdf, f"About {project.upper()}", ["Mosaics of well-known fields."]),
        kind="INFO",
        uri=f"mast:HLSP/{project}/{readme}",
        description="Documentation",
        productDocumentationURL=f"https://archive.stsci.edu/hlsp/{project}",
    )
    return sheaf


def enhanced() -> Iterator[Sheaf]:
    """SPITZER_SHA: mosaics kept at another archive, named by web addresses."""
    for number, name in enumerate(FAMOUS):
        target = place(name)
        band, low, high = SPITZER_BANDS[number % 3]
        plane = Plane(target.ra, target.dec, 46, 46, 0.3 / 46)
        stem = f"{60000000 + 4000 * number}.{60000000 + 4000 * number}-0.{band}.1.mosaic"
        sheaf = alone(
            obs_collection="SPITZER_SHA",
            provenance_name="SSC Pipeline",
            instrument_name="IRAC",
            project="SEIP",
            filters=band,
            wavelength_region="INFRARED",
            target_name=target.compact,
            obs_id=stem.removesuffix(".mosaic"),
            s_ra=target.ra,
            s_dec=target.dec,
            dataproduct_type="image",
            calib_level=3,
            t_min=53000.0 + 11 * number,
            t_max=54900.0,
            t_exptime=480.0,
            em_min=low,
            em_max=high,
            t_obs_release=56300.0,
            s_region=polygon_text(plane.corners(), frame=""),
            obsid=19_000_000 + number,
            objID=119_000_000 + number,
        )
        row = sheaf.observations[0]
        base = f"http://irsa.ipac.caltech.edu/data/SPITZER/Enhanced/SEIP/images/4/{number:04d}"
        cards = [
            ("TELESCOP", "Spitzer", "telescope"),
            ("INSTRUME", "IRAC", ""),
            ("CHNLNUM", number % 3 + 1, ""),
        ]
        sheaf.add(
            row,
            f"{stem}.fits",
            partial(map_file, plane, stem, cards),
            uri=f"{base}/{stem}.fits",
            minimum=True,
            description="Super mosaic",
        )
        sheaf.add(
            row,
            f"{stem}.jpg",
            partial(preview, plane, stem),
            uri=f"{base}/{stem}.jpg",
            kind="PREVIEW",
            description="Preview-Full",
        )
        yield sheaf
