"""Previews: arrays of grey levels as JPEG, PNG, GIF or PDF, written by Pillow."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, PngImagePlugin

from topmast.sample.hdus import DATE, MADE_BY, Array


def picture(grey: Array, file: str) -> bytes:
    """Grey levels as the kind of picture that the name of the file says."""
    image = Image.fromarray(grey)
    ending = PurePath(file).suffix
    if ending == ".png":
        if np.isin(grey, (0, 255)).all():
            image = image.convert("1")
        about = PngImagePlugin.PngInfo()
        about.add_text("Comment", MADE_BY)
        return saved(image, "PNG", pnginfo=about)
    return saved(image, {".jpg": "JPEG", ".gif": "GIF"}[ending], comment=MADE_BY.encode())


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """A document of one page, with its text as an image."""
    page = Image.new("1", (595, 842), 1)
    ImageDraw.Draw(page).text((56, 56), "\n".join([title, "", *lines, "", MADE_BY]), fill=0)
    made = time.strptime(DATE, "%Y-%m-%d")
    about = {"title": title, "subject": MADE_BY}
    return saved(page, "PDF", creationDate=made, modDate=made, **about)


def stretch(values: Array, low: float = 0.2, high: float = 99.7) -> Array:
    """Grey levels 0 to 255 of an image, bright parts compressed."""
    finite = np.nan_to_num(values, nan=0.0)
    floor, top = np.percentile(finite, [low, high])
    scaled = np.clip((finite - floor) / max(top - floor, 1e-9), 0, 1)
    return np.asarray(np.round(255 * np.sqrt(scaled))[::-1], np.uint8)


def plot(x: Array, y: Array, *, width: int = 240, height: int = 120) -> Array:
    """A black-and-white plot of points inside a frame, as grey levels."""
    picture = np.full((height, width), 255, np.uint8)
    picture[[0, -1], :] = picture[:, [0, -1]] = 0
    good = np.isfinite(x) & np.isfinite(y)
    if good.any():
        low, high = np.percentile(y[good], [0.5, 99.5])
        columns = 4 + scaled_to(x[good], x[good].min(), x[good].max(), width - 9)
        rows = height - 5 - scaled_to(y[good], low, high, height - 9)
        picture[rows, columns] = 0
    return picture


def scaled_to(values: Array, low: float, high: float, size: int) -> Array:
    fraction = np.clip((values - low) / max(high - low, 1e-12), 0, 1)
    return np.asarray(np.round(fraction * size), int)
