"""A small archive made by the tests themselves, and short ways to ask it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from topmast.archive import Archive
from topmast.net.messages import Headers, Limits, Request
from topmast.wire.portal import MashupRequest, encode_request

BASE = "http://topmast.archive"
LIMITS = Limits(5, 30, None)

OBSERVATIONS: list[dict[str, Any]] = [
    {
        "objID": 10 + number,
        "obsid": obsid,
        "obs_collection": collection,
        "intentType": intent,
        "instrument_name": instrument,
        "filters": filters,
        "target_name": target,
        "obs_id": f"obs{number}",
        "s_ra": ra,
        "s_dec": dec,
        "dataproduct_type": kind,
        "calib_level": level,
        "t_exptime": seconds,
        "s_region": f"CIRCLE ICRS {ra} {dec} 0.1",
        "mtFlag": moving,
        "obs_title": title,
        "proposal_id": proposal,
    }
    for number, (
        obsid,
        collection,
        intent,
        instrument,
        filters,
        target,
        ra,
        dec,
        kind,
        level,
        seconds,
        moving,
        title,
        proposal,
    ) in enumerate(
        [
            (900, "HST", "science", "ACS/WFC", "F606W;F814W", "M101", 210.8, 54.3, "image", 2,
             100.0, False, "One_two", "8880"),
            (901, "HST", "calibration", "ACS/WFC", "CLEAR1S; F606W", "BIAS", 210.8, 54.35, "image",
             1, 0.0, False, "100% dark", "0042"),
            (902, "GALEX", "science", "GALEX", "NUV", "M101_FIELD", 211.0, 54.3, "image", 2,
             1500.5, None, None, None),
            (903, "GALEX", "science", "GALEX", "FUV", "m101", 211.0, 54.3, "image", 3,
             None, True, "Onextwo", "177"),
            (903, "JWST", None, "NIRSPEC/SLIT", "CLEAR", "NGC 5457", 0.01, -30.0, "spectrum", 4,
             3000.0, False, "l'été", "1180"),
            (20, "JWST", "science", "NIRSPEC/SLIT", "f606w", "NGC 5457", 359.99, -30.0, "spectrum",
             0, 42.0, True, "Robert'); DROP TABLE observations;--", "1180"),
        ]
    )
]  # fmt: skip

FILES = {
    "mast:HST/product/a.fits": b"SIMPLE  =                    T" * 4000,
    "mast:HST/product/b+c d.txt": b"plus and space\n",
    "http://archive.example.org/pub/iue/x.gz": b"\x1f\x8b not really",
    "mast:HST/product/empty.fits": b"",
    "mast:JWST/product/secret.fits": b"not for everybody",
}

PRODUCTS: list[dict[str, Any]] = [
    {
        "parent_obsid": parent,
        "obsID": group,
        "obs_collection": collection,
        "obs_id": obs_id,
        "dataURI": uri,
        "productFilename": uri.rpartition("/")[2],
        "productType": kind,
        "size": 77,
        "dataRights": rights,
    }
    for parent, group, collection, obs_id, uri, kind, rights in [
        (903, 903, "GALEX", "obs3", "mast:GALEX/url/missing.fits", "SCIENCE", "PUBLIC"),
        (900, 900, "HST", "obs0", "mast:HST/product/a.fits", "SCIENCE", "PUBLIC"),
        (900, 800, "HST", "obs0", "mast:HST/product/b+c d.txt", "INFO", "PUBLIC"),
        (900, 900, "IUE", "x1", "http://archive.example.org/pub/iue/x.gz", "SCIENCE", "PUBLIC"),
        (20, 20, "HST", "obs0", "mast:HST/product/a.fits", "SCIENCE", "PUBLIC"),
        (20, 20, "HST", "obs0", "mast:HST/product/empty.fits", "INFO", "PUBLIC"),
        (20, 20, "JWST", "obs5", "mast:JWST/product/secret.fits", "SCIENCE", "EXCLUSIVE_ACCESS"),
    ]
]

NAMES = [
    {"name": "M101", "resolver": "NED", "canonicalName": "MESSIER 101", "ra": 210.80227,
     "dec": 54.34895, "objectType": "G", "radius": 0.24},
    {"name": "M101", "resolver": "SIMBAD", "canonicalName": "M 101", "ra": 210.8024,
     "dec": 54.3488, "objectType": "GinPair", "radius": None},
    {"name": "TIC 307210830", "resolver": "TIC", "canonicalName": "TIC 307210830",
     "ra": 124.53, "dec": -68.3, "objectType": None, "radius": None},
]  # fmt: skip


@dataclass
class Reply:
    """One answer, whole."""

    status: int
    headers: Headers
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Caller:
    """Asks an archive in this process."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._transport = archive.transport()

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(method, BASE + path, named, body)
        with self._transport.open(request, LIMITS) as stream:
            return Reply(stream.status_code, stream.headers, b"".join(stream.chunks()))

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, **headers)

    def ask(self, service: str, params: dict[str, Any] | None = None, **rest: Any) -> Any:
        """The answer of a service, as Python objects."""
        request = MashupRequest(service, params or {}, **rest)
        reply = self.send("POST", "/api/v0/invoke", encode_request(request))
        assert reply.status == 200, reply.content
        return reply.json

    def column(self, name: str, service: str, params: dict[str, Any], **rest: Any) -> list[Any]:
        """One column of such an answer."""
        answer = self.ask(service, params, **rest)
        assert answer["status"] == "COMPLETE", answer
        return [row[name] for row in answer["data"]]

    def matching(self, *filters: dict[str, Any], **params: Any) -> list[str]:
        """The obs_id of the observations that pass the filters."""
        asked = {"columns": "*", "filters": list(filters), **params}
        return self.column("obs_id", "Mast.Caom.Filtered", asked)


def put_files(folder: Path) -> Path:
    """The files of the products in the folders that a download makes."""
    for product in PRODUCTS:
        content = FILES.get(product["dataURI"])
        if content is not None:
            path = folder / product["obs_collection"] / product["obs_id"]
            path.mkdir(parents=True, exist_ok=True)
            (path / product["productFilename"]).write_bytes(content)
    return folder


def fill(archive: Archive, files: Path) -> Archive:
    archive.ingest(OBSERVATIONS, PRODUCTS, files=put_files(files), names=NAMES)
    return archive


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive") as archive:
        yield archive


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """The small archive; tests read it and never write to it."""
    folder = tmp_path_factory.mktemp("small")
    with Archive.create(folder / "archive") as archive:
        yield fill(archive, folder / "files")


@pytest.fixture
def caller(filled: Archive) -> Caller:
    return Caller(filled)
