"""Texts and numbers of bytes, made fit to be shown on one line."""

from __future__ import annotations

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def one_line(text: str, longest: int | None = None) -> str:
    """`text` without line breaks and characters that control a terminal, shortened if need be."""
    line = " ".join(text.split())
    line = "".join(letter if letter.isprintable() else UNPRINTABLE for letter in line)
    return line if longest is None or len(line) <= longest else f"{line[: longest - 3]}..."


def readable_size(size: float) -> str:
    """A number of bytes with a unit: ``12.3 MB``."""
    power = 0
    while size >= 999.5 and power < len(UNITS) - 1:
        size, power = size / 1000, power + 1
    return f"{size:.0f} B" if power == 0 else f"{size:.3g} {UNITS[power]}"
