"""The texts of one column as one array."""

from __future__ import annotations

import random

import numpy as np
import pytest

from topmast.tables import texts as module
from topmast.tables.texts import Texts


def gathered(*pieces: list[str], expected: int = 0) -> np.ndarray:
    texts = Texts(expected)
    for piece in pieces:
        texts.add(piece)
    return texts.array()


@pytest.mark.parametrize("expected", [0, 3, 5, 100_000])
def test_pieces_of_any_width_become_the_array_that_numpy_makes_of_all(expected):
    chance = random.Random(5)
    pieces = [
        ["x" * chance.randrange(width) + chance.choice(["", "é", "☉", "𝛼"]) for _ in range(count)]
        for width, count in [(3, 5), (20, 700), (4, 1), (1, 0), (60, 2000), (7, 30)]
    ]
    found = gathered(*pieces, expected=expected)
    whole = np.array([text for piece in pieces for text in piece])
    assert found.dtype == whole.dtype
    np.testing.assert_array_equal(found, whole)


def test_a_repeated_text_stands_in_every_row():
    texts = Texts()
    texts.repeat("HST", 3)
    texts.add(["a longer one"])
    texts.repeat("", 2)
    assert texts.array().tolist() == ["HST"] * 3 + ["a longer one", "", ""]


def test_no_texts_are_an_empty_array_of_text():
    found = gathered([])
    assert found.shape == (0,)
    assert found.dtype == np.dtype("<U1")


def test_a_cell_that_is_no_text_is_refused_and_nothing_is_added():
    texts = Texts()
    texts.add(["a"])
    with pytest.raises(TypeError):
        texts.add(["b", 5])
    assert texts.array().tolist() == ["a"]


def test_room_that_was_expected_and_not_needed_is_given_back():
    found = gathered(["abc"] * 10, expected=100_000)
    assert found.base.nbytes < 1000


def test_a_column_that_would_fill_the_memory_is_kept_as_objects(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 4000)
    found = gathered(["short"] * 50, ["x" * 500], ["short"] * 5)
    assert found.dtype == object
    assert found.tolist() == ["short"] * 50 + ["x" * 500] + ["short"] * 5


def test_a_piece_that_is_too_wide_for_once_still_ends_in_a_fixed_width_array(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES_AT_ONCE", 400)
    texts = Texts()
    texts.add(["ab"])
    texts.add(["x" * 200])
    texts.repeat("c", 2)
    found = texts.array()
    assert found.dtype == np.dtype("<U200")
    assert found.tolist() == ["ab", "x" * 200, "c", "c"]
