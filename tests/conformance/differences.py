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

CUTOUTS: tuple[tuple[str, str], ...] = (
    (
        r"download_cutouts\(.*(size=0[,)]|size=-|size='|sector=77|survey='nope'|cutout_format='gif')",
        "What cannot be meant is an InvalidQueryError, and a sector that is not there a "
        "DownloadError that names those that are; astroquery raises the HTTPError of requests.",
    ),
    (
        r"size='",
        "An angle as a text is understood; astroquery sends it as it is, and it is refused.",
    ),
    (
        r"objectname='Ceres'",
        "An archive without an ephemeris is an HTTPStatusError with its words; astroquery raises "
        "the HTTPError of requests.",
    ),
    (
        r"sector=0",
        "A sector 0 is refused; astroquery takes it for no sector.",
    ),
)
"""Calls of cutouts by a pattern, and the reason. Besides: a table of sectors without rows keeps
the types of its columns, where astroquery makes all of them numbers."""

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
