"""Where each product goes: its path below the download folder.

The usual layout is ``mastDownload/<collection>/<obs_id>/<file>``. Whatever a table says, no part
of a path can climb out of the folder, and no two products share a path: the second one gets
eight characters of the hash of its URI before its extension (see `Places`).
"""

from __future__ import annotations

import hashlib
import os
import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from topmast.download.product import Held
from topmast.errors import InvalidQueryError, UnsafeNameError, did_you_mean
from topmast.wire.safe_names import safe_name

BASE = "mastDownload"
#: Left free in a name of 255 bytes for a mark against collisions and for ".part.json".
LONGEST_NAME = 220
MISSING = "unknown"
OUR_START = ".topmast-"
OUR_ENDINGS = (".part", ".part.json")
PACKED = re.compile(r"\.(?:gz|bz2|fz|xz|z|zip)$", re.I)
EXTENSION = re.compile(r"\.\w+$")
#: Columns that name a file.
OF_FILE = {"productFilename", "dataURI"}
#: Columns that are the same for all products of an observation, or nearly.
OF_OBSERVATION = {"obsID", "obsid", "parent_obsid", "obs_collection", "obs_id", "dataproduct_type"}
OF_OBSERVATION |= {"type", "project", "prvversion", "proposal_id", "filters", "calib_level"}
OF_OBSERVATION |= {"dataRights", "t_obs_release", "may_download"}
#: Slashes inside a value would make folders of it.
SLASHES = re.compile(r"[/\\]+")


@dataclass(frozen=True)
class Layout:
    """A checked layout: literal text and fields of the product table, folder by folder."""

    template: str
    base: str
    folders: tuple[tuple[tuple[str, str | None], ...], ...]
    fields: frozenset[str]

    def path(self, values: Mapping[str, str]) -> str:
        """The relative path (with slashes) of the product with these values."""
        *folders, name = [
            "".join(
                literal + (SLASHES.sub("_", values[field]) or MISSING if field else "")
                for literal, field in folder
            )
            for folder in self.folders
        ]
        return "/".join([*map(_safe_folder, folders), _not_ours(shortened(safe_name(name)))])


def parse_layout(
    template: str | Layout | None, *, flat: bool = False, columns: Iterable[str] = ()
) -> Layout:
    """The layout that the caller asks for; `template` and `flat` as for `download_products`.

    Raises InvalidQueryError for a field that is none of `columns`, a layout that names no file,
    and one beside ``flat``; UnsafeNameError for one that is absolute or climbs with "..".
    """
    if template is None:
        return FLAT_LAYOUT if flat else DEFAULT_LAYOUT
    if flat:
        raise InvalidQueryError("Give either flat=True or a layout, not both.")
    if not isinstance(template, (str, Layout)):
        raise InvalidQueryError(
            "layout is a text such as '{obs_collection}/{obs_id}/{productFilename}', "
            f"not {template!r}."
        )
    layout = template if isinstance(template, Layout) else _parsed(template, "")
    _check_names_file(layout)
    _check_fields(layout, {*columns, "productFilename", "obs_id", "obs_collection"})
    return layout


def _check_names_file(layout: Layout) -> None:
    """A layout that ends with a folder would make a file of that name, without an extension."""
    last = layout.folders[-1]
    fields = {name for _, name in last if name}
    extension = last[-1][1] is None and EXTENSION.search(last[-1][0])
    if fields & OF_FILE or (extension and fields - OF_OBSERVATION):
        return
    folder = layout.template.rstrip("/")
    if extension:
        folder = folder.rpartition("/")[0]
    raise InvalidQueryError(
        f"The last part of the layout {layout.template!r} names no file: the files of one "
        "observation would share it, or have no extension. "
        f"Write {f'{folder}/{{productFilename}}'.lstrip('/')!r}."
    )


def _parsed(template: str, base: str) -> Layout:
    parts = [part for part in template.replace("\\", "/").split("/") if part != "."]
    if template.startswith(("/", "\\", "~")) or ".." in parts or re.match(r"[A-Za-z]:", template):
        raise UnsafeNameError(
            f"The layout {template!r} would leave the download folder: "
            "give folders below it, without '..' and without a leading slash."
        )
    folders = tuple(_fields_of(part, template) for part in parts if part)
    if not folders or not any(name for _, name in folders[-1]):
        raise InvalidQueryError(
            f"The layout {template!r} gives every file the same name: "
            "let it end with a field such as {productFilename}."
        )
    fields = frozenset(name for folder in folders for _, name in folder if name)
    return Layout(template, base, folders, fields)


def _fields_of(part: str, template: str) -> tuple[tuple[str, str | None], ...]:
    try:
        parsed = list(string.Formatter().parse(part))
    except ValueError as problem:
        raise InvalidQueryError(f"The layout {template!r} cannot be read: {problem}.") from problem
    if any(form or change for _, _, form, change in parsed):
        raise InvalidQueryError(
            f"The layout {template!r} may hold {{column}} only, without formats after it."
        )
    return tuple((literal, name) for literal, name, _, _ in parsed)


def _check_fields(layout: Layout, columns: set[str]) -> None:
    for name in sorted(layout.fields - columns):
        hint = did_you_mean(name, columns)
        raise InvalidQueryError(
            f"No column {name!r} in the product table for the layout {layout.template!r}.{hint}"
            f" Columns: {', '.join(sorted(columns))}."
        )


@lru_cache(maxsize=4096)
def _safe_folder(name: str) -> str:
    return shortened(safe_name(name))


def unusable_part(path: str) -> str | None:
    """What in a relative path (with slashes) no file may be called; None if all is well."""
    *folders, name = path.split("/")
    if not name or _not_ours(name) != name:
        return name
    return next((part for part in (*folders, name) if not _is_safe(part)), None)


def _is_safe(name: str) -> bool:
    try:
        return _safe_folder(name) == name
    except UnsafeNameError:
        return False


def _not_ours(name: str) -> str:
    """A product cannot take the name of our index, or look like an unfinished file."""
    if name.lower().startswith(OUR_START):
        return f"_{name}"
    return f"{name}_" if name.lower().endswith(OUR_ENDINGS) else name


def shortened(name: str) -> str:
    """A name that leaves room for the endings of unfinished files; long ones keep their end."""
    size = len(name.encode())
    if size <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    stem, ending = split_ending(name)
    room = LONGEST_NAME - len(ending.encode()) - len(mark) - 1
    return f"{stem.encode()[: max(room, 1)].decode(errors='ignore')}-{mark}{ending}"


def split_ending(name: str) -> tuple[str, str]:
    """Stem and extension, where ``.fits.gz`` and the like are one extension."""
    packed = PACKED.search(name)
    body, last = (name[: packed.start()], packed[0]) if packed else (name, "")
    stem, ending = os.path.splitext(body)
    if not stem or len(ending) > 12:
        return body, last
    return stem, ending + last


def with_mark(path: str, uri: str) -> str:
    """`path` with eight characters of the hash of `uri` before its extension."""
    folder, _, name = path.rpartition("/")
    stem, ending = split_ending(name)
    mark = hashlib.sha256(uri.encode()).hexdigest()[:8]
    return f"{folder}/{stem}-{mark}{ending}" if folder else f"{stem}-{mark}{ending}"


DEFAULT_LAYOUT = _parsed("{obs_collection}/{obs_id}/{productFilename}", BASE)
FLAT_LAYOUT = _parsed("{productFilename}", "")
SPECTRA_LAYOUT = _parsed("{obs_collection}/{productFilename}", BASE)
"""Where spectra of the Hubble Source Catalog go: they belong to no observation."""


@dataclass
class Places:
    """Who has which path, so that two products never share one.

    A path belongs to the product that the folder's index says lies there, else to the first
    in the list. Names that differ only in case, or only in how an accent is written, count as
    one, since a macOS or Windows disk could not tell them apart.
    """

    held_at: Callable[[str], Held | None]
    taken: dict[str, str] = field(default_factory=dict)

    def claim(self, path: str, uri: str) -> tuple[str, str]:
        """The path for this product, and a message if it is not the one asked for."""
        key = path_key(path)
        held = self.held_at(path)
        owner = self.taken.get(key) or (held.uri if held is not None else "") or uri
        if owner == uri:
            self.taken[key] = uri
            return path, ""
        marked = with_mark(path, uri)
        self.taken[path_key(marked)] = uri
        return marked, (
            f"Another product is called {path.rpartition('/')[2]!r} too, "
            f"so this one was named {marked.rpartition('/')[2]!r}."
        )


def path_key(path: str) -> str:
    """The same for paths that some disk could not tell apart."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()


def check_inside(folder: Path | str, real_root: str) -> None:
    """Refuse a folder that a symbolic link has put outside the download folder.

    `real_root` is the download folder without symbolic links.

    Raises
    ------
    UnsafeNameError
    """
    real = os.path.realpath(folder)
    if real != real_root and not real.startswith(os.path.join(real_root, "")):
        raise UnsafeNameError(
            f"{folder} leads out of the download folder through a symbolic link to {real}. "
            "Remove the link, or choose another download_dir."
        )
