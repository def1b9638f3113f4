"""TAP: questions in ADQL to the observations, products and catalogues of an archive."""
