"""Documents of all kinds: those of other writers, and those that are broken or hostile."""

from __future__ import annotations

import base64
import gzip
import io
import struct
from typing import Any

import numpy as np
import pytest
from astropy.io import votable as astropy_votable
from hypothesis import given, settings
from hypothesis import strategies as st

from topmast.errors import BadAnswerError
from topmast.wire.table_files import format_of
from topmast.wire.votable.reading import read_votable
from topmast.wire.votable.writing import error_votable

ROWS = "<TR><TD>1</TD><TD>a</TD></TR><TR><TD>2</TD><TD>b</TD></TR>"
FIELDS = '<FIELD name="n" datatype="int"/><FIELD name="t" datatype="char" arraysize="*"/>'


def document(rows: str = ROWS, fields: str = FIELDS, head: str = "", after: str = "") -> bytes:
    data = f"<DATA><TABLEDATA>{rows}</TABLEDATA></DATA>"
    return votable(f"<TABLE>{fields}{data}</TABLE>{after}", head)


def votable(inside: str, head: str = "", version: str = "1.3") -> bytes:
    space = f'xmlns="http://www.ivoa.net/xml/VOTable/v{version}"'
    start = f"{head}<VOTABLE version='{version}' {space}>"
    return f"{start}<RESOURCE>{inside}</RESOURCE></VOTABLE>".encode()


def binary(fields: str, content: bytes, kind: str = "BINARY", encoding: str = "base64") -> bytes:
    stream = f'<STREAM encoding="{encoding}">{base64.encodebytes(content).decode()}</STREAM>'
    return votable(f"<TABLE>{fields}<DATA><{kind}>{stream}</{kind}></DATA></TABLE>")


def values(content: bytes) -> list[list[Any]]:
    return [column.data.tolist() for column in read_votable(content).columns]


def one(cell: str, **about: str) -> Any:
    """The value of a cell, and whether it is missing."""
    given = " ".join(f'{name}="{value}"' for name, value in about.items())
    content = document(f"<TR><TD>{cell}</TD></TR>", f"<FIELD name='x' {given}/>")
    (column,) = read_votable(content).columns
    return column.data[0], bool(np.all(column.mask[0]))


UNUSUAL = {
    "as it is": ROWS,
    "with spaces": ROWS.replace("<T", "\n   <T").replace("</TR", "\r\n</TR"),
    "with a comment": "<!-- <TR> -->" + ROWS,
    "with a comment that looks like the end": "<!-- </TABLEDATA> -->" + ROWS,
    "with a comment inside a cell": ROWS.replace(">a<", ">a<!-- b --><"),
    "with character data": ROWS.replace(">a<", "><![CDATA[a]]><"),
    "with an instruction": "<?look here?>" + ROWS,
    "with attributes": ROWS.replace("<TR>", '<TR ID="r">'),
    "with a letter by its number": ROWS.replace(">a<", ">&#97;<").replace(">b<", ">&#x62;<"),
}


@pytest.mark.parametrize("rows", UNUSUAL.values(), ids=UNUSUAL)
def test_rows_are_read_however_they_are_written(rows: str) -> None:
    assert values(document(rows)) == [[1, 2], ["a", "b"]]


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3", "1.4", "1.5"])
def test_all_versions_are_read(version: str) -> None:
    inside = f"<TABLE>{FIELDS}<DATA><TABLEDATA>{ROWS}</TABLEDATA></DATA></TABLE>"

    assert values(votable(inside, version=version)) == [[1, 2], ["a", "b"]]


def test_a_prefix_before_each_name_is_no_matter() -> None:
    plain = document(head="<?xml version='1.0'?>").replace(b"xmlns=", b"xmlns:v=")
    content = plain.replace(b"</", b"</v:").replace(b"<", b"<v:")
    content = content.replace(b"<v:/v:", b"</v:").replace(b"<v:?", b"<?")

    assert values(content) == [[1, 2], ["a", "b"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_encoding_that_a_document_declares_is_used(encoding: str) -> None:
    head = f"<?xml version='1.0' encoding='{encoding}'?>"
    text = document(ROWS.replace(">a<", ">\u00e9<"), head=head).decode()

    assert values(text.encode(encoding))[1] == ["\u00e9", "b"]


def test_a_gzipped_document_is_read() -> None:
    assert values(gzip.compress(document())) == [[1, 2], ["a", "b"]]


def test_the_first_of_several_tables_is_taken() -> None:
    other = "<TABLE><FIELD name='z' datatype='int'/><DATA><TABLEDATA><TR><TD>9</TD></TR>"
    content = document(after=f"{other}</TABLEDATA></DATA></TABLE><INFO name='QUERY_STATUS' "
                             "value='overflow'>cut</INFO>")  # fmt: skip

    found = read_votable(content)

    assert [column.field.name for column in found.columns] == ["n", "t"]
    assert [(info.value, info.text) for info in found.statuses()] == [("OVERFLOW", "cut")]


def test_coordinate_systems_groups_links_and_parameters_are_passed_over() -> None:
    before = (
        "<COOSYS ID='c' system='ICRS'/><TIMESYS ID='t' refposition='TOPOCENTER'/>"
        "<PARAM name='p' datatype='int' value='3'><DESCRIPTION>of the p</DESCRIPTION></PARAM>"
    )
    inside = "<GROUP><FIELDref ref='n'/></GROUP><LINK href='x'/>"
    content = document(fields=f"<DESCRIPTION>Of all</DESCRIPTION>{FIELDS}{inside}")
    content = content.replace(b"<TABLE>", f"{before}<TABLE>".encode())

    found = read_votable(content)

    assert found.description == "Of all"
    assert found.params[0][:2] == ("p", "3")
    assert [column.data.tolist() for column in found.columns] == [[1, 2], ["a", "b"]]


def test_columns_of_one_name_get_names_of_their_own() -> None:
    fields = FIELDS.replace("'t'", "'n'").replace('"t"', '"n"')

    assert read_votable(document(fields=fields)).to_table().colnames == ["n", "n_2"]


def test_a_table_without_rows_has_its_columns() -> None:
    for rows in ("", "\n  "):
        assert values(document(rows)) == [[], []]
    assert values(votable(f"<TABLE>{FIELDS}</TABLE>")) == [[], []]
    assert values(binary(FIELDS, b"")) == [[], []]


CELLS = [
    ({"datatype": "int"}, "", None),
    ({"datatype": "int"}, " +5 ", 5),
    ({"datatype": "int"}, "0x1F", 31),
    ({"datatype": "unsignedByte"}, "255", 255),
    ({"datatype": "long"}, "-9223372036854775808", -(2**63)),
    ({"datatype": "double"}, "NaN", None),
    ({"datatype": "double"}, "+Inf", np.inf),
    ({"datatype": "double"}, "-Inf", -np.inf),
    ({"datatype": "float"}, " 1.5e3 ", 1500),
    ({"datatype": "boolean"}, "T", True),
    ({"datatype": "boolean"}, "false", False),
    ({"datatype": "boolean"}, "?", None),
    ({"datatype": "bit"}, "1", True),
    ({"datatype": "char", "arraysize": "*"}, "a &lt;b&gt; &amp;amp;", "a <b> &amp;"),
    ({"datatype": "char", "arraysize": "*"}, "", None),
    ({"datatype": "unicodeChar", "arraysize": "10"}, "&#233;", "\u00e9"),
    ({"datatype": "char"}, "x", "x"),
    ({"datatype": "int", "arraysize": "3"}, "1 2  3", [1, 2, 3]),
    ({"datatype": "int", "arraysize": "1"}, "7", 7),
    ({"datatype": "double", "arraysize": "*"}, "1 NaN", [1, np.nan]),
    ({"datatype": "double", "arraysize": "5*"}, "1,2", [1, 2]),
    ({"datatype": "double", "arraysize": "2x2"}, "1 2 3 4", [[1, 2], [3, 4]]),
    ({"datatype": "double", "arraysize": "2x*"}, "1 2 3 4", [[1, 2], [3, 4]]),
    ({"datatype": "bit", "arraysize": "4"}, "10 1 1", [True, False, True, True]),
    ({"datatype": "boolean", "arraysize": "2"}, "T F", [True, False]),
    ({"datatype": "floatComplex"}, "1 2", 1 + 2j),
    ({"datatype": "doubleComplex", "arraysize": "2"}, "1 2 3 4", [1 + 2j, 3 + 4j]),
    ({"datatype": "char", "arraysize": "2x3"}, "ab c d", ["ab", " c", " d"]),
]  # fmt: skip


@pytest.mark.parametrize(("about", "cell", "wanted"), CELLS)
def test_a_cell_is_read_by_its_datatype(about: dict[str, str], cell: str, wanted: Any) -> None:
    value, missing = one(cell, **about)

    if wanted is None:
        assert missing
    else:
        assert not missing
        np.testing.assert_array_equal(value, wanted)


def test_the_null_of_a_field_is_missing() -> None:
    fields = "<FIELD name='n' datatype='int'><VALUES null='-999'/></FIELD>"
    rows = "<TR><TD>-999</TD></TR><TR><TD>3</TD></TR>"

    for content in (document(rows, fields), binary(fields, struct.pack(">ii", -999, 3))):
        assert read_votable(content).columns[0].mask.tolist() == [True, False]


def test_the_flags_of_binary2_say_what_is_missing() -> None:
    rows = b"\x80" + struct.pack(">ii", 0, 0) + b"\x40" + struct.pack(">ii", 7, 0)
    content = binary(FIELDS, rows, "BINARY2")

    number, text = read_votable(content).columns

    assert (number.mask.tolist(), text.mask.tolist()) == ([True, False], [False, True])


def test_texts_of_a_binary_stream_end_at_the_first_nul() -> None:
    fields = "<FIELD name='t' datatype='char' arraysize='4'/><FIELD name='u' datatype='unicodeChar'"
    content = binary(f"{fields} arraysize='2'/>", b"ab\0x" + "\u03b1".encode("utf-16-be") + b"\0\0")

    assert values(content) == [["ab"], ["\u03b1"]]


def test_bits_of_a_binary_stream_begin_with_the_highest() -> None:
    fields = "<FIELD name='b' datatype='bit' arraysize='10'/>"
    varying = "<FIELD name='b' datatype='bit' arraysize='*'/>"

    assert values(binary(fields, b"\xa0\x40")) == [[[1, 0, 1, 0, 0, 0, 0, 0, 0, 1]]]
    found = read_votable(binary(varying, struct.pack(">i", 3) + b"\xa0")).columns[0].data
    assert found[0].tolist() == [1, 0, 1]


def test_an_error_document_says_why() -> None:
    found = read_votable(error_votable("It is <wrong> & \x00 late"))

    assert not found.has_table
    assert found.statuses()[0][1:] == ("ERROR", "It is <wrong> & late")


ENTITY = "<!DOCTYPE v [<!ENTITY a 'b'>]>"
NAMES_AND_FIELD = "<FIELD name='n' datatype='{}'/>"
BROKEN = {
    "nothing": (b"", "no element found"),
    "no XML": (b'{"a": 1}', "not well-formed"),
    "another document": (b"<html><body/></html>", "no VOTable: it begins with 'html'"),
    "no table": (votable(""), "has no table"),
    "breaks off in a row": (document()[:-60], "no element found|unclosed"),
    "breaks off in the head": (document()[:80], "no element found|unclosed"),
    "an entity": (document(head=ENTITY), "declares the entity 'a'"),
    "an entity from elsewhere": (
        document(head='<!DOCTYPE v [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "declares the entity 'x'",
    ),
    "an unknown entity": (document(ROWS.replace(">a<", ">&nbsp;<")), "undefined entity"),
    "a letter that is none": (document(ROWS.replace(">a<", ">&#x110000;<")), "letter|character"),
    "too few cells": (document("<TR><TD>1</TD></TR>"), "Row 1 has 1 cells for 2 columns"),
    "too many cells": (document(ROWS.replace("</TR>", "<TD/></TR>", 1)), "Row 1 has 3 cells"),
    "no number": (document(ROWS.replace(">2<", ">two<")), "'n' has the value 'two' in row 2"),
    "a number out of range": (document(ROWS.replace(">2<", ">3000000000<")), "'3000000000' in row"),
    "an underscore": (document(ROWS.replace(">2<", ">1_0<")), "'1_0' in row 2"),
    "a datatype that is none": (
        document(fields=NAMES_AND_FIELD.format("integer") * 2),
        r"'integer'. Did you mean",
    ),
    "an arraysize that is none": (
        document(fields=FIELDS.replace('"*"', '"many"')),
        "arraysize 'many'",
    ),
    "a truth that is none": (
        document(fields=FIELDS.replace('"int"', '"boolean"').replace('"t"', '"u"')),
        "'2' in row 2, which is no boolean",
    ),
    "arrays of another length": (
        document(fields=FIELDS.replace('"int"', '"int" arraysize="2"')),
        "'1' in row 1, which is no int of arraysize 2",
    ),
    "an immense array": (
        document("<TR><TD/><TD/></TR>" * 4,
                 FIELDS.replace('"int"', '"int" arraysize="2000000000"')),
        "needs more than 4 GiB",
    ),
    "no base64": (
        votable(f"<TABLE>{FIELDS}<DATA><BINARY><STREAM encoding='base64'>AAA</STREAM></BINARY>"
                "</DATA></TABLE>"),
        "no base64",
    ),
    "another coding": (binary(FIELDS, b"", encoding="gzip"), "coded as 'gzip'"),
    "rows that are elsewhere": (
        votable(f"<TABLE>{FIELDS}<DATA><BINARY><STREAM href='http://x/y'/></BINARY></DATA></TABLE>"),
        "elsewhere, at 'http://x/y'",
    ),
    "FITS inside": (
        votable(f"<TABLE>{FIELDS}<DATA><FITS><STREAM href='x'/></FITS></DATA></TABLE>"),
        "Rows as FITS",
    ),
    "a stream that ends in a number": (binary(FIELDS, struct.pack(">iih", 1, 0, 1)), "in row 2"),
    "a stream that ends in a text": (binary(FIELDS, struct.pack(">ii", 1, 5) + b"a"), "in row 1"),
    "a negative length": (binary(FIELDS, struct.pack(">ii", 1, -5)), "within row 1"),
    "a huge length": (binary(FIELDS, struct.pack(">ii", 1, 2**31 - 1)), "within row 1"),
    "a stream of another width": (binary(NAMES_AND_FIELD.format("int"), b"12345"), "within row 2"),
    "a gzip that breaks off": (gzip.compress(document())[:-20], "breaks off"),
    "a gzip that is damaged": (gzip.compress(document())[:10] + b"\xff" * 40, "damaged"),
    "bytes that are no UTF-8": (document().replace(b">a<", b">\xff<"), "no UTF-8|not well-formed"),
    "an unknown encoding": (document(head="<?xml version='1.0' encoding='x'?>"), "read as x"),
    "a cell in base64": (document(ROWS.replace("<TD>", "<TD encoding='base64'>")), "Cells coded"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_document_is_refused_with_what_is_wrong(content: bytes, said: str) -> None:
    with pytest.raises(BadAnswerError, match=said) as caught:
        read_votable(content).to_table()

    assert len(str(caught.value)) < 400


def test_a_gzip_bomb_is_not_unpacked() -> None:
    with pytest.raises(BadAnswerError, match="more than 1,000,000 bytes"):
        read_votable(gzip.compress(b" " * 50_000_000), most_bytes=1_000_000)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_anywhere_is_an_error_or_a_table(data: st.DataObject) -> None:
    start = data.draw(
        st.sampled_from([document(), binary(FIELDS, struct.pack(">ii", 1, 1) + b"a")])
    )
    place = data.draw(st.integers(0, len(start) - 1))
    piece = data.draw(st.binary(max_size=3))
    content = start[:place] + piece + start[place + data.draw(st.integers(0, 5)) :]

    try:
        read_votable(content)
    except BadAnswerError:
        return


def test_a_file_that_is_no_votable_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="no VOTable: it begins with 'html'"):
        format_of("a.vot").read(io.BytesIO(b"<html/>"))
    with pytest.raises(ValueError, match="has no table"):
        format_of("a.vot").read(io.BytesIO(error_votable("No")))


def test_astropy_reads_our_error_document() -> None:
    parsed = astropy_votable.parse(io.BytesIO(error_votable("No")))

    assert parsed.resources[0].infos[0].content == "No"
