"""DataLink 1.1: the files of an observation, each with what it is, its size and its address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa

from topmast.archive.store.products import HeldFile, find_files
from topmast.archive.store.schema import AMONG
from topmast.wire.votable.fields import Field, Info
from topmast.wire.votable.writing import OK, write_votable

if TYPE_CHECKING:
    from topmast.archive.store.database import Store

PREFIX = "ivo://topmast.archive/"
MEDIA_TYPE = "application/x-votable+xml;content=datalink"
MOST_IDS = 100
MOST_LINKS = 20_000
STANDARD = Info("standardID", "ivo://ivoa.net/std/DataLink#links-1.1")
FIELDS = (
    Field("ID", "char", "*", ucd="meta.id;meta.main", description="Dataset that was asked for"),
    Field("access_url", "char", "*", ucd="meta.ref.url", description="Address of the file"),
    Field("service_def", "char", "*", ucd="meta.ref", description="Service to be asked"),
    Field("error_message", "char", "*", ucd="meta.code.error", description="Why there is no link"),
    Field("description", "char", "*", ucd="meta.note", description="What the file is"),
    Field("semantics", "char", "*", ucd="meta.code", description="How it belongs to the dataset"),
    Field("content_type", "char", "*", ucd="meta.code.mime", description="Its media type"),
    Field("content_length", "long", unit="byte", ucd="phys.size;meta.file", null="-1",
          description="Its size"),
    Field("content_qualifier", "char", "*", ucd="meta.code", description="What kind of data it is"),
    Field("local_semantics", "char", "*", ucd="meta.code", description="The archive's word for it"),
    Field("link_auth", "char", "*", ucd="meta.code", description="Whether a login is needed"),
    Field("link_authorized", "boolean", ucd="meta.code", description="Whether this login may"),
)  # fmt: skip
SEMANTICS = {
    "SCIENCE": "#this",
    "PREVIEW": "#preview",
    "THUMBNAIL": "#thumbnail",
    "INFO": "#documentation",
    "CALIBRATION": "#calibration",
    "BIAS": "#bias",
    "DARK": "#dark",
    "FLAT": "#flat",
}
"""What DataLink calls the types of products; every other is an auxiliary file."""
CONTENT_TYPES = {
    ".fits": "application/fits", ".fit": "application/fits", ".fits.gz": "application/fits",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif",
    ".asdf": "application/x-asdf", ".txt": "text/plain", ".csv": "text/csv",
    ".ecsv": "application/x-ecsv", ".pdf": "application/pdf", ".html": "text/html",
    ".json": "application/json", ".xml": "application/xml", ".tar": "application/x-tar",
    ".zip": "application/zip", ".parquet": "application/vnd.apache.parquet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """One file of a dataset, or with `error` why there is none."""

    dataset: str
    uri: str = ""
    error: str = ""
    kind: str = ""
    level: int | None = None
    about: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class _Observation:
    obsid: int
    level: int | None
    data: str | None
    preview: str | None


def find_links(store: Store, datasets: Sequence[str]) -> tuple[list[Link], dict[str, HeldFile]]:
    """The links of datasets, and what is known of their files.

    A dataset is named as the column obs_publisher_did of ivoa.obscore does; one that is not known
    has a link that says so.
    """
    numbers = [_number_of(name) for name in datasets]
    known = _observations(store, [number for number in numbers if number is not None])
    links = [
        link
        for name, number in zip(datasets, numbers, strict=True)
        for link in _links(store, name, None if number is None else known.get(number))
    ]
    return links, find_files(store, [link.uri for link in links if link.uri])


def _number_of(name: str) -> int | None:
    number = name.rpartition("?")[2] if name.startswith(PREFIX) else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None


def _observations(store: Store, numbers: Sequence[int]) -> dict[int, _Observation]:
    sql = (
        'SELECT "objID", obsid, calib_level, "dataURL", "jpegURL" FROM observations '
        f'WHERE "objID" {AMONG}'
    )
    with store.reading() as connection:
        rows = connection.execute(sql, (json.dumps(list(numbers)),)).fetchall()
    return {row[0]: _Observation(*row[1:]) for row in rows}


def _links(store: Store, name: str, found: _Observation | None) -> Iterator[Link]:
    if found is None:
        text = f"NotFoundFault: there is no dataset {name[:200]}"
        yield Link(name, error=text)
        return
    sql = (
        'SELECT "dataURI", "productType", calib_level, description, size FROM products '
        'WHERE "parent_obsid" = ? ORDER BY number LIMIT ?'
    )
    with store.reading() as connection:
        rows = connection.execute(sql, (found.obsid, MOST_LINKS)).fetchall()
    listed = {row[0] for row in rows}
    for uri, kind in ((found.data, "SCIENCE"), (found.preview, "PREVIEW")):
        if uri and uri not in listed:
            yield Link(name, uri, kind=kind)
    for uri, kind, level, about, size in rows:
        yield Link(name, uri, "", kind or "", level, about or "", size)


def encode_links(
    links: Sequence[Link],
    files: Mapping[str, HeldFile],
    readable: set[str],
    closed: set[str],
    base_url: str,
    address: str,
) -> bytes:
    """The answer as a VOTable; `readable` are the URIs that this login may have, `closed` those
    that need one."""
    rows = [_row(link, files, readable, closed, base_url) for link in links]
    columns = list(zip(*rows, strict=True)) or [()] * len(FIELDS)
    kinds = [KINDS.get(field.datatype, pa.string()) for field in FIELDS]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    table = pa.Table.from_arrays(arrays, [field.name for field in FIELDS])
    return b"".join(write_votable(FIELDS, table, infos=(OK, STANDARD), more=_itself(address)))


KINDS = {"long": pa.int64(), "boolean": pa.bool_()}


def _row(
    link: Link, files: Mapping[str, HeldFile], readable: set[str], closed: set[str], base_url: str
) -> tuple[Any, ...]:
    held = files.get(link.uri)
    error = link.error
    if not error and held is not None and link.uri not in readable:
        error = f"DefaultFault: {link.uri} is exclusive; log in as somebody who may have it"
    url = None if error else f"{base_url}/api/v0.1/Download/file?uri={quote(link.uri, safe='')}"
    size = held.size if held is not None and held.path is not None else link.size
    return (
        link.dataset, url, None, error or None, link.about or None,
        _semantics(link), _content_type(link.uri), size,
        None, link.kind or None, "true" if link.uri in closed else "false",
        link.uri not in closed or link.uri in readable,
    )  # fmt: skip


def _semantics(link: Link) -> str:
    if link.error:
        return "#this"
    return SEMANTICS.get(link.kind.upper(), "#auxiliary")


def _content_type(uri: str) -> str | None:
    name = uri.lower().rpartition("/")[2]
    found = next((kind for end, kind in CONTENT_TYPES.items() if name.endswith(end)), None)
    return found or ("application/octet-stream" if uri else None)


def _itself(address: str) -> str:
    """How this service is asked, for programs (a service descriptor)."""
    from xml.sax.saxutils import quoteattr

    return (
        '<RESOURCE type="meta" utype="adhoc:service" name="this">\n'
        '<PARAM name="standardID" datatype="char" arraysize="*" '
        'value="ivo://ivoa.net/std/DataLink#links-1.1"/>\n'
        f'<PARAM name="accessURL" datatype="char" arraysize="*" value={quoteattr(address)}/>\n'
        '<GROUP name="inputParams">\n'
        '<PARAM name="ID" datatype="char" arraysize="*" value=""/>\n'
        "</GROUP>\n</RESOURCE>\n"
    )
