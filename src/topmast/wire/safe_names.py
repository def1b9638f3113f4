"""Safe file names: they stay in their folder and are valid on every system.

The rule, for one name (never a path):

- Letters, digits and punctuation that every system allows stay as they are.
- ``/ \\ : * ? " < > |``, characters that do not print, and a dot or space at the end become
  ``%`` and their hexadecimal bytes, as in a URL: ``a:b`` is stored as ``a%3Ab``. A ``%`` that
  already looks like such an escape becomes ``%25``, so that two names never become one.
- The names of Windows devices (CON, NUL.txt, com1.fits) get their last letter escaped.
- A name of more than 240 bytes keeps its beginning and its extension, with eight hexadecimal
  digits of its SHA-256 between them. (Systems take 255; the rest is for endings like ``.part``.)
- An empty name, and one with a control character such as NUL, is refused.
"""

from __future__ import annotations

import hashlib
import re

from topmast.errors import UnsafeNameError

LONGEST_NAME = 240
RESERVED = frozenset('/\\:*?"<>|')
DEVICES = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(?=\.|$)",
    re.IGNORECASE,
)
ESCAPE = re.compile(r"%(?=[0-9A-Fa-f]{2})")
EXTENSION = re.compile(r"(?:\.[A-Za-z0-9_]{1,12}){1,2}$")


def safe_name(text: str) -> str:
    """`text` as a file name that is safe on every system; most names stay as they are.

    Raises
    ------
    UnsafeNameError
        If `text` is empty or contains a control character.

    Examples
    --------
    >>> safe_name("u24r0102t_c1f.fits")
    'u24r0102t_c1f.fits'
    >>> safe_name("../../etc/passwd")
    '..%2F..%2Fetc%2Fpasswd'
    """
    if not text:
        raise UnsafeNameError("A file name is empty.")
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text):
        raise UnsafeNameError(f"The file name {text[:100]!r} contains a control character.")
    name = "".join(map(_allowed, ESCAPE.sub("%25", text)))
    if name[-1] in ". ":
        name = name[:-1] + _escaped(name[-1])
    if device := DEVICES.match(name):
        last = device.end(1) - 1
        name = name[:last] + _escaped(name[last]) + name[last + 1 :]
    return name if len(name.encode()) <= LONGEST_NAME else _shortened(name)


def safe_path(*names: str) -> str:
    """The safe names joined by slashes: a relative path that never leads upwards."""
    return "/".join(safe_name(name) for name in names)


def _allowed(character: str) -> str:
    if character in RESERVED or not (character.isprintable() or character == " "):
        return _escaped(character)
    return character


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _shortened(name: str) -> str:
    found = EXTENSION.search(name)
    extension = found[0] if found else ""
    ending = f"~{hashlib.sha256(name.encode()).hexdigest()[:8]}{extension}"
    start = name.encode()[: LONGEST_NAME - len(ending)].decode("utf-8", "ignore")
    return re.sub(r"%[0-9A-F]?$", "", start) + ending
