"""Missions with one observation at a time: spectra, GALEX, Swift, PS1 and HLA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from topmast.sample.exposures import rootname
from topmast.sample.observations import Group, Values, observe
from topmast.sample.places import Place
from topmast.sample.seeds import seeded
from topmast.sample.targets import near, targets_of, uniform, visits
from topmast.sample.templates import load
from topmast.sample.wcs import ImageWcs, circle_text, polygon_text


def hubble_spectra() -> Iterator[Group]:
    """Extracted spectra, each with its raw frame."""
    for values, _ in visits("hst_spectrum"):
        name = rootname(values["mode"]["letter"], 900 + values["number"], "010")
        yield observe("hst_spectrum", values | {"obs_id": name})


def iue() -> Iterator[Group]:
    """Spectra of stars, galaxies and nebulae all over the sky."""
    for values, _ in visits("iue"):
        yield iue_image(14200 + 41 * values["number"], values)


def iue_image(image: int, values: Values) -> Group:
    """The spectrum that a camera, the "mode", took as its image number `image`."""
    camera, target = values["mode"]["instrument_name"], values["target"]
    random = seeded("iue", f"{camera.lower()}{image:05d}")
    more: Values = {
        "filters": "LOW DISP" if image % 3 else "HIGH DISP",
        "obs_id": f"{camera.lower()}{image:05d}",
        "t_min": round(43800 + 0.27 * image + float(random.uniform(0, 0.2)), 5),
        "t_exptime": float(random.integers(3, 400)) * 60,
        "folder": f"{camera.lower()}/{image // 1000 * 1000:05d}",
        "images": load("instruments.toml")["iue_images"],
    }
    # The large aperture, 10 by 20 arcsec: as a box or, for old rows, as a circle.
    box = ImageWcs(target.ra, target.dec, 10, 20, 1 / 3600, uniform(random, 0, 180))
    more |= {"radius": round(10 / 3600, 8)} if image % 2 else {"wcs": box}
    return observe("iue", values | more)


def far_ultraviolet() -> Iterator[Group]:
    """Hot stars, galaxies and nebulae, mission by mission."""
    targets = targets_of("far_ultraviolet")
    for order, mission in enumerate(load("instruments.toml")["far_ultraviolet"]):
        for number in range(mission["count"]):
            target = targets[(number * 5 + order * 11) % len(targets)]
            random = seeded(mission["obs_collection"], number)
            values = {
                "number": number,
                "target": target,
                "mode": mission,
                "program": 300 + number,
                "name": f"{target.word[:12]}_{9309120000 + 977 * number}",
                "fuse_name": f"p{1000 + 7 * number}{1 + number % 9:02d}01000",
                "t_min": uniform(random, *mission["years"]),
                "t_exptime": float(random.integers(400, 30000)),
                "angle": uniform(random, 0, 90),
                "frame": "J2000" if number % 2 else "ICRS ",
                "radius": 0 if number % 2 else round(mission["arcsec"] / 7200, 8),
                "logged": number % 2,
            }
            yield observe(mission.get("kind", "far_ultraviolet"), values)


def galex() -> Iterator[Group]:
    """Tiles on the well-known objects, and some over the sky."""
    for number, target in enumerate([*targets_of("galex"), *[None] * 40]):
        random = seeded("galex", number)
        if target:
            ra, dec = near(target, random, 0.05)
        else:
            ra, dec = uniform(random, 0, 360), float(np.degrees(np.arcsin(random.uniform(-1, 1))))
            # Nothing else may be where the guide looks.
            dec = round(dec - (60 if 45 < dec < 65 and 170 < ra < 225 else 0), 8)
        survey = ("AIS", "NGS", "MIS")[number % 3] if target else "AIS"
        tile = f"{survey}_{number + 1}_1_{number % 90 + 1}"
        tile = f"NGA_{target.compact}" if target and survey == "NGS" else tile
        obsid, start = 1_000_100_000 + number, uniform(random, 52900, 55900)
        values = {
            "tile": tile,
            "survey": survey,
            "obs_id": str(6371000000000000000 + 1048576 * (number + 17)),
            "obsid": obsid,
            "s_ra": ra,
            "s_dec": dec,
            "s_region": circle_text(ra, dec, 0.625),
            "t_min": start,
            "t_max": round(start + 0.002 + 0.1 * (number % 4), 8),
            "folder": f"{50000 + number}-{tile}",
        }
        rows = [(values, "NUV", obsid, 109.0), (values, "FUV", obsid + 40_000, 109.0)]
        yield tiles(rows[:1] if number % 7 == 3 else rows)


def tiles(exposures: Sequence[tuple[Values, str, int, float]]) -> Group:
    """GALEX's rows in this order (tile, band, objID, exposure time), and each tile's files once."""
    bands = {band["band"]: band for band in load("instruments.toml")["galex"]}
    group = Group()
    for tile, band, obj_id, exptime in exposures:
        first = all(row["obsid"] != tile["obsid"] for row in group.observations)
        seen = [name for one, name, _, _ in exposures if one["obsid"] == tile["obsid"]]
        more = {
            "mode": bands[band],
            "objID": obj_id,
            "t_exptime": exptime,
            "srcDen": float(4000 + len(tile["tile"]) * 37),
            "bands": [bands[name] for name in sorted(seen, reverse=True)],
            "with_files": first,
        }
        group.observe("galex", tile | more)
    return group


def swift() -> Iterator[Group]:
    """Pointings at objects all over the sky."""
    for number, target in enumerate(targets_of("swift")):
        yield pointing(30100 + 13 * number, 1 + number % 5, {"number": number, "target": target})


def pointing(target_id: int, segment: int, values: Values) -> Group:
    """Segment `segment` of the observations of a target: a cube of all filters used."""
    name, table = f"{target_id:08d}{segment:03d}", load("instruments.toml")
    random = seeded("swift", name)
    ra, dec = near(values["target"], random, 0.015)
    angle = uniform(random, 0, 360)
    bands = table["swift"][int(random.integers(3)) :][: 2 + target_id % 3]
    limits = bands[0]["limits"][0], bands[-1]["limits"][1]
    more = {
        "filters": ";".join(band["band"].upper() for band in bands),
        "limits": limits,
        "wavelength_region": "UV;OPTICAL" if limits[1] > 300 else "UV",
        "obs_id": name,
        "s_ra": ra,
        "s_dec": dec,
        "angle": angle,
        "t_min": uniform(random, 53500, 60500, 6),
        "t_exptime": float(900 + target_id % 1700),
        "folder": f"mast:SWIFT/url/pub/swift/uvot/{target_id:08d}/{name}/uvot/image",
        "images": [band | kind for band in bands for kind in table["swift_images"]],
    }
    return observe("swift", values | more)


def panstarrs() -> Iterator[Group]:
    """Stacked sky cells around objects that PS1 sees, in two or three bands."""
    count, bands = 0, load("instruments.toml")["ps1"]
    for number, target in enumerate(targets_of("ps1")):
        cell = f"{600 + int((target.dec + 30) * 16):04d}.{number % 100:03d}"
        for band in bands[number % 3 :][:3]:
            stack = f"rings.v3.skycell.{cell}.stk.{band['filters']}"
            values = {
                "number": count,
                "target": target,
                "mode": band,
                "t_exptime": float(400 + count % 600),
                "closed": count % 3 > 0,
                "cell": cell,
                "stack": stack,
                "listed": count % 2,
                "exposures": [f"{stack}.exp {exposure}" for exposure in range(5)],
                "seed": stack,
            }
            yield observe("ps1", values)
            count += 1


def legacy() -> Iterator[Group]:
    """HLA: combined WFPC2 and ACS images by filter, and the detection image of all."""
    for values, _ in visits("hla"):
        for order, label in enumerate(("f555w", "total")):
            number, mode = 2 * values["number"] + order, values["mode"]
            visit = f"hst_{5200 + 3 * values['number']:05d}_0{1 + number % 9}_{mode['camera']}"
            more: Values = {
                "number": number,
                "filters": "DETECTION" if order else "F555W",
                "obs_id": f"{visit}_{label}_{mode['chip']}",
                "proposal_id": str(5200 + 3 * values["number"]),
                "s_region": chevron(values["target"], values["angle"]),
                "catalogs": [{"kind": "daophot"}, {"kind": "sexphot"}] if order else [],
            }
            if not order:
                more |= {"limits": (473.0, 596.0), "wavelength_region": "OPTICAL"}
            yield observe("hla", values | more)


def chevron(target: Place, angle: float) -> str:
    """The outline of three chips of four: a square of 160 arcsec without one corner."""
    wcs = ImageWcs(target.ra, target.dec, 1, 1, 160 / 3600, angle)
    x, y = np.array([[-0.5, 0.5, 0.5, 0, 0, -0.5], [-0.5, -0.5, 0, 0, 0.5, 0.5]])
    return polygon_text(np.stack(wcs.sky_of(x, y), axis=1), frame="J2000")
