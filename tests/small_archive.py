"""A few observations with products, files and names, made into an archive for tests."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

from astropy.io import fits
from astropy.table import MaskedColumn, Table

from topmast.archive import Archive

MRP = "Minimum Recommended Products"

OBSERVATIONS: list[dict[str, Any]] = [
    {
        "objID": "11",
        "obsid": "1001",
        "obs_collection": "IUE",
        "obs_id": "lwp13058",
        "intentType": "science",
        "dataproduct_type": "spectrum",
        "instrument_name": "LWP",
        "filters": "LOW DISP",
        "target_name": "HD 164794",
        "calib_level": 2,
        "t_min": 46000.0,
        "t_max": 46000.1,
        "t_exptime": 300.0,
        "em_min": 185.0,
        "em_max": 335.0,
        "s_ra": 270.92,
        "s_dec": -24.38,
        "s_region": "CIRCLE ICRS 270.92 -24.38 0.01",
        "proposal_pi": "Savage",
        "dataRights": "PUBLIC",
        "mtFlag": False,
    },
    {
        "objID": "12",
        "obsid": "1002",
        "obs_collection": "K2",
        "obs_id": "ktwo200071160-c91",
        "intentType": "science",
        "dataproduct_type": "timeseries",
        "instrument_name": "Kepler",
        "filters": "Kepler",
        "target_name": "EPIC 200071160",
        "calib_level": 2,
        "t_min": 57500.0,
        "t_max": 57580.0,
        "t_exptime": 1800.0,
        "em_min": 418.0,
        "em_max": 905.0,
        "s_ra": 270.93,
        "s_dec": -24.37,
        "s_region": "CIRCLE ICRS 270.93 -24.37 0.01",
        "proposal_pi": None,
        "dataRights": "PUBLIC",
        "mtFlag": False,
    },
    {
        "objID": "13",
        "obsid": "1003",
        "obs_collection": "HST",
        "obs_id": "U24Z0101T",
        "intentType": "science",
        "dataproduct_type": "image",
        "instrument_name": "WFPC2/WFC",
        "filters": "F606W",
        "target_name": "M101",
        "calib_level": 1,
        "t_min": 49500.0,
        "t_max": 49500.01,
        "t_exptime": None,
        "em_min": 460.0,
        "em_max": 720.0,
        "s_ra": 210.80,
        "s_dec": 54.35,
        "s_region": "POLYGON ICRS 210.78 54.33 210.82 54.33 210.82 54.37 210.78 54.37",
        "proposal_pi": "Osten, Rachel A.",
        "dataRights": "PUBLIC",
        "mtFlag": True,
    },
    {
        "objID": "14",
        "obsid": "1004",
        "obs_collection": "HST",
        "obs_id": "U24Z0102T",
        "intentType": "calibration",
        "dataproduct_type": "image",
        "instrument_name": "WFPC2/WFC",
        "filters": "F300W;F606W",
        "target_name": "DARK",
        "calib_level": 1,
        "t_min": 49501.0,
        "t_max": 49501.01,
        "t_exptime": 100.0,
        "em_min": 250.0,
        "em_max": 720.0,
        "s_ra": 210.81,
        "s_dec": 54.34,
        "s_region": "CIRCLE ICRS 210.81 54.34 0.02",
        "proposal_pi": "Calibrator",
        "dataRights": "PUBLIC",
        "mtFlag": False,
    },
    {
        "objID": "15",
        "obsid": "1005",
        "obs_collection": "TESS",
        "obs_id": "tess-s0001-1-1",
        "intentType": "science",
        "dataproduct_type": "image",
        "instrument_name": "Photometer",
        "filters": "TESS",
        "target_name": "TESS FFI",
        "calib_level": 3,
        "t_min": 58325.0,
        "t_max": 58352.0,
        "t_exptime": 1425.0,
        "em_min": 600.0,
        "em_max": 1000.0,
        "s_ra": 320.0,
        "s_dec": -15.0,
        "s_region": "CIRCLE ICRS 320 -15 6",
        "proposal_pi": "Ricker, George",
        "dataRights": "PUBLIC",
        "mtFlag": False,
    },
]

PRODUCTS: list[dict[str, Any]] = [
    {
        "obsID": obsid,
        "obs_collection": collection,
        "obs_id": obs_id,
        "productFilename": name,
        "dataURI": f"mast:{collection}/product/{name}",
        "productType": kind,
        "productGroupDescription": group,
        "productSubGroupDescription": sub,
        "size": size,
        "calib_level": 2,
        "dataRights": "PUBLIC",
    }
    for size, (obsid, collection, obs_id, name, kind, group, sub) in enumerate(
        [
            ("1001", "IUE", "lwp13058", "lwp13058.mxlo.gz", "SCIENCE", MRP, None),
            ("1001", "IUE", "lwp13058", "lwp13058.raw.gz", "AUXILIARY", None, "RAW"),
            ("1001", "IUE", "lwp13058", "lwp13058.gif", "PREVIEW", None, None),
            ("1002", "K2", "ktwo200071160-c91", "k2-lpd.fits", "SCIENCE", MRP, None),
            ("1003", "HST", "U24Z0101T", "u24z0101t_raw.fits", "SCIENCE", None, "RAW"),
            ("1003", "HST", "U24Z0101T", "u24z0101t_drz.fits", "SCIENCE", MRP, "DRZ"),
            ("1004", "HST", "U24Z0102T", "u24z0102t_raw.fits", "CALIBRATION", None, "RAW"),
            ("1005", "TESS", "tess-s0001-1-1", "ffi.fits", "SCIENCE", None, "FFIC"),
        ],
        1000,
    )
]

NAMES: list[dict[str, Any]] = [
    {"name": "M8", "resolver": "NED", "ra": 270.92194, "dec": -24.38017},
    {"name": "M8", "resolver": "SIMBAD", "ra": 270.9042, "dec": -24.3867},
    {"name": "M101", "resolver": "NED", "ra": 210.80227, "dec": 54.34895},
    {"name": "EPIC 200071160", "resolver": "K2", "ra": 270.93, "dec": -24.37},
    {"name": "EPIC 200071160", "resolver": "SIMBAD", "ra": 270.94, "dec": -24.37},
]


def make(folder: Path, *, profile: str = "current") -> Archive:
    """An archive of the rows above, in `folder`."""
    files = folder / "incoming"
    for row in PRODUCTS:
        path = files / row["obs_collection"] / row["obs_id"] / row["productFilename"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content_of(row["productFilename"]))
    archive = Archive.create(folder / "archive", profile=profile)
    archive.ingest(table(OBSERVATIONS), table(PRODUCTS), files, names=table(NAMES))
    return archive


def content_of(name: str) -> bytes:
    """What the file of this name holds: something of its kind, whole."""
    if name.endswith(".gz"):
        return gzip.compress(name.encode(), mtime=0)
    if name.endswith(".gif"):
        return b"GIF89a" + bytes([1, 0, 1, 0, 0, 0, 0, 0x3B])
    file = io.BytesIO()
    fits.PrimaryHDU(header=fits.Header({"FILENAME": name})).writeto(file)
    return file.getvalue()


def table(rows: list[dict[str, Any]]) -> Table:
    """Rows as a table, None masked."""
    made = Table(masked=True)
    for name in rows[0]:
        values = [row[name] for row in rows]
        known = next(value for value in values if value is not None)
        made[name] = MaskedColumn(
            [type(known)() if value is None else value for value in values],
            mask=[value is None for value in values],
        )
    return made
