"""The observations that the MAST user guide prints, with the numbers that it prints for them.

Positions, identifiers and times are facts about real observations; the files are made up. Four
footprints have a radius of many digits: it makes the distance agree with the printed one.
"""

from __future__ import annotations

from collections.abc import Iterator

from topmast.sample.observations import Group
from topmast.sample.photometry import k2_superstamp
from topmast.sample.places import Place, place
from topmast.sample.surveys import iue_image, pointing, tiles
from topmast.sample.templates import load
from topmast.sample.variability import Star
from topmast.sample.wcs import ImageWcs, polygon_text


def guide() -> Iterator[Group]:
    """All of them; they come before everything else in the archive."""
    yield from globular_cluster()
    yield from lagoon()
    yield flare_star()
    yield pinwheel()
    yield from high_latitude()
    yield planetary_nebula()


def globular_cluster() -> Iterator[Group]:
    """query_region("322.49324 12.16683"): ten UVOT cubes of M15."""
    target = Place("M 15", 322.49324, 12.16683, "*Cl", (322.493, 12.1668), ())
    for segment in range(1, 11):
        yield pointing(35031, segment, {"obsid": 15_000_100 + segment, "target": target})


def lagoon() -> Iterator[Group]:
    """query_object("M8", radius=".02 deg"): one K2 cube, then nine IUE spectra."""
    star = Star("EPIC 200071160", 200071160, 270.8821, -24.3621, 11.0)
    region = "CIRCLE ICRS 270.88210000 -24.36210000 0.0295700642906688"
    yield k2_superstamp(star, 9, {"obsid": 9_500_243_833, "s_region": region})
    modes = {mode["instrument_name"]: mode for mode in load("instruments.toml")["iue"]}
    for camera, image, obsid in load("guide.toml")["lagoon"]:
        yield iue_image(image, {"obsid": obsid, "target": place("M 8"), "mode": modes[camera]})


def flare_star() -> Group:
    """query_criteria(proposal_pi="Osten", ...): three acquisition images of EV Lac."""
    group = Group()
    for row in load("guide.toml")["flare_star"]:
        more = {"seed": row["obs_id"].lower(), "t_obs_release": round(row["t_max"] + 365, 5)}
        group.observe("guide_stis", row | more)
    return group


def pinwheel() -> Group:
    """query_criteria(filters=["*UV", "Kepler"], objectname="M101"): twelve GALEX images."""
    table = load("guide.toml")
    known = {tile["tile"]: tile for tile in table["tiles"]}
    return tiles([(known[tile], *more) for tile, *more in table["pinwheel"]])


def high_latitude() -> Iterator[Group]:
    """Mast.Caom.Cone around 184.3 +54.5: seven GALEX images, two of them beside it."""
    for order, (name, ra, dec, radius) in enumerate(load("guide.toml")["high_latitude"]):
        obsid, start = 1_000_018_310 + order, 53061.41 + 0.07 * order
        tile = {
            "tile": name,
            "survey": name[:3],
            "obs_id": str(6_378_269_222_000_000_000 + 4096 * order),
            "obsid": obsid,
            "s_ra": ra,
            "s_dec": dec,
            "s_region": f"CIRCLE ICRS {ra:.8f}  {dec:.8f} {radius}",
            "t_min": start,
            "t_max": round(start + 0.0021, 6),
            "folder": f"50222-{name}",
        }
        rows = [(tile, "NUV", obsid, 112.0), (tile, "FUV", obsid + 38_400, 112.0)]
        yield tiles(rows[:1] if order == 2 else rows)


def planetary_nebula() -> Group:
    """Product group 2003839997: an association of four exposures, thirty-one files in all."""
    group, target = Group(), place("NGC 6302")
    corners = ImageWcs(target.ra, target.dec, 162, 162, 1 / 3600, 28.0).corners()
    common = {"s_ra": target.ra, "s_dec": target.dec, "s_region": polygon_text(corners, frame="")}
    for order, name in enumerate(("IB3P11P7Q", "IB3P11P8Q", "IB3P11PHQ", "IB3P11Q9Q")):
        start = round(55039.7 + 0.012 * order, 6)
        more = {"obs_id": name, "obsid": 2_003_839_993 + order, "t_min": start}
        group.observe("guide_wfc3_exposure", common | more | {"seed": name.lower()})
    more = {"obs_id": "IB3P11010", "obsid": 2_003_839_997, "t_min": 55039.7, "t_max": 55039.7424}
    group.combine("guide_wfc3_association", common | more | {"seed": "ib3p11010"})
    return group
