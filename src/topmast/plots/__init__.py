"""Pictures of what the archive has; they need the extra ``topmast[plots]``."""

from topmast.plots.footprint_map import footprints

__all__ = ["footprints"]
