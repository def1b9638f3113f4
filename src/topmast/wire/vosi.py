"""What a TAP service says of itself (VOSI): its capabilities, its tables, whether it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

from topmast.wire.adql_names import quoted

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
VODATA = 'xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1"'
EXTENSION = "ivo://ivoa.net/std/TAPRegExt"


@dataclass(frozen=True, slots=True)
class TapColumn:
    """A column as TAP describes it; `datatype` is a word of VOTable."""

    name: str
    datatype: str
    description: str = ""
    unit: str = ""
    ucd: str = ""
    utype: str = ""
    xtype: str = ""
    standard: bool = False
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A column whose values stand in a column of another table."""

    column: str
    target: str
    target_column: str


class TableDescription(Protocol):
    """What is told of a table."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def utype(self) -> str: ...
    @property
    def columns(self) -> Sequence[TapColumn]: ...
    @property
    def keys(self) -> Sequence[Key]: ...


@dataclass(frozen=True, slots=True)
class TapLimits:
    """What a TAP service lets a query have."""

    rows: int
    most_rows: int
    seconds: float
    most_seconds: float
    kept_seconds: float
    most_kept_seconds: float
    upload_rows: int


@dataclass(frozen=True, slots=True)
class TapAbilities:
    """What a TAP service can do: its functions, and its formats with their other names."""

    geometry: Sequence[str]
    functions: Sequence[str]
    formats: Sequence[tuple[str, str]]
    limits: TapLimits
    models: Mapping[str, str]


def encode_capabilities(url: str, abilities: TapAbilities) -> bytes:
    """The capabilities of the TAP service at `url`."""
    services = "".join(_service(url, *each) for each in SERVICES)
    return (
        f"{HEAD}<vosi:capabilities "
        f'xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" {XSI} {VODATA} '
        'xmlns:vr="http://www.ivoa.net/xml/VOResource/v1.0" '
        'xmlns:tr="http://www.ivoa.net/xml/TAPRegExt/v1.0">\n'
        f"{_tap(url, abilities)}{services}</vosi:capabilities>\n"
    ).encode()


SERVICES = (
    ("ivo://ivoa.net/std/VOSI#capabilities", "capabilities", "vs:ParamHTTP", "1.0"),
    ("ivo://ivoa.net/std/VOSI#availability", "availability", "vs:ParamHTTP", "1.0"),
    ("ivo://ivoa.net/std/VOSI#tables-1.1", "tables", "vs:ParamHTTP", "1.1"),
    ("ivo://ivoa.net/std/DALI#examples", "examples", "vr:WebBrowser", "1.0"),
)


def _service(url: str, standard: str, name: str, kind: str, version: str) -> str:
    role = ' role="std"' if kind == "vs:ParamHTTP" else ""
    return (
        f'<capability standardID="{standard}"><interface xsi:type="{kind}"{role} '
        f'version="{version}"><accessURL use="full">{escape(url)}/{name}</accessURL></interface>'
        "</capability>\n"
    )


def _tap(url: str, abilities: TapAbilities) -> str:
    models = "".join(
        f"<dataModel ivo-id={quoteattr(each)}>{escape(name)}</dataModel>\n"
        for each, name in abilities.models.items()
    )
    formats = "".join(
        f"<outputFormat{_format_id(mime)}><mime>{escape(mime)}</mime><alias>{name}</alias>"
        "</outputFormat>\n"
        for name, mime in abilities.formats
    )
    return (
        '<capability standardID="ivo://ivoa.net/std/TAP" xsi:type="tr:TableAccess">\n'
        '<interface xsi:type="vs:ParamHTTP" role="std" version="1.1">'
        f'<accessURL use="base">{escape(url)}</accessURL></interface>\n'
        f"{models}{_language(abilities)}{formats}"
        f'<uploadMethod ivo-id="{EXTENSION}#upload-inline"/>\n'
        f'<uploadMethod ivo-id="{EXTENSION}#upload-http"/>\n'
        f"{_limits(abilities.limits)}</capability>\n"
    )


def _format_id(mime: str) -> str:
    known = {"application/x-votable+xml": "output-votable-td"}
    known["application/x-votable+xml;serialization=binary2"] = "output-votable-binary2"
    return f' ivo-id="{EXTENSION}#{known[mime]}"' if mime in known else ""


def _language(abilities: TapAbilities) -> str:
    return (
        '<language><name>ADQL</name><version ivo-id="ivo://ivoa.net/std/ADQL#v2.0">2.0</version>'
        '<version ivo-id="ivo://ivoa.net/std/ADQL#v2.1">2.1</version>'
        "<description>Queries in the Astronomical Data Query Language</description>\n"
        + _features("adqlgeo", abilities.geometry)
        + _features("adql-string", ("LOWER", "UPPER", "ILIKE"))
        + _features("adql-sets", ("UNION", "EXCEPT", "INTERSECT"))
        + _features("adql-common-table", ("WITH",))
        + _features("adql-type", ("CAST",))
        + _features("adql-unit", ("IN_UNIT",))
        + _features("adql-offset", ("OFFSET",))
        + "</language>\n"
    )


def _features(kind: str, names: Iterable[str]) -> str:
    listed = "".join(f"<feature><form>{name}</form></feature>" for name in names)
    return f'<languageFeatures type="{EXTENSION}#features-{kind}">{listed}</languageFeatures>\n'


def _limits(limits: TapLimits) -> str:
    return (
        f"<retentionPeriod><default>{limits.kept_seconds:.0f}</default>"
        f"<hard>{limits.most_kept_seconds:.0f}</hard></retentionPeriod>\n"
        f"<executionDuration><default>{limits.seconds:.0f}</default>"
        f"<hard>{limits.most_seconds:.0f}</hard></executionDuration>\n"
        f'<outputLimit><default unit="row">{limits.rows}</default>'
        f'<hard unit="row">{limits.most_rows}</hard></outputLimit>\n'
        f'<uploadLimit><default unit="row">{limits.upload_rows}</default>'
        f'<hard unit="row">{limits.upload_rows}</hard></uploadLimit>\n'
    )


def encode_services(listed: Iterable[tuple[str, str, str]]) -> bytes:
    """The capabilities of an archive: each with its standard, its address and the address's use."""
    parts = "".join(
        f'<capability standardID="{standard}"><interface xsi:type="vs:ParamHTTP" role="std">'
        f'<accessURL use="{use}">{escape(address)}</accessURL></interface></capability>\n'
        for standard, address, use in listed
    )
    return (
        f"{HEAD}<vosi:capabilities "
        f'xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" {XSI} {VODATA}>\n'
        f"{parts}</vosi:capabilities>\n"
    ).encode()


def encode_availability() -> bytes:
    """That the service is there."""
    return (
        f"{HEAD}<vosi:availability "
        'xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">'
        "<vosi:available>true</vosi:available></vosi:availability>\n"
    ).encode()


def encode_tables(schemas: Mapping[str, tuple[str, Sequence[TableDescription]]]) -> bytes:
    """The schemas with their descriptions and tables."""
    listed = "".join(_schema(name, *about) for name, about in schemas.items())
    return (
        f'{HEAD}<vosi:tableset xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0" {XSI} '
        f"{VODATA}>\n{listed}</vosi:tableset>\n"
    ).encode()


def encode_table(table: TableDescription) -> bytes:
    """One table with its columns."""
    text = _table(table).removeprefix("<table")
    text = text.removesuffix("</table>\n")
    return (
        f'{HEAD}<vosi:table xmlns:vosi="http://www.ivoa.net/xml/VOSITables/v1.0" {XSI} '
        f"{VODATA}{text}</vosi:table>\n"
    ).encode()


def _schema(name: str, description: str, tables: Sequence[TableDescription]) -> str:
    return (
        f"<schema><name>{escape(name)}</name>{_told('description', description)}\n"
        f"{''.join(map(_table, tables))}</schema>\n"
    )


def _table(table: TableDescription) -> str:
    return (
        f'<table type="table"><name>{escape(table.name)}</name>'
        f"{_told('description', table.description)}{_told('utype', table.utype)}\n"
        f"{''.join(map(_column, table.columns))}{''.join(map(_key, table.keys))}</table>\n"
    )


def _key(key: Key) -> str:
    return (
        f"<foreignKey><targetTable>{escape(key.target)}</targetTable><fkColumn>"
        f"<fromColumn>{escape(key.column)}</fromColumn>"
        f"<targetColumn>{escape(key.target_column)}</targetColumn></fkColumn></foreignKey>\n"
    )


def _column(column: TapColumn) -> str:
    words = ("description", "unit", "ucd", "utype")
    told = "".join(_told(word, getattr(column, word)) for word in words)
    size = ' arraysize="*"' if column.datatype == "char" else ""
    extended = f" extendedType={quoteattr(column.xtype)}" if column.xtype else ""
    flag = "<flag>indexed</flag>" if column.indexed else ""
    std = ' std="true"' if column.standard else ""
    return (
        f"<column{std}><name>{escape(quoted(column.name))}</name>{told}"
        f'<dataType xsi:type="vs:VOTableType"{size}{extended}>{column.datatype}</dataType>'
        f"{flag}</column>\n"
    )


def _told(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def encode_examples(listed: Iterable[tuple[str, str, str, str, str]]) -> bytes:
    """Examples of queries (DALI): each with its id, title, text, table and query."""
    parts = "".join(_example(*each) for each in listed)
    return (
        f'{HEAD}<html xmlns="http://www.w3.org/1999/xhtml">\n<head><title>Examples</title></head>\n'
        f'<body>\n<h1>Examples</h1>\n<div vocab="http://www.ivoa.net/rdf/examples#">\n{parts}'
        "</div>\n</body>\n</html>\n"
    ).encode()


def _example(name: str, title: str, about: str, table: str, query: str) -> str:
    return (
        f'<div typeof="example" id="{name}" resource="#{name}">\n'
        f'<h2 property="name">{escape(title)}: {escape(table)}</h2>\n<p>{escape(about)} '
        f'<span property="table">{escape(table)}</span></p>\n'
        f'<pre property="query">{escape(query)}</pre>\n</div>\n'
    )
