"""Protocols of the Virtual Observatory beside TAP: images and their files."""
