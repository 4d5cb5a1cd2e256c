"""The gate compares whole numbers, and never needs a passage that is not there."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.inference.claims.gate import meant, passing
from app.inference.engine import WIDTH


def unit(*values: float) -> bytes:
    """A vector with these first numbers and zeros behind, of length 127."""
    vector = np.zeros(WIDTH)
    vector[: len(values)] = values
    return np.rint(vector / np.linalg.norm(vector) * 127).astype(np.int8).tobytes()


def test_an_article_passes_by_its_most_alike_passage() -> None:
    claim = unit(1)
    assert passing(claim, [unit(0, 1) + unit(1), unit(0, 1) + unit(0, 0, 1)], least=0.5) == [True, False]


def test_an_article_without_a_passage_never_passes() -> None:
    assert passing(unit(1), [b"", unit(1), b""], least=-1.0) == [False, True, False]


def test_of_no_articles_none_passes() -> None:
    assert passing(unit(1), [], least=0.0) == []


@given(
    st.lists(st.lists(st.lists(st.integers(-127, 127), min_size=WIDTH, max_size=WIDTH), max_size=3), max_size=5),
    st.lists(st.integers(-127, 127), min_size=WIDTH, max_size=WIDTH),
    st.floats(-1, 1),
)
def test_the_gate_says_what_plain_python_says(articles: list[list[list[int]]], claim: list[int], least: float) -> None:
    def alike(passage: list[int]) -> bool:
        product = float(np.float32(sum(a * b for a, b in zip(passage, claim, strict=True))) / np.float32(127 * 127))
        return product >= least

    def packed(vectors: list[list[int]]) -> bytes:
        return np.array(vectors, dtype=np.int8).tobytes()

    found = passing(packed([claim]), [packed(passages) for passages in articles], least=least)
    assert found == [any(map(alike, passages)) for passages in articles]


def test_many_claims_are_compared_at_once() -> None:
    articles = [unit(1), b"", unit(0, 1) + unit(1, 1)]
    assert meant(articles, unit(1) + unit(0, 1) + unit(0, 0, 1), least=0.5) == [[0], [], [0, 1]]
