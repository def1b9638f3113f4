"""A file to plot, whether it is given by its path or already open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from topmast.errors import InvalidQueryError
from topmast.plots.field import matplotlib_or_error, new_figure, save_figure
from topmast.sky.vectors import FloatArray

TITLE = ("OBJECT", "TARGNAME", "TELESCOP", "INSTRUME", "DETECTOR", "FILTER", "FILTER1", "SECTOR")
"""Cards of a header that say what a plot shows."""

PREFIX = {"SECTOR": "sector "}


@contextmanager
def opened(file: Any) -> Iterator[Any]:
    """The HDUs of a FITS file or of a product; those that are already open stay so."""
    from astropy.io import fits

    if is_remote(file):
        from topmast.client import default_client  # late, for it imports plots

        with default_client().open_product(file) as hdus:
            yield hdus
        return
    if not isinstance(file, (str, os.PathLike)):
        yield file
        return
    try:
        hdus = fits.open(os.path.expanduser(file))
    except OSError as problem:
        raise InvalidQueryError(
            f"{os.fspath(file)} is no FITS file that can be read: {problem}."
        ) from problem
    with hdus:
        yield hdus


def is_remote(file: Any) -> bool:
    """Whether it is a product of the archive: a URI, or a row of a table of products."""
    uri = isinstance(file, str) and ":" in file and not os.path.exists(file)
    return uri or "dataURI" in getattr(file, "colnames", ())


def name_of(file: Any) -> str:
    """What to call a file in a title or a message."""
    if "dataURI" in getattr(file, "colnames", ()):
        return "the product"
    name = file if isinstance(file, (str, os.PathLike)) else getattr(file, "filename", lambda: "")()
    return os.path.basename(os.fspath(name or "")) or "the file"


def title_of(hdus: Any, file: Any) -> str:
    """The target, telescope and instrument as the headers name them; else the file's name."""
    cards: dict[str, str] = {}
    for hdu in reversed(list(hdus)[:2]):
        cards |= {
            word: f"{PREFIX.get(word, '')}{hdu.header[word]}".strip()
            for word in TITLE
            if hdu.header.get(word)
        }
    words = list(dict.fromkeys(cards[word] for word in TITLE if word in cards))
    return ", ".join(words) or name_of(file)


def axes_of(ax: Any, path: Any, size: tuple[float, float] = (9.0, 4.5)) -> Any:
    """The given Axes, or those of a new figure."""
    matplotlib_or_error()
    return new_figure(path is not None, size).add_subplot() if ax is None else ax


def saved(axes: Any, path: str | os.PathLike[str] | None) -> Any:
    """The Axes, whose figure is written to `path` if there is one."""
    if path is not None:
        save_figure(axes.figure, path)
    return axes


def native(values: Any) -> FloatArray:
    """A column as floats in the byte order of this machine, NaN where it is masked."""
    return np.asarray(np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan))
