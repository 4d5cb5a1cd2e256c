"""From the logits of the passages that were read to what the article says of a claim."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.domain.claims import ClaimEvidence, ClaimProbabilities, ClaimStance, ClaimVerdict
from app.domain.values import ArticleText
from app.inference.aggregation import DIGITS, rounded
from app.inference.calibration import Floats, Scaling, scaled
from app.inference.claims.encoding import Bag
from app.inference.engine import Floats as Logits
from app.inference.pooling import Pooled, pooled, quoted
from app.inference.selection import Piece

CLAIMS = slice(0, 4)
SAYS = 7


SURE = 0.9
"""Probability of `unrelated` in the best passage alone from which on no other is read, and"""

SHARED = 0.4
"""the part of the claim's words that this passage must have for it. Where the words of a claim stand, it is known to be meant or
not; a passage that was chosen for few words says little of the others."""


def surely_unrelated(bag: Bag, logits: Logits, scaling: Scaling) -> bool:
    """`logits` [8] are those of the best passage."""
    unrelated = list(ClaimStance).index(ClaimStance.UNRELATED)
    return bag.shared >= SHARED and bool(scaled(logits[CLAIMS], scaling)[unrelated] >= SURE)


def heard(logits: Sequence[Logits], scaling: Scaling) -> Pooled:
    """The mean of the passages' logits by their weights is what was trained against the label of the article."""
    rows = np.stack(logits).astype(np.float64)
    return pooled(rows[:, CLAIMS], rows[:, SAYS], scaling)


def verdict(bag: Bag, logits: Sequence[Logits], text: ArticleText, *, model: str, scaling: Scaling) -> ClaimVerdict:
    if not bag.rows:
        return ClaimVerdict(model, ClaimStance.UNRELATED, ClaimProbabilities(0.0, 0.0, 0.0, 1.0), (), 0)
    found = heard(logits, scaling)
    probabilities = ClaimProbabilities(*rounded(found.whole))
    stance = list(ClaimStance)[int(found.whole.argmax())]
    shown = [] if stance is ClaimStance.UNRELATED else found.deciding()
    evidence = tuple(_evidence(bag.pieces[number], found.each[number], text) for number in shown)
    return ClaimVerdict(model, stance, probabilities, evidence, len(bag.rows))


def _evidence(piece: Piece, probabilities: Floats, text: ArticleText) -> ClaimEvidence:
    best = int(probabilities.argmax())
    span, quote = quoted(piece, text)
    return ClaimEvidence(piece.field, span, quote, list(ClaimStance)[best], round(float(probabilities[best]), DIGITS))
