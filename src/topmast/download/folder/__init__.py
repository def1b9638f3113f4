"""The download folder: index, partial files, journal, paths and locks; no network."""
