"""Which passages are read for a claim."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import Field, Span
from app.inference.selection import Piece, overlaps, selected


def piece(*ids: int) -> Piece:
    return Piece(Field.TEXT, Span(0, 1), np.array(ids, dtype=np.int64))


def test_the_first_passage_is_read_and_those_that_share_most_telling_words() -> None:
    claim = np.array([1996, 9000, 20000])
    found = [piece(1996), piece(1996), piece(9000), piece(1996), piece(9000, 20000)]
    assert selected(claim, found, count=3) == [0, 2, 4]


def test_the_most_frequent_words_tell_nothing() -> None:
    the, coup = 1996, 8648
    assert overlaps(np.array([the, coup]), [np.array([the]), np.array([coup])]).tolist() == [0.0, 1.0]


def test_a_text_without_passages_is_not_read() -> None:
    assert selected(np.array([9000]), []) == []


@given(st.lists(st.lists(st.integers(1000, 30000), min_size=1, max_size=9), min_size=1, max_size=8), st.integers(1, 4))
def test_what_is_read_is_in_the_order_of_the_text_and_no_more_than_asked(texts: list[list[int]], count: int) -> None:
    found = selected(np.array([9000, 12000]), [piece(*ids) for ids in texts], count=count)
    assert found == sorted(set(found))
    assert 0 in found
    assert len(found) == min(count, len(texts))
