"""From what was heard about one target, mention by mention, to the judgement of the article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.values import CountryCode, Field, Judgement, Mention, Stance, Voice
from app.inference.aggregation import DIGITS, Aggregation, Floats, Votes, scored
from app.inference.evidence import Place, evidence
from app.inference.salience import Cue, mass


@dataclass(frozen=True, slots=True)
class Testimony:
    """One mention, its stance probabilities before rounding, its sentence, and what it says about salience."""

    mention: Mention
    probabilities: Floats
    place: Place
    cue: Cue


@dataclass(frozen=True, slots=True)
class Judge:
    """A judgement is undecided where its leading stance has a score below `undecided_below`."""

    aggregation: Aggregation
    undecided_below: float

    def judge(
        self,
        testimonies: Sequence[Testimony],
        *,
        name: str,
        salience: float,
        texts: Mapping[Field, str],
        country: CountryCode | None = None,
    ) -> Judgement:
        if not testimonies:
            return _unmentioned(name)
        votes = _votes(testimonies)
        scores = self.aggregation.judge(votes)
        stance = list(Stance)[int(scores.argmax())]
        places = [testimony.place for testimony in testimonies]
        return Judgement(
            name=name,
            salience=round(salience, DIGITS),
            stance=stance if scores.max() >= self.undecided_below else None,
            scores=scored(scores),
            mentions=tuple(testimony.mention for testimony in testimonies),
            evidence=evidence(votes, places, stance=stance, aggregation=self.aggregation, texts=texts),
            country=country,
            author=self.aggregation.judge_voice(votes, by_author=True),
            attributed=self.aggregation.judge_voice(votes, by_author=False),
        )


def _unmentioned(name: str) -> Judgement:
    """A target that the caller named and the article does not: said so, rather than left out."""
    return Judgement(name=name, salience=0.0, stance=None, scores=None, mentions=(), evidence=())


def _votes(testimonies: Sequence[Testimony]) -> Votes:
    cues = [testimony.cue for testimony in testimonies]
    return Votes(
        probabilities=np.stack([testimony.probabilities for testimony in testimonies]),
        weights=np.array([mass(cue) for cue in cues]),
        positions=np.array([0.0 if cue.field is Field.TITLE else cue.position for cue in cues]),
        by_author=np.array([testimony.mention.voice is Voice.AUTHOR for testimony in testimonies], dtype=bool),
    )
