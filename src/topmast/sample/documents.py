"""Files that are neither FITS nor pictures: text, XML and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.etree import ElementTree

from topmast.sample.hdus import DATE, MADE_BY
from topmast.sample.variability import Star


def text(title: str, lines: Sequence[str]) -> bytes:
    """A plain text file under a title."""
    return "\n".join([f"# {title}", f"# {MADE_BY}, {DATE}", *lines, ""]).encode()


def association_json(obs_id: str, members: Sequence[str]) -> bytes:
    """Which exposures were combined into which mosaic."""
    listed = [{"expname": f"{one}_cal.fits", "exptype": "science"} for one in members]
    products = [{"name": obs_id, "members": listed}]
    content = {"asn_type": "image3", "comment": f"{MADE_BY}, {DATE}", "products": products}
    return (json.dumps(content, indent=2) + "\n").encode()


def validation_xml(star: Star, sectors: Sequence[int]) -> bytes:
    """What the search for planets found."""
    about = {"ticId": star.number, "raDegrees": star.ra, "decDegrees": star.dec}
    root = ElementTree.Element("dvTargetResults", {name: f"{about[name]}" for name in about})
    root.append(ElementTree.Comment(f"{MADE_BY}; {len(sectors)} sectors"))
    for number, planet in enumerate(star.planets, 1):
        found = {
            "planetNumber": number,
            "orbitalPeriod": planet.period,
            "transitDepthPpm": round(planet.depth * 1e6, 1),
            "transitDurationHours": planet.hours,
            "epochBjd": 2450000 + planet.epoch,
        }
        ElementTree.SubElement(root, "planetResults", {name: f"{found[name]}" for name in found})
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))
