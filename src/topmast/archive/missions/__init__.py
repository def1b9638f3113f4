"""The mission search of an archive: tables of datasets, their products, and how they are asked."""
