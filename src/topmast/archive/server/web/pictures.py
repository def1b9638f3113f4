"""Files as pictures and curves, made by the server: images by Pillow, tables as numbers."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from topmast.archive.own_files.previews import first_image, stretched
from topmast.archive.store.fits_headers import check_fits, is_fits
from topmast.errors import InvalidQueryError

PICTURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
MOST_POINTS = 5000
MOST_BYTES = 1 << 30
ALONG = ("TIME", "BJD", "MJD", "WAVELENGTH", "WAVE", "LAMBDA")
VALUES = ("PDCSAP_FLUX", "KSPSAP_FLUX", "SAP_FLUX", "FLUX", "NET", "GROSS", "COUNT_RATE")


def picture_of(path: Path, stretch: str, low: float, high: float) -> tuple[bytes, str]:
    """A picture file as it is, or the first image of a FITS file; its bytes and type."""
    _check_size(path)
    with path.open("rb") as file:
        start = file.read(4)
        for mark, kind in PICTURES.items():
            if start.startswith(mark):
                return start + file.read(), kind
    pixels = first_image(_checked(path))
    if pixels is None:
        raise InvalidQueryError(f"{path.name} has no image that could be shown.")
    from PIL import Image

    shown = stretched(pixels, stretch, low, high)
    stream = io.BytesIO()
    Image.fromarray((shown[::-1] * 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue(), "image/png"


def series_of(path: Path) -> dict[str, Any]:
    """The light curve or spectrum of a FITS table: numbers, names and units."""
    _check_size(path)
    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(_checked(path), memmap=True) as hdus:
            for hdu in hdus:
                if (found := _series(hdu)) is not None:
                    return found
    raise InvalidQueryError(f"{path.name} has no light curve or spectrum.")


def _checked(path: Path) -> Path:
    if not is_fits(path):
        raise InvalidQueryError(f"{path.name} is neither a picture nor a FITS file.")
    check_fits(path)
    return path


def _check_size(path: Path) -> None:
    if path.stat().st_size > MOST_BYTES:
        raise InvalidQueryError(f"{path.name} is too large for a preview; download it.")


def _series(hdu: Any) -> dict[str, Any] | None:
    columns = {name.upper(): name for name in getattr(getattr(hdu, "columns", None), "names", [])}
    x = next((columns[name] for name in ALONG if name in columns), None)
    y = next((columns[name] for name in VALUES if name in columns), None)
    if x is None or y is None or not len(hdu.data):
        return None
    along, values = (np.asarray(hdu.data[name], np.float64).ravel() for name in (x, y))
    if len(along) != len(values):
        return None
    good = np.isfinite(along) & np.isfinite(values)
    along, values = along[good], values[good]
    order = np.argsort(along, kind="stable")[:: max(1, -(-len(along) // MOST_POINTS))]
    units = {name: hdu.columns[name].unit or "" for name in (x, y)}
    return {
        "x": along[order].tolist(),
        "y": values[order].tolist(),
        "names": [x, y],
        "units": [units[x], units[y]],
    }
