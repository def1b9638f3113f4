"""Which bytes of a file are still missing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Stretch:
    """Bytes from `place` to `end` that are missing; `end` is None while nobody knows it."""

    place: int
    end: int | None
    taken: bool = False

    @property
    def done(self) -> bool:
        return self.end is not None and self.place >= self.end

    @property
    def length(self) -> int:
        return 0 if self.end is None else max(0, self.end - self.place)


class Stretches(list[Stretch]):
    """The stretches of one file; those who share it hold a lock."""

    @property
    def done(self) -> bool:
        return all(stretch.done for stretch in self)

    @property
    def length(self) -> int:
        """Bytes that are missing, as far as the end is known."""
        return sum(stretch.length for stretch in self)

    @property
    def left(self) -> list[tuple[int, int]]:
        """From and to of each stretch that is not done."""
        return [(s.place, s.end or s.place) for s in self if not s.done]

    def free(self) -> Stretch | None:
        """One that nobody works at."""
        return next((s for s in self if not s.taken and not s.done), None)

    def longest_for_helper(self, least: int) -> int:
        """Bytes that one more worker would find: a free stretch, or half of a long one."""
        free = max((s.length for s in self if not s.taken), default=0)
        longest = max((s.length for s in self), default=0)
        return free or (longest if longest >= 2 * least else 0)

    def halve(self, least: int) -> Stretch | None:
        """Cut the second half off the longest; its worker will stop before it."""
        longest = max(self, key=lambda stretch: stretch.length)
        if longest.end is None or longest.length < 2 * least:
            return None
        middle = longest.place + longest.length // 2
        half = Stretch(middle, longest.end)
        longest.end = middle
        self.append(half)
        return half
