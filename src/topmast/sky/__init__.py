"""The sky: footprints and their text, distances on the sphere, cells of a cone; pure NumPy."""

from topmast.sky.bulk import shapes_of_regions
from topmast.sky.cells import cell_ranges_of_cone, cells_of_cone, cells_of_points
from topmast.sky.geometry import (
    bounding_cap,
    distance_deg,
    overlaps,
    shapes_of_footprint,
)
from topmast.sky.region import Circle, Footprint, Polygon, parse_region, region_text
from topmast.sky.shapes import Shapes
from topmast.sky.vectors import (
    normalized_ra,
    offset,
    position_angle_deg,
    positions,
    separation_deg,
    unit_vectors,
)

__all__ = [
    "Circle",
    "Footprint",
    "Polygon",
    "Shapes",
    "bounding_cap",
    "cell_ranges_of_cone",
    "cells_of_cone",
    "cells_of_points",
    "distance_deg",
    "normalized_ra",
    "offset",
    "overlaps",
    "parse_region",
    "position_angle_deg",
    "positions",
    "region_text",
    "separation_deg",
    "shapes_of_footprint",
    "shapes_of_regions",
    "unit_vectors",
]
