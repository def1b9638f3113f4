"""The fields of the Hubble Source Catalog in the sample, and the images that show each."""

from __future__ import annotations

from dataclasses import dataclass

from topmast.sample.catalogs.regions import M10, M15
from topmast.sample.places import place

WFC3 = ("WFC3", "WFC3/UVIS", "UVIS-CENTER", "ACCUM")
INFRARED = ("WFC3", "WFC3/IR", "IR-FIX", "MULTIACCUM")
ACS = ("ACS", "ACS/WFC", "WFCENTER", "ACCUM")
WFPC2 = ("WFPC2", "WFPC2/PC", "PC1-FIX", "AREA")
CAMERAS = {"W3": WFC3, "A": ACS, "W2": WFPC2, "IR": INFRARED}
SCALES = {"W3": 1.10049e-5, "A": 1.38889e-5, "W2": 2.7777e-5, "IR": 3.56e-5}
FINER_SCALE = 1.10059e-5
"""Of the images in one of the visits to M 10."""
SIZES = {"W3": (6188, 6156), "A": (5349, 5313), "W2": (2100, 2100), "IR": (1350, 1320)}


@dataclass(frozen=True, slots=True)
class Image:
    """A combined image; `depth` is the magnitude at which half of the sources are seen."""

    number: int
    camera: str
    filter: str
    proposal: int
    visit: str
    target: str
    start: float
    seconds: float
    depth: float
    first: int
    turn: float = 0.0

    @property
    def column(self) -> str:
        """The filter as the summary of the catalogue names it."""
        return f"{'W3' if self.camera == 'IR' else self.camera}_{self.filter}"

    @property
    def name(self) -> str:
        """``hst_12605_11_wfc3_uvis_f275w``."""
        detector = CAMERAS[self.camera][1].replace("/", "_").lower()
        return f"hst_{self.proposal}_{self.visit}_{detector}_{self.filter.lower()}"

    @property
    def angstrom(self) -> float:
        """The wavelength of the filter."""
        number = int("".join(letter for letter in self.filter if letter.isdigit()))
        return number * (100.0 if self.camera == "IR" else 10.0)

    @property
    def scale(self) -> float:
        """Degrees a pixel."""
        return FINER_SCALE if self.turn > 0 else SCALES[self.camera]

    @property
    def matrix(self) -> str:
        """The matrix as the catalogue writes it, with three digits in each exponent."""
        across = self.turn or -1.36001e-9
        numbers = (-self.scale, across, across, self.scale)
        return " ".join(three_digits(number) for number in numbers)


def three_digits(number: float) -> str:
    """-1.10059e-005."""
    mantissa, _, exponent = f"{number:.5e}".partition("e")
    mantissa = mantissa.rstrip("0") if "." in mantissa else mantissa
    return f"{mantissa}e{exponent[0]}{int(exponent[1:]):03d}"


@dataclass(frozen=True, slots=True)
class HubbleField:
    """One field: how many sources, within how many degrees of the centre, how concentrated.

    `core` is the radius that half of the sources are in; within `clear` are those of the guide
    alone. `first` is the MatchID of the first source that is not the guide's.
    """

    name: str
    ra: float
    dec: float
    images: tuple[Image, ...]
    count: int
    radius: float
    core: float
    clear: float
    first: int
    extinction: float
    brightest: float = 15.0


def images(
    target: str,
    first: int,
    visits: tuple[tuple[str, int, str, float, str, float], ...],
    **turns: float,
) -> tuple[Image, ...]:
    """Images of visits: camera, proposal, visit, start (MJD), filters, depth in the first one."""
    made: list[Image] = []
    for camera, proposal, visit, start, filters, depth in visits:
        for order, name in enumerate(filters.split()):
            made.append(
                Image(
                    number=1_024_000 + proposal % 1000 * 40 + len(made),
                    camera=camera,
                    filter=name,
                    proposal=proposal,
                    visit=visit,
                    target=target,
                    start=start + 0.011 * order,
                    seconds=(1315.0, 700.0, 130.0, 400.0)[order % 4],
                    depth=depth + 0.4 * order,
                    first=first + 1_000_000 * len(made),
                    turn=turns.get(f"v{visit}", 0.0),
                )
            )
    return tuple(made)


def hubble_fields() -> list[HubbleField]:
    """All of them."""
    tuc, pinwheel, cosmos = (place(name) for name in ("NGC 104", "M 101", "COSMOS"))
    andromeda, deep = place("M 31"), place("Hubble Ultra Deep Field")
    m15 = images("M-15", 280_000_000, (
        ("W3", 12605, "11", 55856.338, "F275W F336W F438W", 18.6),
        ("W3", 12605, "13", 55850.471, "F275W F336W F438W", 17.8),
        ("A", 10775, "54", 53857.122, "F606W F814W", 19.2),
        ("W2", 5324, "01", 49449.033, "F255W F336W F439W F555W", 16.8),
        ("IR", 13295, "02", 56581.41, "F160W", 16.5),
    ))  # fmt: skip
    m10 = images("NGC6254", 301_000_000, (
        ("W3", 13297, "34", 56735.41, "F275W F336W F438W", 22.5),
        ("W3", 13297, "35", 56739.27, "F275W F336W F438W", 22.5),
        ("A", 10775, "06", 53801.6, "F606W F814W", 23.5),
    ), v34=6.90694e-10, v35=-1.6278e-10)  # fmt: skip
    return [
        HubbleField("M 15", *M15, m15, 52_600, 0.19, 0.035, 0.00024, 82_700_000, 0.1052),
        HubbleField("M 10", *M10, m10, 2_000, 0.06, 0.02, 0.00025, 17_600_000, 0.2412),
        HubbleField("47 Tuc", tuc.ra, tuc.dec, images("NGC104", 400_000_000, (
            ("W3", 12971, "01", 56245.2, "F336W F438W F555W", 22.5),
            ("A", 10775, "10", 53807.1, "F606W F814W", 23.0),
        )), 1_500, 0.06, 0.025, 0.0, 31_000_000, 0.0336),
        HubbleField("M 101", pinwheel.ra, pinwheel.dec, images("M101", 500_000_000, (
            ("A", 9490, "01", 52593.9, "F435W F555W F814W", 25.5),
        )), 1_200, 0.08, 0.0, 0.0, 54_000_000, 0.0086, 20.0),
        HubbleField("M 31", andromeda.ra, andromeda.dec, images("M31-B01", 600_000_000, (
            ("W3", 12058, "07", 55388.1, "F275W F336W", 23.0),
            ("A", 12058, "07", 55388.6, "F475W F814W", 25.5),
            ("IR", 12058, "07", 55388.9, "F110W F160W", 22.5),
        )), 900, 0.05, 0.0, 0.0, 61_000_000, 0.0622, 19.0),
        HubbleField("COSMOS", cosmos.ra, cosmos.dec, images("COSMOS", 700_000_000, (
            ("A", 9822, "3m", 53101.3, "F814W", 26.0),
            ("IR", 12440, "71", 55902.4, "F125W F160W", 25.0),
        )), 900, 0.08, 0.0, 0.0, 71_000_000, 0.0181, 20.0),
        HubbleField("Ultra deep field", deep.ra, deep.dec, images("UDF", 800_000_000, (
            ("A", 9978, "01", 52907.7, "F435W F606W F775W F850LP", 28.0),
            ("IR", 11563, "01", 55064.2, "F105W F125W F160W", 27.0),
        )), 700, 0.03, 0.0, 0.0, 10_700_000, 0.0079, 21.0),
    ]  # fmt: skip
