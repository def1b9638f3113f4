"""VOTable, the Virtual Observatory's table format: written and read by columns."""
