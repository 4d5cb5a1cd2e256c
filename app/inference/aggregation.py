"""From the mentions of one target to one judgement. The rule is named in config.json, and so part of the model's version.

Every mention votes with its stance probabilities. Its weight is what it adds to the target's salience (kind, place in the
article, probability of the link), less the more neutral it is: a country praised once and named ten times in passing is
favoured, not ignored.

    mean                every mention alike
    salience-weighted   the weighted mean
    lead-weighted       the weighted mean; the title and what stands early weigh still more
    strongest           the mean of the few mentions with the heaviest votes that are not neutral
    author-voice        the weighted mean of what the author says; of all where the author says nothing
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.values import Scores, Stance

Floats = npt.NDArray[np.float64]
NEUTRAL = list(Stance).index(Stance.NEUTRAL)
# Four digits are more than the calibration resolves, and fewer than rounding in the encoder's batches could change.
DIGITS = 4
TRACE = 1e-9


@dataclass(frozen=True, slots=True)
class Votes:
    """The mentions of one target: stance probabilities [N, 3], salience weights [N], positions [N] (0 the title or the first
    word, 1 the end) and voices [N].
    """

    probabilities: Floats
    weights: Floats
    positions: Floats
    by_author: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.weights)

    def only(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Votes:
        return Votes(self.probabilities[chosen], self.weights[chosen], self.positions[chosen], self.by_author[chosen])


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """The rule and its numbers. Raises KeyError for a rule that does not exist, TypeError for a number that none of them has."""

    rule: str = "salience-weighted"
    neutral_discount: float = 0.5
    lead: float = 3.0
    strongest: int = 3

    def __post_init__(self) -> None:
        RULES[self.rule]

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Aggregation:
        return cls(**values)

    def judge(self, votes: Votes) -> Floats:
        """Scores: means of probabilities, but themselves not calibrated (docs/decisions/0015)."""
        return RULES[self.rule](votes, self)

    def judge_voice(self, votes: Votes, *, by_author: bool) -> Scores | None:
        own = votes.only(votes.by_author == by_author)
        return scored(self.judge(own)) if len(own) else None


def _mean(votes: Votes, aggregation: Aggregation) -> Floats:
    mean: Floats = votes.probabilities.mean(axis=0)
    return mean


def _salience_weighted(votes: Votes, aggregation: Aggregation) -> Floats:
    return _weighted_mean(votes.probabilities, _discounted(votes, aggregation))


def _lead_weighted(votes: Votes, aggregation: Aggregation) -> Floats:
    early = 1.0 + (aggregation.lead - 1.0) * (1.0 - votes.positions)
    return _weighted_mean(votes.probabilities, early * _discounted(votes, aggregation))


def _strongest(votes: Votes, aggregation: Aggregation) -> Floats:
    strength = votes.weights * (1.0 - votes.probabilities[:, NEUTRAL])
    return _mean(votes.only(np.argsort(-strength, kind="stable")[: aggregation.strongest]), aggregation)


def _author_voice(votes: Votes, aggregation: Aggregation) -> Floats:
    return _salience_weighted(votes.only(votes.by_author) if votes.by_author.any() else votes, aggregation)


RULES: Mapping[str, Callable[[Votes, Aggregation], Floats]] = {
    "mean": _mean,
    "salience-weighted": _salience_weighted,
    "lead-weighted": _lead_weighted,
    "strongest": _strongest,
    "author-voice": _author_voice,
}


def scored(scores: Floats) -> Scores:
    return Scores(*rounded(scores))


def rounded(values: Floats) -> Iterator[float]:
    return (round(float(value), DIGITS) for value in values)


def _discounted(votes: Votes, aggregation: Aggregation) -> Floats:
    # A vote that is wholly neutral keeps a trace of weight: a target with none but such votes is neutral.
    return votes.weights * (1.0 - aggregation.neutral_discount * votes.probabilities[:, NEUTRAL]) + TRACE


def _weighted_mean(probabilities: Floats, weights: Floats) -> Floats:
    mean: Floats = weights @ probabilities / weights.sum()
    return mean
