"""The version of topmast."""

__version__ = "0.1.0"
YEAR: int = 2026
__citation__: str = f"""@software{{topmast,
  author = {{{{The topmast developers}}}},
  title = {{topmast: the MAST archive in Python}},
  version = {{{__version__}}},
  year = {{{YEAR}}},
}}"""
"""How to cite the software, as BibTeX."""
