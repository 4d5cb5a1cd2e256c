"""What is known about every way to read every candidate of an article, as parallel arrays: the evidence that linking weighs.

    kind       log-probability of the outcome's kind, from the span's kind logits
    country    log of how much more likely the span's country logits make its country than the priors do
    reading    log of the reading's part in the gazetteer's weights of the surface; zero for no country
    prior      log of the sum of these weights; for no country of what they lack to one
    none       one for no country, a constant
    town_...   the same where all readings are places: more of such words are somebody's name
    support    log(1 + mentions of the country elsewhere in the article under another name), each counted by its probability
    share      log of how its country's mentions elsewhere compare with those of the candidate's best supported country
    echo       log of the probability that the same words have this outcome elsewhere in the article
    adjacency  the probability that what stands beside it says so: "Paris, Texas", "Tbilisi, Georgia"

The last four look at a first round of probabilities in which only the others, which are of the span alone, counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.values import Kind
from app.inference.candidates import Fields, Reading

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

KINDS = ("none", *(kind.value for kind in Kind))
NONE = -1
LEAST_PRIOR = 1e-3
# With nothing elsewhere no country is better supported than another; one full mention then makes a difference of six to one.
SHARE_SMOOTHING = 0.2
# However American an article is, Mexico in it is not Mexico, Missouri, unless it says so.
LEAST_SHARE = -2.5
ECHO_SMOOTHING = 0.05


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All outcomes of all candidates of an article. `country` and `kind` are columns of the logits; country -1 means none."""

    readings: Sequence[Reading | None]
    owner: Integers
    country: Integers
    kind: Integers
    log_prior: Floats
    surface: Integers
    candidates: int

    @property
    def is_none(self) -> NDArray[np.bool_]:
        none: NDArray[np.bool_] = self.country == NONE
        return none


def outcomes_of(fields: Fields, columns: Mapping[str, int]) -> Outcomes:
    readings: list[Reading | None] = []
    owner: list[int] = []
    priors: list[float] = []
    surfaces: dict[str, int] = {}
    surface: list[int] = []
    candidates = [(text[c.span.start : c.span.end].casefold(), c.readings) for text, found in fields for c in found]
    for number, (quote, own) in enumerate(candidates):
        readings += [*own, None]
        priors += [*(reading.weight for reading in own), 1.0 - sum(reading.weight for reading in own)]
        owner += [number] * (len(own) + 1)
        surface.append(surfaces.setdefault(quote, len(surfaces)))
    return Outcomes(
        readings=readings,
        owner=np.array(owner, dtype=np.int64),
        country=np.array([NONE if r is None else columns[r.country] for r in readings], dtype=np.int64),
        kind=np.array([0 if r is None else KINDS.index(r.kind) for r in readings], dtype=np.int64),
        log_prior=np.log(np.maximum(np.array(priors, dtype=np.float64), LEAST_PRIOR)),
        surface=np.array(surface, dtype=np.int64),
        candidates=len(candidates),
    )


def local_features(outcomes: Outcomes, kind_logits: Floats, country_logits: Floats) -> Floats:
    """Columns kind, town_kind, country, reading, prior, town_prior, none, town."""
    none, town = outcomes.is_none, _only_place(outcomes)
    kinds = _log_softmax(np.asarray(kind_logits, dtype=np.float64))[outcomes.owner, outcomes.kind]
    countries = np.where(none, 0.0, np.asarray(country_logits, dtype=np.float64)[outcomes.owner, outcomes.country])
    country = _against_priors(outcomes, countries)
    prior = _log_trust(outcomes)
    reading = outcomes.log_prior - prior
    return np.column_stack(
        [kinds * ~town, kinds * town, country, reading, prior * ~town, prior * town, none & ~town, none & town]
    )


def _log_trust(outcomes: Outcomes) -> Floats:
    """For a reading the log of the sum of its candidate's weights, for no country of what they lack to one."""
    priors = np.where(outcomes.is_none, 0.0, np.exp(outcomes.log_prior))
    totals = np.bincount(outcomes.owner, priors, minlength=outcomes.candidates)
    return np.where(outcomes.is_none, outcomes.log_prior, np.log(totals)[outcomes.owner])


def _only_place(outcomes: Outcomes) -> NDArray[np.bool_]:
    """Whether the outcome's candidate has no other readings than places."""
    other = ~outcomes.is_none & (outcomes.kind != KINDS.index(Kind.PLACE))
    return np.asarray(np.bincount(outcomes.owner, other, minlength=outcomes.candidates)[outcomes.owner] == 0)


def _against_priors(outcomes: Outcomes, logits: Floats) -> Floats:
    """How much more likely the logits make each country than the priors do; zero where they say nothing, and for no country.

    Divided by its mean under the priors, the word on which country it is leaves open whether it is one at all.
    """
    readings = ~outcomes.is_none
    peak = np.full(outcomes.candidates, -np.inf)
    np.maximum.at(peak, outcomes.owner[readings], logits[readings])
    likelihood = np.where(readings, np.exp(np.where(readings, logits - peak[outcomes.owner], 0.0)), 0.0)
    priors = np.where(readings, np.exp(outcomes.log_prior), 0.0)
    totals = np.bincount(outcomes.owner, priors, minlength=outcomes.candidates)
    means = np.bincount(outcomes.owner, priors * likelihood, minlength=outcomes.candidates) / totals
    return np.where(readings, np.log(np.maximum(likelihood, 1e-12) / means[outcomes.owner]), 0.0)


def context_features(outcomes: Outcomes, first: Floats, pairs: Sequence[tuple[int, int]]) -> Floats:
    """Columns support, share, echo, adjacency."""
    elsewhere = _mentions_elsewhere(outcomes, first)
    support = np.log1p(elsewhere)
    smoothed = np.log(elsewhere + SHARE_SMOOTHING)
    best = np.full(outcomes.candidates, -np.inf)
    np.maximum.at(best, outcomes.owner, smoothed)
    share = np.where(outcomes.is_none, 0.0, np.maximum(smoothed - best[outcomes.owner], LEAST_SHARE))
    return np.column_stack([support, share, _echo(outcomes, first), _adjacency(outcomes, first, pairs)])


def _mentions_elsewhere(outcomes: Outcomes, first: Floats) -> Floats:
    """For each outcome the expected number of other surfaces that mean its country; zero for no country.

    Ten times the same word is one piece of evidence and a little more, so that each surface counts by the root of its mentions.
    """
    surface = outcomes.surface[outcomes.owner]
    shape = (int(outcomes.surface.max()) + 1, int(outcomes.country.max()) + 2)
    table = np.zeros(shape)
    np.add.at(table, (surface, outcomes.country + 1), first)
    times = np.bincount(outcomes.surface, minlength=shape[0]).astype(np.float64)
    table = table[:, 1:] / np.sqrt(times)[:, None]
    others = table.sum(axis=0)[None, :] - table
    return np.where(outcomes.is_none, 0.0, np.maximum(others[surface, np.maximum(outcomes.country, 0)], 0.0))


def _echo(outcomes: Outcomes, first: Floats) -> Floats:
    """Zero where the words stand once. Candidates with the same words have the same readings in the same order."""
    place = np.arange(len(outcomes.owner)) - np.searchsorted(outcomes.owner, outcomes.owner)
    surface = outcomes.surface[outcomes.owner]
    keys = surface * (int(place.max()) + 1) + place
    sums, times = np.bincount(keys, first), np.bincount(keys)
    others = times[keys] - 1
    mean = (sums[keys] - first) / np.maximum(others, 1)
    return np.where(others > 0, np.log((mean + ECHO_SMOOTHING) / (1 + ECHO_SMOOTHING)), 0.0)


def _adjacency(outcomes: Outcomes, first: Floats, pairs: Sequence[tuple[int, int]]) -> Floats:
    """A town before the region or country it lies in: both readings gain the probability of the other."""
    gain = np.zeros(len(first))
    starts = np.searchsorted(outcomes.owner, np.arange(outcomes.candidates + 1))
    for town, holder in pairs:
        for lower in range(starts[town], starts[town + 1] - 1):
            for upper in range(starts[holder], starts[holder + 1] - 1):
                if _lies_in(outcomes.readings[lower], outcomes.readings[upper]):
                    gain[lower] = max(gain[lower], first[upper])
                    gain[upper] = max(gain[upper], first[lower])
    return gain


def _lies_in(lower: Reading | None, upper: Reading | None) -> bool:
    if lower is None or upper is None or lower.country != upper.country:
        return False
    return lower.kind in (Kind.PLACE, Kind.CAPITAL) and (upper.is_region or upper.kind is Kind.NAME)


def softmax_by_owner(scores: Floats, owner: Integers, owners: int) -> Floats:
    peak = np.full(owners, -np.inf)
    np.maximum.at(peak, owner, scores)
    exponentials = np.exp(scores - peak[owner])
    return np.asarray(exponentials / np.bincount(owner, exponentials, minlength=owners)[owner])


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
