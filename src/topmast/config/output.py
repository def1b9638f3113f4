"""Texts fit to be shown: lines on standard output, texts on one line, numbers of bytes."""

from __future__ import annotations

import sys
from contextlib import suppress


def print_line(text: str) -> None:
    """Print `text` as far as standard output can take it; what it cannot take ends no work.

    Characters that control a terminal become U+FFFD; letters that the stream cannot encode become
    escapes such as ``\\u03b1``.
    """
    out = sys.stdout
    if out is None:
        return
    lines = "\n".join(without_controls(line) for line in text.split("\n")) + "\n"
    encoding = getattr(out, "encoding", None) or "utf-8"
    with suppress(LookupError):
        lines = lines.encode(encoding, "backslashreplace").decode(encoding)
    with suppress(OSError, ValueError, AttributeError):
        out.write(lines)
        out.flush()


def without_controls(text: str) -> str:
    """`text` with spaces for line breaks, and U+FFFD for characters that control a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


def one_line(text: str, longest: int | None = None) -> str:
    """As `without_controls`, with single spaces, and shortened to at most `longest` letters."""
    line = " ".join(without_controls(text).split())
    return line if longest is None or len(line) <= longest else f"{line[: longest - 3]}..."


def readable_size(size: float) -> str:
    """A number of bytes with a unit: ``12.3 MB``."""
    units = ("B", "kB", "MB", "GB", "TB")
    power = 0
    while size >= 999.5 and power < len(units) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.0f} B" if power == 0 else f"{size:.3g} {units[power]}"
