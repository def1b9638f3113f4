"""topmast: the MAST archive in Python, with or without the network."""

__version__ = "0.1.0"
