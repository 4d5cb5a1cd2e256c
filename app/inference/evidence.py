"""The sentences that drove a judgement: those without which it would have been less probable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.values import Evidence, Field, Mention, Span, Stance
from app.inference.aggregation import DIGITS, Aggregation, Floats, Votes

AT_MOST = 5
# A text without full stops is one sentence; beyond a long paragraph the words around the mention are quoted instead.
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """The sentence that a mention stands in."""

    field: Field
    sentence: Span


def place_of(mention: Mention, sentence: Span, text: str) -> Place:
    """The sentence without the white space around it; where it is very long, what of it stands around the mention."""
    words = text[sentence.start : sentence.end]
    start = sentence.start + len(words) - len(words.lstrip())
    end = sentence.start + len(words.rstrip())
    if end - start > LONGEST:
        start, end = max(start, mention.span.start - LONGEST // 2), min(end, mention.span.end + LONGEST // 2)
    return Place(mention.field, Span(start, end))


def evidence(
    votes: Votes, places: Sequence[Place], *, stance: Stance, aggregation: Aggregation, texts: Mapping[Field, str]
) -> tuple[Evidence, ...]:
    """At most five, the one with the greatest influence first; all of them take the judged stance, if any sentence does."""
    own: dict[Place, list[int]] = {}
    for index, place in enumerate(places):
        own.setdefault(place, []).append(index)
    column = list(Stance).index(stance)
    # The lower the judgement of all sentences but one, the more that one did.
    without = {place: _judged_without(votes, indices, column, aggregation) for place, indices in own.items()}
    ranked = sorted(own, key=without.__getitem__)
    found = [_evidence(place, aggregation.judge(votes.only(np.array(own[place]))), texts) for place in ranked]
    agreeing = [sentence for sentence in found if sentence.stance is stance]
    return tuple((agreeing or found[:1])[:AT_MOST])


def _judged_without(votes: Votes, indices: Sequence[int], column: int, aggregation: Aggregation) -> float:
    """The judged stance's probability when a sentence is left out; 0 when nothing else is left."""
    others = np.delete(np.arange(len(votes)), indices)
    return float(aggregation.judge(votes.only(others))[column]) if len(others) else 0.0


def _evidence(place: Place, probabilities: Floats, texts: Mapping[Field, str]) -> Evidence:
    best = int(probabilities.argmax())
    quote = texts[place.field][place.sentence.start : place.sentence.end]
    return Evidence(place.field, place.sentence, quote, list(Stance)[best], round(float(probabilities[best]), DIGITS))
