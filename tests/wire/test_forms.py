"""Forms are read as browsers, pyvo and Java programs send them."""

from __future__ import annotations

import pytest

from topmast.errors import InvalidQueryError
from topmast.wire.forms import decode_form


def parts(mark: str, *content: bytes) -> bytes:
    return (
        b"".join(f"--{mark}\r\n".encode() + each + b"\r\n" for each in content)
        + f"--{mark}--\r\n".encode()
    )


TEXT = b'Content-Disposition: form-data; name="Query"\r\n\r\nSELECT \xc3\xa9\r\n1'
FILE = b'Content-Disposition: form-data; name="f"; filename="x"\r\n\r\n\x00\r\n--\xff\r\n'


@pytest.mark.parametrize("mark", ["abc", "<<<---MARK--->>>", "a'b(c)+_,-./:=?"])
def test_a_form_in_parts_has_its_words_and_files_byte_for_byte(mark: str) -> None:
    form = decode_form(b"", f'multipart/form-data; boundary="{mark}"', parts(mark, TEXT, FILE))

    assert form.words == {"QUERY": "SELECT é\r\n1"}
    assert form.files == {"f": b"\x00\r\n--\xff\r\n"}


def test_words_come_from_the_address_and_the_body_and_the_last_counts() -> None:
    form = decode_form(b"lang=A&maxrec=1", "application/x-www-form-urlencoded", b"Lang=B&x=")

    assert form.words == {"LANG": "B", "MAXREC": "1", "X": ""}
    assert form.every == (("LANG", "A"), ("MAXREC", "1"), ("LANG", "B"), ("X", ""))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\ncut off"),
        ("application/x-www-form-urlencoded", b"a=%ff"),
        ("application/x-www-form-urlencoded", b"\xff=1"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 2000)),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(InvalidQueryError, match="form"):
        decode_form(b"", kind, body)
