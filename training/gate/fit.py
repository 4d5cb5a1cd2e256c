"""Fit the second look of the gate for a main model's vectors, and write it into its folder:

    python -m training.gate.fit DATA FOLDER [--kept VECTORS] [--recall 0.98]

From FNC-1's stories that the vectors were not learnt from; local news (LGL) says what passes of articles on other subjects.
Minutes, nearly all of them encoding; `--kept` keeps the vectors of a version for another run. Nothing here reads a test part.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.claims.gate import SCALE, SecondLook
from app.inference.claims.likeness import FEATURES, asked, features, passages_of
from app.inference.encoding import Integers, TextEncoder
from app.inference.engine import Floats as Singles
from app.inference.model_folder import SECOND_LOOK
from training.data import rows
from training.gate.pairs import Story, Vectors, told
from training.metrics import Floats
from training.seal import seal

RECALL = 0.98
"""Of related pairs that are to pass both looks, unless said otherwise."""

FIRST = 0.997
"""Of those that are to pass the first, which only has to be cheap."""

LOCAL, FOLDS, SEED, PENALTY = 100, 6, 13, 1e-3


@dataclass(frozen=True, slots=True)
class Examples:
    """Features [N, 4] of pairs, the story [N] of each one's text (-1 for local news), and whether the two are related [N]."""

    features: Floats
    story: NDArray[np.int64]
    related: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> Examples:
        return Examples(self.features[chosen], self.story[chosen], self.related[chosen])


def telling(encoder: TextEncoder, texts: Sequence[str], size: int) -> Singles:
    """[size]: the logarithm of how many texts there are for each that has a word piece, in the steps in which it is stored."""
    counts = np.zeros(size)
    for text in texts:
        counts[np.unique(encoder.tokens(text).ids)] += 1
    found = -np.log((counts + 0.5) / (len(texts) + 1))
    steps: Singles = (np.clip(np.rint(found * SCALE), 1, 255) / SCALE).astype(np.float32)
    return steps


def examples(encoder: TextEncoder, vectors: Vectors, stories: Sequence[Story], local: Sequence[str], of: Singles) -> Examples:
    """All claims beside the texts of stories that were kept aside, and beside local news."""
    claims = [(story, claim) for story in stories for claim in story.claims]
    own = asked([_ids(encoder, claim) for _, claim in claims], b"".join(vectors.of(claim) for _, claim in claims), of)
    numbers = np.array([story.number for story, _ in claims])
    texts = [(story, text) for story in stories if story.aside for text in story.texts]
    found: list[tuple[Floats, NDArray[np.int64], NDArray[np.bool_]]] = []
    for story, text in [*texts, *((None, text) for text in local)]:
        if not vectors.of(text):
            continue
        made = features(own, passages_of(ArticleText(text), encoder), vectors.of(text), len(of))
        number = story.number if story else -1
        close = np.array([story is not None and (claim, text) in story.related for _, claim in claims])
        # A claim and a text of one story that nobody compared are neither related nor strange.
        known = close | (numbers != number)
        found.append((made[known], np.full(int(known.sum()), number), close[known]))
    return Examples(*(np.concatenate(part) for part in zip(*found, strict=True)))


def fitted(found: Examples, least: float) -> tuple[Floats, float]:
    """Weights and bias of a logistic rule; related and strange pairs count alike in all, and large stories less for each pair."""
    near = found.only((found.features[:, 0] >= least) & (found.story >= 0))
    sizes = {number: int((near.story[near.related] == number).sum()) for number in np.unique(near.story).tolist()}
    own = np.array([sizes[number] ** -0.5 if close else 1.0 for number, close in zip(near.story, near.related, strict=True)])
    share = np.where(near.related, own / own[near.related].sum(), own / own[~near.related].sum()) / 2
    mean, spread = near.features.mean(0), near.features.std(0)
    given = np.column_stack([(near.features - mean) / spread, np.ones(len(near.related))]).astype(np.float64)
    weights, shrink = np.zeros(given.shape[1]), np.append(np.full(len(FEATURES), PENALTY), 1e-9)
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(given @ weights, -30, 30)))
        slope = given.T @ (share * (likely - near.related)) + shrink * weights
        bend = (given * (share * likely * (1 - likely))[:, None]).T @ given + np.diag(shrink)
        weights -= np.linalg.solve(bend, slope)
    return weights[:-1] / spread, float(weights[-1] - (weights[:-1] * mean / spread).sum())


def scores(found: Examples, rule: tuple[Floats, float], least: float) -> Floats:
    weights, bias = rule
    said: Floats = np.where(found.features[:, 0] >= least, found.features @ weights + bias, -np.inf)
    return said


def apart(found: Examples, least: float) -> Floats:
    """Scores of rules that saw nothing of the stories that they score."""
    order = random.Random(SEED).sample(sorted(set(found.story.tolist()) - {-1}), len(set(found.story.tolist()) - {-1}))
    fold = {number: place % FOLDS for place, number in enumerate(order)} | {-1: 0}
    folds = np.array([fold[number] for number in found.story.tolist()])
    said = np.zeros(len(folds))
    for number in range(FOLDS):
        rule = fitted(found.only(folds != number), least)
        said[folds == number] = scores(found.only(folds == number), rule, least)
    return said


def passing(found: Examples, said: Floats, limit: float) -> dict[str, float]:
    """In percent: of related pairs, of those of other stories, and of local news."""
    groups = {"related": found.related, "other stories": ~found.related & (found.story >= 0), "local news": found.story < 0}
    return {name: round(100 * float((said[chosen] >= limit).mean()), 3) for name, chosen in groups.items() if chosen.any()}


def main(
    data: Path,
    folder: Path,
    kept: Annotated[Path, typer.Option(help="folder for vectors")] = Path("vectors"),
    recall: Annotated[float, typer.Option(help="share of related pairs that are to pass")] = RECALL,
) -> None:
    stories, local = told(data), [row["text"] for row in rows(data / "countries-lgl.jsonl")]
    chosen = local[::4][:LOCAL]
    learning = [text for story in stories if not story.aside for text in story.texts]
    learning += [text for text in local if text not in chosen]
    annotator = TransformerAnnotator(folder)
    try:
        vectors = Vectors(annotator, kept)
        vectors.learn([claim for story in stories for claim in story.claims])
        vectors.learn([*(text for story in stories if story.aside for text in story.texts), *chosen])
    finally:
        annotator.close()
    encoder = annotator.encoder
    words = telling(encoder, learning, encoder.size)
    found = examples(encoder, vectors, stories, chosen, words)
    cosines = found.features[:, 0]
    least = round(float(np.quantile(cosines[found.related], 1 - FIRST)) - 0.005, 2)
    outside = apart(found, least)
    print("apart", json.dumps(passing(found, outside, float(np.quantile(outside[found.related], 1 - recall)))))
    weights, bias = fitted(found, least)
    said = scores(found, (weights, bias), least)
    limit = float(np.quantile(said[found.related], 1 - recall))
    print("first look", json.dumps(passing(found, cosines, least)), "both", json.dumps(passing(found, said, limit)))
    look = SecondLook(least, words, weights.astype(np.float32), bias - limit)
    (folder / SECOND_LOOK).write_text(look.dumped())
    print(dict(zip(FEATURES, look.weights.round(3).tolist(), strict=True)), look.bias, seal(folder))


def _ids(encoder: TextEncoder, claim: str) -> Integers:
    return encoder.tokens(claim).ids


if __name__ == "__main__":
    typer.run(main)
