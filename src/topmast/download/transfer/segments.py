"""Which bytes of a file are still missing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Segment:
    """Bytes from `position` to `end` that are missing; `end` is None while nobody knows it."""

    position: int
    end: int | None
    taken: bool = False

    @property
    def done(self) -> bool:
        return self.end is not None and self.position >= self.end

    @property
    def length(self) -> int:
        return 0 if self.end is None else max(0, self.end - self.position)


class Segments(list[Segment]):
    """The segments of one file; those who share it hold a lock."""

    @property
    def length(self) -> int:
        """Bytes that are missing, as far as the end is known."""
        return sum(segment.length for segment in self)

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """From and to of each segment that is not done."""
        return [(s.position, s.end or s.position) for s in self if not s.done]

    def longest_for_helper(self, least: int) -> int:
        """Bytes that one more worker would find: a free segment, or half of a long one."""
        free = max((s.length for s in self if not s.taken), default=0)
        longest = max((s.length for s in self), default=0)
        return free or (longest if longest >= 2 * least else 0)

    def halve(self, least: int) -> Segment | None:
        """Cut the second half off the longest; its worker will stop before it."""
        longest = max(self, key=lambda segment: segment.length)
        if longest.end is None or longest.length < 2 * least:
            return None
        half = Segment(longest.position + longest.length // 2, longest.end)
        longest.end = half.position
        self.append(half)
        return half
