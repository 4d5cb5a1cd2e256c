"""The sentences that drove a judgement: those without which its score would have been lower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.values import Evidence, Field, Mention, Span, Stance
from app.inference.aggregation import DIGITS, Aggregation, Floats, Votes

Indices = npt.NDArray[np.intp]
AT_MOST = 5
# Of the sentences that agree with the judgement, so many of the weightiest are tried out; a book's worth would take seconds.
TRIED = 32
# A text without full stops is one sentence; beyond a long paragraph it is quoted in pieces.
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """The sentence that a mention stands in."""

    field: Field
    sentence: Span


def place_of(mention: Mention, sentence: Span, text: str) -> Place:
    return Place(mention.field, piece_of(mention.span, sentence, text))


def piece_of(mention: Span, sentence: Span, text: str) -> Span:
    """The sentence without the white space around it; of a very long one the piece with the mention."""
    words = text[sentence.start : sentence.end]
    start = sentence.start + len(words) - len(words.lstrip())
    end = sentence.start + len(words.rstrip())
    if end - start > LONGEST:
        start += (mention.start - start) // LONGEST * LONGEST
        end = min(end, max(start + LONGEST, mention.end))
    return Span(start, end)


def evidence(
    votes: Votes, places: Sequence[Place], *, stance: Stance, aggregation: Aggregation, texts: Mapping[Field, str]
) -> tuple[Evidence, ...]:
    """At most five, the one with the greatest influence first. All take the judged stance; one that does not, if none does."""
    column = list(Stance).index(stance)
    own = _by_place(places)
    judged = {place: aggregation.judge(votes.only(indices)) for place, indices in own.items()}
    agreeing = [place for place in own if judged[place].argmax() == column]
    weights = {place: votes.weights[own[place]] @ votes.probabilities[own[place], column] for place in agreeing or own}
    tried = sorted(weights, key=weights.__getitem__, reverse=True)[:TRIED]
    # The lower the judged stance's score is without a sentence, the more that one did for it.
    ranked = sorted(tried, key=lambda place: _judged_without(votes, own[place], column, aggregation))
    return tuple(_evidence(place, judged[place], texts) for place in ranked[: AT_MOST if agreeing else 1])


def _by_place(places: Sequence[Place]) -> dict[Place, Indices]:
    found: dict[Place, list[int]] = {}
    for index, place in enumerate(places):
        found.setdefault(place, []).append(index)
    return {place: np.array(indices, dtype=np.intp) for place, indices in found.items()}


def _judged_without(votes: Votes, indices: Indices, column: int, aggregation: Aggregation) -> float:
    """The judged stance's score when a sentence is left out; 0 when nothing else is left."""
    others = np.delete(np.arange(len(votes)), indices)
    return float(aggregation.judge(votes.only(others))[column]) if len(others) else 0.0


def _evidence(place: Place, scores: Floats, texts: Mapping[Field, str]) -> Evidence:
    best = int(scores.argmax())
    quote = texts[place.field][place.sentence.start : place.sentence.end]
    return Evidence(place.field, place.sentence, quote, list(Stance)[best], round(float(scores[best]), DIGITS))
