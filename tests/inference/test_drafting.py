"""What goes to the encoder: the real tokenizer and gazetteer, no inference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import ArticleText, Span
from app.inference.drafting import Draft, Drafter
from app.inference.encoding import TextEncoder, token_range
from app.inference.engine import SpanLogits
from app.inference.model_folder import BUNDLED
from app.inference.passages import sentences
from app.inference.preparation import prepare
from tests.inference.gazetteers import shipped

MAX_TOKENS = 64
ENCODER = TextEncoder(BUNDLED / "standpoint-en" / "tokenizer.json", max_tokens=MAX_TOKENS)
DRAFTER = Drafter(shipped(), ENCODER)
PIECES = [
    "Germany",
    "the Kremlin",
    "U.S.",
    "Côte d’Ivoire",
    "Cote\u0301",
    "😀",
    "👩‍👩‍👧",
    "🇫🇷",
    " ",
    "\n\n",
    ". ",
    "“",
    "”",
    "\u202e",
]
PIECES += ["ישראל", "the talks", "said", "\u0301", "中国", "\x07", "\u200b", "x" * 120, "-", "'s", "PARIS", "Michael Jordan"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text(max_size=80)


def draft(text: str, *, title: str | None = None, targets: tuple[str, ...] = ()) -> Draft:
    return DRAFTER.draft(ArticleText(text, title), language="en", targets=targets)


def quotes(text: str) -> list[str]:
    return [text[span.start : span.end] for span in draft(text).fields[0].spans]


@given(TEXTS, st.none() | TEXTS)
def test_any_text_is_drafted_and_every_row_fits_the_encoder(text: str, title: str | None) -> None:
    found = draft(text, title=title, targets=("Michael Jordan", "the talks"))
    assert sum(len(row.spans) for row in found.rows) == sum(len(field.spans) for field in found.fields)
    for row in found.rows:
        assert len(row) <= MAX_TOKENS
        assert all(1 <= first < last < len(row) and row.marks[first:last].all() for first, last in row.spans)
    assert found.coverage.encoded_characters <= found.coverage.characters == len(text) + len(title or "")
    assert found.coverage.passages == len(found.rows)


@given(TEXTS)
def test_a_span_shows_the_encoder_the_tokens_that_touch_it(text: str) -> None:
    tokens = ENCODER.tokens(text)
    for span in draft(text).fields[0].spans:
        first, last = token_range(tokens, span)
        assert tokens.starts[first] < span.end and tokens.ends[last - 1] > span.start
        assert first == 0 or tokens.ends[first - 1] <= span.start


@given(st.lists(st.sampled_from(["Germany ", "is a friend. ", "The weather was fine. ", "word " * 70]), max_size=30).map("".join))
def test_logits_return_to_the_spans_they_belong_to(text: str) -> None:
    """Each row answers with the first token of each of its spans, which tells the spans apart by their words."""
    tokens, split = ENCODER.tokens(text), sentences(text)
    spans = [Span(int(start), int(end)) for start, end in zip(tokens.starts, tokens.ends, strict=True)]
    if not spans:
        return
    prepared = prepare(spans, countries=len(spans), tokens=tokens, sentences=split, encoder=ENCODER)
    answers = [row.ids[row.spans[:, 0]].astype(np.float32)[:, None] for row in prepared.rows]
    logits = prepared.in_order([SpanLogits(answer, answer, answer) for answer in answers])
    assert logits.stance[:, 0].tolist() == tokens.ids.tolist()


def test_only_passages_with_something_to_judge_are_encoded() -> None:
    found = draft("Germany waited. " + "The weather was fine. " * 40)
    assert found.coverage.passages == 1
    assert found.coverage.encoded_characters < found.coverage.characters / 2


def test_of_a_text_without_any_name_the_encoder_reads_the_first_passage_to_compare_claims_with() -> None:
    (row,) = draft("The weather was fine. " * 100).rows
    assert len(row.spans) == len(row.pairs) == 0


def test_the_title_is_a_passage_of_its_own() -> None:
    assert draft("Germany waited.", title="France acts").coverage.passages == 2


def test_a_target_is_found_and_named_once_though_it_is_given_twice() -> None:
    found = draft("Apple rose.", targets=("Apple", "Apple"))
    assert found.targets == ["Apple"]
    assert len(found.fields[0].named) == 1


@pytest.mark.parametrize("letter", ["a", "😀", "!", "\u0301", "中", "\u200b", "ש", "\n"])
def test_200_000_characters_without_a_space_are_drafted(letter: str) -> None:
    found = draft(letter * 200_000 + " Germany", targets=("Germany",))
    assert [len(field.spans) for field in found.fields] == [2]
    assert all(len(row) <= MAX_TOKENS for row in found.rows)


def test_quotes_are_the_text_though_accents_come_in_two_code_points() -> None:
    assert quotes("😀 Co\u0302te d’Ivoire met Germany’s envoy 👩‍👩‍👧 in Turkey.") == ["Co\u0302te d’Ivoire", "Germany", "Turkey"]
