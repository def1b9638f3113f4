"""Spectra of Hubble, Webb, IUE and the smaller missions of the far ultraviolet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from topmast.sample.exposures import ARCSEC, rootname
from topmast.sample.observations import Group, observe
from topmast.sample.places import Place, places
from topmast.sample.programs import programme, release, target_columns
from topmast.sample.seeds import seeded
from topmast.sample.spectra import observed_spectrum
from topmast.sample.templates import load
from topmast.sample.wcs import ImageWcs, circle_text, polygon_text


def targets_of(*kinds: str) -> list[Place]:
    return [item for item in places() if item.kind in kinds]


def hubble_spectra() -> Iterator[Group]:
    """Spectra of stars, quasars and planetary nebulae."""
    for number, target in enumerate(targets_of("*", "WD*", "QSO", "PN", "HighPM*")[:70]):
        yield hubble_spectrum(number, target)


def hubble_spectrum(number: int, target: Place) -> Group:
    """A spectroscopic exposure: the extracted spectrum, the raw frame and a plot."""
    mode = load("instruments.toml")["hst_spectra"][number % 4]
    low, high = mode["limits"]
    random = seeded("hst spectrum", number)
    start = float(np.round(random.uniform(55200, 60000), 5))
    angle = float(random.uniform(0, 360))
    field = ImageWcs(target.ra, target.dec, 2, 2, mode["aperture"] * ARCSEC, angle)
    angstrom = np.round(np.linspace(low, high, 479), 3)
    return observe(
        "hst_spectrum",
        **programme(14000 + 11 * number, target),
        **release(start, 180, number, exclusive=number % 19 == 7),
        provenance_name=mode["pipeline"],
        instrument_name=mode["instrument_name"],
        filters=mode["filters"],
        wavelength_region="UV" if high < 4000 else "Optical",
        obs_id=rootname(mode["letter"], 900 + number, 1 + number % 60, "010"),
        obsid=24_500_000 + number,
        s_ra=target.ra,
        s_dec=target.dec,
        t_min=start,
        t_max=start + 0.02,
        em_min=low / 10,
        em_max=high / 10,
        s_region=polygon_text(field.corners()),
        spectrum=observed_spectrum(target.kind, angstrom, random),
        wcs=ImageWcs(target.ra, target.dec, 48, 24, 0.5 * ARCSEC),
    )


def webb_spectra() -> Iterator[Group]:
    """Spectra of stars and galaxies, and cubes."""
    for number, target in enumerate(targets_of("*", "G", "QSO", "PN")[::4][:45]):
        yield webb_spectrum(number, target)


def webb_spectrum(number: int, target: Place) -> Group:
    random = seeded("jwst spectrum", number)
    mode = load("instruments.toml")["jwst_spectra"][number % 3]
    low, high = mode["limits"]
    program = 2700 + 17 * number
    start = round(float(random.uniform(59800, 60900)), 6)
    angstrom = np.round(np.linspace(low, high, 300) / 1000, 5) * 1e4
    return observe(
        "jwst_spectrum",
        **programme(program, target),
        **release(start, 365, number, exclusive=number % 7 == 3),
        instrument_name=mode["instrument_name"],
        filters=mode["filters"],
        obs_id=f"jw{program:05d}-o00{1 + number % 4}_t001_{mode['word']}",
        obsid=72_000_000 + number,
        s_ra=target.ra,
        s_dec=target.dec,
        dataproduct_type=mode["kind"],
        t_min=start,
        t_max=start + 0.1,
        em_min=low,
        em_max=high,
        s_region=circle_text(target.ra, target.dec, 0.0005, frame="ICRS"),
        cube=mode["kind"] == "cube",
        spectrum=observed_spectrum(target.kind, angstrom, random, 40.0),
    )


def iue() -> Iterator[Group]:
    """Spectra of stars, galaxies and nebulae all over the sky."""
    targets = [item for item in places() if item.kind not in ("Field", "*Cl", "GClstr", "PSR")]
    for number, target in enumerate(targets[::2]):
        camera = ("LWP", "SWP", "LWR")[number % 3]
        yield iue_image(camera, 14200 + 41 * number, 3_000_100_000 + number, target)


def iue_image(camera: str, image: int, obsid: int, target: Place) -> Group:
    """The spectrum that `camera` took as its image number `image`, in twelve files."""
    name = f"{camera.lower()}{image:05d}"
    low, high = (1150.0, 1980.0) if camera == "SWP" else (1850.0, 3350.0)
    random = seeded("iue", name)
    start = round(43800 + 0.27 * image + float(random.uniform(0, 0.2)), 5)
    exptime = float(random.integers(3, 400)) * 60
    angstrom = np.round(np.linspace(low, high, 320), 2)
    # The aperture is small: in a nebula it holds a hot star and little else.
    source = "*" if target.kind in ("HII", "Neb") else target.kind
    return observe(
        "iue",
        **target_columns(target),
        instrument_name=camera,
        filters="LOW DISP" if image % 3 else "HIGH DISP",
        obs_id=name,
        obsid=obsid,
        s_ra=target.ra,
        s_dec=target.dec,
        proposal_pi=("Carnelian", "Duvivier", "Elphick", "Fontanez")[image % 4],
        proposal_id=f"{'ABCDEFGH'[image % 8]}{camera[:2]}{image % 90:02d}",
        t_min=start,
        t_max=round(start + exptime / 86400, 7),
        t_exptime=exptime,
        em_min=low / 10,
        em_max=high / 10,
        t_obs_release=round(start + 180, 5),
        s_region=iue_aperture(target, float(random.uniform(0, 180)), round_one=image % 2 == 1),
        folder=f"{camera.lower()}/{image // 1000 * 1000:05d}",
        images=load("instruments.toml")["iue"],
        spectrum=observed_spectrum(source, angstrom, seeded("iue spectrum", name)),
    )


def iue_aperture(target: Place, angle: float, *, round_one: bool) -> str:
    """The large aperture, 10 by 20 arcsec: as a box or, for old rows, as a circle."""
    if round_one:
        return circle_text(target.ra, target.dec, round(10 / 3600, 8))
    return polygon_text(ImageWcs(target.ra, target.dec, 10, 20, 1 / 3600, angle).corners())


def far_ultraviolet() -> Iterator[Group]:
    """Hot stars, galaxies and nebulae, mission by mission."""
    targets = targets_of("*", "WD*", "QSO", "G", "PN", "XRayS", "SNR")
    for order, mission in enumerate(load("instruments.toml")["far_ultraviolet"]):
        for number in range(mission["count"]):
            target = targets[(number * 5 + order * 11) % len(targets)]
            yield far_ultraviolet_spectrum(mission, number, target)


def far_ultraviolet_spectrum(mission: dict[str, Any], number: int, target: Place) -> Group:
    """One spectrum with its plot, the same in VO form, and a log."""
    name, (low, high) = mission["mission"], mission["limits"]
    random = seeded(name, number)
    start = round(float(random.uniform(*mission["years"])), 5)
    exptime = float(random.integers(400, 30000))
    radius, angle = mission["aperture"] / 7200, float(random.uniform(0, 90))
    if number % 2 == 0:
        region = circle_text(target.ra, target.dec, round(radius, 8))
    else:
        box = ImageWcs(target.ra, target.dec, 2, 2, radius, angle)
        region = polygon_text(box.corners(), frame="J2000")
    word = "".join(letter for letter in target.name.lower() if letter.isalnum())[:12]
    obs_id = f"{word}_{9309120000 + 977 * number}{name[0].lower()}"
    if name == "FUSE":
        obs_id = f"p{1000 + 7 * number}{1 + number % 9:02d}01000"
    angstrom = np.round(np.linspace(low, high, 410), 3)
    return observe(
        "far_ultraviolet",
        **programme(300 + number, target) | {"proposal_type": None},
        mission=name,
        suffix=mission["suffix"],
        provenance_name="CalFUSE" if name == "FUSE" else None,
        instrument_name=mission["instrument_name"],
        filters=mission.get("filters"),
        wavelength_region="EUV" if high < 900 else "UV",
        obs_id=obs_id,
        obsid=mission["first_obsid"] + number,
        s_ra=target.ra,
        s_dec=target.dec,
        t_min=start,
        t_max=round(start + exptime / 86400, 7),
        t_exptime=exptime,
        em_min=low / 10,
        em_max=high / 10,
        t_obs_release=round(start + 365, 5),
        s_region=region,
        logged=number % 2,
        spectrum=observed_spectrum(target.kind, angstrom, random),
    )
