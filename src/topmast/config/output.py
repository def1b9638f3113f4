"""Lines for people on standard output, which may be closed, or a pipe, or know few letters."""

from __future__ import annotations

import sys
from contextlib import suppress


def print_line(text: str) -> None:
    """Print `text` as far as standard output can take it; what it cannot take ends no work.

    Characters that control a terminal are left out; letters that it does not know become
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
    """`text` on one line, without characters that control a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " * c.isspace() for c in text)


def readable_size(size: float) -> str:
    """A number of bytes as people read it: ``12.3 MB``."""
    units = ("B", "kB", "MB", "GB", "TB")
    power = 0
    while size >= 999.5 and power < len(units) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.0f} B" if power == 0 else f"{size:.3g} {units[power]}"
