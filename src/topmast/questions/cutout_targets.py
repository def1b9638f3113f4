"""What cutouts are of, a place or a moving target, and how large they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import astropy.units as u
import numpy as np
from astropy.utils.exceptions import AstropyDeprecationWarning

from topmast.errors import InputWarning, InvalidQueryError, warn
from topmast.net.session import Session
from topmast.questions.arguments import as_list, truth_value
from topmast.questions.names import positions_of_names
from topmast.questions.places import find_places, places_of_names
from topmast.wire.cutouts import CutoutRequest, CutoutSize

MOVING_TYPES = ("majorbody", "smallbody")
SIZE_FORMS = "Give pixels, such as 5 or (5, 7), or an angle, such as 2 * u.arcmin or '2 arcmin'"


@dataclass(frozen=True, slots=True)
class Target:
    """What a cutout is of: a place, or a moving target by its name."""

    given: str
    index: int = 0
    ra_deg: float | None = None
    dec_deg: float | None = None
    obj_id: str = ""
    obj_type: str = ""

    def request(self, service: str, **more: Any) -> CutoutRequest:
        """A request about it."""
        return CutoutRequest(
            service,
            ra_deg=self.ra_deg,
            dec_deg=self.dec_deg,
            obj_id=self.obj_id,
            obj_type=self.obj_type,
            **more,
        )


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of one call; `many` where a list was given."""

    targets: tuple[Target, ...]
    many: bool


def find_targets(
    session: Session,
    coordinates: Any,
    names: Any = None,
    moving_target: bool = False,
    mt_type: str | None = None,
    resolver: str | None = None,
) -> Targets:
    """What a call points at: coordinates, names, or the names of moving targets.

    Raises InvalidQueryError if it is not exactly one of these.
    """
    if truth_value("moving_target", moving_target):
        return _moving_targets(coordinates, names, mt_type)
    if coordinates is None and names is None:
        raise InvalidQueryError("Give one of coordinates and object_name.")
    if coordinates is not None and names is not None:
        raise InvalidQueryError(
            f"Give coordinates or object_name, not both ({coordinates!r:.60} and {names!r:.60}). "
            "Please remove objectname if using coordinates."
        )
    resolve = partial(positions_of_names, session, resolver)
    given = names is None
    found = find_places(coordinates, resolve) if given else places_of_names(names, resolve)
    fixed = [Target(each.given, each.index, each.ra_deg, each.dec_deg) for each in found.places]
    return Targets(tuple(fixed), found.many)


def _moving_targets(coordinates: Any, names: Any, mt_type: str | None) -> Targets:
    if coordinates is not None:
        raise InvalidQueryError(
            f"A moving target is given by its name, not by coordinates ({coordinates!r:.60}). "
            "Leave out coordinates, or moving_target=True."
        )
    listed = [str(name).strip() for name in as_list(names)] if names is not None else []
    if not listed or not all(listed):
        raise InvalidQueryError(
            "Please specify the object name or ID of the moving target in object_name, as the JPL "
            "Horizons service knows it, such as 'Ceres'."
        )
    kind = "" if mt_type is None else str(mt_type).lower().replace("_", "")
    if mt_type is not None and kind not in MOVING_TYPES:
        raise InvalidQueryError(f"mt_type is 'majorbody' or 'smallbody', not {mt_type!r}.")
    targets = [Target(name, index, obj_id=name, obj_type=kind) for index, name in enumerate(listed)]
    return Targets(tuple(targets), not isinstance(names, str))


def one_of_names(object_name: Any, objectname: Any) -> Any:
    """The object name, given under the name of either generation, or None."""
    if object_name is not None and objectname is not None:
        raise InvalidQueryError("object_name and objectname are the same: give one.")
    return objectname if object_name is None else object_name


def check_product(product: str | None) -> None:
    """TESScut once had a second pipeline; now only SPOC can be asked for."""
    if product is None:
        return
    warn(
        "`product` has no effect: all cutouts are of SPOC images. Leave it out.",
        AstropyDeprecationWarning,
    )
    if str(product).upper() != "SPOC":
        raise InvalidQueryError(f"Input product must be SPOC. It is {product!r}.")


def parse_size(size: Any) -> CutoutSize:
    """The size of a cutout: one number or angle for a square, or two, (ny, nx).

    Raises InvalidQueryError for anything else, and for a size that is not above zero.
    """
    sides = _sides(size)
    if len(sides) > 2:
        warn("A cutout has two sides: only the first two sizes are used.", InputWarning)
    y, x = sides[:2] if len(sides) > 1 else (sides[0], sides[0])
    (y_value, y_units), (x_value, x_units) = _side(y, size), _side(x, size)
    if y_units != x_units:
        raise InvalidQueryError(f"Both sides of a cutout are pixels, or both angles, not {size!r}.")
    return CutoutSize(x_value, y_value, x_units)


def _sides(size: Any) -> list[Any]:
    if isinstance(size, str):
        try:
            return [u.Quantity(size)]
        except (TypeError, ValueError) as problem:
            raise InvalidQueryError(f"{SIZE_FORMS}, not {size!r}.") from problem
    sides = list(np.atleast_1d(size)) if isinstance(size, u.Quantity) else as_list(size)
    if not sides:
        raise InvalidQueryError(f"{SIZE_FORMS}, not {size!r}.")
    return [side for one in sides for side in (_sides(one) if isinstance(one, str) else [one])]


def _side(side: Any, size: Any) -> tuple[float, str]:
    """The value of one side, and its units on the wire; whole pixels stay whole."""
    unit = getattr(side, "unit", None)
    value, units = getattr(side, "value", side), "px"
    if unit is not None and unit.physical_type == "angle":
        value, units = side.to_value(u.deg), "d"
    elif unit not in (None, u.pixel, u.dimensionless_unscaled):
        raise InvalidQueryError(f"Cutout size must be in pixels or angular quantity, not {size!r}.")
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError("a truth value is no size")
        number = float(value)
    except (TypeError, ValueError) as problem:
        raise InvalidQueryError(f"{SIZE_FORMS}, not {size!r}.") from problem
    if not (math.isfinite(number) and number > 0):
        raise InvalidQueryError(f"The size of a cutout is above zero, not {size!r}.")
    whole = isinstance(value, (int, np.integer))
    return (int(value) if whole else number), units
