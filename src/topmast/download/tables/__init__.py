"""The tables that users see of a download: products in, manifest and summary out."""
