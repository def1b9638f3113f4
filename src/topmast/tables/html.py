"""A table as a notebook shows it: ten useful columns, one line a row, footprint and preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import numpy as np

from topmast.config import conf
from topmast.config.output import one_line
from topmast.sky.bulk import shapes_of_regions
from topmast.sky.shapes import Shapes
from topmast.sky.vectors import FloatArray, positions
from topmast.tables.display import by_importance, cell_text, shortened

ROWS, COLUMNS, WIDEST = 20, 10, 40
LOOK = {"s_region": "footprint", "jpegURL": "preview"}
"""Columns that are shown as a picture or a link, not as text."""

FILES = "/api/v0.1/Download/file?uri="
WEB = ("https://", "http://")
FRAME = 'style="overflow-x:auto"'
CELL = 'style="text-align:{};white-space:nowrap;padding:2px 8px;vertical-align:top"'


def table_html(table: Any, named: str = "Table", names: Sequence[str] = ()) -> str:
    """A table as HTML; `names` are columns to show, by default the ten most useful ones."""
    rows = table[:ROWS]
    texts = {name: _texts(rows[name]) for name in table.colnames}
    shown = list(names) or _chosen(texts)
    columns = {name: _cells(name, texts[name]) for name in shown}
    columns |= {LOOK[name]: _looks(name, texts[name]) for name in LOOK if any(texts.get(name, ()))}
    right = {name for name in shown if table[name].dtype.kind in "iuf"}
    return f"<div {FRAME}>{_caption(table, named, len(shown))}{_grid(columns, right)}</div>"


def lines_html(title: str, lines: Mapping[str, str]) -> str:
    """A title and below it names with what they mean, a row each."""
    cells = {
        "": [f"<b>{escape(name)}</b>" for name in lines],
        " ": list(map(escape, lines.values())),
    }
    return f"<div {FRAME}><p>{escape(title)}</p>{_grid(cells, set())}</div>"


def file_address(uri: str) -> str:
    """Where a browser finds a file of the archive; "" where it cannot."""
    if uri.startswith(WEB):
        return uri
    server = conf.server if conf.server.startswith(WEB) else "https://mast.stsci.edu"
    return f"{server.rstrip('/')}{FILES}{quote(uri, safe=':/')}" if uri.startswith("mast:") else ""


def _texts(column: Any) -> list[Any]:
    values = np.ma.asarray(column).tolist()
    return [None if value != value else value for value in values]


def _chosen(texts: Mapping[str, list[Any]]) -> list[str]:
    """The columns as they are where they are few; else the useful ones that say anything."""
    names = [name for name in texts if name not in LOOK]
    if len(names) <= COLUMNS:
        return names
    return [name for name in by_importance(names) if _says_anything(texts[name])][:COLUMNS]


def _says_anything(values: list[Any]) -> bool:
    return not values or any(value not in (None, "") for value in values)


def _cells(name: str, values: list[Any]) -> list[str]:
    return [_cell(cell_text(name, value)) for value in values]


def _cell(text: str) -> str:
    short = shortened(text, WIDEST)
    return escape(text) if short == text else f'<span title="{escape(text)}">{escape(short)}</span>'


def _looks(name: str, values: list[Any]) -> list[str]:
    texts = ["" if value is None else str(value) for value in values]
    return _footprints(texts) if name == "s_region" else list(map(_link, texts))


def _link(uri: str) -> str:
    address = escape(file_address(uri))
    return f'<a href="{address}" target="_blank" rel="noopener">preview</a>' if address else ""


def _caption(table: Any, named: str, columns: int) -> str:
    rest = []
    if len(table) > ROWS:
        rest.append(f"the first {ROWS} rows")
    if len(table.colnames) > columns:
        rest.append(f"{columns} columns; <code>.colnames</code> lists all")
    shown = f" (shown: {', '.join(rest)})" if rest else ""
    counts = f"{len(table):,} rows, {len(table.colnames)} columns"
    return f"<p><i>{escape(named)}: {counts}{shown}</i></p>"


def _grid(columns: Mapping[str, list[str]], right: set[str]) -> str:
    sides = {name: CELL.format("right" if name in right else "left") for name in columns}
    head = "".join(f"<th {sides[name]}>{escape(one_line(name))}</th>" for name in columns)
    body = "".join(
        "<tr>"
        + "".join(f"<td {side}>{cell}</td>" for side, cell in zip(sides.values(), row, strict=True))
        + "</tr>"
        for row in zip(*columns.values(), strict=True)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


# --------------------------------------------------------------------------------- footprints


def _footprints(regions: list[str]) -> list[str]:
    """A small picture of each region, North up and East left, which a click enlarges."""
    shapes = shapes_of_regions(regions)
    return [
        _footprint(shapes.take(np.flatnonzero(shapes.owner == row))) for row in range(len(regions))
    ]


def _footprint(shapes: Shapes) -> str:
    if not len(shapes):
        return ""
    centre = shapes.centre.sum(axis=0)
    ra, dec = (float(value) for value in positions(centre / np.linalg.norm(centre)))
    outlines = [_flat(_rim(shapes, row), ra, dec) for row in range(len(shapes))]
    reach = max(float(np.abs(outline).max()) for outline in outlines) or 1e-9
    paths = "".join(f"<path d='{_path(outline / reach)}'/>" for outline in outlines)
    text = f"RA {ra:.5f}, Dec {dec:+.5f}, {_angle(2 * reach)} wide"
    return (
        f"<details><summary title='{text}'>{_svg(paths, 18)}</summary>"
        f"{_svg(paths, 160)}<br><small>{text}</small></details>"
    )


def _rim(shapes: Shapes, row: int) -> FloatArray:
    """Unit vectors around one shape: the corners of a polygon, or 48 places of a circle."""
    start, end = shapes.offsets[row : row + 2]
    if start < end:
        return shapes.vertices[start:end]
    centre, radius = shapes.centre[row], float(shapes.radius[row])
    east = np.array([-centre[1], centre[0], 0.0]) if abs(centre[2]) < 1 else np.array([1.0, 0, 0])
    east /= np.linalg.norm(east)
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)[:, np.newaxis]
    aside = np.cos(turn) * east + np.sin(turn) * np.cross(centre, east)
    return np.asarray(np.cos(radius) * centre + np.sin(radius) * aside)


def _flat(rim: FloatArray, ra: float, dec: float) -> FloatArray:
    """Degrees West and South of a centre, equal-area, so that even a half sky fits."""
    a, d = np.deg2rad([ra, dec])
    east = np.array([-np.sin(a), np.cos(a), 0])
    north = np.array([-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)])
    ahead = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    scale = np.sqrt(2 / np.maximum(1 + rim @ ahead, 1e-3))
    return np.asarray(
        np.rad2deg(np.stack([-(rim @ east), -(rim @ north)], axis=1) * scale[:, np.newaxis])
    )


def _path(outline: FloatArray) -> str:
    return "M" + "L".join(f"{x:.3f},{y:.3f}" for x, y in outline) + "Z"


def _svg(paths: str, size: int) -> str:
    return (
        f"<svg width='{size}' height='{size}' viewBox='-1.1 -1.1 2.2 2.2' fill='#56B4E9' "
        f"fill-opacity='0.35' stroke='#0072B2' stroke-width='{1.6 * 2.2 / size:.3f}'>{paths}</svg>"
    )


def _angle(degrees: float) -> str:
    for unit, sign in ((1.0, "°"), (60.0, "′")):
        if degrees * unit >= 1:
            return f"{degrees * unit:.3g}{sign}"
    return f"{degrees * 3600:.3g}″"
