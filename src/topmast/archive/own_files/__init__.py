"""Folders of the user's own FITS and ASDF files: headers into observations, files into products.

What comes in is a folder and a mapping; what goes on to `ingest` are rows and files.
"""
