"""From a text and its spans to the encoder's rows, and from the rows' logits back to the spans."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.values import Span
from app.inference.encoding import Row, TextEncoder, Tokens
from app.inference.engine import SpanLogits
from app.inference.passages import Passage, passages


@dataclass(frozen=True, slots=True)
class Prepared:
    """`order` are the numbers of the spans as the rows have them; `characters` is how much of the text the rows cover."""

    rows: list[Row]
    order: list[int]
    characters: int

    def in_order(self, outputs: Sequence[SpanLogits]) -> SpanLogits:
        """The logits of the rows as those of the spans that were given."""
        joined, places = SpanLogits.join(outputs), np.argsort(self.order)
        return SpanLogits(joined.stance[places], joined.kind[places], joined.country[places])


def prepare(spans: Sequence[Span], *, tokens: Tokens, sentences: Sequence[Span], encoder: TextEncoder) -> Prepared:
    """Only passages with a span become rows; a span stands in the one that shows the most around it. All must be judgeable."""
    found = passages(tokens.starts.tolist(), sentences, budget=encoder.budget, unbroken=spans)
    rows, order, characters = [], [], 0
    for passage, numbers in _by_passage(found, spans):
        rows.append(encoder.row(tokens, passage, [spans[number] for number in numbers]))
        order += numbers
        characters += passage.span.end - passage.span.start
    return Prepared(rows, order, characters)


def _by_passage(found: Sequence[Passage], spans: Sequence[Span]) -> list[tuple[Passage, list[int]]]:
    starts = [passage.span.start for passage in found]
    held: dict[int, list[int]] = {}
    for number, span in enumerate(spans):
        held.setdefault(bisect_right(starts, span.start) - 1, []).append(number)
    return [(found[index], numbers) for index, numbers in sorted(held.items())]
