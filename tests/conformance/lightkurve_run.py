"""Use lightkurve as an astronomer would, on the archive at SERVER, and write down what comes.

``python lightkurve_run.py SERVER FOLDER`` is run by an interpreter that has lightkurve; neither
it nor the astroquery below it is changed. Files and pictures go to FOLDER, the rest to
``FOLDER/found.json``.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

SERVER, FOLDER = sys.argv[1], Path(sys.argv[2])

SEARCHES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "TIC id": ("lightcurve", "TIC 100100827", {}),
    "TIC id, mission, sector": (
        "lightcurve",
        "TIC 100100827",
        {"mission": "TESS", "sector": 29},
    ),
    "TIC id, exposure": ("lightcurve", "TIC 100100827", {"exptime": "short"}),
    "TIC id, author": ("lightcurve", "TIC 100100827", {"author": "QLP"}),
    "TIC id, authors": ("lightcurve", "TIC 100100827", {"author": ["SPOC", "TESS-SPOC"]}),
    "TIC id, no such sector": ("lightcurve", "TIC 100100827", {"sector": 88}),
    "name": ("lightcurve", "WASP-18", {}),
    "KIC id": ("lightcurve", "KIC 11904151", {}),
    "KIC id, quarter": ("lightcurve", "KIC 11904151", {"quarter": 3}),
    "KIC id, quarters": ("lightcurve", "KIC 11904151", {"quarter": [1, 8]}),
    "Kepler name, mission": ("lightcurve", "Kepler-10", {"mission": "Kepler"}),
    "Kepler name, missions": ("lightcurve", "Kepler-10", {"mission": ["Kepler", "K2"]}),
    "EPIC id": ("lightcurve", "EPIC 201912552", {}),
    "EPIC id, campaign": ("lightcurve", "EPIC 201912552", {"campaign": 1}),
    "text of coordinates": ("lightcurve", "285.67942 50.24131", {}),
    "coordinates": ("lightcurve", (285.67942, 50.24131), {"radius": 20}),
    "coordinates, wide": ("lightcurve", (285.67942, 50.24131), {"radius": 3600, "limit": 5}),
    "nobody's name": ("lightcurve", "nobody's star", {}),
    "pixels of a TIC id": ("targetpixelfile", "TIC 100100827", {}),
    "pixels of a KIC id": ("targetpixelfile", "KIC 11904151", {}),
    "pixels of a KIC id, quarter": ("targetpixelfile", "KIC 11904151", {"quarter": 8}),
    "pixels of an EPIC id": ("targetpixelfile", "EPIC 201912552", {"mission": "K2"}),
    "pixels of a name": ("targetpixelfile", "K2-18", {}),
}
"""What is searched: kind, target (a pair is a position in degrees), filters."""


def main() -> None:
    point_astroquery_at_server()
    import matplotlib

    matplotlib.use("Agg")
    warnings.simplefilter("ignore")
    import lightkurve

    found: dict[str, Any] = {"version": lightkurve.__version__, "searches": {}}
    for title, (kind, target, filters) in SEARCHES.items():
        found["searches"][title] = listed(search(lightkurve, kind, target, filters))
    found |= {step.__name__: step(lightkurve) for step in STEPS}
    (FOLDER / "found.json").write_text(json.dumps(found))


def point_astroquery_at_server() -> None:
    """By its own configuration file; the name resolver, whose address it fixes, by a proxy."""
    home = FOLDER / "home"
    (home / "astropy").mkdir(parents=True)
    (home / "astropy" / "astroquery.cfg").write_text(f"[mast]\nserver = {SERVER}\n")
    places = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    os.environ |= {name: str(home) for name in places}
    os.environ |= {"http_proxy": SERVER, "no_proxy": "127.0.0.1"}


def search(lightkurve: Any, kind: str, target: Any, filters: dict[str, Any]) -> Any:
    if isinstance(target, tuple):
        from astropy.coordinates import SkyCoord

        target = SkyCoord(*target, unit="deg")
    return getattr(lightkurve, f"search_{kind}")(target, **filters)


def listed(result: Any) -> list[list[str]]:
    """The rows that lightkurve shows: mission, author, exposure, target."""
    if not len(result):
        return []
    rows = zip(result.mission, result.author, result.exptime.value, result.target_name, strict=True)
    return [[str(m), str(a), f"{float(e):g}", str(t)] for m, a, e, t in rows]


# -------------------------------------------------------------------------------- steps


def one_light_curve(lightkurve: Any) -> dict[str, Any]:
    """Download a quarter of a star with a planet, flatten it, find the planet, draw it."""
    import numpy as np

    quarter = lightkurve.search_lightcurve("KIC 11446443", quarter=3)
    curve = quarter.download(download_dir=str(FOLDER))
    flat = curve.flatten(window_length=401).remove_outliers(sigma_lower=1000)
    periods = flat.to_periodogram(method="bls", period=np.arange(2, 3, 0.001))
    draw(curve, "curve.png")
    draw(flat.fold(periods.period_at_max_power, periods.transit_time_at_max_power), "folded.png")
    return described(curve) | {
        "flat": [float(np.nanmedian(flat.flux.value)), float(np.nanstd(flat.flux.value))],
        "period_days": float(periods.period_at_max_power.value),
    }


def all_light_curves(lightkurve: Any) -> dict[str, Any]:
    """Download all that there is of two stars, and join what is of one."""
    kepler = lightkurve.search_lightcurve("KIC 11904151").download_all(download_dir=str(FOLDER))
    tess = lightkurve.search_lightcurve("WASP-18").download_all(download_dir=str(FOLDER))
    joined = kepler.stitch()
    draw(joined, "joined.png")
    return {
        "kepler": [described(curve) for curve in kepler],
        "tess": [described(curve) for curve in tess],
        "flattened": [len(curve.flatten(window_length=51)) for curve in [*kepler, *tess]],
        "joined": len(joined),
    }


def a_light_curve_of_k2(lightkurve: Any) -> dict[str, Any]:
    result = lightkurve.search_lightcurve("EPIC 201912552", campaign=1)
    return described(result.download(download_dir=str(FOLDER)))


def pixels(lightkurve: Any) -> list[dict[str, Any]]:
    """Download the pixels of a star of each mission, sum them, draw them."""
    found = []
    for number, target in enumerate(("KIC 11904151", "EPIC 201912552", "TIC 100100827")):
        for file in lightkurve.search_targetpixelfile(target).download_all(
            download_dir=str(FOLDER)
        ):
            curve = file.to_lightcurve().flatten(window_length=5)
            draw(file, f"pixels-{number}.png")
            shape = list(file.shape)
            found.append({"kind": type(file).__name__, "shape": shape, "curve": len(curve)})
    return found


def described(curve: Any) -> dict[str, Any]:
    import numpy as np

    return {
        "kind": type(curve).__name__,
        "label": str(curve.meta["LABEL"]),
        "author": str(curve.meta["AUTHOR"]),
        "rows": len(curve),
        "finite": int(np.isfinite(curve.flux.value).sum()),
        "unit": str(curve.flux.unit),
        "days": float(curve.time.value[-1] - curve.time.value[0]),
    }


def draw(thing: Any, name: str) -> None:
    import matplotlib.pyplot as plt

    thing.plot()
    plt.savefig(FOLDER / name, dpi=60)
    plt.close("all")


STEPS: tuple[Callable[[Any], Any], ...] = (
    one_light_curve,
    all_light_curves,
    a_light_curve_of_k2,
    pixels,
)

if __name__ == "__main__":
    main()
