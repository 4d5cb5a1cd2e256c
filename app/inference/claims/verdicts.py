"""From the logits of the passages that were read to what the article says of a claim or a topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.claims import ClaimEvidence, ClaimProbabilities, ClaimStance, ClaimVerdict
from app.domain.values import ArticleText, Evidence, Field, Judgement, Scores, Span, Stance
from app.inference.aggregation import DIGITS, rounded
from app.inference.calibration import Floats, Scaling, scaled
from app.inference.claims.encoding import Bag
from app.inference.claims.selection import Piece
from app.inference.engine import Floats as Logits

CLAIMS, TOPICS = slice(0, 4), slice(4, 7)
SAYS = 7
QUOTED = 2
"""Passages of evidence at most; of three that are read, hardly ever all decide."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Of the passages of one bag: their weights [K], which sum to one, their probabilities [K, C], and the whole's [C]."""

    weights: Floats
    each: Floats
    whole: Floats

    def deciding(self) -> list[int]:
        """Numbers of the passages that lead to the answer, the weightiest first; the weightiest of all if none leads there."""
        leading = int(self.whole.argmax())
        strength = self.weights * self.each[:, leading]
        order = [int(number) for number in np.argsort(-strength, kind="stable")]
        return [number for number in order if self.each[number].argmax() == leading][:QUOTED] or order[:1]


def heard(logits: Sequence[Logits], part: slice, scaling: Scaling) -> Heard:
    """The mean of the passages' logits by their weights is what was trained against the label of the article."""
    rows = np.stack(logits).astype(np.float64)
    weights = scaled(rows[:, SAYS], Scaling(bias=(0.0,) * len(rows)))
    return Heard(weights, scaled(rows[:, part], scaling), scaled(weights @ rows[:, part], scaling))


def verdict(bag: Bag, logits: Sequence[Logits], text: ArticleText, *, model: str, scaling: Scaling) -> ClaimVerdict:
    if not bag.rows:
        return ClaimVerdict(model, ClaimStance.UNRELATED, ClaimProbabilities(0.0, 0.0, 0.0, 1.0), (), 0)
    found = heard(logits, CLAIMS, scaling)
    probabilities = ClaimProbabilities(*rounded(found.whole))
    stance = list(ClaimStance)[int(found.whole.argmax())]
    shown = [] if stance is ClaimStance.UNRELATED else found.deciding()
    evidence = tuple(_claim_evidence(bag.pieces[number], found.each[number], text) for number in shown)
    return ClaimVerdict(model, stance, probabilities, evidence, len(bag.rows))


def judgement(name: str, bag: Bag, logits: Sequence[Logits], text: ArticleText, *, scaling: Scaling, least: float) -> Judgement:
    """The stance toward a topic that the text need not name; undecided below `least`. `bag` has rows."""
    found = heard(logits, TOPICS, scaling)
    stance = list(Stance)[int(found.whole.argmax())]
    evidence = tuple(_topic_evidence(bag.pieces[number], found.each[number], text) for number in found.deciding())
    return Judgement(
        name=name,
        salience=0.0,
        stance=stance if found.whole.max() >= least else None,
        scores=Scores(*rounded(found.whole)),
        mentions=(),
        evidence=evidence,
    )


def _claim_evidence(piece: Piece, probabilities: Floats, text: ArticleText) -> ClaimEvidence:
    best = int(probabilities.argmax())
    span, quote = _quoted(piece, text)
    return ClaimEvidence(piece.field, span, quote, list(ClaimStance)[best], round(float(probabilities[best]), DIGITS))


def _topic_evidence(piece: Piece, probabilities: Floats, text: ArticleText) -> Evidence:
    best = int(probabilities.argmax())
    span, quote = _quoted(piece, text)
    return Evidence(piece.field, span, quote, list(Stance)[best], round(float(probabilities[best]), DIGITS))


def _quoted(piece: Piece, text: ArticleText) -> tuple[Span, str]:
    """The passage without the white space around it."""
    whole = (text.title or "") if piece.field is Field.TITLE else text.body
    words = whole[piece.span.start : piece.span.end]
    start = piece.span.start + len(words) - len(words.lstrip())
    span = Span(start, start + len(words.strip()))
    return span, whole[span.start : span.end]
