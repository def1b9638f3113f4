"""Which columns each service answers, in which order: as MAST does now, or as it did in 2017."""

from __future__ import annotations

from collections.abc import Mapping

from topmast.errors import InvalidQueryError
from topmast.tables.fields import (
    CONE,
    DISTANCE,
    FILTERED,
    OBJ_ID1,
    POSITION,
    PRODUCT,
    SELECTED,
    Field,
    read_fields,
)

FILTERED_2017 = read_fields("observations", "filtered_2017")

PROFILES: Mapping[str, Mapping[str, tuple[Field, ...]]] = {
    "current": {
        "cone": (*CONE, SELECTED),
        "filtered": FILTERED,
        "position": POSITION,
        "products": (*PRODUCT, SELECTED),
    },
    "2017": {
        "cone": (*read_fields("observations", "cone_2017"), DISTANCE, SELECTED),
        "filtered": FILTERED_2017,
        "position": (*FILTERED_2017, OBJ_ID1, DISTANCE),
        "products": (*read_fields("products", "place_2017"), SELECTED),
    },
}


def fields_of(profile: str) -> Mapping[str, tuple[Field, ...]]:
    """The columns of the services under `profile`."""
    try:
        return PROFILES[profile]
    except KeyError:
        raise InvalidQueryError(
            f"A profile is one of {', '.join(PROFILES)}, not {profile!r}."
        ) from None
