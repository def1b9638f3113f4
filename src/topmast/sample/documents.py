"""Files that are not FITS: text, XML, JSON and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from topmast.sample.fits_file import DATE, MADE_BY


def text(title: str, lines: Sequence[str]) -> bytes:
    """A plain text file under a title."""
    return "\n".join([f"# {title}", f"# {MADE_BY}, {DATE}", *lines, ""]).encode()


def xml(
    root: str, attributes: Mapping[str, Any], children: Sequence[tuple[str, Mapping[str, Any]]]
) -> bytes:
    """One element with children, each of attributes only."""

    def attributed(values: Mapping[str, Any]) -> str:
        return "".join(f" {name}={quoteattr(str(value))}" for name, value in values.items())

    inner = "\n".join(f"  <{name}{attributed(values)}/>" for name, values in children)
    head = f"<?xml version='1.0' encoding='UTF-8'?>\n<!-- {escape(MADE_BY)} -->\n"
    return f"{head}<{root}{attributed(attributes)}>\n{inner}\n</{root}>\n".encode()


def catalog_ecsv(
    names: Sequence[str], units: Sequence[str], rows: Sequence[Sequence[float]]
) -> bytes:
    """A table that astropy reads as ascii.ecsv."""
    columns = [
        f"# - {{name: {name}, {f'unit: {unit}, ' if unit else ''}datatype: float64}}"
        for name, unit in zip(names, units, strict=True)
    ]
    head = ["# %ECSV 1.0", "# ---", "# datatype:", *columns, f"# meta: {{comment: '{MADE_BY}'}}"]
    body = [
        " ".join(f"{value:.7g}" if abs(value) < 1e3 else f"{value:.2f}" for value in row)
        for row in rows
    ]
    return "\n".join([*head, "# schema: astropy-2.0", " ".join(names), *body, ""]).encode()


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """A document of one page of text."""
    shown = [title, "", *lines, "", MADE_BY]
    moves = "\n".join(f"({drawable(line)}) Tj T*" for line in shown)
    content = f"BT /F1 11 Tf 14 TL 56 780 Td\n{moves}\nET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    return assembled(objects)


def drawable(line: str) -> str:
    plain = line.encode("latin-1", "replace").decode("latin-1")
    return plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def assembled(objects: Sequence[bytes]) -> bytes:
    """A PDF file with its table of where each object starts."""
    file = bytearray(b"%PDF-1.4\n")
    starts = []
    for number, content in enumerate(objects, 1):
        starts.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    where = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        where,
    )
    return bytes(file)
