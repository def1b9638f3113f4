"""The observations that the MAST user guide prints, with the numbers that it prints for them.

Positions, identifiers and times are facts about real observations; the files are invented. Four
footprints have a radius of many digits: it makes the distance agree with the printed one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from topmast.sample.documents import text
from topmast.sample.galex import FAR, NEAR, Band, Tile, add_products, tile_row
from topmast.sample.hst import header, telemetry
from topmast.sample.images import association, exposure, mosaic, preview, raw_exposure
from topmast.sample.iue import image_number
from topmast.sample.k2 import superstamp
from topmast.sample.places import Place, place
from topmast.sample.plane import Plane, polygon_text
from topmast.sample.sheaf import Sheaf, observation
from topmast.sample.swift import pointing


def guide() -> Iterator[Sheaf]:
    """All of them; they come before everything else in the archive."""
    yield from globular_cluster()
    yield from lagoon()
    yield flare_star()
    yield pinwheel()
    yield from high_latitude()
    yield wide_field_camera()


def globular_cluster() -> Iterator[Sheaf]:
    """query_region("322.49324 12.16683"): ten UVOT cubes of M15."""
    target = Place("M 15", 322.49324, 12.16683, "*Cl", (322.493, 12.1668), ())
    for segment in range(1, 11):
        yield pointing(35031, segment, 15_000_100 + segment, target)


def lagoon() -> Iterator[Sheaf]:
    """query_object("M8", radius=".02 deg"): one K2 cube, then nine IUE spectra."""
    yield superstamp(
        200071160,
        9,
        9_500_243_833,
        270.8821,
        -24.3621,
        "CIRCLE ICRS 270.88210000 -24.36210000 0.0295700642906688",
    )
    nebula = place("M 8")
    for order, image in enumerate((13058, 13059, 14711)):
        yield image_number("LWP", image, 3_000_007_760 + order, nebula)
    for order, image in enumerate((2221, 4389, 4390, 6742, 9127, 10480)):
        yield image_number("LWR", image, 3_000_021_400 + 7 * order, nebula)


def flare_star() -> Sheaf:
    """query_criteria(proposal_pi="Osten", ...): three acquisition images of EV Lac."""
    sheaf = Sheaf()
    exposures = (
        ("O6AU01MSQ", 341.7067159883, 44.33381826126, 52172.68712, 52172.68917, 2.1, 0.006),
        ("O6AU01MTQ", 341.7067159813, 44.33381825835, 52172.69289, 52172.69290, 1.0, 0.0005),
        ("O6AU01MUQ", 341.7067159741, 44.33381825535, 52172.69487, 52172.69488, 1.0, 0.0005),
    )
    for order, (name, ra, dec, start, stop, exptime, size) in enumerate(exposures):
        field = Plane(ra, dec, 2, 2, size / 2, 41.0)
        row = observation(
            obs_collection="HST",
            provenance_name="CALSTIS",
            instrument_name="STIS/CCD",
            project="HST",
            filters="MIRVIS",
            wavelength_region="OPTICAL",
            target_name="EV-LAC",
            target_classification="CORONA;M V-IV;STAR",
            obs_id=name,
            s_ra=ra,
            s_dec=dec,
            dataproduct_type="image",
            proposal_pi="Osten",
            proposal_id="8880",
            proposal_type="GO",
            obs_title="EV Lac",
            calib_level=1,
            t_min=start,
            t_max=stop,
            t_exptime=exptime,
            em_min=0.0,
            em_max=0.0,
            t_obs_release=round(stop + 365, 5),
            s_region=polygon_text(field.corners(), frame="GSC1"),
            jpegURL=f"https://archive.stsci.edu/hst/previews/O6AU/{name}.jpg",
            obsid=2_003_520_266 + order,
            objID=2_011_133_418 + order,
        )
        sheaf.observations.append(row)
        plane = Plane(ra, dec, 32, 32, size / 32, 41.0)
        add_frames(sheaf, row, plane, name.lower(), "raw", "flt")
    return sheaf


def add_frames(sheaf: Sheaf, row: dict[str, Any], plane: Plane, root: str, *suffixes: str) -> None:
    """Raw and calibrated frame with a preview."""
    cards = header(row, root, row["instrument_name"], row["t_exptime"], row["t_min"])
    makers = {"raw": raw_exposure, "flt": exposure}
    words = {"raw": "Raw exposure", "flt": "Calibrated exposure"}
    for suffix in suffixes:
        sheaf.add(
            row,
            f"{root}_{suffix}.fits",
            partial(makers[suffix], plane, root, cards),
            group=suffix.upper(),
            minimum=suffix == "flt",
            description=f"DADS {suffix.upper()} file - {words[suffix]}",
        )
    sheaf.add(
        row,
        f"{root}_{suffixes[-1]}.jpg",
        partial(preview, plane, root),
        kind="PREVIEW",
        description="Preview-Full",
    )


# GALEX tiles around M101: name, survey, obs_id, obsid, centre, radius, times, folder, programme.
PINWHEEL_TILES = {
    "AIS32": Tile(
        "AIS_101_1_32",
        "AIS",
        "6374469411427844096",
        1_000_016_660,
        210.907894475898,
        54.5758747448299,
        "CIRCLE ICRS 210.90789448  54.57587474 0.625",
        53170.215509259266,
        53170.35357638889,
        "50101-AIS_101",
    ),
    "AIS37": Tile(
        "AIS_101_1_37",
        "AIS",
        "6374469416796553216",
        1_000_016_663,
        210.980528345972,
        53.6691491137773,
        "CIRCLE ICRS 210.98052835  53.66914911 0.6239877955923518",
        53170.21708333333,
        53170.35466435186,
        "50101-AIS_101",
    ),
    "GI5": Tile(
        "GI5_028139_W3_00783_0105o",
        "GII",
        "3212159586576367616",
        1_000_004_956,
        209.943604665505,
        53.978487003214,
        "CIRCLE ICRS 209.94360467  53.97848700 0.623407061830843",
        54953.87746527778,
        55714.0596412037,
        "25759-GI5_028139_W3_00783_0105o",
        ("177", "Michael Balogh", "EXTENDED GALEX COVERAGE OF THE CFHT 'WIDE' LEGACY SURVEY"),
    ),
    "5474": Tile(
        "NGA_NGC5474",
        "NGS",
        "2492216964693360640",
        1_000_001_327,
        211.259486127351,
        53.6744956718097,
        "CIRCLE ICRS 211.25948613  53.67449567 0.6227379839834549",
        52809.608599537045,
        52809.6272337963,
        "05297-NGA_NGC5474",
    ),
    "M101": Tile(
        "NGA_M101",
        "NGS",
        "2492146595949182976",
        1_000_001_326,
        210.809645452159,
        54.3589239982987,
        "CIRCLE ICRS 210.80964545  54.35892400 0.625",
        52810.92491898148,
        52810.996886574074,
        "05295-NGA_M101",
    ),
    "GI3": Tile(
        "GI3_050008_NGC5457",
        "GII",
        "3116774753642217472",
        1_000_004_218,
        210.809200491573,
        54.3629874122275,
        "CIRCLE ICRS 210.80920049  54.36298741 0.625",
        54560.30667824075,
        54598.39129629629,
        "23048-GI3_050008_NGC5457",
        ("99", "Frank Bigiel", "Tracing the Extreme Edges of Galaxies in UV and HI"),
    ),
}
PINWHEEL_ROWS = (
    ("AIS32", FAR, 1_000_055_044, 184.0),
    ("GI5", NEAR, 1_000_004_937, 1340.85),
    ("5474", FAR, 1_000_045_953, 1610.0),
    ("AIS37", FAR, 1_000_055_047, 114.0),
    ("AIS37", NEAR, 1_000_016_644, 114.0),
    ("M101", FAR, 1_000_045_952, 1037.05),
    ("GI3", FAR, 1_000_048_357, 13293.4),
    ("M101", NEAR, 1_000_001_326, 1037.05),
    ("5474", NEAR, 1_000_001_327, 1610.0),
    ("GI3", NEAR, 1_000_004_203, 13294.4),
    ("AIS32", NEAR, 1_000_016_641, 184.0),
    ("GI5", FAR, 1_000_048_943, 954.6),
)


def pinwheel() -> Sheaf:
    """query_criteria(filters=["*UV", "Kepler"], objectname="M101"): twelve GALEX images."""
    return tiles_in_order(PINWHEEL_TILES, PINWHEEL_ROWS)


def tiles_in_order(tiles: dict[str, Tile], rows: tuple[tuple[str, Band, int, float], ...]) -> Sheaf:
    """Rows in the order given, and the products of each tile once."""
    sheaf = Sheaf([tile_row(tiles[key], band, obj_id, time) for key, band, obj_id, time in rows])
    for key, tile in tiles.items():
        alone = Sheaf([row for row in sheaf.observations if row["obsid"] == tile.obsid])
        add_products(alone, tile, [band for name, band, _, _ in rows if name == key])
        sheaf.products += alone.products
    return sheaf


def high_latitude() -> Iterator[Sheaf]:
    """Mast.Caom.Cone around 184.3 +54.5: seven GALEX images, two of them beside it."""
    places = (
        ("AIS_222_1_41", 184.4127, 54.7211, "CIRCLE ICRS 184.41270000  54.72110000 0.625"),
        ("AIS_222_1_45", 184.1042, 54.2963, "CIRCLE ICRS 184.10420000  54.29630000 0.625"),
        ("MISWZN05_12021_0219", 184.5206, 54.3188, "CIRCLE ICRS 184.52060000  54.31880000 0.625"),
        ("AIS_222_1_49", 183.27, 54.13, "CIRCLE ICRS 183.27000000  54.13000000 0.6216043996300169"),
    )
    for order, (name, ra, dec, region) in enumerate(places):
        obsid = 1_000_018_310 + order
        start = 53061.41 + 0.07 * order
        tile = Tile(
            name,
            name[:3],
            str(6_378_269_222_000_000_000 + 4096 * order),
            obsid,
            ra,
            dec,
            region,
            start,
            round(start + 0.0021, 6),
            f"50222-{name}",
        )
        bands = (NEAR,) if order == 2 else (NEAR, FAR)
        rows = tuple((name, band, obsid + 38_400 * (band is FAR), 112.0) for band in bands)
        yield tiles_in_order({name: tile}, rows)


def wide_field_camera() -> Sheaf:
    """Product group 2003839997: an association of four exposures, thirty-one files in all."""
    sheaf = Sheaf()
    target = place("NGC 6302")
    common: dict[str, Any] = {
        "obs_collection": "HST",
        "provenance_name": "CALWF3",
        "instrument_name": "WFC3/UVIS",
        "project": "HST",
        "filters": "F502N",
        "wavelength_region": "OPTICAL",
        "target_name": "NGC6302",
        "target_classification": "ISM;PLANETARY NEBULA",
        "s_ra": target.ra,
        "s_dec": target.dec,
        "dataproduct_type": "image",
        "proposal_pi": "Vantongeren, An",
        "proposal_id": "11504",
        "proposal_type": "GO",
        "obs_title": "Knots and shells of NGC 6302",
        "em_min": 496.9,
        "em_max": 505.1,
        "t_obs_release": 55404.2,
    }
    field = polygon_text(Plane(target.ra, target.dec, 162, 162, 1 / 3600, 28.0).corners(), frame="")
    names = ("IB3P11P7Q", "IB3P11P8Q", "IB3P11PHQ", "IB3P11Q9Q")
    for order, name in enumerate(names):
        start = round(55039.7 + 0.012 * order, 6)
        row = observation(
            **common,
            obs_id=name,
            calib_level=2,
            t_min=start,
            t_max=round(start + 0.0064, 6),
            t_exptime=550.0,
            s_region=field,
            obsid=2_003_839_993 + order,
            objID=2_012_139_993 + order,
        )
        sheaf.observations.append(row)
        plane = Plane(target.ra, target.dec, 40, 40, 162 / 40 / 3600, 28.0)
        add_frames(sheaf, row, plane, name.lower(), "raw", "flt")
        add_logs(sheaf, row, name.lower(), "spt", "jit")
        sheaf.add(
            row,
            f"{name.lower()}_trl.txt",
            partial(text, f"Log of {name}", ["calibrated"]),
            kind="AUXILIARY",
            group="TRL",
            description="Processing log",
        )
    add_drizzled(sheaf, common, field, list(names))
    return sheaf


def add_logs(sheaf: Sheaf, row: dict[str, Any], root: str, *suffixes: str) -> None:
    cards = header(row, root, row["instrument_name"], row["t_exptime"], row["t_min"])
    for suffix in suffixes:
        sheaf.add(
            row,
            f"{root}_{suffix}.fits",
            partial(telemetry, cards),
            kind="AUXILIARY",
            group=suffix.upper(),
            description=f"DADS {suffix.upper()} file",
        )


def add_drizzled(sheaf: Sheaf, common: dict[str, Any], field: str, names: list[str]) -> None:
    members = list(sheaf.products)
    row = observation(
        **common,
        obs_id="IB3P11010",
        calib_level=3,
        t_min=55039.7,
        t_max=55039.7424,
        t_exptime=2200.0,
        s_region=field,
        jpegURL="mast:HST/product/ib3p11010_drz.jpg",
        dataURL="mast:HST/product/ib3p11010_drz.fits",
        obsid=2_003_839_997,
        objID=2_012_139_997,
    )
    sheaf.observations.append(row)
    root = "ib3p11010"
    cards = header(row, root, "WFC3/UVIS", 2200.0, 55039.7)
    plane = Plane(row["s_ra"], row["s_dec"], 56, 56, 3 / 3600)
    sheaf.add(
        row,
        f"{root}_asn.fits",
        partial(association, cards, names, root),
        group="ASN",
        type="C",
        kind="AUXILIARY",
        minimum=True,
        description="DADS ASN file - Association ACS/WFC3/STIS",
    )
    sheaf.add(
        row,
        f"{root}_drz.fits",
        partial(mosaic, plane, root, cards),
        group="DRZ",
        type="C",
        minimum=True,
        description="DADS DRZ file - Calibrated combined image",
    )
    sheaf.add(
        row,
        f"{root}_drz.jpg",
        partial(preview, plane, root),
        kind="PREVIEW",
        type="C",
        description="Preview-Full",
    )
    add_logs(sheaf, row, root, "spt", "jit", "jif")
    sheaf.add(
        row,
        f"{root}_trl.txt",
        partial(text, "Log of IB3P11010", names),
        group="TRL",
        type="C",
        kind="AUXILIARY",
        description="Processing log",
    )
    sheaf.list_again(row, members)
