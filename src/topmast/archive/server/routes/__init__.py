"""One module for each family of addresses that the archive answers at."""
