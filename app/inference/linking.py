"""Which country each candidate means, if any: the transformer's word on each span, the names' priors and the rest of the article.

Every candidate has as outcomes its readings and "no country". An outcome's score is the weighted sum of its evidence (see
`outcomes`), and a softmax over a candidate's outcomes gives their probabilities. The weights are fitted on development data
(`training/fit_linking.py`) and stand in config.json under `link`. Pure functions; nothing here knows the encoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np

from app.domain.values import CountryCode, Kind
from app.inference.candidates import Fields, Reading
from app.inference.neighbours import beside
from app.inference.outcomes import (
    KINDS,
    Floats,
    Outcomes,
    context_features,
    local_features,
    outcomes_of,
    softmax_by_owner,
)

__all__ = ["KINDS", "Link", "LinkWeights", "Linker"]

_OF_THE_SPAN = ("kind", "town_kind", "country", "reading", "prior", "town_prior")
FIRST = (*_OF_THE_SPAN, "first_none", "first_town")
SECOND = (*_OF_THE_SPAN, "none", "town", "support", "share", "echo", "adjacency")
"""The weights of the two rounds, in the order of the evidence's columns."""

Weighed = list[tuple[Reading | None, float]]
"""The readings of one candidate (None is no country) with their probabilities."""


@dataclass(frozen=True, slots=True)
class LinkWeights:
    """How much each evidence counts; `first_none` and `first_town` hold for the first round."""

    kind: float = 0.95
    town_kind: float = 0.45
    country: float = 0.4
    reading: float = 0.9
    prior: float = 0.5
    town_prior: float = 1.0
    first_none: float = -0.8
    first_town: float = 1.9
    none: float = -0.6
    town: float = 1.7
    support: float = 0.1
    share: float = 1.35
    echo: float = 0.1
    adjacency: float = 6.0

    @classmethod
    def parse(cls, values: Mapping[str, float]) -> LinkWeights:
        """Raises TypeError for a name that is no weight."""
        return cls(**{name: float(value) for name, value in values.items()})

    def of(self, names: Sequence[str]) -> Floats:
        return np.array([getattr(self, name) for name in names], dtype=np.float64)

    def asdict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Link:
    """What a candidate means. `probability` is that of the country, over all kinds of reading it."""

    country: CountryCode
    kind: Kind
    probability: float


class Linker:
    """Raises KeyError when a candidate has a country that the model's heads do not know."""

    def __init__(self, countries: Sequence[str], weights: LinkWeights) -> None:
        self._columns = {code: column for column, code in enumerate(countries)}
        self._weights = weights

    def link(self, fields: Fields, kind_logits: Floats, country_logits: Floats) -> list[Link | None]:
        """The logits have one row for each candidate, in the order of the fields."""
        outcomes = outcomes_of(fields, self._columns)
        if not outcomes.candidates:
            return []
        probabilities = self.probabilities(outcomes, beside(fields), kind_logits, country_logits)
        return [_decision(weighed) for weighed in _by_candidate(outcomes, probabilities)]

    def most_probable_countries(self, fields: Fields, kind_logits: Floats, country_logits: Floats) -> list[CountryCode]:
        """The country of each candidate if it means one at all: for spans that are known to be mentions."""
        outcomes = outcomes_of(fields, self._columns)
        if not outcomes.candidates:
            return []
        probabilities = self.probabilities(outcomes, beside(fields), kind_logits, country_logits)
        found = _by_candidate(outcomes, np.where(outcomes.is_none, 0.0, probabilities))
        return [max(countries, key=lambda code: countries[code]) for countries in map(_country_totals, found)]

    def probabilities(
        self, outcomes: Outcomes, pairs: Sequence[tuple[int, int]], kind_logits: Floats, country_logits: Floats
    ) -> Floats:
        local = local_features(outcomes, kind_logits, country_logits)
        first = first_round(outcomes, local, self._weights)
        return second_round(outcomes, local, context_features(outcomes, first, pairs), self._weights)


def first_round(outcomes: Outcomes, local: Floats, weights: LinkWeights) -> Floats:
    scores = local @ weights.of(FIRST)
    return softmax_by_owner(scores, outcomes.owner, outcomes.candidates)


def second_round(outcomes: Outcomes, local: Floats, context: Floats, weights: LinkWeights) -> Floats:
    scores = np.column_stack([local, context]) @ weights.of(SECOND)
    return softmax_by_owner(scores, outcomes.owner, outcomes.candidates)


def _by_candidate(outcomes: Outcomes, probabilities: Floats) -> list[Weighed]:
    starts = np.searchsorted(outcomes.owner, np.arange(outcomes.candidates + 1)).tolist()
    weighed = list(zip(outcomes.readings, probabilities.tolist(), strict=True))
    return [weighed[start:end] for start, end in pairwise(starts)]


def _country_totals(weighed: Weighed) -> dict[CountryCode, float]:
    totals: dict[CountryCode, float] = {}
    for reading, probability in weighed:
        if reading is not None:
            totals[reading.country] = totals.get(reading.country, 0.0) + probability
    return totals


def _decision(weighed: Weighed) -> Link | None:
    """The country with the greatest sum over its readings, in its most probable kind, unless none at all is more probable."""
    totals = _country_totals(weighed)
    country = max(totals, key=lambda code: totals[code])
    if totals[country] <= sum(probability for reading, probability in weighed if reading is None):
        return None
    kinds = [
        (probability, reading.kind) for reading, probability in weighed if reading is not None and reading.country == country
    ]
    return Link(country, max(kinds)[1], min(totals[country], 1.0))
