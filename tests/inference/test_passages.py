"""Passages cover a text, fit the encoder, and hold every mention once."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import Span
from app.inference.passages import Passage, passages, sentences

TEXTS = st.text(st.sampled_from("ab .!?\n\t'“”é\u0301😀👍🏽هש中"), max_size=300) | st.text(max_size=100)


def word_starts(text: str) -> list[int]:
    """A tokenizer of a kind: every character that is no space is a token."""
    return [index for index, letter in enumerate(text) if not letter.isspace()]


def cut(text: str, *, budget: int, unbroken: tuple[Span, ...] = ()) -> list[Passage]:
    return passages(word_starts(text), sentences(text), budget=budget, unbroken=unbroken)


@given(TEXTS)
def test_sentences_tile_any_text(text: str) -> None:
    assert "".join(text[span.start : span.end] for span in sentences(text)) == text


@given(TEXTS, st.integers(8, 40))
def test_passages_tile_any_text_and_none_is_longer_than_the_budget(text: str, budget: int) -> None:
    found = cut(text, budget=budget)
    assert "".join(text[passage.span.start : passage.span.end] for passage in found) == text
    assert all(passage.last - passage.first <= budget for passage in found)


@given(TEXTS, st.integers(8, 40))
def test_every_token_is_shown_by_the_passage_that_speaks_for_it(text: str, budget: int) -> None:
    starts = word_starts(text)
    for passage in cut(text, budget=budget):
        own = {index for index, start in enumerate(starts) if passage.span.start <= start < passage.span.end}
        assert own <= set(range(passage.first, passage.last))


@given(TEXTS, st.integers(8, 40), st.integers(0, 290), st.integers(1, 8))
def test_a_name_that_crosses_sentences_is_not_torn_apart(text: str, budget: int, start: int, length: int) -> None:
    if start + length > len(text):
        return
    name = Span(start, start + length)
    holder = next(p for p in cut(text, budget=budget, unbroken=(name,)) if p.span.start <= start < p.span.end)
    tokens = {index for index, at in enumerate(word_starts(text)) if name.start <= at < name.end}
    # In an overlong sentence an eighth of a window lies beyond the cut; a longer name would be shown in part.
    reach = int(budget * 0.25) // 2
    assert len(tokens - set(range(holder.first, holder.last))) <= max(0, len(tokens) - reach)


def test_neighbouring_sentences_share_a_passage_as_long_as_they_fit() -> None:
    text = "One two. Three four. Five six. Seven eight."
    assert [text[p.span.start : p.span.end] for p in cut(text, budget=18)] == [
        "One two. Three four. ",
        "Five six. ",
        "Seven eight.",
    ]


def test_an_overlong_sentence_is_cut_into_windows_that_overlap() -> None:
    text = "a" * 100
    found = cut(text, budget=40)
    assert all(before.last > behind.first for before, behind in pairwise(found))
    assert [passage.last - passage.first for passage in found[:-1]] == [40] * (len(found) - 1)
    assert all(passage.last >= min(100, passage.span.end + 4) for passage in found)


def test_white_space_alone_is_one_passage_without_tokens() -> None:
    assert cut(" \n\n \t", budget=10) == [Passage(Span(0, 5), 0, 0)]


def test_no_text_has_no_passage() -> None:
    assert cut("", budget=10) == []
