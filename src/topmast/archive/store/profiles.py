"""Which columns each service answers, in which order: as MAST does now, or as it did in 2017."""

from __future__ import annotations

from collections.abc import Mapping

from topmast.errors import InvalidQueryError
from topmast.tables.fields import (
    CONE,
    DISTANCE,
    FILTERED,
    OBJ_ID1,
    OBSERVATION,
    POSITION,
    PRODUCT,
    SELECTED,
    Field,
    pick_fields,
)

CONE_2017 = (
    "dataproduct_type obs_collection instrument_name project filters wavelength_region "
    "target_name target_classification obs_id s_ra s_dec proposal_id proposal_pi calib_level "
    "t_min t_max t_exptime em_min em_max obs_title t_obs_release s_region jpegURL dataURL obsid "
    "objID"
)
FILTERED_2017 = (
    "dataproduct_type calib_level obs_collection obs_id target_name s_ra s_dec t_min t_max "
    "t_exptime wavelength_region filters em_min em_max target_classification obs_title "
    "t_obs_release instrument_name proposal_pi proposal_id project s_region jpegURL dataURL obsid "
    "objID"
)
PRODUCT_2017 = (
    "obsID obs_collection dataproduct_type obs_id description type dataURI productType "
    "productGroupDescription productSubGroupDescription productDocumentationURL project prvversion "
    "productFilename size"
)


PROFILES: Mapping[str, Mapping[str, tuple[Field, ...]]] = {
    "current": {
        "cone": (*CONE, SELECTED),
        "filtered": FILTERED,
        "position": POSITION,
        "products": (*PRODUCT, SELECTED),
    },
    "2017": {
        "cone": (*pick_fields(CONE_2017, OBSERVATION), DISTANCE, SELECTED),
        "filtered": pick_fields(FILTERED_2017, OBSERVATION),
        "position": (*pick_fields(FILTERED_2017, OBSERVATION), OBJ_ID1, DISTANCE),
        "products": (*pick_fields(PRODUCT_2017, PRODUCT), SELECTED),
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
