"""Digests that the archive announces for a file, and whether its bytes have them."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress

from topmast.download.folder.part import Part

DIGEST_HEADERS = ("Repr-Digest", "Content-Digest", "Digest", "Content-MD5")
DIGEST = re.compile(r"(?i)\b(md5|sha-256|sha-512)\s*=\s*:?([A-Za-z0-9+/]+={0,2})")
LENGTHS = {"md5": 16, "sha256": 32, "sha512": 64}


def digests_of(headers: Mapping[str, str]) -> dict[str, bytes]:
    """The digests of the whole body that an answer announces, by the names of `hashlib`."""
    listed = ", ".join(headers.get(name, "") for name in DIGEST_HEADERS[:-1])
    pairs = [*DIGEST.findall(listed), ("md5", headers.get(DIGEST_HEADERS[-1], "").strip())]
    found: dict[str, bytes] = {}
    for name, value in pairs:
        name = name.lower().replace("-", "")
        with suppress(ValueError):
            digest = b64decode(value, validate=True)
            if len(digest) == LENGTHS[name]:
                found[name] = digest
    return found


def contradiction(part: Part, digests: Mapping[str, bytes]) -> str | None:
    """A digest that was announced and that the bytes of `part` do not have; None if all fit."""
    for name, promised in digests.items():
        if name == "sha256" and part.hashed()[0]:
            fits = part.hashed()[0] == promised.hex()
        else:
            with open(part.path, "rb") as file:
                fits = hashlib.file_digest(file, name).digest() == promised
        if not fits:
            return f"what the archive sent does not have the {name} that it announced."
    return None
