"""Which country takes which side toward which other: from the logits of two mentions in a sentence to the article's relations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from app.domain.values import CountryCode, Evidence, Relation, Span, Stance
from app.inference.aggregation import DIGITS
from app.inference.calibration import Scaling, scaled
from app.inference.drafting import DraftField
from app.inference.engine import Floats
from app.inference.evidence import piece_of

CLASSES = ("none", "a favors b", "a opposes b", "b favors a", "b opposes a")
"""In the order of the model's outputs; `a` is the mention that stands first."""

LEAST = 0.5
"""Below a half a relation would be wrong more often than right."""


def strongest(found: Iterable[Relation]) -> tuple[Relation, ...]:
    """One for each ordered pair and stance, the one with the greatest probability; these first."""
    best: dict[tuple[CountryCode, CountryCode, Stance], Relation] = {}
    for relation in found:
        key = relation.source, relation.target, relation.stance
        if key not in best or relation.probability > best[key].probability:
            best[key] = relation
    return tuple(sorted(best.values(), key=lambda r: (-r.probability, r.source, r.target, r.stance)))


def relations(field: DraftField, countries: Sequence[CountryCode | None], logits: Floats, scaling: Scaling) -> Iterator[Relation]:
    """`countries` are what the field's candidates are linked to, and `logits` [P, 5] those of its pairs."""
    for (a, b), probabilities in zip(field.prepared.pairs, scaled(logits, scaling), strict=True):
        first, second, best = countries[a], countries[b], int(probabilities.argmax())
        if first is None or second is None or first == second or best == 0 or probabilities[best] < LEAST:
            continue
        source, target = (first, second) if best < 3 else (second, first)
        stance = Stance.FAVOR if best in (1, 3) else Stance.AGAINST
        probability = round(float(probabilities[best]), DIGITS)
        yield Relation(source, target, stance, probability, _evidence(field, field.candidates[a].span, stance, probability))


def _evidence(field: DraftField, mention: Span, stance: Stance, probability: float) -> Evidence:
    starts = [sentence.start for sentence in field.sentences]
    span = piece_of(mention, field.sentences[bisect_right(starts, mention.start) - 1], field.text)
    return Evidence(field.field, span, field.text[span.start : span.end], stance, probability)
