"""From columns to an astropy Table: fields, values and texts; independent of net and wire."""
