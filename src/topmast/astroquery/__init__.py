"""A replacement for `astroquery.mast`, and a comparison with it; uses services."""
