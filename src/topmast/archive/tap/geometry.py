"""The geometry of ADQL: circles, polygons and what is in them, as SQL.

A shape is text as in the column s_region, so that it can be a value of any column. What queries
ask nearly always, whether a point is in a circle, is arithmetic on four numbers; all other tests
are done by the functions of regions.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from topmast.archive.tap.functions import call
from topmast.archive.tap.grammar import shown
from topmast.archive.tap.regions import box_corners
from topmast.errors import InvalidQueryError
from topmast.sky import Circle, Polygon, parse_region

FRAMES = {"", "ICRS", "FK5", "J2000", "UNKNOWNFRAME"}
SHAPE = "shape"
"""Under this name a node of the tree notes which shape it stands for."""
MACROS = (
    "CREATE MACRO sky_sin2(degrees) AS pow(sin(radians(degrees) * 0.5::DOUBLE), 2)",
    "CREATE MACRO sky_cos2(degrees) AS pow(cos(radians(degrees) * 0.5::DOUBLE), 2)",
    "CREATE MACRO sky_cosines(dec1, dec2) AS cos(radians(dec1)) * cos(radians(dec2))",
    "CREATE MACRO sky_half(ra1, dec1, ra2, dec2) AS "
    "sky_sin2(dec2 - dec1) + sky_cosines(dec1, dec2) * sky_sin2(ra2 - ra1)",
    "CREATE MACRO sky_far(ra1, dec1, ra2, dec2) AS "
    "sky_sin2(dec2 + dec1) + sky_cosines(dec1, dec2) * sky_cos2(ra2 - ra1)",
    "CREATE MACRO sky_distance(ra1, dec1, ra2, dec2) AS "
    "CASE WHEN sky_half(ra1, dec1, ra2, dec2) <= 0.5 "
    "THEN degrees(2 * asin(sqrt(sky_half(ra1, dec1, ra2, dec2)))) "
    "ELSE 180 - degrees(2 * asin(sqrt(least(sky_far(ra1, dec1, ra2, dec2), 1)))) END",
    "CREATE MACRO sky_within(ra1, dec1, ra2, dec2, radius) AS "
    "dec1 >= dec2 - radius - 1e-9::DOUBLE AND dec1 <= dec2 + radius + 1e-9::DOUBLE "
    "AND sky_distance(ra1, dec1, ra2, dec2) <= radius",
    "CREATE MACRO sky_number(shape, n) AS CAST(string_split(shape, ' ')[n] AS DOUBLE)",
)
WITHIN, DISTANCE = "sky_within", "sky_distance"


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape that a query spells out: its kind, and the expressions of its numbers."""

    kind: str
    numbers: tuple[exp.Expression, ...]

    @property
    def constants(self) -> tuple[float, ...] | None:
        """The numbers, if the query gives all of them."""
        values = tuple(map(constant, self.numbers))
        return None if None in values else tuple(value for value in values if value is not None)

    def as_text(self) -> exp.Expression:
        """The shape as the text of a region, which remembers what it is."""
        parts: list[exp.Expression] = [exp.Literal.string(f"{self.kind} ICRS")]
        for number in self.numbers:
            parts += [exp.Literal.string(" "), exp.cast(number.copy(), "DOUBLE")]
        text = parts[0]
        for part in parts[1:]:
            text = exp.DPipe(this=text, expression=part)
        found = exp.Paren(this=text)
        found.meta[SHAPE] = self
        return found


def shape_of(node: exp.Expression) -> Shape | None:
    """The shape that an expression spells out; None for a column, or what is no shape."""
    found = node.meta.get(SHAPE)
    return found if isinstance(found, Shape) else None


def constant(node: exp.Expression) -> float | None:
    """The number that an expression of plain numbers gives; None for any other."""
    if isinstance(node, exp.Literal) and not node.is_string:
        return float(node.this)
    if isinstance(node, exp.Paren):
        return constant(node.this)
    if isinstance(node, exp.Neg):
        value = constant(node.this)
        return None if value is None else -value
    work = ARITHMETIC.get(type(node))
    if work is None:
        return None
    left, right = constant(node.this), constant(node.expression)
    if left is None or right is None or (right == 0 and isinstance(node, exp.Div)):
        return None
    whole = isinstance(node, exp.Div) and not {".", "e"} & {*node.sql().lower()}
    return float(int(left / right)) if whole else work(left, right)


ARITHMETIC: Mapping[type[exp.Expression], Callable[[float, float], float]] = {
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.Div: lambda a, b: a / b,
}


def _without_frame(name: str, given: Sequence[exp.Expression]) -> list[exp.Expression]:
    """The arguments without the name of the coordinate system, which older ADQL puts first."""
    if not given or not given[0].is_string or name == "REGION":
        return list(given)
    words = str(given[0].this).upper().split()
    if words and words[0] not in FRAMES:
        raise InvalidQueryError(
            f"{name}: positions are ICRS here; {given[0].this!r} is not known. Turn the numbers "
            "into ICRS first."
        )
    return list(given[1:])


def _with_points(given: Sequence[exp.Expression]) -> list[exp.Expression]:
    """The arguments with each POINT in place of its two numbers."""
    numbers: list[exp.Expression] = []
    for each in given:
        shape = shape_of(each)
        numbers += shape.numbers if shape is not None and shape.kind == "POINT" else (each,)
    return numbers


def _point(given: Sequence[exp.Expression]) -> exp.Expression:
    return _made("POINT", given, len(given) == 2, "right ascension and declination")


def _circle(given: Sequence[exp.Expression]) -> exp.Expression:
    numbers = _with_points(given)
    if len(numbers) == 2 and constant(numbers[0]) is None:  # a column that is a point
        numbers = [*_halves(numbers[0]), numbers[1]]
    return _made("CIRCLE", numbers, len(numbers) == 3, "right ascension, declination and radius")


def _polygon(given: Sequence[exp.Expression]) -> exp.Expression:
    numbers = _with_points(given)
    good = len(numbers) >= 6 and len(numbers) % 2 == 0
    return _made("POLYGON", numbers, good, "three or more pairs of right ascension and declination")


def _box(given: Sequence[exp.Expression]) -> exp.Expression:
    numbers = _with_points(given)
    values = [constant(number) for number in numbers]
    if len(numbers) != 4 or None in values:
        raise InvalidQueryError(
            "BOX takes four numbers: right ascension and declination of its middle, its width and "
            "its height, in degrees."
        )
    corners = box_corners(*(value for value in values if value is not None))
    return Shape("POLYGON", tuple(map(_number, corners))).as_text()


def _region(given: Sequence[exp.Expression]) -> exp.Expression:
    if len(given) != 1 or not given[0].is_string:
        raise InvalidQueryError("REGION takes one text in quotes, as 'CIRCLE ICRS 10 20 0.1'.")
    try:
        regions = parse_region(str(given[0].this)).regions
    except ValueError as problem:
        raise InvalidQueryError(f"REGION: {problem}") from problem
    if len(regions) > 1:
        raise InvalidQueryError("REGION takes one shape. Join several by OR.")
    return _spelled(regions[0]).as_text()


def _spelled(region: Circle | Polygon) -> Shape:
    if isinstance(region, Circle):
        return Shape(
            "CIRCLE", tuple(map(_number, (region.ra_deg, region.dec_deg, region.radius_deg)))
        )
    pairs = zip(region.ra_deg, region.dec_deg, strict=True)
    return Shape("POLYGON", tuple(_number(value) for pair in pairs for value in pair))


def _number(value: float) -> exp.Expression:
    number = exp.Literal.number(repr(abs(float(value))))
    return exp.Neg(this=number) if value < 0 else number


def _made(kind: str, numbers: Sequence[exp.Expression], good: bool, wanted: str) -> exp.Expression:
    if not good:
        raise InvalidQueryError(f"{kind} takes {wanted}, in degrees; not {len(numbers)} arguments.")
    for each in numbers:
        if each.is_string or shape_of(each) is not None or isinstance(each, exp.Star):
            raise InvalidQueryError(f"{kind} takes numbers in degrees, not {shown(each)}.")
    shape = Shape(kind, tuple(numbers))
    _check_constants(shape)
    return shape.as_text()


def _check_constants(shape: Shape) -> None:
    values = list(map(constant, shape.numbers))
    radius = values[2] if shape.kind == "CIRCLE" else None
    declinations = values[1:2] if shape.kind == "CIRCLE" else values[1::2]
    if radius is not None and not 0 <= radius <= 180:
        raise InvalidQueryError(f"The radius {radius:g} is not between 0 and 180 degrees.")
    for value in declinations:
        if value is not None and not abs(value) <= 90:
            raise InvalidQueryError(f"The declination {value:g} is not between -90 and 90 degrees.")
    for value in values:
        if value is not None and not math.isfinite(value):
            raise InvalidQueryError(f"{shape.kind}: a number is too large.")


def _halves(point: exp.Expression) -> tuple[exp.Expression, exp.Expression]:
    """Right ascension and declination of a point, also of a column of points."""
    shape = shape_of(point)
    if constant(point) is not None:
        raise InvalidQueryError(f"A POINT is wanted, not {shown(point)}.")
    if shape is not None:
        if shape.kind != "POINT":
            raise InvalidQueryError(f"A POINT is wanted, not a {shape.kind}.")
        return shape.numbers[0].copy(), shape.numbers[1].copy()
    first, second = (call("sky_number", point.copy(), exp.Literal.number(n)) for n in (3, 4))
    return first, second


def _distance(given: Sequence[exp.Expression]) -> exp.Expression:
    if len(given) == 2:
        given = [*_halves(given[0]), *_halves(given[1])]
    if len(given) != 4:
        raise InvalidQueryError("DISTANCE takes two POINTs, or four numbers in degrees.")
    return call(DISTANCE, *given)


def _contains(given: Sequence[exp.Expression]) -> exp.Expression:
    inner, outer = _two("CONTAINS", given)
    first, second = shape_of(inner), shape_of(outer)
    if second is not None and second.kind == "POINT":
        raise InvalidQueryError(
            "CONTAINS(what, where): the second is a CIRCLE, POLYGON, BOX or region, no POINT."
        )
    if first is not None and first.kind == "POINT":
        if second is not None and second.kind == "CIRCLE":
            return _as_number(call(WITHIN, *first.numbers, *second.numbers))
        return _as_number(call("sky_touches", *first.numbers, exp.Literal.number("0.0"), outer))
    return _as_number(call("sky_contains", inner, outer))


def _intersects(given: Sequence[exp.Expression]) -> exp.Expression:
    pair = _two("INTERSECTS", given)
    shapes = [shape_of(each) for each in pair]
    for number in (0, 1):
        shape, other = shapes[number], pair[1 - number]
        if shape is not None and shape.kind == "POINT":
            if shape_of(other) is not None and shapes[1 - number].kind == "POINT":  # type: ignore[union-attr]
                raise InvalidQueryError("INTERSECTS takes shapes; use DISTANCE for two POINTs.")
            return _contains([pair[number], other])
    for number in (0, 1):
        shape = shapes[number]
        if shape is not None and shape.kind == "CIRCLE":
            return _as_number(call("sky_touches", *shape.numbers, pair[1 - number]))
    return _as_number(call("sky_intersects", *pair))


def _two(name: str, given: Sequence[exp.Expression]) -> tuple[exp.Expression, exp.Expression]:
    if len(given) != 2:
        raise InvalidQueryError(f"{name} takes two shapes, not {len(given)} arguments.")
    for each in given:
        if isinstance(each, exp.Literal):
            raise InvalidQueryError(f"{name} takes shapes, not {shown(each)}.")
    return given[0], given[1]


def _as_number(test: exp.Expression) -> exp.Expression:
    """A test as ADQL has it: 1 or 0."""
    return exp.cast(test, "INT")


def _one(name: str, given: Sequence[exp.Expression]) -> exp.Expression:
    if len(given) != 1:
        raise InvalidQueryError(f"{name} takes one shape, not {len(given)} arguments.")
    return given[0]


def _area(given: Sequence[exp.Expression]) -> exp.Expression:
    return call("sky_area", _one("AREA", given))


def _centroid(given: Sequence[exp.Expression]) -> exp.Expression:
    return call("sky_centroid", _one("CENTROID", given))


def _coord1(given: Sequence[exp.Expression]) -> exp.Expression:
    return _halves(_one("COORD1", given))[0]


def _coord2(given: Sequence[exp.Expression]) -> exp.Expression:
    return _halves(_one("COORD2", given))[1]


def _coordsys(given: Sequence[exp.Expression]) -> exp.Expression:
    _one("COORDSYS", given)
    return exp.Literal.string("ICRS")


Maker = Callable[[Sequence[exp.Expression]], exp.Expression]
GEOMETRY: Mapping[str, Maker] = {
    "POINT": _point,
    "CIRCLE": _circle,
    "POLYGON": _polygon,
    "BOX": _box,
    "REGION": _region,
    "DISTANCE": _distance,
    "CONTAINS": _contains,
    "INTERSECTS": _intersects,
    "AREA": _area,
    "CENTROID": _centroid,
    "COORD1": _coord1,
    "COORD2": _coord2,
    "COORDSYS": _coordsys,
}
"""The functions of ADQL's geometry, and what makes SQL of each."""


def geometry(name: str, given: Sequence[exp.Expression]) -> exp.Expression:
    """What a function of the geometry is in SQL."""
    return GEOMETRY[name](_without_frame(name, given))


def as_test(node: exp.Expression) -> exp.Expression | None:
    """The test in ``1 = CONTAINS(...)``, or its opposite in ``0 = ...``; None for any other."""
    pair = node.this, node.expression
    for one, other in (pair, pair[::-1]):
        if isinstance(one, exp.Literal) and one.this in ("0", "1") and _is_test(other):
            test = other.this
            wanted = (one.this == "1") == isinstance(node, exp.EQ)
            return test if wanted else exp.Not(this=exp.Paren(this=test))
    return None


def _is_test(node: exp.Expression) -> bool:
    return isinstance(node, exp.Cast) and str(node.this.this).startswith("sky_")


def as_cone(node: exp.Expression) -> exp.Expression | None:
    """The test in ``DISTANCE(...) < radius``, as one that cells can answer; None for others."""
    turned = {exp.GT: exp.LT, exp.GTE: exp.LTE}.get(type(node))
    distance, radius = (node.expression, node.this) if turned else (node.this, node.expression)
    if not (isinstance(distance, exp.Anonymous) and distance.this == DISTANCE):
        return None
    within = call(WITHIN, *(each.copy() for each in distance.expressions), radius.copy())
    if isinstance(node, (exp.LT, exp.GT)):
        return exp.Paren(this=exp.And(this=within, expression=node.copy()))
    return within
