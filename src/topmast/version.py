"""The version of topmast."""

__version__ = "0.1.0"
