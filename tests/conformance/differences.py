"""Where topmast differs from astroquery 0.4.11 on purpose, call by call, with the reason."""

JUSTIFIED: dict[str, str] = {
    "Observations.query_criteria(obstype='science', obs_collection='HST')": (
        "obstype, the guide's name for intentType, is understood in both dialects"
    ),
    "Observations.get_product_list(['', ' '])": (
        "blanks are no ids: MAST would answer with the products of some other observation"
    ),
    "Observations.download_file('mast:HST/product/no_such_file.fits', verbose=False)": (
        "the message says what to do, status and URL are the same"
    ),
}
