"""The measures of the field for claims and topics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.claims.data import CLAIMS, UNRELATED
from training.data import STANCES


def fnc_score(gold: Sequence[int], found: Sequence[int]) -> float:
    """The official score in percent of the greatest: 0.25 for related or not, 0.75 more for the right stance of related ones."""
    truth, said = np.array(gold), np.array(found)
    sides = (truth == UNRELATED) == (said == UNRELATED)
    exact = (truth == said) & (truth != UNRELATED)
    most = np.where(truth == UNRELATED, 0.25, 1.0).sum()
    return float(100 * (0.25 * sides + 0.75 * exact).sum() / most)


def f1_by_class(gold: Sequence[int], found: Sequence[int], classes: int) -> list[float]:
    """In percent, in the order of the classes."""
    truth, said = np.array(gold), np.array(found)
    right = [int(((truth == c) & (said == c)).sum()) for c in range(classes)]
    both = [int((truth == c).sum() + (said == c).sum()) for c in range(classes)]
    return [100 * 2 * r / b if b else 0.0 for r, b in zip(right, both, strict=True)]


def claim_figures(gold: Sequence[int], found: Sequence[int]) -> dict[str, float]:
    each = f1_by_class(gold, found, len(CLAIMS))
    return {"fnc-score": fnc_score(gold, found), "claims-macro-f1": float(np.mean(each))} | dict(zip(CLAIMS, each, strict=True))


def topic_figures(gold: Sequence[int], found: Sequence[int]) -> dict[str, float]:
    return {"topics-macro-f1": float(np.mean(f1_by_class(gold, found, len(STANCES))))}
