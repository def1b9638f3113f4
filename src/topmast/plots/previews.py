"""A sheet of previews: the pictures that the archive has of many observations."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np

from topmast.errors import InvalidQueryError, MastError
from topmast.plots.field import matplotlib_or_error, new_figure, save_figure

LARGEST = 20_000_000
"""A preview of more bytes is not fetched."""


def previews(
    table: Any,
    *,
    client: Any = None,
    most: int = 12,
    columns: int = 4,
    path: str | os.PathLike[str] | None = None,
) -> Any:
    """A sheet of the previews of observations, one picture each, with its name above it.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Observations, with the column ``jpegURL``.
    client : Client, optional
        Where the previews come from. Default: the archive that the settings name.
    most, columns : int
        How many pictures, and how many beside each other.
    path : path, optional
        Also save the sheet there.

    Returns
    -------
    `~matplotlib.figure.Figure`

    Raises
    ------
    InvalidQueryError
        When the table has no column ``jpegURL``, or no row has a preview.
    """
    matplotlib_or_error()
    if "jpegURL" not in table.colnames:
        raise InvalidQueryError("Previews need a table of observations, with the column jpegURL.")
    rows = [row for row in table if str(row["jpegURL"]) not in ("", "--", "None")][:most]
    if not rows:
        raise InvalidQueryError(f"None of these {len(table)} observations has a preview.")
    lines = -(-len(rows) // columns)
    wide = min(columns, len(rows))
    figure = new_figure(path is not None, (2.6 * wide, 2.8 * lines))
    for number, row in enumerate(rows, start=1):
        _draw(figure.add_subplot(lines, wide, number), row, client or _default())
    if path is not None:
        save_figure(figure, path)
    return figure


def _default() -> Any:
    from topmast.client import default_client

    return default_client()


def _draw(axes: Any, row: Any, client: Any) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(_name(row), fontsize=8)
    try:
        axes.imshow(_picture(str(row["jpegURL"]), client))
    except (MastError, OSError, ValueError) as problem:
        axes.text(
            0.5, 0.5, "no preview", ha="center", va="center", color="0.4", transform=axes.transAxes
        )
        axes.set_xlabel(f"{type(problem).__name__}", fontsize=6, color="0.4")


def _name(row: Any) -> str:
    words = [str(row[name]) for name in ("obs_collection", "target_name") if name in row.colnames]
    obs_id = str(row["obs_id"]) if "obs_id" in row.colnames else ""
    return f"{' '.join(words)}\n{obs_id if len(obs_id) < 34 else f'{obs_id[:32]}…'}"


def _picture(uri: str, client: Any) -> Any:
    from PIL import Image

    with client.open_product(uri, as_file=True) as stream:
        content = stream.read(LARGEST)
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"))
