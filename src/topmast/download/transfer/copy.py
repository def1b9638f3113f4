"""The version of a file that is being fetched, and what is missing of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from topmast.download.product import Held
from topmast.download.transfer.judge import Segment, Segments


@dataclass(slots=True, eq=False)
class Copy:
    """The version that is being fetched. Another one takes its place when a transfer restarts;
    threads that still work at the old one then end.
    """

    held: Held
    segments: Segments = field(default_factory=lambda: Segments([Segment(0, None)]))
    length_known: bool = False
    can_split: bool = False
    digests: dict[str, bytes] = field(default_factory=dict)
