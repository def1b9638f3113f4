"""Plots of observations; they need the extra ``topmast[plots]``."""

from topmast.plots.footprint_map import footprints

__all__ = ["footprints"]
