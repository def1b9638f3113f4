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
