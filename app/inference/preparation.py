"""From a text and its spans to the encoder's rows, and from the rows' logits back to the spans."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from app.domain.values import Span
from app.inference.encoding import Row, TextEncoder, Tokens
from app.inference.engine import SpanLogits
from app.inference.passages import Passage, passages


@dataclass(frozen=True, slots=True)
class Prepared:
    """`order` are the numbers of the spans as the rows have them, `pairs` those between which a relation is possible;
    `shown` are the parts of the text that the rows stand for, which do not overlap."""

    rows: list[Row]
    order: list[int]
    pairs: list[tuple[int, int]]
    shown: list[Span]

    def in_order(self, outputs: Sequence[SpanLogits]) -> SpanLogits:
        """The logits of the rows as those of the spans that were given; relations stay in the order of the pairs."""
        joined, places = SpanLogits.join(outputs), np.argsort(self.order)
        of_spans = {name: getattr(joined, name) for name in ("stance", "kind", "country", "topic")}
        return replace(joined, **{name: logits[places] for name, logits in of_spans.items() if len(logits)})


def prepare(
    spans: Sequence[Span], *, countries: int, tokens: Tokens, sentences: Sequence[Span], encoder: TextEncoder
) -> Prepared:
    """Only passages with a span become rows; a span stands in the one that shows the most around it. All must be judgeable.

    The first `countries` of the spans may be countries, and two of them in one sentence a pair.
    """
    found = passages(tokens.starts.tolist(), sentences, budget=encoder.budget, unbroken=spans)
    rows, order, pairs, shown = [], [], [], []
    for passage, numbers in _by_passage(found, spans):
        own = _pairs(numbers, spans[:countries], sentences)
        rows.append(encoder.row(tokens, passage, [spans[number] for number in numbers], own))
        order += numbers
        pairs += [(numbers[a], numbers[b]) for a, b in own]
        shown.append(passage.span)
    return Prepared(rows, order, pairs, shown)


def lead(*, tokens: Tokens, sentences: Sequence[Span], encoder: TextEncoder) -> Prepared:
    """The first passage of a text without anything to judge, to compare claims with. No rows for a text without words."""
    first = passages(tokens.starts.tolist(), sentences, budget=encoder.budget)[:1]
    found = [passage for passage in first if passage.first < passage.last]
    return Prepared([encoder.row(tokens, passage, ()) for passage in found], [], [], [passage.span for passage in found])


def _pairs(numbers: Sequence[int], countries: Sequence[Span], sentences: Sequence[Span]) -> list[tuple[int, int]]:
    """Places in `numbers` of two that stand in one sentence and do not overlap."""
    starts = [sentence.start for sentence in sentences]
    among = [(place, countries[number]) for place, number in enumerate(numbers) if number < len(countries)]
    return [
        (a, b)
        for (a, first), (b, second) in combinations(among, 2)
        if bisect_right(starts, first.start) == bisect_right(starts, second.start)
        and (first.end <= second.start or second.end <= first.start)
    ]


def _by_passage(found: Sequence[Passage], spans: Sequence[Span]) -> list[tuple[Passage, list[int]]]:
    starts = [passage.span.start for passage in found]
    held: dict[int, list[int]] = {}
    for number, span in enumerate(spans):
        held.setdefault(bisect_right(starts, span.start) - 1, []).append(number)
    return [(found[index], numbers) for index, numbers in sorted(held.items())]
