"""Cutouts, both ways: the requests of TESScut, Zcut and HAPcut, their lists, and their zips.

The three services answer at ``/tesscut``, ``/zcut`` and ``/hapcut``. A request is a form in a
POST or the query of a GET; HAPcut takes JSON in a POST. Cutouts come as a zip; where there is
none, as JSON whose `msg` says so, with the status 200.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

from topmast.errors import BadAnswerError, InvalidQueryError, UnsafeNameError
from topmast.wire.json import read_json
from topmast.wire.safe_names import safe_name

SERVICES = ("tesscut", "zcut", "hapcut")
FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"
IMAGE_WORDS = ("stretch", "minmax_percent", "minmax_value", "invert")
FORMATS = ("fits", "jpg", "png")
DEGREES = {"d": 1.0, "m": 1 / 60, "s": 1 / 3600}
PIXELS = "px"

MOST_MEMBERS = 5000
BOMB_RATIO = 200
"""A zip that unpacks to more than this many times its size, and to more than that below, is
refused; cutouts unpack to about 3 times their size, empty ones to 40 times."""
NO_BOMB_BELOW = 256 << 20
LONGEST_MESSAGE = 64 << 10


@dataclass(frozen=True, slots=True)
class CutoutSize:
    """Columns and rows of a cutout: in pixels (units ``px``), degrees, arcminutes or arcseconds."""

    x: float
    y: float
    units: str = PIXELS

    def __str__(self) -> str:
        return f"{_number(self.x)}x{_number(self.y)}{self.units}"


@dataclass(frozen=True, slots=True)
class CutoutRequest:
    """What is asked of a cutout service: a place or a moving target, and for cutouts a size."""

    service: str
    ra_deg: float | None = None
    dec_deg: float | None = None
    radius_deg: float | None = None
    size: CutoutSize | None = None
    sector: int | None = None
    survey: str = ""
    format: str = ""
    image: Mapping[str, str] = field(default_factory=dict)
    obj_id: str = ""
    obj_type: str = ""

    @property
    def path(self) -> str:
        """Where the service answers it."""
        moving = "moving_target/" if self.obj_id else ""
        lists = {"tesscut": "sector", "zcut": "survey"}
        word = "astrocut" if self.size is not None else lists[self.service]
        return f"/{self.service}/api/v0.1/{moving}{word}"


@dataclass(frozen=True, slots=True)
class SectorName:
    """One camera and CCD of a TESS sector."""

    sector: int
    camera: int
    ccd: int

    @property
    def name(self) -> str:
        return f"tess-s{self.sector:04d}-{self.camera}-{self.ccd}"


def encode_cutout_query(request: CutoutRequest) -> str:
    """The query of a GET, which is also the body of a POST."""
    return urlencode(_pairs(request))


def encode_cutout_json(request: CutoutRequest) -> bytes:
    """The body of a POST to HAPcut."""
    return json.dumps(_pairs(request)).encode()


def decode_cutout_request(
    service: str, body: bytes, content_type: str = "", query: str = ""
) -> CutoutRequest:
    """The request in a body or, if that is empty, in a query.

    Raises InvalidQueryError for a value that cannot be meant, by its name.
    """
    given = _given(body, content_type, query)
    obj_id = given.get("obj_id", "")
    sized = "x" in given or "y" in given or "size" in given
    return CutoutRequest(
        service,
        ra_deg=None if obj_id else _angle(given, "ra", 0, 360),
        dec_deg=None if obj_id else _angle(given, "dec", -90, 90),
        radius_deg=_radius(given.get("radius", "0")),
        size=_size(given) if sized else None,
        sector=_sector(given.get("sector", "")),
        survey=given.get("survey", ""),
        format=_format(given.get("cutout_format") or given.get("format") or "fits"),
        image={word: given[word] for word in IMAGE_WORDS if word in given},
        obj_id=obj_id,
        obj_type=given.get("obj_type", ""),
    )


def _pairs(request: CutoutRequest) -> dict[str, Any]:
    size = request.size
    pairs = {
        "x": size and size.x,
        "y": size and size.y,
        "units": size and size.units,
        "sector": request.sector,
        "ra": request.ra_deg,
        "dec": request.dec_deg,
        "radius": request.radius_deg,
        "survey": request.survey or None,
        "cutout_format": request.format or None,
        "obj_id": request.obj_id or None,
        "obj_type": request.obj_type or None,
        **request.image,
    }
    return {name: value for name, value in pairs.items() if value is not None}


def _given(body: bytes, content_type: str, query: str) -> dict[str, str]:
    if body and content_type.partition(";")[0].strip().lower() == JSON_TYPE:
        try:
            found = read_json(body)
        except BadAnswerError as problem:
            raise InvalidQueryError(f"The request cannot be read as JSON. {problem}") from problem
        if not isinstance(found, dict):
            raise InvalidQueryError("The request is no JSON object with ra, dec, x, y and units.")
        return {str(name).lower(): str(value).strip() for name, value in found.items()}
    text = body.decode("utf-8", "replace") if body else query
    try:
        pairs = parse_qsl(text, max_num_fields=100)
    except ValueError as problem:
        raise InvalidQueryError(f"The request cannot be read as a form: {problem}") from problem
    return {name.lower(): value.strip() for name, value in pairs}


def _angle(given: Mapping[str, str], name: str, low: int, high: int) -> float:
    value = _real(name, given.get(name, ""))
    if not low <= value <= high:
        raise InvalidQueryError(f"{name} is between {low} and {high} degrees, not {value:g}.")
    return value


def _real(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidQueryError(f"{name} is a number, not {text[:40]!r}.")
    return value


def _radius(text: str) -> float:
    """Degrees, or with one of the letters d, m, s behind the number; a pixel is 21 arcseconds."""
    match = re.fullmatch(r"(.*?)(d|m|s|px)?", text)
    number, unit = match.groups() if match else (text, None)
    value = _real("radius", number) * {**DEGREES, PIXELS: 21 / 3600}[unit or "d"]
    if not 0 <= value <= 180:
        raise InvalidQueryError(f"radius is between 0 and 180 degrees, not {text[:40]!r}.")
    return value


def _size(given: Mapping[str, str]) -> CutoutSize:
    both = given.get("size", "")
    units = given.get("units", PIXELS).lower()
    if units not in (PIXELS, *DEGREES):
        raise InvalidQueryError(f"units is px, d, m or s, not {units[:40]!r}.")
    x, y = (_real(name, given.get(name, both)) for name in ("x", "y"))
    if not (x > 0 and y > 0):
        raise InvalidQueryError(f"The size of a cutout is above zero, not x={x:g}, y={y:g}.")
    return CutoutSize(x, y, units)


def _sector(text: str) -> int | None:
    if text and not (text.isdecimal() and 0 < int(text[:9]) < 10**6):
        raise InvalidQueryError(f"sector is a whole number from 1 on, not {text[:40]!r}.")
    return int(text) if text else None


def _format(text: str) -> str:
    if text.lower() not in FORMATS:
        raise InvalidQueryError(f"cutout_format is one of fits, jpg, png, not {text[:40]!r}.")
    return text.lower()


def _number(value: float) -> str:
    return f"{value:.10g}"


def encode_sectors(sectors: Iterable[SectorName]) -> bytes:
    """The answer that lists sectors, all numbers as texts."""
    rows = [
        {
            "sectorName": each.name,
            "sector": f"{each.sector:04d}",
            "camera": str(each.camera),
            "ccd": str(each.ccd),
        }
        for each in sectors
    ]
    return json.dumps({"results": rows}).encode()


def decode_sectors(content: bytes) -> list[SectorName]:
    """The sectors of an answer; the list may stand alone or in an object."""
    found = read_json(content)
    rows = found.get("results", []) if isinstance(found, dict) else found
    try:
        return [SectorName(int(r["sector"]), int(r["camera"]), int(r["ccd"])) for r in rows]
    except (KeyError, TypeError, ValueError) as problem:
        raise BadAnswerError(
            f"TESScut gave a list of sectors that cannot be read: {problem!r}."
        ) from problem


def encode_surveys(surveys: Sequence[str]) -> bytes:
    """The answer that lists surveys."""
    return json.dumps({"surveys": list(surveys)}).encode()


def decode_surveys(content: bytes) -> list[str]:
    """The names of surveys in an answer."""
    found = read_json(content)
    surveys = found.get("surveys") if isinstance(found, dict) else None
    if not isinstance(surveys, list):
        raise BadAnswerError("Zcut gave no list of surveys.")
    return [str(survey) for survey in surveys]


def encode_no_cutouts(message: str) -> bytes:
    """The answer where nothing can be cut out."""
    return json.dumps({"results": [], "msg": message}).encode()


def encode_cutouts(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of named files."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in files:
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return made.getvalue()


def decode_cutouts(content: bytes) -> list[tuple[str, bytes]] | str:
    """The files of a zip, or the words of the service where there is none.

    Raises
    ------
    BadAnswerError
        If it is neither, or the zip is cut, broken or would unpack to far too much.
    UnsafeNameError
        If a file in it has a name that leads out of its folder.
    """
    if not content.startswith(b"PK"):
        return no_cutouts_message(content)
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            return [
                (member.filename, packed.read(member))
                for member in checked_members(packed, len(content))
            ]
    except ZIP_PROBLEMS as problem:
        raise BadAnswerError(f"The zip of cutouts is broken or cut: {problem}.") from problem


def no_cutouts_message(content: bytes) -> str:
    """What a service says in place of a zip."""
    if content.lstrip()[:1] != b"{" or len(content) > LONGEST_MESSAGE:
        raise BadAnswerError(f"No zip of cutouts came, but {content[:60]!r}.")
    found = read_json(content)
    message = found.get("msg")
    if not isinstance(message, str) or found.get("results"):
        raise BadAnswerError(f"No zip of cutouts came, but {content[:60]!r}.")
    return message


ZIP_PROBLEMS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a broken zip raises."""


def checked_members(packed: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """The files of a zip of `size` bytes, after a look at their names and sizes."""
    members = [member for member in packed.infolist() if not member.is_dir()]
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or is_zip_bomb(unpacked, size):
        raise BadAnswerError(
            f"The zip of {size:,} bytes would unpack to {len(members):,} files with "
            f"{unpacked:,} bytes, which no cutouts do; nothing was unpacked."
        )
    for member in members:
        name = member.filename
        if safe_name(name) != name or name.startswith("."):
            raise UnsafeNameError(
                f"The zip holds a file with the unsafe name {name[:100]!r}; nothing was unpacked."
            )
    if len({member.filename.lower() for member in members}) < len(members):
        raise UnsafeNameError("The zip holds two files of one name; nothing was unpacked.")
    return members


def is_zip_bomb(unpacked: int, size: int) -> bool:
    """Whether so many bytes out of so few are no data, but an attack."""
    return unpacked > max(NO_BOMB_BELOW, BOMB_RATIO * size)


CUTOUT_NAME = re.compile(
    r"(?P<source>.+?)_(?P<ra>\d[\d.]*)_(?P<dec>-?\d[\d.]*)_"
    r"(?P<size>[^_]*?\d[^_]*?x[^_]*?\d[^_]*)_astrocut\.(?P<kind>\w+)"
)
"""The names that astrocut gives: ``..._107.270000_-70.000000_5x5_astrocut.fits`` up to version 1.1,
``..._107.2700000_-70.0000000_5-x-5_astrocut.fits`` since."""
SECTOR_NAME = re.compile(r"tess-s(\d+)-(\d)-(\d)")


def sector_of_name(name: str) -> SectorName | None:
    """The sector, camera and CCD in the name of a cutout, in either style."""
    named = CUTOUT_NAME.fullmatch(name)
    found = SECTOR_NAME.match(named["source"]) if named else None
    return SectorName(*(int(number) for number in found.groups())) if found else None
