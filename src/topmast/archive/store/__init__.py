"""The archive's database and files: what is in it, put in and selected; uses sky and wire."""
