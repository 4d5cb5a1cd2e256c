"""Annotators that take no time."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.values import (
    Annotation,
    ArticleText,
    CountryCode,
    Coverage,
    Evidence,
    Field,
    Judgement,
    Kind,
    Mention,
    Probabilities,
    Relation,
    Scores,
    Span,
    Stance,
)

QUOTE = "Germany praised France for its patience on Monday."


class Instant:
    """Says nothing."""

    version = "instant@000000000000"
    languages = frozenset({"en"})

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        return Annotation(self.version, "en", Coverage(len(text.body), len(text.body), 1), ())

    def healthy(self) -> bool:
        return True


class Telling(Instant):
    """Says of every article what one of two short passages says: two countries, a relation, and vectors for claims."""

    version = "telling@000000000000"

    async def annotate(
        self, text: ArticleText, *, language: str | None = None, targets: Sequence[str] = (), bulk: bool = False
    ) -> Annotation:
        coverage = Coverage(len(text.body), len(text.body), 2)
        return Annotation(self.version, "en", coverage, _COUNTRIES, relations=_RELATIONS, vectors=_VECTORS)


def _judged(code: str, name: str, stance: Stance, scores: tuple[float, float, float]) -> Judgement:
    span = Span(QUOTE.index(name), QUOTE.index(name) + len(name))
    mention = Mention(Field.TEXT, span, name, Kind.NAME, 0.99, stance, Probabilities(*scores))
    whole = Scores(*scores)
    return Judgement(name, 0.5, stance, whole, (mention,), (_said(stance, max(scores)),), CountryCode(code), author=whole)


def _said(stance: Stance, score: float) -> Evidence:
    return Evidence(Field.TEXT, Span(0, len(QUOTE)), QUOTE, stance, score)


_COUNTRIES = (
    _judged("FR", "France", Stance.FAVOR, (0.8, 0.15, 0.05)),
    _judged("DE", "Germany", Stance.NEUTRAL, (0.1, 0.85, 0.05)),
)
_RELATIONS = (Relation(CountryCode("DE"), CountryCode("FR"), Stance.FAVOR, 0.9, _said(Stance.FAVOR, 0.9)),)
_VECTORS = bytes(range(128))
