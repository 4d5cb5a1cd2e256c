"""A pair model's folder asked about whole data sets, by the code that serves it: the same passages, rows and means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain.values import ArticleText
from app.inference.calibration import Scaling
from app.inference.claims.encoding import Bag, PairEncoder
from app.inference.claims.engine import PairEngine
from app.inference.claims.verdicts import CLAIMS, SAYS, surely_unrelated
from app.inference.cores import usable_cores
from app.inference.packed import unpacked
from training.claims.data import Pair, claim_pairs

BATCH = 1024
"""Padded tokens at once."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Logits [N, C] of whole texts before calibration, and their labels [N]."""

    logits: NDArray[np.float64]
    labels: NDArray[np.int64]


def answers(folder: Path, data: Path, name: str, *, graph: Path | None = None, scaling: Scaling | None = None) -> Answers:
    """`name` is `fnc-dev` or `fnc-test`. `graph` takes the place of the folder's, to compare the float one with what ships.
    With the `scaling` in use reading ends, as in use, after a best passage that is surely unrelated.
    """
    pairs = claim_pairs(data, name, "fnc")
    encoder = PairEncoder(folder / "tokenizer.json")
    with unpacked(folder) as own:
        engine = PairEngine(graph or own)
    bags = list(_bags(encoder, pairs))
    rows = _outputs(engine, bags)
    logits = np.stack([_said(bag, rows[first:last], scaling) for bag, (first, last) in zip(bags, _shares(bags), strict=True)])
    return Answers(logits, np.array([pair.label for pair in pairs]))


def _bags(encoder: PairEncoder, pairs: Sequence[Pair]) -> Iterator[Bag]:
    """A text's passages are cut once for all its claims."""
    by_text: dict[str, list[int]] = {}
    for number, pair in enumerate(pairs):
        by_text.setdefault(pair.text, []).append(number)
    found: dict[int, Bag] = {}
    for text, numbers in by_text.items():
        bags = encoder.bags([pairs[number].claim for number in numbers], ArticleText(text), field="claims")
        found |= dict(zip(numbers, bags, strict=True))
    return (found[number] for number in range(len(pairs)))


def _shares(bags: Sequence[Bag]) -> Iterator[tuple[int, int]]:
    ends = np.cumsum([len(bag.rows) for bag in bags]).tolist()
    return zip([0, *ends[:-1]], ends, strict=True)


def _outputs(engine: PairEngine, bags: Sequence[Bag]) -> NDArray[np.float64]:
    """Logits [R, 8], read on all cores."""
    rows = [row for bag in bags for row in bag.rows]
    groups: list[list[int]] = []
    waiting = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    while waiting:
        size = max(1, BATCH // len(rows[waiting[-1]]))
        groups.append(waiting[-size:])
        waiting = waiting[:-size]
    found = np.zeros((len(rows), 8))
    with ThreadPoolExecutor(usable_cores()) as pool:
        said = pool.map(lambda group: engine.run([rows[number] for number in group]), groups)
        for group, logits in zip(groups, said, strict=True):
            found[group] = np.stack(logits)
    return found


def _said(bag: Bag, rows: NDArray[np.float64], scaling: Scaling | None) -> NDArray[np.float64]:
    if scaling and surely_unrelated(bag, rows[bag.best], scaling):
        return rows[bag.best, CLAIMS]
    return _mean(rows)


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(rows[:, SAYS] - rows[:, SAYS].max())
    mean: NDArray[np.float64] = weights @ rows[:, CLAIMS] / weights.sum()
    return mean
