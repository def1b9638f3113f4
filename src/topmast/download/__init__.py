"""Bring files home whole."""
