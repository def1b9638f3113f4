"""Files that are neither FITS nor pictures: text, XML, JSON and ECSV."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from astropy.table import Column, Table

from topmast.sample.hdus import DATE, MADE_BY


def text(title: str, lines: Sequence[str]) -> bytes:
    """A plain text file under a title."""
    return "\n".join([f"# {title}", f"# {MADE_BY}, {DATE}", *lines, ""]).encode()


def xml(
    name: str, attributes: Mapping[str, Any], children: Sequence[tuple[str, Mapping[str, Any]]]
) -> bytes:
    """One element with children, each of attributes only."""
    root = ElementTree.Element(name, {key: str(value) for key, value in attributes.items()})
    root.append(ElementTree.Comment(MADE_BY))
    for child, values in children:
        ElementTree.SubElement(root, child, {key: str(value) for key, value in values.items()})
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))


def ecsv(columns: Mapping[str, Column]) -> bytes:
    """A table as text that keeps its units."""
    file = io.StringIO()
    Table(dict(columns), meta={"comment": MADE_BY}).write(file, format="ascii.ecsv")
    return file.getvalue().encode()


def association_json(obs_id: str, members: Sequence[str]) -> bytes:
    """Which exposures were combined into which mosaic."""
    listed = [{"expname": f"{one}_cal.fits", "exptype": "science"} for one in members]
    content = {
        "asn_type": "image3",
        "comment": f"{MADE_BY}, {DATE}",
        "products": [{"name": obs_id, "members": listed}],
    }
    return (json.dumps(content, indent=2) + "\n").encode()
