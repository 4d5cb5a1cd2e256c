"""What a sequence-pair classifier is asked: a sentence, and the name of the country or target. Links come from priors alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.values import CountryCode, Span
from app.inference.drafting import Draft, DraftField
from app.inference.engine import SpanLogits
from app.inference.evidence import piece_of
from app.inference.gazetteer import Gazetteer
from app.inference.linking import Link, Linker
from app.inference.outcomes import KINDS
from app.inference.reading import Heard


@dataclass(frozen=True, slots=True)
class Context:
    """A sentence, or a piece of a very long one, with the place of a mention in it."""

    text: str
    mention: Span


@dataclass(frozen=True, slots=True)
class Pair:
    context: Context
    name: str


@dataclass(frozen=True, slots=True)
class Question:
    """The pair of one span: number `span` of field number `field` of a draft. `piece` is its context in the field."""

    field: int
    span: int
    piece: Span
    pair: Pair


class Asker:
    """`countries` are those of the linker, so that zeros in their place leave each link to names and the rest of the article."""

    def __init__(self, gazetteer: Gazetteer, linker: Linker, *, countries: Sequence[CountryCode]) -> None:
        self._gazetteer, self._linker, self._countries = gazetteer, linker, len(countries)

    def questions(self, draft: Draft) -> list[Question]:
        """One for each span that means a country or a target."""
        links = iter(self._links(draft))
        return [
            question
            for number, field in enumerate(draft.fields)
            for question in _questions(number, field, self._names(draft, field, links))
        ]

    def heard(self, draft: Draft, questions: Sequence[Question], answers: Sequence[Sequence[float]]) -> list[Heard]:
        """The answers as the logits of all spans; what was not asked about means no country and is never looked at."""
        stances = [np.zeros((len(field.spans), 3), dtype=np.float32) for field in draft.fields]
        for question, answer in zip(questions, answers, strict=True):
            stances[question.field][question.span] = answer
        return [
            Heard(field, SpanLogits(stance, *self._silence(len(stance))))
            for field, stance in zip(draft.fields, stances, strict=True)
            if len(stance)
        ]

    def _links(self, draft: Draft) -> list[Link | None]:
        count = sum(len(field.candidates) for field in draft.fields)
        kinds, countries = (zeros.astype(np.float64) for zeros in self._silence(count))
        return self._linker.link([(field.text, field.candidates) for field in draft.fields], kinds, countries)

    def _silence(self, spans: int) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float32]], ...]:
        return np.zeros((spans, len(KINDS)), dtype=np.float32), np.zeros((spans, self._countries), dtype=np.float32)

    def _names(self, draft: Draft, field: DraftField, links: Iterator[Link | None]) -> list[str | None]:
        """What each of the field's spans is asked about."""
        found = [next(links) for _ in field.candidates]
        return [
            *(self._gazetteer.name(link.country) if link else None for link in found),
            *(draft.targets[named.target] for named in field.named),
        ]


def _questions(number: int, field: DraftField, names: Sequence[str | None]) -> Iterator[Question]:
    starts = [sentence.start for sentence in field.sentences]
    for index, (span, name) in enumerate(zip(field.spans, names, strict=True)):
        if name is not None:
            piece = piece_of(span, field.sentences[bisect_right(starts, span.start) - 1], field.text)
            mention = Span(span.start - piece.start, max(span.end - piece.start, span.start - piece.start + 1))
            yield Question(number, index, piece, Pair(Context(field.text[piece.start : piece.end], mention), name))
