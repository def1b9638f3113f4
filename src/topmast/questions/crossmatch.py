"""Match a table of positions with a catalogue: many rows a request, several requests at once."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from topmast.errors import InvalidQueryError, NoResultsWarning, warn
from topmast.net.parallel import at_once
from topmast.net.session import Session
from topmast.questions.arguments import truth_value
from topmast.questions.catalog_list import Catalog
from topmast.questions.catalogs import chosen_catalog
from topmast.questions.names import positions_of_names
from topmast.questions.places import find_places
from topmast.questions.portal import NO_RESULTS, TARGET_COLUMNS, TARGET_INDEX, Question, ask_table
from topmast.questions.targets import parse_radius
from topmast.sky.vectors import FloatArray, IntArray

if TYPE_CHECKING:
    from astropy.table import Table

ROWS_AT_ONCE = 10_000
RADIUS = "2 arcsec"
LARGEST_RADIUS_DEG = 1.0
SEARCHED = ("_searched_id_", "_searched_ra_", "_searched_dec_")
"""Columns of the answer that tell which position a row belongs to."""
DISTANCES = ("distance", "dstArcSec", "distance_arcmin", "distance_arcsec", "Distance")
SERVICES: Mapping[str, str] = {
    "Mast.Hsc.Db.v2": "Mast.Hsc.Crossmatch.MagAper2v2",
    "Mast.Hsc.Db.v3": "Mast.Hsc.Crossmatch.MagAper2v3",
    "Mast.Galex.Catalog": "Mast.Galex.Crossmatch",
}
"""By the service that finds what is near one place."""
WITHOUT_SERVICE = ("PLATO", "DiskDetective")
"""Catalogues that MAST does not match; an archive of topmast does."""
POSITION_COLUMNS = (
    ("ra", "dec"),
    ("s_ra", "s_dec"),
    ("_ra", "_dec"),
    ("raj2000", "dej2000"),
    ("ra_icrs", "de_icrs"),
    ("ramean", "decmean"),
    ("matchra", "matchdec"),
)


def crossmatch(
    session: Session,
    /,
    table: Any,
    catalog: str = "HSC",
    radius: Any = RADIUS,
    *,
    nearest: bool = True,
    version: int | None = None,
) -> Table:
    """The sources of a catalogue near each row of a table.

    Parameters
    ----------
    table : Table, SkyCoord, list or DataFrame
        Positions: a table with columns such as ``ra`` and ``dec`` in degrees, or anything that
        `query_region` takes for many places. Rows without a position match nothing.
    catalog : str
        As for `query_region`; of a local archive also its own catalogues.
    radius : str, Quantity or float
        How far a source may be away, up to one degree; a number is in degrees.
    nearest : bool
        Whether to give only the nearest source of each row, or all.
    version : int, optional
        Of a catalogue that has several.

    Returns
    -------
    Table
        Rows of the catalogue by row of `table`, nearest first. ``target_index`` is the number of
        the row, counted from 0; the distance is in the catalogue's own column for it.

    Raises
    ------
    InvalidQueryError
        For a table without positions, a radius that is no angle, an unknown catalogue.

    Warns
    -----
    NoResultsWarning
        If nothing matches.

    Examples
    --------
    >>> stars = Catalogs.query_object("M8", catalog="TIC", radius=0.01)
    >>> matched = Catalogs.crossmatch(stars, "Gaia", "1 arcsec")
    """
    nearest = truth_value("nearest", nearest)
    radius_deg = parse_radius(radius)
    if not 0 < radius_deg <= LARGEST_RADIUS_DEG:
        raise InvalidQueryError(
            f"The radius of a cross-match is up to {LARGEST_RADIUS_DEG:g} deg, not {radius!r}."
        )
    service = _service(chosen_catalog(session, catalog, version))
    ra, dec = _positions(session, table)
    there = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    ask = partial(_ask, session, service, radius_deg, ra, dec, nearest)
    batches = [there[n : n + ROWS_AT_ONCE] for n in range(0, len(there), ROWS_AT_ONCE)]
    return _joined(at_once(ask, batches, int(session.setting("connections"))))


def _service(catalog: Catalog) -> str:
    """The service that matches positions with a catalogue."""
    if catalog.api:
        raise InvalidQueryError(f"{catalog.name} cannot be matched here; query_region can.")
    own = re.fullmatch(r"Mast\.Catalogs\.(\w+)\.Cone", catalog.cone)
    if own and (not catalog.listed or catalog.name in WITHOUT_SERVICE):
        return f"Mast.Catalogs.{own[1]}.Crossmatch"
    return SERVICES.get(catalog.cone) or f"Mast.{own[1] if own else catalog.name}.Crossmatch"


def _positions(session: Session, given: Any) -> tuple[FloatArray, FloatArray]:
    """Degrees of each row; nan for one without a position."""
    names = getattr(given, "colnames", None) or getattr(given, "columns", None)
    lower = {str(name).lower(): name for name in (names if names is not None else ())}
    for ra, dec in POSITION_COLUMNS:
        if ra in lower and dec in lower:
            return _floats(given[lower[ra]], ra), _floats(given[lower[dec]], dec)
    if lower:
        known = ", ".join(map(str, lower.values()))
        raise InvalidQueryError(f"The table has no columns ra and dec. It has: {known[:300]}.")
    if hasattr(given, "icrs") and getattr(given, "shape", None):
        return _floats(given.icrs.ra.deg, "ra"), _floats(given.icrs.dec.deg, "dec")
    places = find_places(given, partial(positions_of_names, session)).places
    return np.array([p.ra_deg for p in places]), np.array([p.dec_deg for p in places])


def _floats(column: Any, name: str) -> FloatArray:
    unit = getattr(column, "unit", None)
    values = column.to("deg").value if unit is not None and hasattr(column, "to") else column
    try:
        listed = np.ma.asarray(values)
        if listed.dtype.kind in "UO":  # as some kinds of files have it
            listed = np.ma.asarray([_number(value) for value in listed.tolist()])
        plain = np.ma.filled(listed.astype(np.float64), np.nan)
    except (TypeError, ValueError) as problem:
        raise InvalidQueryError(f"The column {name} holds no degrees: {problem}") from problem
    limit = 90.0 if name.startswith(("d", "s_d", "_d")) or "dec" in name else 720.0
    if np.any(np.abs(plain[np.isfinite(plain)]) > limit):
        worst = plain[np.argmax(np.abs(np.nan_to_num(plain)))]
        raise InvalidQueryError(f"{name} is {worst:g} in one of the rows, which is off the sky.")
    return plain.ravel()


def _number(value: Any) -> float:
    """A number that may be a text; nan for nothing."""
    return np.nan if value is None or not str(value).strip() else float(value)


def _ask(
    session: Session,
    service: str,
    radius_deg: float,
    ra: FloatArray,
    dec: FloatArray,
    nearest: bool,
    rows: IntArray,
) -> Table:
    """What matches some rows; `target_index` counts in the whole table."""
    upload = {
        "fields": [{"name": "ra", "type": "float"}, {"name": "dec", "type": "float"}],
        "data": [{"ra": x, "dec": y} for x, y in zip(ra[rows].tolist(), dec[rows].tolist(),
                                                     strict=True)],
    }  # fmt: skip
    params = {"raColumn": "ra", "decColumn": "dec", "radius": radius_deg}
    question = Question(service, [params], config=service, extra={"data": upload}, quiet=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoResultsWarning)
        found = ask_table(session, question)
    if not len(found):
        return found
    if SEARCHED[0] not in found.colnames:
        raise InvalidQueryError(f"The archive does not tell which row matched: {service}.")
    own = np.asarray(found[SEARCHED[0]], np.int64)
    order = np.lexsort((_distance(found), own))
    if nearest:
        order = order[np.unique(own[order], return_index=True)[1]]
    found = found[order]
    found[SEARCHED[0]] = rows[own[order]]
    found.rename_column(SEARCHED[0], TARGET_INDEX)
    found[TARGET_INDEX].description = TARGET_COLUMNS[TARGET_INDEX]
    found.remove_columns([name for name in SEARCHED[1:] if name in found.colnames])
    return found


def _distance(found: Table) -> FloatArray:
    """The distances where a column tells them; else the order of the answer."""
    name = next((each for each in DISTANCES if each in found.colnames), None)
    if name is None:
        return np.arange(len(found), dtype=float)
    return np.ma.filled(np.ma.asarray(found[name]).astype(float), np.inf)


def _joined(parts: Sequence[Table]) -> Table:
    from astropy.table import vstack

    from topmast.tables.table import MastTable

    full = [part for part in parts if len(part)]
    if not full:
        warn(NO_RESULTS, NoResultsWarning)
        return parts[0] if parts else MastTable()
    table = vstack(full, metadata_conflicts="silent") if len(full) > 1 else full[0]
    return table[np.argsort(np.asarray(table[TARGET_INDEX]), kind="stable")]
