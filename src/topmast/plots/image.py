"""An image with the sky around it: stretched so that faint and bright parts are seen."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from topmast.errors import InvalidQueryError
from topmast.plots.field import matplotlib_or_error, new_figure
from topmast.plots.opened import is_remote, name_of, native, opened, saved, title_of
from topmast.sky.vectors import FloatArray

STRETCHES = {
    "asinh": "AsinhStretch",
    "linear": "LinearStretch",
    "log": "LogStretch",
    "sqrt": "SqrtStretch",
}
PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
FRAMES = 500
"""Of a target pixel file, the median of so many frames is shown."""


def image(
    file: Any,
    *,
    ext: int | str | None = None,
    stretch: str = "asinh",
    cuts: tuple[float, float] = (1.0, 99.5),
    cmap: str = "gray",
    ax: Any = None,
    path: str | os.PathLike[str] | None = None,
) -> Any:
    """An image, with RA and Dec around it where the file says where it is on the sky.

    Parameters
    ----------
    file : path, URI, row of a product or `~astropy.io.fits.HDUList`
        A FITS file, on this disk or in the archive that the settings name, or a picture on
        this disk (JPEG, PNG, GIF). Of a cube its mean is shown, of a target
        pixel file the median of its frames.
    ext : int or str, optional
        The HDU. Default: the first one with an image.
    stretch : {"asinh", "linear", "log", "sqrt"}
        How values become brightness.
    cuts : (float, float)
        The percentiles that are black and white.
    cmap : str
        A colour map of matplotlib.
    ax, path : optional
        As for `light_curve`.

    Returns
    -------
    `~matplotlib.axes.Axes`

    Raises
    ------
    InvalidQueryError
        When there is no image in the file, or no such stretch.
    """
    matplotlib_or_error()
    if stretch not in STRETCHES:
        raise InvalidQueryError(f"stretch is one of {', '.join(STRETCHES)}, not {stretch!r}.")
    local = isinstance(file, (str, os.PathLike)) and not is_remote(file)
    if local and Path(file).suffix.lower() in PICTURES:
        return _picture(file, ax, path)
    with opened(file) as hdus:
        hdu = _image_hdu(hdus, ext, file)
        pixels, wcs = _flat(hdu)
        axes = _axes(ax, wcs, path)
        shown = axes.imshow(
            pixels,
            origin="lower",
            cmap=cmap,
            interpolation="nearest",
            norm=_norm(pixels, stretch, cuts),
        )
        axes.set_title(title_of(hdus, file))
        _name_axes(axes, wcs)
        axes.figure.colorbar(
            shown, ax=axes, label=hdu.header.get("BUNIT", ""), shrink=0.85, pad=0.03
        )
    return saved(axes, path)


def has_image(hdus: Any) -> bool:
    """Whether a file has an image, or frames of pixels."""
    return any(_is_image(hdu) or _has_frames(hdu) for hdu in hdus)


def _image_hdu(hdus: Any, ext: int | str | None, file: Any) -> Any:
    try:
        found = [hdu for hdu in hdus if _has_frames(hdu)] + [hdu for hdu in hdus if _is_image(hdu)]
        return found[0] if ext is None else hdus[ext]
    except (IndexError, KeyError) as problem:
        names = ", ".join(f"{number} {hdu.name}" for number, hdu in enumerate(hdus))
        raise InvalidQueryError(
            f"{name_of(file)} has no image{'' if ext is None else f' {ext!r}'}; its HDUs: {names}."
        ) from problem


def _is_image(hdu: Any) -> bool:
    return bool(
        hdu.is_image and hdu.header.get("NAXIS", 0) >= 2 and hdu.header.get("NAXIS1", 0) > 1
    )


def _has_frames(hdu: Any) -> bool:
    columns = getattr(hdu, "columns", None)
    return bool(
        columns is not None
        and "FLUX" in columns.names
        and len((columns["FLUX"].dim or "").split(",")) == 2
    )


def _flat(hdu: Any) -> tuple[FloatArray, Any]:
    """The pixels as a plane, and the WCS of the sky; None where there is none."""
    if _has_frames(hdu):
        return _median_frame(hdu), None
    pixels = native(hdu.data)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of cards that are not needed, and of planes without values
        while pixels.ndim > 2:
            pixels = np.nanmean(pixels, axis=0)
        return pixels, _sky_of(hdu)


def _median_frame(hdu: Any) -> FloatArray:
    frames = native(hdu.data["FLUX"][:: max(1, len(hdu.data) // FRAMES)])
    return np.asarray(np.nanmedian(frames[np.isfinite(frames).any(axis=(1, 2))], axis=0))


def _sky_of(hdu: Any) -> Any:
    from astropy.wcs import WCS

    try:
        wcs = WCS(hdu.header)
    except Exception:  # a header may be wrong in many ways; the pixels can be shown all the same
        return None
    return wcs.celestial if wcs.has_celestial else None


def _norm(pixels: FloatArray, stretch: str, cuts: tuple[float, float]) -> Any:
    from astropy import visualization

    finite = pixels[np.isfinite(pixels)]
    low, high = np.percentile(finite, cuts) if finite.size else (0.0, 1.0)
    curve = getattr(visualization, STRETCHES[stretch])()
    return visualization.ImageNormalize(
        vmin=low, vmax=max(high, np.nextafter(low, np.inf)), stretch=curve
    )


def _axes(ax: Any, wcs: Any, path: Any) -> Any:
    if ax is not None:
        return ax
    figure = new_figure(path is not None, (7.0, 6.0))
    return figure.add_subplot(projection=wcs) if wcs is not None else figure.add_subplot()


def _name_axes(axes: Any, wcs: Any) -> None:
    if wcs is None or not hasattr(axes, "coords"):
        axes.set_xlabel("x (pixels)")
        axes.set_ylabel("y (pixels)")
        return
    axes.coords.grid(color="white", alpha=0.25, linestyle=":")
    for coordinate in axes.coords:
        coordinate.set_axislabel("RA" if coordinate.coord_type == "longitude" else "Dec")


def _picture(file: Any, ax: Any, path: Any) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(os.path.expanduser(file)) as opened_picture:
            pixels = np.asarray(opened_picture.convert("RGB"))
    except (OSError, UnidentifiedImageError) as problem:
        raise InvalidQueryError(
            f"{name_of(file)} is no picture that can be read: {problem}."
        ) from problem
    axes = _axes(ax, None, path)
    axes.imshow(pixels)
    axes.set_axis_off()
    axes.set_title(name_of(file))
    return saved(axes, path)
