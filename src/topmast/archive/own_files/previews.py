"""A small picture of the first image in a FITS file, by Pillow."""

from __future__ import annotations

import io
import warnings
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
    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with fits.open(path, memmap=True) as hdus:
                for hdu in hdus:
                    if _is_image(hdu):
                        return _jpeg(_thinned(hdu.data))
        except Exception:  # a preview is no reason to leave a file out
            return None
    return None


def stretched(image: FloatArray) -> FloatArray:
    """Values from 0 to 1: percentiles cut off, the faint lifted; what is no number is 0."""
    good = image[np.isfinite(image)]
    if not good.size:
        return np.zeros(image.shape)
    low, high = np.percentile(good, [LOW, HIGH])
    scaled = np.clip((image - low) / (high - low or 1.0), 0.0, 1.0)
    lifted = np.arcsinh(scaled * SOFTENING) / np.arcsinh(SOFTENING)
    return np.nan_to_num(lifted, nan=0.0)


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
