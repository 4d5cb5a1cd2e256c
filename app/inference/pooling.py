"""From the passages of a text to the whole of it: a weighted mean of their logits, and which of them decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.domain.values import ArticleText, Field, Span
from app.inference.calibration import Floats, Scaling, scaled
from app.inference.selection import Piece

QUOTED = 2
"""Passages of evidence at most; of the few that are read, hardly ever all decide."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Of the passages of one text: their weights [K], which sum to one, their probabilities [K, C], and the whole's [C]."""

    weights: Floats
    each: Floats
    whole: Floats

    def deciding(self) -> list[int]:
        """Numbers of the passages that lead to the answer, the weightiest first; the weightiest of all if none leads there."""
        leading = int(self.whole.argmax())
        strength = self.weights * self.each[:, leading]
        order = [int(number) for number in np.argsort(-strength, kind="stable")]
        return [number for number in order if self.each[number].argmax() == leading][:QUOTED] or order[:1]


def pooled(logits: Floats, says: Floats, scaling: Scaling) -> Pooled:
    """Logits [K, C], whose mean is weighed by the softmax of `says` [K]: how much each passage has to say."""
    weights = scaled(says, Scaling(bias=(0.0,) * len(says)))
    return Pooled(weights, scaled(logits, scaling), scaled(weights @ logits, scaling))


def quoted(piece: Piece, text: ArticleText) -> tuple[Span, str]:
    """The passage without the white space around it."""
    whole = (text.title or "") if piece.field is Field.TITLE else text.body
    words = whole[piece.span.start : piece.span.end]
    start = piece.span.start + len(words) - len(words.lstrip())
    span = Span(start, start + len(words.strip()))
    return span, whole[span.start : span.end]
