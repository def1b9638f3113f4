"""Columns become an astropy Table: their fields, values and texts; knows neither net nor wire."""
