"""The download folder: its index, partial files, journal, paths and locks; knows no network."""
