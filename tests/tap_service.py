"""A TAP service for tests: ADQL on SQLite, with the geometry done by astropy.

It is a transport, so that no port is needed, and has two collections: ``stars`` with one table and
``many`` with two. What a test wants to go wrong is in `trouble`.
"""

from __future__ import annotations

import email
import io
import json
import re
import sqlite3
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import votable
from astropy.table import Table

from topmast.net.messages import Headers, Limits, Request

COUNT = 400
ROOT = "/vo-tap/api/v0.1"


def stars() -> Table:
    random = np.random.default_rng(5)
    return Table(
        {
            "ID": np.arange(COUNT),
            "ra": random.uniform(9.5, 10.5, COUNT),
            "dec": random.uniform(-0.5, 0.5, COUNT),
            "Tmag": np.ma.array(random.uniform(6, 18, COUNT), mask=random.random(COUNT) < 0.2),
            "kind": random.choice(["STAR", "EXTENDED", "O'Neill"], COUNT),
            "size": random.integers(0, 9, COUNT),
        }
    )


COLUMNS = [
    ("ID", "bigint", "", "meta.id;meta.main", "Number"),
    ("ra", "double", "deg", "pos.eq.ra;meta.main", "Right ascension"),
    ("dec", "double", "deg", "pos.eq.dec;meta.main", "Declination"),
    ("Tmag", "double", "mag", "phot.mag", "Magnitude"),
    ("kind", "char", "", "", "Kind"),
    ("size", "int", "", "", "Size"),
]


class TapService:
    """Answers as a TAP service does; `asked` are the queries that came."""

    def __init__(self, *, uploads: bool = True, most: int = 100_000) -> None:
        self.asked: list[str] = []
        self.uploads = uploads
        self.most = most
        self.trouble: dict[str, tuple[int, bytes]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.polls = 0

    def open(self, request: Request, limits: Limits) -> Any:
        from tests.scripted import ScriptedStream

        parts = urlsplit(request.url)
        path = parts.path.removeprefix(ROOT)
        if path in self.trouble:
            status, content = self.trouble[path]
        else:
            status, content = self.answer(request, path)
        stream = ScriptedStream(status, content, request.url)
        if status == 303:
            stream.headers = Headers({"Location": content.decode(), "Content-Length": "0"})
        return stream

    def close(self) -> None:
        pass

    def answer(self, request: Request, path: str) -> tuple[int, bytes]:
        if path == "/openapi.json":
            names = {"CatalogName": {"enum": ["stars", "many", "SkyMapper.DR4"]}}
            return 200, json.dumps({"components": {"schemas": names}}).encode()
        if path.endswith("/capabilities"):
            return 200, b"<uploadMethod ivo-id='x#upload-inline'/>" if self.uploads else b"<c/>"
        if path.endswith("/sync"):
            given, upload = form_of(request)
            return self.run(path.split("/")[1], given, upload)
        if path.endswith("/async") and request.method == "POST":
            given, upload = form_of(request)
            number = str(len(self.jobs) + 1)
            self.jobs[number] = {"run": (path.split("/")[1], given, upload)}
            return 303, f"{request.url}/{number}".encode()
        return self.job(request, path)

    def job(self, request: Request, path: str) -> tuple[int, bytes]:
        number, _, rest = path.partition("/async/")[2].partition("/")
        if number not in self.jobs:
            return 404, b"{}"
        if request.method == "DELETE":
            del self.jobs[number]
            return 200, b""
        if rest == "phase":
            self.jobs[number]["phase"] = "ABORTED"
            return 200, b""
        status, content = self.run(*self.jobs[number]["run"])
        if rest == "results/result":
            return status, content
        self.polls += 1
        phase = "EXECUTING" if self.polls < 2 else "COMPLETED" if status == 200 else "ERROR"
        phase = self.jobs[number].get("phase", phase)
        said = (
            ""
            if status == 200
            else "<u:errorSummary><u:message>no such column</u:message></u:errorSummary>"
        )
        return 200, (
            f'<u:job xmlns:u="http://www.ivoa.net/xml/UWS/v1.0"><u:phase>{phase}</u:phase>{said}</u:job>'
        ).encode()

    def run(
        self, collection: str, given: dict[str, str], upload: bytes | None
    ) -> tuple[int, bytes]:
        adql, most = given["QUERY"], min(int(given["MAXREC"]), self.most)
        self.asked.append(adql)
        try:
            table = self.select(collection, adql, upload)
        except sqlite3.Error as problem:
            return 400, refusal(str(problem))
        return 200, as_votable(table[:most], overflow=len(table) > most)

    def select(self, collection: str, adql: str, upload: bytes | None) -> Table:
        database = sqlite3.connect(":memory:")
        for name, function, count in FUNCTIONS:
            database.create_function(name, count, function)
        for schema in ("tap_schema", "dbo", "TAP_UPLOAD"):
            database.execute(f"ATTACH ':memory:' AS {schema}")
        tables = [("tap_schema.tables", "about"), ("dbo.catalogrecord", "Main Catalog Record")]
        tables += [("dbo.notes", "Notes")] if collection == "many" else []
        listed = Table(rows=tables, names=("table_name", "description"))
        put(database, "tap_schema.tables", listed)
        rows = [("dbo.catalogrecord", *column) for column in COLUMNS]
        rows += [("dbo.notes", "text", "char", "", "", "A note")]
        names = ("table_name", "column_name", "datatype", "unit", "ucd", "description")
        put(database, "tap_schema.columns", Table(rows=rows, names=names))
        put(database, "dbo.catalogrecord", stars())
        put(database, "dbo.notes", Table({"text": ["a"]}))
        if upload is not None:
            sent = votable.parse_single_table(io.BytesIO(upload)).to_table()
            put(database, "TAP_UPLOAD.targets", sent)
        cursor = database.execute(as_sql(adql))
        columns = [each[0] for each in cursor.description]
        found = cursor.fetchall()
        database.close()
        return table_of(columns, found)


def form_of(request: Request) -> tuple[dict[str, str], bytes | None]:
    body = request.body or b""
    kind = request.headers["Content-Type"]
    if "multipart" not in kind:
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}, None
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in message.get_payload()
    }
    upload = parts.pop("targets")
    return {str(name): value.decode() for name, value in parts.items()}, upload


def as_sql(adql: str) -> str:
    top = re.match(r"SELECT TOP (\d+) (.*)", adql, re.DOTALL)
    if top is None:
        return re.sub(r" OFFSET (\d+)$", r" LIMIT -1 OFFSET \1", adql)
    rest, _, offset = top[2].partition(" OFFSET ")
    return f"SELECT {rest} LIMIT {top[1]} OFFSET {offset or 0}"


def put(database: sqlite3.Connection, name: str, table: Table) -> None:
    columns = ", ".join(f'"{column}"' for column in table.colnames)
    marks = ", ".join("?" * len(table.colnames))
    database.execute(f"CREATE TABLE {name} ({columns})")
    lists = [table[column].tolist() for column in table.colnames]
    database.executemany(f"INSERT INTO {name} VALUES ({marks})", zip(*lists, strict=True))


def table_of(names: list[str], rows: list[tuple[Any, ...]]) -> Table:
    kinds = {"ra": float, "dec": float, "Tmag": float, "kind": str}
    table = Table(masked=True)
    for number, name in enumerate(names):
        cells = [row[number] for row in rows]
        kind = kinds.get(name, int if all(isinstance(cell, int) for cell in cells) else str)
        mask = [cell is None for cell in cells]
        data = [kind() if cell is None else cell for cell in cells]
        table[name] = np.ma.array(data, mask=mask, dtype=kind)
    return table


def as_votable(table: Table, *, overflow: bool) -> bytes:
    made = votable.from_table(table)
    status = "OVERFLOW" if overflow else "OK"
    made.resources[0].infos.append(votable.tree.Info(name="QUERY_STATUS", value=status))
    stream = io.BytesIO()
    made.to_xml(stream)
    return stream.getvalue()


def refusal(text: str) -> bytes:
    return (
        '<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
        f'<RESOURCE type="results"><INFO name="QUERY_STATUS" value="ERROR">{text}</INFO></RESOURCE>'
        "</VOTABLE>"
    ).encode()


def point(frame: str, ra: float, dec: float) -> str:
    return json.dumps([ra, dec])


def contains(point_text: str, shape: str) -> int:
    ra, dec = json.loads(point_text)
    kind, *numbers = json.loads(shape)
    if kind == "circle":
        apart = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(*numbers[:2], unit="deg"))
        return int(apart.deg <= numbers[2])
    return int(in_small_polygon(ra, dec, numbers))


def in_small_polygon(ra: float, dec: float, numbers: list[float]) -> bool:
    """Near the equator the sky is flat enough: the crossings of a line to the north are counted."""
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    crossed = 0
    for (ra1, dec1), (ra2, dec2) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (ra1 > ra) != (ra2 > ra):
            crossed += dec1 + (ra - ra1) / (ra2 - ra1) * (dec2 - dec1) > dec
    return crossed % 2 == 1


FUNCTIONS = [
    ("POINT", point, 3),
    ("CIRCLE", lambda frame, *numbers: json.dumps(["circle", *numbers]), 4),
    ("POLYGON", lambda frame, *numbers: json.dumps(["polygon", *numbers]), -1),
    ("CONTAINS", contains, 2),
]
