"""In astroquery's place: what its scripts import, and a comparison of both; uses services."""
