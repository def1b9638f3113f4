"""Plot whatever a file holds: a light curve, a spectrum or an image."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from topmast.errors import InvalidQueryError
from topmast.plots.field import matplotlib_or_error
from topmast.plots.image import PICTURES, has_image, image
from topmast.plots.opened import is_remote, name_of, opened
from topmast.plots.series import LIGHT_CURVE, SPECTRUM, has_series, light_curve, spectrum

WAYS: tuple[tuple[Callable[[Any], bool], Callable[..., Any]], ...] = (
    (lambda hdus: has_series(hdus, LIGHT_CURVE), light_curve),
    (lambda hdus: has_series(hdus, SPECTRUM), spectrum),
    (has_image, image),
)
"""What a file may hold, and what draws it; the first that fits."""


def show(what: Any, *, ax: Any = None, path: str | os.PathLike[str] | None = None) -> Any:
    """A plot of whatever a file holds: its light curve, its spectrum or its image.

    Parameters
    ----------
    what : path, str, row, `~astropy.io.fits.HDUList` or what `topmast.get` gives
        A file on this disk; or the URI or row of a product, which is read from the archive
        that the settings name, without a download.
    ax, path : optional
        As for `light_curve`.

    Returns
    -------
    `~matplotlib.axes.Axes`

    Raises
    ------
    InvalidQueryError
        When there is no such file, or nothing in it that can be plotted.
    """
    matplotlib_or_error()
    what = getattr(what, "path", what)
    if isinstance(what, (str, os.PathLike)) and not is_remote(what):
        _check_file(Path(what).expanduser())
        if Path(what).suffix.lower() in PICTURES:
            return image(what, ax=ax, path=path)
    with opened(what) as hdus:
        return _draw(hdus, name_of(what), ax, path)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InvalidQueryError(
            f"There is no file {path}. A product of the archive is given by its URI, "
            "such as mast:HST/product/u9o40504m_c3m.fits."
        )


def _draw(hdus: Any, name: str, ax: Any, path: Any) -> Any:
    for fits_it, draw in WAYS:
        if hasattr(hdus, "info") and fits_it(hdus):
            return draw(hdus, ax=ax, path=path)
    raise InvalidQueryError(
        f"There is no light curve, spectrum or image in {name} that can be plotted. "
        "`topmast open` lists what a file holds."
    )
