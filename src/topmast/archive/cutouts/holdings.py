"""Which cubes and images the archive holds for cutouts, and which part of the sky each shows.

They lie in ``cutouts/cubes`` and ``cutouts/images/<survey>``; ``cutouts/index.json`` lists them
with their footprints, and is written anew by every addition.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from topmast.archive.disk import write_whole
from topmast.archive.store.locking import writer_lock
from topmast.archive.store.paths import Layout
from topmast.errors import ArchiveError, InvalidQueryError
from topmast.sky import Footprint, distance_deg, parse_region
from topmast.wire.cutouts import SectorName
from topmast.wire.safe_names import safe_name

HUBBLE = "hap"
"""The survey whose images are served by HAPcut, and not by Zcut."""
POINTS_ON_EDGE = 8
MOST_OPEN = 256


class Cube(msgspec.Struct, frozen=True):
    """The full frames of one camera and CCD in one sector, stacked by astrocut."""

    path: str
    sector: int
    camera: int
    ccd: int
    region: str
    columns: int
    rows: int
    times: int

    @property
    def name(self) -> SectorName:
        return SectorName(self.sector, self.camera, self.ccd)


class Image(msgspec.Struct, frozen=True):
    """An image of a survey; `scale_deg` is the side of a pixel."""

    path: str
    survey: str
    region: str
    scale_deg: float
    extensions: list[int]


class Held(msgspec.Struct, frozen=True):
    """All that ``index.json`` lists."""

    cubes: list[Cube] = []
    images: list[Image] = []


class Holdings:
    """The cubes and images of one archive folder."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.folder: Path = layout.folder / "cutouts"
        self._index = self.folder / "index.json"
        self._read: tuple[int, int] = (0, 0)
        self._held = Held()

    @property
    def held(self) -> Held:
        """What is held now, also when another process has added to it."""
        try:
            status = self._index.stat()
        except OSError:
            return Held()
        if self._read != (status.st_mtime_ns, status.st_size):
            try:
                self._held = msgspec.json.decode(self._index.read_bytes(), type=Held)
            except msgspec.MsgspecError as problem:
                raise ArchiveError(
                    f"{self._index} cannot be read ({problem}). Remove it, and add the cubes and "
                    "images beside it again."
                ) from problem
            self._read = (status.st_mtime_ns, status.st_size)
        return self._held

    def path(self, each: Cube | Image) -> Path:
        """Where the file of a cube or an image is."""
        return self.folder / each.path

    def cubes_near(self, ra_deg: float, dec_deg: float, radius_deg: float = 0.0) -> list[Cube]:
        """Cubes that show a part of the circle, in the order of sector, camera and CCD."""
        near = [cube for cube in self.held.cubes if _touches(cube, ra_deg, dec_deg, radius_deg)]
        return sorted(near, key=lambda cube: (cube.sector, cube.camera, cube.ccd))

    def images_near(self, ra_deg: float, dec_deg: float, radius_deg: float = 0.0) -> list[Image]:
        """Images that show a part of the circle, in the order of survey and name."""
        near = [one for one in self.held.images if _touches(one, ra_deg, dec_deg, radius_deg)]
        return sorted(near, key=lambda image: (image.survey, image.path))

    def add_cube(self, source: Path) -> Cube:
        """Take a cube file into the archive; one of the same sector, camera and CCD goes."""
        cube = describe_cube(source)
        self._put([(source, cube)])
        return cube

    def add_images(self, survey: str, sources: Iterable[Path]) -> list[Image]:
        """Take images of a survey into the archive; those of the same name go."""
        if not survey or safe_name(survey) != survey or survey[0] == "_":
            raise InvalidQueryError(f"{survey!r} is no name of a survey: write letters and digits.")
        images = [describe_image(source, survey) for source in sources]
        self._put(list(zip(sources, images, strict=True)))
        return images

    def _put(self, files: Sequence[tuple[Path, Cube | Image]]) -> None:
        with writer_lock(self.layout):
            for source, each in files:
                _bring(source, self.path(each))
            found: dict[str, Cube | Image] = {cube.path: cube for cube in self.held.cubes}
            found |= {image.path: image for image in self.held.images}
            found |= {each.path: each for _, each in files}
            every = sorted(found.values(), key=lambda each: each.path)
            held = Held(
                [each for each in every if isinstance(each, Cube)],
                [each for each in every if isinstance(each, Image)],
            )
            write_whole(self._index, lambda file: file.write(msgspec.json.encode(held)))


def describe_cube(source: Path) -> Cube:
    """What a cube file says of itself."""
    from astropy.io import fits

    with _opened(source) as file:
        header = file[0].header
        shape: tuple[int, ...] = file[1].shape if len(file) > 2 else ()
        if len(shape) != 4 or shape[3] != 2 or not isinstance(file[2], fits.BinTableHDU):
            raise InvalidQueryError(
                f"{source} is no cube of full frames: astrocut's CubeFactory makes one of the "
                "SPOC calibrated images (ffic.fits) of one camera and CCD."
            )
        numbers = [header.get(word) for word in ("SECTOR", "CAMERA", "CCD")]
        if not all(isinstance(number, int) and number > 0 for number in numbers):
            raise InvalidQueryError(
                f"The cube {source} does not say its sector, camera and CCD ({numbers}); "
                "CubeFactory.make_cube takes the sector as sector=."
            )
        wcs = cube_wcs(file[2].data)
    name = SectorName(*numbers)
    rows, columns, times = shape[:3]
    region = _outline(wcs, columns, rows)
    path = f"cubes/{name.name}-cube.fits"
    return Cube(path, name.sector, name.camera, name.ccd, region, columns, rows, times)


def describe_image(source: Path, survey: str) -> Image:
    """What an image file says of itself: the footprint of its first image."""
    from astropy.wcs import WCS
    from astropy.wcs.utils import proj_plane_pixel_scales

    with _opened(source) as file:
        with_data = [n for n, hdu in enumerate(file) if hdu.is_image and len(hdu.shape) == 2]
        for number in with_data:
            wcs = WCS(file[number].header)
            if wcs.has_celestial and wcs.naxis == 2:
                rows, columns = file[number].shape
                scale = float(min(proj_plane_pixel_scales(wcs)))
                path = f"images/{survey}/{safe_name(source.name)}"
                return Image(path, survey, _outline(wcs, columns, rows), scale, with_data)
    raise InvalidQueryError(f"{source} holds no image with celestial coordinates (WCS).")


def cube_wcs(table: Any) -> Any:
    """The WCS of a cube: of the middle full frame that has one."""
    from astropy.io import fits
    from astropy.wcs import WCS

    solved = np.flatnonzero(np.asarray(table["CTYPE2"]) == "DEC--TAN-SIP")
    if not len(solved):
        raise InvalidQueryError("No full frame of the cube has a WCS (CTYPE2 DEC--TAN-SIP).")
    row = table[solved[len(solved) // 2]]
    header = fits.Header()
    for name in table.names:
        value = row[name]
        if name not in ("FFI_FILE", "COMMENT", "HISTORY") and value == value and value != "":
            header[name] = value.item() if isinstance(value, np.generic) else value
    return WCS(header, naxis=2)


def _opened(source: Path) -> Any:
    from astropy.io import fits

    try:
        return fits.open(source, memmap=True)
    except OSError as problem:
        raise InvalidQueryError(f"{source} cannot be read as FITS: {problem}") from problem


def _outline(wcs: Any, columns: int, rows: int) -> str:
    """The edge of an image on the sky as an STC-S polygon; distortion makes its sides bend."""
    way = np.linspace(0, 1, POINTS_ON_EDGE, endpoint=False)
    still, back = np.zeros_like(way), 1 - way
    x = np.concatenate([way, still + 1, back, still]) * columns - 0.5
    y = np.concatenate([still, way, still + 1, back]) * rows - 0.5
    ra, dec = wcs.all_pix2world(x, y, 0)
    numbers = np.stack([ra % 360, dec], axis=1).ravel()
    return "POLYGON ICRS " + " ".join(f"{number:.9f}" for number in numbers)


@lru_cache(4096)
def _footprint(region: str) -> Footprint:
    return parse_region(region)


def _touches(each: Cube | Image, ra_deg: float, dec_deg: float, radius_deg: float) -> bool:
    return bool(distance_deg(_footprint(each.region), ra_deg, dec_deg) <= radius_deg)


def _bring(source: Path, target: Path) -> None:
    """Have the file in the archive: as a hard link if that can be, else as a copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and target.samefile(source):
        return
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    with suppress(OSError):
        os.link(source, part)
    if not part.exists():
        shutil.copyfile(source, part)
    os.replace(part, target)
