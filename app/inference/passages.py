"""Passages: windows of a text that fit the encoder. Together they cover the text; nothing is cut off.

Sentences are put together as long as they fit. One that does not fit alone is cut between tokens into windows that overlap,
and every window speaks for its own half of each overlap, so that a mention is judged once, where it has the most context.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sentencex import get_sentence_boundaries

from app.domain.values import Span

# A quarter of a window on either side of a cut: a mention beside the cut still sees half a usual sentence beyond it.
OVERLAP = 0.25


@dataclass(frozen=True, slots=True)
class Passage:
    """`span` is the part of the text it speaks for; these tile the text. It shows the encoder tokens `first` to `last`."""

    span: Span
    first: int
    last: int


def sentences(text: str) -> list[Span]:
    """Spans that tile the text; each holds the white space behind it."""
    starts = sorted({0, *(int(found["start_index"]) for found in get_sentence_boundaries("en", text))})
    return [Span(start, end) for start, end in zip(starts, [*starts[1:], len(text)], strict=True) if start < end]


def passages(
    token_starts: Sequence[int], sentence_spans: Sequence[Span], *, budget: int, unbroken: Iterable[Span] = ()
) -> list[Passage]:
    """No passage has more than `budget` tokens. `token_starts` are the offsets of the text's tokens in order; spans of `unbroken`
    keep the sentences together into which they reach.
    """
    found: list[Passage] = []
    for first, last, span in _fitting(list(_units(token_starts, sentence_spans, unbroken)), budget):
        if last - first <= budget:
            found.append(Passage(span, first, last))
        else:
            found.extend(_windows(token_starts, first, last, span, budget))
    return found


def covered(parts: Iterable[tuple[object, Span]]) -> int:
    """Code points in spans of several texts, each counted once however many spans hold it; first of each the text's key."""
    characters = 0
    reach: dict[object, int] = {}
    for text, part in sorted(parts, key=lambda one: one[1]):
        characters += max(0, part.end - max(part.start, reach.get(text, 0)))
        reach[text] = max(part.end, reach.get(text, 0))
    return characters


def _units(token_starts: Sequence[int], spans: Sequence[Span], unbroken: Iterable[Span]) -> Iterator[tuple[int, int, Span]]:
    """Sentences with their token ranges; joined where a mention runs across their border ("Washington, D.C. Metro")."""
    for span in _joined(spans, unbroken):
        yield bisect_left(token_starts, span.start), bisect_left(token_starts, span.end), span


def _joined(spans: Sequence[Span], unbroken: Iterable[Span]) -> Iterator[Span]:
    inside = sorted(unbroken)
    position, start, reach = 0, 0, 0
    for span in spans:
        while position < len(inside) and inside[position].start < span.end:
            reach = max(reach, inside[position].end)
            position += 1
        if reach <= span.end or span is spans[-1]:
            yield Span(start, span.end)
            start = span.end


def _fitting(units: Sequence[tuple[int, int, Span]], budget: int) -> Iterator[tuple[int, int, Span]]:
    """Neighbouring units put together as long as they fit."""
    if not units:
        return
    first, last, span = units[0]
    for unit_first, unit_last, unit_span in units[1:]:
        if unit_last - first > budget:
            yield first, last, span
            first, span = unit_first, unit_span
        last, span = unit_last, Span(span.start, unit_span.end)
    yield first, last, span


def _windows(token_starts: Sequence[int], first: int, last: int, span: Span, budget: int) -> Iterator[Passage]:
    overlap = int(budget * OVERLAP)
    start = span.start
    while last - first > budget:
        cut = token_starts[first + budget - overlap // 2]
        yield Passage(Span(start, cut), first, first + budget)
        first, start = first + budget - overlap, cut
    yield Passage(Span(start, span.end), first, last)
