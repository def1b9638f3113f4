"""Random calls of Tesscut, Zcut and Hapcut, as text that either package can run."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

__all__ = ["CUTOUT_CALLS", "random_cutout_calls"]

TESS = ("124.531756 -68.313", "210.80227 54.34895", "124.2 -68.24", "210.9 54.41")
EDGES = ("124.69 -68.59", "210.55 54.1")
DEEP = ("189.49206 62.20615", "189.4925 62.2065", "189.4965 62.2085")
NOWHERE = "10.5 10.5"
SIZES = (
    "5", "1", "(3, 7)", "[6, 2]", "2 * u.arcmin", "[1, 2] * u.arcmin", "3 * u.pixel", "4.0",
    "np.array([3, 4])", "0.02 * u.deg", "40 * u.arcsec", "[2, 3, 4]",
)  # fmt: skip
SMALL_SIZES = ("5", "(20, 31)", "0.9 * u.arcsec", "[0.6, 0.9] * u.arcsec", "12.5", "1", "400")
SECTORS = ("", "", ", sector=2", ", sector=5", ", sector=8")
BAD_SIZES = ("0", "(3, 0)", "3 * u.s", "float('nan')", "-2")

CUTOUT_CALLS = (
    "Tesscut.get_sectors(coordinates='10.5 10.5')",
    "Tesscut.get_sectors(coordinates='124.53 -67.5', radius='1 deg')",
    "Tesscut.get_sectors(objectname='my star')",
    "Tesscut.get_sectors(objectname='nobody')",
    "Tesscut.get_sectors(coordinates='1 2', objectname='M101')",
    "Tesscut.get_sectors(moving_target=False)",
    "Tesscut.get_sectors(objectname='Ceres', moving_target=True)",
    "Tesscut.get_cutouts(coordinates='1 2', moving_target=True)",
    "Tesscut.get_sectors(coordinates='124.53 -68.3', product='TICA')",
    "Tesscut.get_cutouts(coordinates='10.5 10.5', size=5)",
    "Tesscut.get_cutouts(coordinates='124.531756 -68.313', size=3, sector=77)",
    "files(Tesscut.download_cutouts(coordinates='124.531756 -68.313', size=3, sector=77))",
    "files(Tesscut.download_cutouts(coordinates='10.5 10.5', size=3))",
    "Tesscut.download_cutouts(coordinates='124.531756 -68.313', size=3, path='some/where')",
    "Zcut.get_surveys('189.49206 62.20615')",
    "Zcut.get_surveys('10.5 10.5')",
    "Zcut.get_surveys('189.48 62.2', radius=0.2)",
    "Zcut.get_cutouts('10.5 10.5')",
    "Zcut.get_cutouts('189.49206 62.20615', survey='nope')",
    "files(Zcut.download_cutouts('189.49206 62.20615', survey='goods_north', size=9))",
    "files(Zcut.download_cutouts('189.49206 62.20615', size=30, cutout_format='png', invert=True))",
    "files(Zcut.download_cutouts('189.49206 62.20615', size=9, cutout_format='jpg', stretch='log'))",
    "files(Zcut.download_cutouts('10.5 10.5', size=9))",
    "Hapcut.get_cutouts('10.5 10.5')",
    "files(Hapcut.download_cutouts('10.5 10.5'))",
    "Hapcut.get_cutouts('210.80227 54.34895', size=[2, 3])",
)
"""Calls that try one thing each."""


def random_cutout_calls(seed: int, count: int) -> list[str]:
    """`count` different calls; the same for the same seed."""
    random = Random(seed)
    calls: dict[str, None] = {}
    while len(calls) < count:
        calls[random.choice(MAKERS)(random)] = None
    return list(calls)


def _sectors(random: Random) -> str:
    ra, dec = random.uniform(123.8, 125.2), random.uniform(-68.7, -67.9)
    radius = random.choice(("", ", radius=0.1", ", radius='5 arcmin'", ", radius=1 * u.deg"))
    given = random.choice((f"'{ra:.4f} {dec:.4f}'", f"SkyCoord({ra:.4f}, {dec:.4f}, unit='deg')"))
    return f"Tesscut.get_sectors(coordinates={given}{radius})"


def _tess(random: Random) -> str:
    place = random.choice((*TESS, *TESS, *EDGES, NOWHERE))
    size = random.choice((*SIZES, *SIZES, *BAD_SIZES))
    words = f"coordinates={place!r}, size={size}{random.choice(SECTORS)}"
    if random.random() < 0.15 and place in TESS:
        words = f"objectname='my star', size={size}{random.choice(SECTORS)}"
    if random.random() < 0.6:
        return f"Tesscut.get_cutouts({words})"
    if size in BAD_SIZES:
        words = words.replace(f"size={size}", "size=2")
    inflate = random.choice(("", ", inflate=False"))
    return f"files(Tesscut.download_cutouts({words}{inflate}))"


def _zcut(random: Random) -> str:
    survey = random.choice(("", ", survey='goods_north'", ", survey='candels_gn_60mas'"))
    words = f"{random.choice(DEEP)!r}, size={random.choice(SMALL_SIZES)}{survey}"
    if random.random() < 0.5:
        return f"Zcut.get_cutouts({words})"
    form = random.choice(("", ", cutout_format='jpg'", ", cutout_format='png'"))
    return f"files(Zcut.download_cutouts({words}{form}))"


def _hapcut(random: Random) -> str:
    words = f"'210.802{random.randrange(99)} 54.349', size={random.choice(SMALL_SIZES)}"
    if random.random() < 0.6:
        return f"Hapcut.get_cutouts({words})"
    return f"files(Hapcut.download_cutouts({words}{random.choice(('', ', inflate=False'))}))"


MAKERS: tuple[Callable[[Random], str], ...] = (_sectors, _tess, _tess, _tess, _zcut, _hapcut)
