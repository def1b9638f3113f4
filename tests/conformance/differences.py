"""Where topmast differs from astroquery 0.4.11 on purpose, call by call, with the reason."""

JUSTIFIED: dict[str, str] = {
    "Observations.query_criteria(obstype='science', obs_collection='HST')": (
        "The guide's word for intentType works in both dialects; astroquery forgot it."
    ),
    "Observations.get_product_list(['', ' '])": (
        "A blank id is no id: both are refused alike, where astroquery asks for the products "
        "of the observation ' '."
    ),
}

MISSIONS_DO_MORE: dict[str, str] = {
    "Filter 'filesetname' does not exist": "A column's name is understood in any letter case.",
    "Filter 'SCI_INSTRUME' does not exist": "A column's name is understood in any letter case.",
    "'filename'": "An empty product list has no file twice, where astroquery has a KeyError.",
}
"""Errors of astroquery's MastMissions for which topmast has an answer."""

MISSIONS_SAY_MORE: dict[str, str] = {
    "The datasets have no products": "An empty product list is said to be one.",
    "Maximum results returned": (
        "astroquery warns when there are as many rows as the limit, also when these are all; "
        "topmast knows the number of all and warns only when rows are missing."
    ),
}
"""Warnings of MastMissions that only one of the two gives."""
