"""Random numbers that are the same each time."""

from __future__ import annotations

import numpy as np


def seeded(*key: int | str) -> np.random.Generator:
    """Random numbers that depend on `key` alone."""
    words = [int.from_bytes(str(part).encode(), "little") for part in key]
    return np.random.default_rng(words)
