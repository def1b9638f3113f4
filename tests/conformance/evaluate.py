"""Run calls under topmast or under the unmodified astroquery and write down what came of each.

``python evaluate.py astroquery|topmast SERVER`` reads a JSON list of calls from standard input
and writes a pickle to the file named third. astroquery finds the server through its own
configuration file, and the object name resolver, whose address it fixes, through ``http_proxy``.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import pickle
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any


def main() -> None:
    package, server, target = sys.argv[1:4]
    calls = json.load(sys.stdin)
    names = (from_astroquery if package == "astroquery" else from_topmast)(server)
    os.chdir(tempfile.mkdtemp())
    with open(target, "wb") as out:
        pickle.dump([evaluate(call, names) for call in calls], out)


def from_astroquery(server: str) -> dict[str, Any]:
    home = Path(tempfile.mkdtemp())
    (home / "astropy").mkdir()
    (home / "astropy" / "astroquery.cfg").write_text(
        f"[mast]\nserver = {server}\ncatalogs_server = {server}\n"
    )
    os.environ |= {"XDG_CONFIG_HOME": str(home), "http_proxy": server, "no_proxy": "127.0.0.1"}
    from astroquery import mast

    names = ("Catalogs", "Observations", "Mast", "MastMissions", "Tesscut", "Zcut", "Hapcut")
    return {name: getattr(mast, name) for name in names} | helpers(mast.Observations)


def from_topmast(server: str) -> dict[str, Any]:
    import topmast

    client = topmast.connect(server, dialect="astroquery")
    found = {
        "Catalogs": client.catalogs,
        "Observations": client.observations,
        "Mast": client.mast,
        "Tesscut": client.tesscut,
        "Zcut": client.zcut,
        "Hapcut": client.hapcut,
        "MastMissions": client.missions,
    }
    return found | helpers(client.observations)


def helpers(observations: Any) -> dict[str, Any]:
    import astropy.units as u
    import numpy as np
    from astropy.coordinates import SkyCoord

    products = observations.get_product_list(["2003839997", "3000007760"])
    return {"u": u, "np": np, "SkyCoord": SkyCoord, "products": products, "files": files}


def files(table: Any) -> dict[str, Any]:
    """The files of a table of local paths, those in zips too, by their names."""
    found: dict[str, Any] = {}
    for path in map(Path, table["Local Path"]):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as packed:
                found |= {name: content_of(name, packed.read(name)) for name in packed.namelist()}
        else:
            found[str(path)] = content_of(path.name, path.read_bytes())
    return found


def content_of(name: str, content: bytes) -> Any:
    from astropy.io import fits

    if not name.endswith(".fits"):
        return hashlib.sha256(content).hexdigest()
    with fits.open(io.BytesIO(content)) as hdus:
        return normal(hdus)


def hdu_of(hdu: Any) -> tuple[Any, ...]:
    """The cards of a header but for those of the moment, and the data as they are."""
    import numpy as np
    from astropy.io.fits.card import Undefined

    left_out = ("CHECKSUM", "DATASUM", "DATE")
    cards = [
        (card.keyword, None if isinstance(card.value, Undefined) else card.value)
        for card in hdu.header.cards
        if card.keyword not in left_out
    ]
    data = b"" if hdu.data is None else np.asarray(hdu.data).tobytes()
    return cards, hashlib.sha256(data).hexdigest()


def evaluate(call: str, names: dict[str, Any]) -> dict[str, Any]:
    """What the call gives, what it warns of, or what it raises."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            outcome = normal(eval(call, dict(names)))
        except Exception as problem:
            outcome = ("raised", type(problem).__name__, str(problem))
    said = sorted({(w.category.__name__, str(w.message)) for w in caught})
    return {"outcome": outcome, "warnings": said}


def normal(value: Any) -> Any:
    """Plain Python, equal for equal results of either package."""
    import numpy as np
    from astropy.coordinates import SkyCoord
    from astropy.io import fits
    from astropy.table import Row, Table

    if isinstance(value, fits.HDUList):
        name = value.filename if isinstance(value.filename, str) else ""
        return ("hdus", name, [hdu_of(hdu) for hdu in value])
    if isinstance(value, Row):
        value = Table(value)
    if isinstance(value, Table):
        return ("table", [column(value[name]) for name in value.colnames])
    if isinstance(value, SkyCoord):
        return ("position", float(value.icrs.ra.deg), float(value.icrs.dec.deg))
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [normal(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def column(values: Any) -> tuple[str, str, list[Any]]:
    """Name, dtype kind and size, and the values with None where masked and 'nan' for NaN."""
    import numpy as np

    mask = np.ma.getmaskarray(values)
    plain = np.ma.getdata(values).tolist()
    shown = [
        None if hidden else plain_value(item) for item, hidden in zip(plain, mask, strict=True)
    ]
    return (values.name, values.dtype.str, shown)


def plain_value(item: Any) -> Any:
    return "nan" if isinstance(item, float) and math.isnan(item) else item


if __name__ == "__main__":
    main()
