"""The observations that the MAST user guide prints, with the numbers that it prints for them.

Positions, identifiers and times are facts about real observations; the files are made up. Four
footprints have a radius of many digits: it makes the distance agree with the printed one.
"""

from __future__ import annotations

from collections.abc import Iterator

from topmast.sample.exposures import combine
from topmast.sample.observations import Group
from topmast.sample.photometry import k2_superstamp
from topmast.sample.places import Place, place
from topmast.sample.spectrographs import iue_image
from topmast.sample.surveys import Tile, pointing, tiles
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
        yield pointing(35031, segment, 15_000_100 + segment, target)


def lagoon() -> Iterator[Group]:
    """query_object("M8", radius=".02 deg"): one K2 cube, then nine IUE spectra."""
    star = Star("EPIC 200071160", 200071160, 270.8821, -24.3621, 11.0)
    region = "CIRCLE ICRS 270.88210000 -24.36210000 0.0295700642906688"
    yield k2_superstamp(star, 9, 9_500_243_833, region)
    nebula = place("M 8")
    for order, image in enumerate((13058, 13059, 14711)):
        yield iue_image("LWP", image, 3_000_007_760 + order, nebula)
    for order, image in enumerate((2221, 4389, 4390, 6742, 9127, 10480)):
        yield iue_image("LWR", image, 3_000_021_400 + 7 * order, nebula)


def flare_star() -> Group:
    """query_criteria(proposal_pi="Osten", ...): three acquisition images of EV Lac."""
    group = Group()
    for order, exposure in enumerate(load("guide.toml")["flare_star"]):
        name, ra, dec, start, stop, exptime, size = exposure
        field = ImageWcs(ra, dec, 2, 2, size / 2, 41.0)
        group.observe(
            "guide_stis",
            obs_id=name,
            obsid=2_003_520_266 + order,
            objID=2_011_133_418 + order,
            s_ra=ra,
            s_dec=dec,
            t_min=start,
            t_max=stop,
            t_exptime=exptime,
            t_obs_release=round(stop + 365, 5),
            s_region=polygon_text(field.corners(), frame="GSC1"),
            seed=name.lower(),
            wcs=ImageWcs(ra, dec, 32, 32, size / 32, 41.0),
        )
    return group


def pinwheel() -> Group:
    """query_criteria(filters=["*UV", "Kepler"], objectname="M101"): twelve GALEX images."""
    table = load("guide.toml")
    known = {values["tile"]: Tile(**values) for values in table["tiles"]}
    return tiles([(known[tile], *more) for tile, *more in table["pinwheel"]])


def high_latitude() -> Iterator[Group]:
    """Mast.Caom.Cone around 184.3 +54.5: seven GALEX images, two of them beside it."""
    for order, (name, ra, dec, radius) in enumerate(load("guide.toml")["high_latitude"]):
        obsid, start = 1_000_018_310 + order, 53061.41 + 0.07 * order
        tile = Tile(
            name,
            name[:3],
            str(6_378_269_222_000_000_000 + 4096 * order),
            obsid,
            ra,
            dec,
            f"CIRCLE ICRS {ra:.8f}  {dec:.8f} {radius}",
            start,
            round(start + 0.0021, 6),
            f"50222-{name}",
        )
        bands = ("NUV",) if order == 2 else ("NUV", "FUV")
        yield tiles([(tile, band, obsid + 38_400 * (band == "FUV"), 112.0) for band in bands])


def planetary_nebula() -> Group:
    """Product group 2003839997: an association of four exposures, thirty-one files in all."""
    group, target = Group(), place("NGC 6302")
    corners = ImageWcs(target.ra, target.dec, 162, 162, 1 / 3600, 28.0).corners()
    common = {"s_ra": target.ra, "s_dec": target.dec, "s_region": polygon_text(corners, frame="")}
    for order, name in enumerate(("IB3P11P7Q", "IB3P11P8Q", "IB3P11PHQ", "IB3P11Q9Q")):
        start = round(55039.7 + 0.012 * order, 6)
        group.observe(
            "guide_wfc3_exposure",
            **common,
            obs_id=name,
            obsid=2_003_839_993 + order,
            t_min=start,
            t_max=round(start + 0.0064, 6),
            seed=name.lower(),
            wcs=ImageWcs(target.ra, target.dec, 40, 40, 162 / 40 / 3600, 28.0),
        )
    combine(
        group,
        "guide_wfc3_association",
        **common,
        obs_id="IB3P11010",
        obsid=2_003_839_997,
        t_min=55039.7,
        t_max=55039.7424,
        members=[row["obs_id"] for row in group.observations],
        seed="ib3p11010",
        wcs=ImageWcs(target.ra, target.dec, 56, 56, 3 / 3600),
    )
    return group
