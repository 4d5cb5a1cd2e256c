"""Fits the weights of the link rule (app/inference/linking.py) on articles whose candidates have logits and gold countries.

    fitted = fit([FitArticle(...), ...])          # what goes into config.json under "link"
    python -m training.fit_linking DATA           # without a model: all logits zero, so the priors and the article decide

The rule is a conditional logit: each candidate picks one of its outcomes. A gold country that several readings have counts as
reached by any of them. The first round's probabilities enter the context features, so fitting alternates between the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.optimize import minimize

from app.inference.candidates import Candidate, Fields
from app.inference.gazetteer import Gazetteer
from app.inference.linking import FIRST, SECOND, LinkWeights, first_round
from app.inference.neighbours import beside
from app.inference.outcomes import KINDS, Floats, Outcomes, context_features, local_features, outcomes_of
from training.country_figures import Article, articles
from training.evaluate_countries import GAZETTEER

ROUNDS = 3
# The rule has been fitted before: fitting on another model or more text starts from what it was, and needs evidence to leave it.
PENALTY = 30.0
UNKNOWN = "?"
"""Gold of a candidate that the annotators said nothing of."""


@dataclass(frozen=True, slots=True)
class FitArticle:
    """`gold` has for each candidate a country, None for no country, or UNKNOWN; the logits a row for each, over all fields."""

    fields: Fields
    kind_logits: Floats
    country_logits: Floats
    gold: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Prepared:
    outcomes: Outcomes
    local: Floats
    pairs: list[tuple[int, int]]
    reached: NDArray[np.bool_]
    counted: NDArray[np.bool_]


def gold_of(article: Article, candidates: Sequence[Candidate]) -> list[str | None]:
    """What a file of annotated toponyms says of each candidate. A name or demonym that it passes over was often overlooked."""
    found: list[str | None] = []
    for candidate in candidates:
        over = [m for m in article.mentions if m.start < candidate.span.end and candidate.span.start < m.end]
        if over:
            found.append(over[0].country or UNKNOWN)
        else:
            found.append(None if candidate.readings[0].kind in ("place", "capital") else UNKNOWN)
    return found


def fit(examples: Iterable[FitArticle], *, countries: Sequence[str], start: LinkWeights | None = None) -> LinkWeights:
    columns = {code: column for column, code in enumerate(countries)}
    prepared = [prepare(example, columns) for example in examples if any(found for _, found in example.fields)]
    weights = start or LinkWeights()
    for _ in range(ROUNDS):
        weights = fitted(weights, FIRST, [one.local for one in prepared], prepared)
        contexts = [context_features(one.outcomes, first_round(one.outcomes, one.local, weights), one.pairs) for one in prepared]
        both = [np.column_stack([one.local, context]) for one, context in zip(prepared, contexts, strict=True)]
        weights = fitted(weights, SECOND, both, prepared)
    return weights


def prepare(example: FitArticle, columns: dict[str, int]) -> Prepared:
    outcomes = outcomes_of(example.fields, columns)
    gold = np.array([columns.get(code or "", -1) if code != UNKNOWN else -2 for code in example.gold], dtype=np.int64)
    reached = outcomes.country == gold[outcomes.owner]
    # Where no outcome is right (a town that the gazetteer lacks) nothing can be learned about weighing them.
    possible = np.bincount(outcomes.owner, reached, minlength=outcomes.candidates) > 0
    local = local_features(outcomes, example.kind_logits, example.country_logits)
    return Prepared(outcomes, local, beside(example.fields), reached, possible)


def fitted(weights: LinkWeights, names: Sequence[str], features: Sequence[Floats], prepared: Sequence[Prepared]) -> LinkWeights:
    start = weights.of(names)
    anchor = LinkWeights().of(names)
    owner, matrix, reached = _joined(features, prepared)
    bounds = [(None, None) if name.endswith(("none", "town")) else (0.0, None) for name in names]

    def loss(values: Floats) -> tuple[float, Floats]:
        total, gradient = negative_log_likelihood(values, matrix, owner, reached)
        return total + PENALTY * float(((values - anchor) ** 2).sum()), gradient + 2 * PENALTY * (values - anchor)

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return replace(weights, **{name: round(float(value), 4) for name, value in zip(names, found.x, strict=True)})


def _joined(features: Sequence[Floats], prepared: Sequence[Prepared]) -> tuple[NDArray[np.int64], Floats, NDArray[np.bool_]]:
    owners, matrices, reached, before = [], [], [], 0
    for matrix, one in zip(features, prepared, strict=True):
        kept = one.counted[one.outcomes.owner]
        owners.append(one.outcomes.owner[kept] + before)
        matrices.append(matrix[kept])
        reached.append(one.reached[kept])
        before += one.outcomes.candidates
    _, owner = np.unique(np.concatenate(owners), return_inverse=True)
    return owner, np.concatenate(matrices), np.concatenate(reached)


def negative_log_likelihood(
    values: Floats, matrix: Floats, owner: NDArray[np.int64], reached: NDArray[np.bool_]
) -> tuple[float, Floats]:
    scores = matrix @ values
    peak = np.full(int(owner.max()) + 1, -np.inf)
    np.maximum.at(peak, owner, scores)
    exponentials = np.exp(scores - peak[owner])
    everything = np.bincount(owner, exponentials)
    right = np.maximum(np.bincount(owner, exponentials * reached), 1e-300)
    gradient = matrix.T @ (exponentials / everything[owner] - exponentials * reached / right[owner])
    return float(np.log(everything / right).sum()), gradient


def without_model(gazetteer: Gazetteer, found: Sequence[Article]) -> list[FitArticle]:
    examples = []
    for article in found:
        candidates = gazetteer.candidates(article.text)
        kinds, countries = np.zeros((len(candidates), len(KINDS))), np.zeros((len(candidates), len(gazetteer.codes)))
        examples.append(FitArticle([(article.text, candidates)], kinds, countries, gold_of(article, candidates)))
    return examples


def main(data: Path) -> None:
    gazetteer = Gazetteer.load(GAZETTEER)
    weights = fit(without_model(gazetteer, articles(data, "lgl-train")), countries=sorted(gazetteer.codes))
    print(json.dumps(weights.asdict(), indent=1))


if __name__ == "__main__":
    typer.run(main)
