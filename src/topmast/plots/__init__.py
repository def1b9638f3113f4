"""Plots of observations and of what is in their files; they need ``topmast[plots]``."""

from topmast.plots.coverage import coverage
from topmast.plots.footprint_map import footprints
from topmast.plots.image import image
from topmast.plots.previews import previews
from topmast.plots.series import light_curve, spectrum
from topmast.plots.show import show

__all__ = ["coverage", "footprints", "image", "light_curve", "previews", "show", "spectrum"]
