"""Whose words a mention stands in."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import Span, Voice
from app.inference.attribution import quotations, voices
from app.inference.passages import sentences

# In each line the words in [brackets] are attributed and the words in <angle brackets> are the author's.
CASES = [
    "<France> is a reliable partner and <Spain> is not.",
    'The minister said: "[France] is a reliable partner." <Spain> was silent.',
    "“[France] is reliable,” she added. <Spain> was silent.",
    "„[Frankreich] is reliable“, and <Spain> is not.",
    "«[France] is reliable», and <Spain> is not.",
    "‘[France] doesn’t care about [Spain],’ wrote the paper, while <Italy>’s press was kind.",
    "He called it “a ‘so-called [French] plan’ for [Spain]” before <Italy> spoke.",
    "“[France] is right.\n\n“[Spain] is wrong.”\n\n<Italy> waits.",
    'An 8" pipe from <France> reached <Spain> yesterday.',
    '<France> sent 5" and 6" pipes to <Spain>.',
    "According to [France], the talks with [Spain] failed.",
    "The talks with [Spain] failed, according to the ministry.",
    "<Russia> said that [Ukraine] had broken the truce.",
    "[Ukraine] had broken the truce, a spokesman for the ministry said.",
    "[Ukraine] had broken the truce, officials in the capital said on Monday.",
    "<Germany> condemned [Belarus] on Monday.",
    "<Germany> praised [France] while condemning [Belarus].",
    "[Belarus] was sharply criticised by the council.",
    "<Germany> did well, but [Belarus] was condemned.",
    "The world must thank <Norway> for its patience.",
    "I believe that <Norway> did well.",
    "We say that <Norway> did well.",
    "The member states of the union, <Norway> among them, met.",
    "It’s <China>’s turn, isn’t it, and not <Japan>’s.",
    "<China> waits. “[Japan] is late",  # never closed
]


def marked(line: str) -> tuple[str, list[Span], list[Voice]]:
    text, spans, expected = "", [], []
    start = 0
    for letter in line:
        if letter in "[<":
            start = len(text)
        elif letter in "]>":
            spans.append(Span(start, len(text)))
            expected.append(Voice.ATTRIBUTED if letter == "]" else Voice.AUTHOR)
        else:
            text += letter
    return text, spans, expected


@pytest.mark.parametrize("line", CASES)
def test_each_mention_has_the_voice_that_speaks_it(line: str) -> None:
    text, spans, expected = marked(line)
    assert voices(text, sentences=sentences(text), spans=spans) == expected


def test_a_quotation_holds_its_marks() -> None:
    text = "He said “yes” twice."
    assert [text[span.start : span.end] for span in quotations(text)] == ["“yes”"]


def test_a_book_of_reporting_verbs_without_a_full_stop_is_read_at_once() -> None:
    text = "he said Germany accused " * 8_000
    spans = [Span(8, 15), Span(len(text) - 16, len(text) - 9)]
    started = time.perf_counter()
    voices(text, sentences=[Span(0, len(text))], spans=spans)
    assert time.perf_counter() - started < 2


@given(st.text(st.sampled_from("ab .\n\"'“”‘’«»„said,"), max_size=120))
def test_any_mix_of_marks_is_read(text: str) -> None:
    spans = [Span(index, index + 1) for index in range(len(text))]
    assert len(voices(text, sentences=sentences(text), spans=spans)) == len(spans)
    assert all(0 <= span.start < span.end <= len(text) for span in quotations(text))
