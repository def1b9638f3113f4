"""Plot the footprints of a table of observations on a map of the sky."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from topmast.errors import InputWarning, InvalidQueryError, warn
from topmast.plots.field import Canvas, Field, matplotlib_or_error, open_canvases, save
from topmast.plots.outline import circle_outline, outline
from topmast.questions.places import find_places
from topmast.questions.targets import parse_radius
from topmast.sky.bulk import floats_or_nan, shapes_of_regions
from topmast.sky.shapes import Shapes, polygon_caps
from topmast.sky.vectors import (
    FloatArray,
    IntArray,
    angle_between,
    positions,
    unit_vectors,
)

# Okabe and Ito's colours and four of Paul Tol's, which people who do not see all colours can
# tell apart.
PALETTE = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6B5B00",
    "#332288", "#882255", "#117733", "#000000",
)  # fmt: skip
MARKERS = "osD^v<>pP*X"
OWN_STYLE = ("HST", "JWST", "TESS", "GALEX", "PS1", "Kepler", "SWIFT", "HLA", "IUE")
"""These look the same on every map; other missions take what is left on theirs."""
DASHES = ("solid", "dashed", "dotted", "dashdot")

MARGIN = 1.2
"""How much more than the search circle is seen."""

TINY = 1 / 100
"""A footprint smaller than this part of the field is drawn as a marker."""

LARGE = 1.0
"""One larger than this part of the field is drawn as a line only, and not filled."""

SMALL, CLOSER = 1 / 4, 1 / 2
"""Footprints smaller than this part of the map get a second map, if it can be so much closer."""

MOST_COMPARED = 2000
"""The small footprints among which the place with most neighbours is looked for."""


def footprints(
    table: Any,
    *,
    coordinates: Any = None,
    radius: Any = None,
    zoom: bool = True,
    ax: Any = None,
    path: str | os.PathLike[str] | None = None,
) -> Any:
    """A map of the footprints of observations, coloured by mission, North up and East left.

    Parameters
    ----------
    table : `~astropy.table.Table`
        Observations, with the columns ``s_region`` (or ``s_ra`` and ``s_dec``, which stand in
        where there is no region) and ``obs_collection``.
    coordinates, radius : optional
        The search circle, as in ``Observations.query_region``. It is drawn, and the map shows
        it and little more; without it the map shows all footprints.
    zoom : bool
        Add a second map of the small footprints, where large ones leave them little room. On a
        figure of one's own (`ax`) there is none.
    ax : `~matplotlib.axes.Axes`, optional
        Where to draw. Axes with a WCS keep their limits; plain ones show degrees from the
        centre. Default: a new figure.
    path : path, optional
        Also save the picture there; the ending says how: ``.png``, ``.pdf``, ``.svg``.

    Returns
    -------
    `~matplotlib.axes.Axes`

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    InvalidQueryError
        When the table has no column that says where its rows are.
    """
    matplotlib_or_error()
    observed = observed_of(table)
    circle = _search_circle(coordinates, radius)
    field = _field_of(observed.shapes, circle)
    closer = _closer_field(observed.shapes, field) if zoom and ax is None else None
    canvases = open_canvases([field, closer] if closer else [field], ax, for_file=path is not None)
    labels = [_draw_all(canvas, observed) for canvas in canvases]
    for canvas in canvases:
        _draw_search_circle(canvas, circle)
    if closer:
        _mark_field(canvases[0], closer)
        canvases[1].axes.set_title("The small footprints")
    _draw_legend(canvases[-1], labels[0])
    canvases[0].axes.set_title(_title(observed), pad=24 if canvases[0].labels_all_around else 8)
    if path is not None:
        save(canvases[0], path)
    return canvases[0].axes


@dataclass(frozen=True, slots=True)
class Observed:
    """What there is to draw: shapes, and the mission of each row that has one."""

    shapes: Shapes
    missions: Sequence[str]

    def by_mission(self) -> list[tuple[str, IntArray]]:
        """Missions, the one with the largest footprints first, and the rows of each."""
        owners = np.unique(self.shapes.owner)
        names = np.array([self.missions[owner] for owner in owners], dtype=object)
        groups = [(str(name), owners[names == name]) for name in sorted(set(names))]
        return sorted(groups, key=lambda group: -self._usual_radius(group[1]))

    def _usual_radius(self, owners: IntArray) -> float:
        return float(np.median(self.shapes.radius[np.isin(self.shapes.owner, owners)]))


@dataclass(frozen=True, slots=True)
class Circle:
    """Where was searched; the radius is None when only the place is known."""

    ra_deg: float
    dec_deg: float
    radius_deg: float | None


@dataclass(frozen=True, slots=True)
class Style:
    """How the footprints of one mission look."""

    colour: str
    marker: str
    dashes: str


Label = tuple[int, Style, str]
"""Of a mission: how many observations, how they look, and the text of the legend."""


def observed_of(table: Any) -> Observed:
    """The shapes and missions of a table of observations."""
    names = getattr(table, "colnames", None) or list(table)
    has_place = "s_ra" in names and "s_dec" in names
    if "s_region" not in names and not has_place:
        raise InvalidQueryError(
            "The table has no column s_region, nor s_ra and s_dec: nothing says where its rows "
            f"are. Its columns are: {', '.join(map(str, names))}."
        )
    rows = len(table[names[0]])
    regions = _texts(table["s_region"]) if "s_region" in names else [None] * rows
    read = set(shapes_of_regions(regions).owner.tolist())
    ra, dec = (
        floats_or_nan(table[name]) if has_place else np.full(rows, np.nan)
        for name in ("s_ra", "s_dec")
    )
    shapes = shapes_of_regions(regions, ra, dec)
    if "s_region" in names:
        _warn_of_unreadable(rows, len(read), len(np.unique(shapes.owner)))
    missions = _texts(table["obs_collection"]) if "obs_collection" in names else [None] * rows
    return Observed(shapes, [mission or "unknown mission" for mission in missions])


def _texts(column: Any) -> list[str | None]:
    values = np.ma.asarray(column).tolist()
    return [None if value is None else str(value) for value in values]


def _warn_of_unreadable(rows: int, read: int, drawn: int) -> None:
    if read < rows:
        warn(
            f"{rows - read} of {rows} rows have no region that can be read. Drawn as points at "
            f"s_ra and s_dec: {drawn - read}; left out: {rows - drawn}.",
            InputWarning,
        )


def _search_circle(coordinates: Any, radius: Any) -> Circle | None:
    if coordinates is None:
        if radius is not None:
            raise InvalidQueryError("A radius needs coordinates to be around.")
        return None
    places = find_places(coordinates, _positions_of_names).places
    if len(places) != 1:
        raise InvalidQueryError(f"A map has one centre, but {len(places)} places were given.")
    radius_deg = None if radius is None else parse_radius(radius)
    return Circle(places[0].ra_deg, places[0].dec_deg, radius_deg)


def _positions_of_names(names: Sequence[str], from_list: bool) -> Mapping[str, Any]:
    from topmast.client import default_client
    from topmast.questions.names import positions_of_names

    return positions_of_names(default_client().session, None, names, from_list)


def _field_of(shapes: Shapes, circle: Circle | None) -> Field:
    if circle is not None and circle.radius_deg:
        return Field(circle.ra_deg, circle.dec_deg, circle.radius_deg * MARGIN)
    if not len(shapes):
        return Field(circle.ra_deg, circle.dec_deg, 0.1) if circle else Field(180.0, 0.0, 180.0)
    if circle is None:
        centre, _ = polygon_caps(shapes.centre, np.array([len(shapes)]))
    else:
        centre = unit_vectors([circle.ra_deg], [circle.dec_deg])
    reach = float(np.rad2deg(np.max(angle_between(shapes.centre, centre) + shapes.radius)))
    ra, dec = positions(centre[0])
    return Field(float(ra), float(dec), max(reach * 1.05, 1 / 3600))


def _closer_field(shapes: Shapes, field: Field) -> Field | None:
    """A field with most of the small footprints; None where a second map would show no more."""
    whole = np.deg2rad(field.radius_deg)
    centre = unit_vectors(field.ra_deg, field.dec_deg)
    small = (shapes.radius < SMALL * whole) & (angle_between(shapes.centre, centre) < whole)
    if small.sum() < 2 or small.all() or field.is_whole_sky:
        return None
    centres, radii = shapes.centre[small], shapes.radius[small]
    near = centres[:MOST_COMPARED] @ centres.T > np.cos(whole * CLOSER / 2)
    group = near[np.argmax(near.sum(axis=1))]  # where most of them are
    middle = np.mean(centres[group], axis=0)
    middle /= np.linalg.norm(middle)
    reach = angle_between(centres[group], middle) + radii[group]
    radius_deg = float(np.rad2deg(np.percentile(reach, 90))) * MARGIN
    if not 0 < radius_deg < CLOSER * field.radius_deg:
        return None
    ra, dec = positions(middle)
    return Field(float(ra), float(dec), radius_deg)


def _draw_all(canvas: Canvas, observed: Observed) -> list[Label]:
    """Draw all missions, large footprints first; what the legend says of each."""
    groups = observed.by_mission()
    order = np.argsort(-observed.shapes.radius, kind="stable")
    styles = _styles([mission for mission, _ in groups])
    labels = []
    for mission, owners in groups:
        rows = order[np.isin(observed.shapes.owner[order], owners)]
        hidden = _draw_mission(canvas, observed.shapes, rows, styles[mission])
        label = f"{mission}: {len(owners)}"
        if hidden:
            label += f"\n({hidden} wider than the map)"
        labels.append((len(owners), styles[mission], label))
    return labels


def _draw_legend(canvas: Canvas, labels: Sequence[Label]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, markerfacecolor="none",
               linestyle=style.dashes, label=label)
        for _, style, label in sorted(labels, key=lambda each: -each[0])
    ]  # fmt: skip
    if handles:
        beside = (1.12 if canvas.labels_all_around else 1.03, 1.0)
        canvas.axes.legend(
            handles=handles, loc="upper left", bbox_to_anchor=beside, borderaxespad=0.0
        )


def _mark_field(canvas: Canvas, field: Field) -> None:
    """A box around what the second map shows."""
    x, y = canvas.project(field.ra_deg, field.dec_deg)[0]
    half = field.radius_deg
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * half + [x, y]
    canvas.axes.plot(*corners.T, color="0.25", linewidth=1.0, scalex=False, scaley=False, zorder=4)


def _styles(missions: Sequence[str]) -> dict[str, Style]:
    """A style for each mission; no two are alike."""
    numbers = {name: OWN_STYLE.index(name) for name in missions if name in OWN_STYLE}
    free = (number for number in count() if number not in numbers.values())
    taken = {name: next(free) for name in missions if name not in OWN_STYLE}
    return {name: _style(number) for name, number in (numbers | taken).items()}


def _style(number: int) -> Style:
    turn, kind = divmod(number, len(PALETTE))
    marker = MARKERS[(kind + turn) % len(MARKERS)]
    return Style(PALETTE[kind], marker, DASHES[turn % len(DASHES)])


def _draw_mission(canvas: Canvas, shapes: Shapes, rows: IntArray, style: Style) -> int:
    """Draw these shapes; the answer is how many have the whole map inside, and so no rim on it."""
    field = np.deg2rad(canvas.field.radius_deg)
    tiny = shapes.radius[rows] < TINY * field
    _draw_markers(canvas, shapes.centre[rows[tiny]], style)
    filled: list[FloatArray] = []
    lines: list[FloatArray] = []
    hidden = 0
    for row in rows[~tiny]:
        rim = outline(shapes, int(row), field / 30)
        if _has_map_inside(canvas, shapes, row, rim):
            hidden += 1
            continue
        ra, dec = positions(rim)
        pieces = np.split(canvas.project(ra, dec), canvas.breaks(ra))
        is_whole = len(pieces) == 1 and shapes.radius[row] < LARGE * field
        (filled if is_whole else lines).extend(pieces)
    # A large footprint is pale, so that the small ones drawn after it stand out.
    size = min(1.0, float(np.median(shapes.radius[rows])) / field) if len(rows) else 0.0
    pale = 1.0 - 0.6 * size
    _draw_paths(canvas, lines, style, fill=0.0, rim=pale * _thinned(10, lines, least=0.3))
    fill = (0.3 - 0.25 * size) * _thinned(10, filled, least=0.15)
    _draw_paths(canvas, filled, style, fill=fill, rim=pale)
    return hidden


def _thinned(full: int, pieces: list[FloatArray], least: float) -> float:
    """Opacity that falls with the number of pieces drawn over one another."""
    return max(least, min(1.0, full / max(len(pieces), 1)))


def _has_map_inside(canvas: Canvas, shapes: Shapes, row: int, rim: FloatArray) -> bool:
    field = canvas.field
    centre = unit_vectors(field.ra_deg, field.dec_deg)
    corner = np.deg2rad(field.radius_deg) * np.sqrt(2)
    if field.is_whole_sky or angle_between(rim, centre).min() < corner:
        return False
    return bool(shapes.distances(np.array([row]), centre)[0] == 0)


def _draw_markers(canvas: Canvas, centres: FloatArray, style: Style) -> None:
    if len(centres):
        x, y = canvas.project(*positions(centres)).T
        canvas.axes.plot(
            x,
            y,
            style.marker,
            color=style.colour,
            markersize=5,
            markeredgewidth=1.2,
            markerfacecolor="none",
            zorder=3,
            scalex=False,
            scaley=False,
        )


def _draw_paths(
    canvas: Canvas, pieces: list[FloatArray], style: Style, fill: float, rim: float
) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.colors import to_rgba
    from matplotlib.path import Path

    if pieces:
        collection = PathCollection(
            [Path(piece) for piece in pieces],
            facecolors=[to_rgba(style.colour, fill)] if fill else "none",
            edgecolors=[to_rgba(style.colour, rim)],
            linestyles=style.dashes,
            linewidths=1.0,
        )
        canvas.axes.add_collection(collection, autolim=False)


def _draw_search_circle(canvas: Canvas, circle: Circle | None) -> None:
    if circle is None:
        return
    centre = canvas.project(circle.ra_deg, circle.dec_deg)
    look = {"color": "black", "scalex": False, "scaley": False, "zorder": 4}
    canvas.axes.plot(*centre.T, "+", markersize=9, label="search position", **look)
    if circle.radius_deg:
        ra, dec = positions(circle_outline(circle.ra_deg, circle.dec_deg, circle.radius_deg))
        pieces = np.split(canvas.project(ra, dec), canvas.breaks(ra))
        for piece in pieces:
            canvas.axes.plot(*piece.T, linestyle="--", linewidth=1.2, label="search circle", **look)


def _title(observed: Observed) -> str:
    groups = observed.by_mission()
    total = sum(len(owners) for _, owners in groups)
    return f"{_counted(total, 'observation')}, {_counted(len(groups), 'mission')}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
