"""Cut out of cubes and images, by astrocut: what may be asked for, and the files made of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any

from topmast.archive.cutouts.holdings import HUBBLE, Cube, Holdings, Image
from topmast.errors import InvalidQueryError, MissingExtraError
from topmast.wire.cutouts import DEGREES, PIXELS, CutoutRequest, CutoutSize, encode_cutouts

MOST_PIXELS = 2000
"""Of a side of a cutout."""
MOST_BYTES = 1 << 30
"""Of all cutouts of one answer, before they are packed."""
BYTES_A_VALUE = 28
"""Of one pixel at one time in a target pixel file: seven columns of four bytes."""
TESS_SCALE_DEG = 21 / 3600
STRETCHES = ("asinh", "sinh", "sqrt", "log", "linear")

_one_at_a_time = RLock()
"""astrocut changes the log of astropy and the filters of warnings, which all threads share."""

Files = Iterator[tuple[str, bytes]]


class NoCutouts(Exception):
    """Nothing of what the archive holds is where the cutout would be."""


def cut(holdings: Holdings, request: CutoutRequest) -> bytes:
    """The zip that answers `request`."""
    assert request.size is not None
    return encode_cutouts(CUTTERS[request.service](holdings, request, request.size))


def check_astrocut() -> None:
    """Raise MissingExtraError unless astrocut can be imported."""
    try:
        import astrocut  # noqa: F401
    except ImportError as problem:
        raise MissingExtraError(
            "Cutouts are made by the package astrocut, which this server lacks: "
            "pip install 'topmast[cutouts]'"
        ) from problem


def _cut_cubes(holdings: Holdings, request: CutoutRequest, size: CutoutSize) -> Files:
    """Target pixel files, one for each camera and CCD."""
    held = sorted({cube.sector for cube in holdings.held.cubes})
    if request.sector is not None and request.sector not in held:
        names = ", ".join(map(str, held)) or "none at all"
        raise InvalidQueryError(f"There is no sector {request.sector} here; there are: {names}.")
    near = holdings.cubes_near(*_position(request))
    cubes = [cube for cube in near if request.sector in (None, cube.sector)]
    if not cubes:
        of = "any TESS sector" if request.sector is None else f"TESS sector {request.sector}"
        raise NoCutouts(f"The position {_shown(request)} is not in {of}. Cutout not performed.")
    _check_cubes(cubes, size)
    check_astrocut()
    missed: list[NoCutouts] = []
    for cube in cubes:
        try:
            files = _cut_cube(holdings.path(cube), cube, request, size)
        except NoCutouts as problem:  # a footprint of straight lines reaches a little too far
            missed.append(problem)
        else:
            yield from files
    if len(missed) == len(cubes):
        raise missed[-1]


def _cut_cube(
    path: Path, cube: Cube, request: CutoutRequest, size: CutoutSize
) -> list[tuple[str, bytes]]:
    from astrocut import TessCubeCutout
    from astrocut.exceptions import InvalidQueryError as NoOverlap

    with _quietly():
        try:
            made = TessCubeCutout([str(path)], _sky(request), _size(size.x, size.y, size.units))
        except NoOverlap as problem:
            raise NoCutouts(f"{cube.name.name}: {problem}") from problem
        except IndexError as problem:  # of astrocut, where less than a pixel overlaps
            raise NoCutouts(f"{cube.name.name}: Cutout location is not in cube") from problem
        files = []
        for file, tpf in made.tpf_cutouts_by_file.items():
            (left, right), (bottom, top) = made.cutouts_by_file[file].cutout_lims
            # The names of astrocut 1.1, by which lightkurve finds the files it has already.
            name = (
                f"{cube.name.name}_{request.ra_deg:.6f}_{request.dec_deg:.6f}_"
                f"{right - left}x{top - bottom}_astrocut.fits"
            )
            files.append((name, _fits_bytes(tpf)))
        return files


def _check_cubes(cubes: list[Cube], size: CutoutSize) -> None:
    total = _pixels(size, TESS_SCALE_DEG) * sum(cube.times for cube in cubes) * BYTES_A_VALUE
    _check_bytes(total, size)


def _cut_survey_images(holdings: Holdings, request: CutoutRequest, size: CutoutSize) -> Files:
    """One FITS file a survey with an extension for each image, or a picture of each image."""
    surveys = sorted({each.survey for each in holdings.held.images} - {HUBBLE})
    if request.survey and request.survey not in surveys:
        names = ", ".join(surveys) or "none at all"
        raise InvalidQueryError(
            f"There is no survey {request.survey[:60]!r} here; there are: {names}."
        )
    near = [each for each in holdings.images_near(*_position(request)) if each.survey != HUBBLE]
    images = [each for each in near if request.survey in ("", each.survey)]
    if not images:
        raise NoCutouts(
            f"The position {_shown(request)} is in no image of {request.survey or 'any survey'}. "
            "Cutout not performed."
        )
    _check_images(images, size)
    check_astrocut()
    if request.format in ("jpg", "png"):
        yield from _pictures(holdings, images, request, size)
        return
    for survey in sorted({each.survey for each in images}):
        paths = [str(holdings.path(each)) for each in images if each.survey == survey]
        made = _fits_cutout(paths, request, (size.x, size.y, size.units))
        yield _image_name(survey, request, size, "fits"), _fits_bytes(made.fits_cutouts[0])


def _pictures(
    holdings: Holdings, images: list[Image], request: CutoutRequest, size: CutoutSize
) -> Files:
    how = _render_options(request)
    for each in images:
        path = holdings.path(each)
        made = _fits_cutout([str(path)], request, (size.x, size.y, size.units))
        with _quietly():
            [picture] = made.get_image_cutouts(**how)
        content = BytesIO()
        picture.save(content, {"jpg": "JPEG", "png": "PNG"}[request.format])
        yield _image_name(path.stem, request, size, request.format), content.getvalue()


def _cut_hubble_images(holdings: Holdings, request: CutoutRequest, size: CutoutSize) -> Files:
    """One FITS file an image with all its extensions."""
    near = holdings.images_near(*_position(request))
    images = [each for each in near if each.survey == HUBBLE]
    if not images:
        raise NoCutouts("Missing HAP files for input target. Cutout not performed.")
    _check_images(images, size)
    check_astrocut()
    for each in images:
        path = holdings.path(each)
        # HAPcut takes x for rows and y for columns: [2, 3] gives an array of shape (3, 2).
        made = _fits_cutout([str(path)], request, (size.y, size.x, size.units), each.extensions)
        ra, dec = f"{request.ra_deg:.6f}", f"{request.dec_deg:.6f}".replace("-", "n")
        cell, _, rest = path.stem.removeprefix("hst_").partition("_")
        name = f"hst_cutout_{cell}-ra{ra}-dec{dec}_{rest}".rstrip("_")
        yield f"{name}.fits", _fits_bytes(made.fits_cutouts[0])


def _fits_cutout(
    paths: list[str],
    request: CutoutRequest,
    size: tuple[float, float, str],
    extensions: list[int] | None = None,
) -> Any:
    from astrocut import FITSCutout
    from astrocut.exceptions import InvalidQueryError as NoOverlap

    with _quietly():
        try:
            return FITSCutout(paths, _sky(request), _size(*size), extension=extensions)
        except NoOverlap as problem:
            raise NoCutouts(f"{problem} Cutout not performed.") from problem


CUTTERS: dict[str, Callable[[Holdings, CutoutRequest, CutoutSize], Files]] = {
    "tesscut": _cut_cubes,
    "zcut": _cut_survey_images,
    "hapcut": _cut_hubble_images,
}


def _check_images(images: list[Image], size: CutoutSize) -> None:
    each_bytes = (_pixels(size, each.scale_deg) * 8 * len(each.extensions) for each in images)
    _check_bytes(sum(each_bytes), size)


def _check_bytes(total: float, size: CutoutSize) -> None:
    if total > MOST_BYTES:
        raise InvalidQueryError(
            f"Cutouts of {size} would have {total / 2**20:,.0f} MB together, more than the "
            f"{MOST_BYTES >> 20} MB of one answer. Ask for one sector or survey, or a smaller size."
        )


def _pixels(size: CutoutSize, scale_deg: float) -> float:
    """Columns times rows of a cutout, refused if there are too many."""
    one = 1.0 if size.units == PIXELS else DEGREES[size.units] / scale_deg
    sides = max(1.0, size.x * one), max(1.0, size.y * one)
    if max(sides) > MOST_PIXELS:
        raise InvalidQueryError(
            f"A cutout of {size} is too large: {MOST_PIXELS} pixels are the most of a side."
        )
    return sides[0] * sides[1]


def _size(x: float, y: float, units: str) -> Any:
    """The size as astrocut reads it, which takes the first number for columns."""
    import astropy.units as u

    if units == PIXELS:
        return [int(side) if float(side).is_integer() else side for side in (x, y)]
    return [side * DEGREES[units] for side in (x, y)] * u.deg


def _position(request: CutoutRequest) -> tuple[float, float]:
    assert request.ra_deg is not None
    assert request.dec_deg is not None
    return request.ra_deg, request.dec_deg


def _sky(request: CutoutRequest) -> Any:
    from astropy.coordinates import SkyCoord

    return SkyCoord(*_position(request), unit="deg")


def _shown(request: CutoutRequest) -> str:
    return f"{request.ra_deg:g} {request.dec_deg:g}"


def _image_name(stem: str, request: CutoutRequest, size: CutoutSize, kind: str) -> str:
    unit = {PIXELS: "pix", "d": "deg", "m": "arcmin", "s": "arcsec"}[size.units]
    sides = f"{float(size.x)}{unit}-x-{float(size.y)}{unit}"
    return f"{stem}_{request.ra_deg:.6f}_{request.dec_deg:.6f}_{sides}_astrocut.{kind}"


def _render_options(request: CutoutRequest) -> dict[str, Any]:
    """How a picture is drawn, from the words of a request."""
    given = request.image
    how: dict[str, Any] = {}
    if stretch := given.get("stretch", "").lower():
        if stretch not in STRETCHES:
            names = ", ".join(STRETCHES)
            raise InvalidQueryError(f"stretch is one of {names}, not {stretch[:40]!r}.")
        how["stretch"] = stretch
    for word in ("minmax_percent", "minmax_value"):
        if word in given:
            how[word] = _two_numbers(word, given[word])
    if "invert" in given:
        how["invert"] = given["invert"].lower() in ("true", "1")
    return how


def _two_numbers(word: str, text: str) -> list[float]:
    try:
        low, high = (float(part) for part in text.strip("[]() ").split(","))
    except ValueError as problem:
        text = f"{word} is two numbers, [low, high], not {text!r:.60}."
        raise InvalidQueryError(text) from problem
    return [low, high]


def _fits_bytes(file: Any) -> bytes:
    content = BytesIO()
    with _quietly():
        file.writeto(content, checksum=True)
    return content.getvalue()


@contextmanager
def _quietly() -> Iterator[None]:
    """Without warnings, for nothing that astrocut warns of is of use to the client."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
