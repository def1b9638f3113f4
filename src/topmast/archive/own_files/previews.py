"""A small picture of the first image in a FITS file, by Pillow."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from topmast.sky.vectors import FloatArray

LONGEST = 512
"""Pixels of a preview's longer side."""
MOST_PIXELS = 1 << 28
LOW, HIGH = 1.0, 99.5
"""Percentiles that are black and white."""
SOFTENING = 8.0
"""Of the arcsinh stretch: how much the faint is lifted."""


def preview_of(path: Path) -> bytes | None:
    """A JPEG of the first image with two axes; None if there is none that could be shown."""
    image = first_image(path)
    return None if image is None else _jpeg(image)


def first_image(path: Path) -> FloatArray | None:
    """The first image with two axes of a FITS file, thinned; None if there is none."""
    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with fits.open(path, memmap=True) as hdus:
                for hdu in hdus:
                    if _is_image(hdu):
                        return _thinned(hdu.data)
        except Exception:  # a preview is no reason to leave a file out
            return None
    return None


def stretched(
    image: FloatArray, stretch: str = "asinh", low: float = LOW, high: float = HIGH
) -> FloatArray:
    """Values from 0 to 1: percentiles cut off, then stretched; what is no number is 0."""
    good = image[np.isfinite(image)]
    if not good.size:
        return np.zeros(image.shape)
    dark, bright = np.percentile(good, [low, high])
    scaled = np.clip((image - dark) / (bright - dark or 1.0), 0.0, 1.0)
    return np.nan_to_num(STRETCHES[stretch](scaled), nan=0.0)


STRETCHES: dict[str, Callable[[FloatArray], FloatArray]] = {
    "asinh": lambda x: np.arcsinh(x * SOFTENING) / np.arcsinh(SOFTENING),
    "linear": lambda x: x,
    "sqrt": np.sqrt,
    "log": lambda x: np.log1p(x * 1000) / np.log1p(1000),
}
"""By name: functions from 0..1 to 0..1."""


def _is_image(hdu: Any) -> bool:
    shape: tuple[int, ...] = getattr(hdu, "shape", ())
    is_table = hasattr(hdu, "columns") and not hasattr(hdu, "compression_type")
    is_plane = len(shape) == 2 and min(shape) > 1
    return is_plane and not is_table and shape[0] * shape[1] < MOST_PIXELS


def _thinned(data: Any) -> FloatArray:
    """Every so many pixels of a large image: quick, and good enough to know it again."""
    step = max(1, -(-max(data.shape) // LONGEST))
    return np.asarray(data[::step, ::step], dtype=np.float64)


def _jpeg(image: FloatArray) -> bytes:
    from PIL import Image

    pixels = (stretched(image)[::-1] * 255).astype(np.uint8)  # FITS begins at the bottom
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return file.getvalue()
