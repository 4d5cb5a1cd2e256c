"""The figures of the model card, from arrays. Percentages are 0..100, calibration errors 0..1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]


def softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    probabilities: Floats = shifted / shifted.sum(-1, keepdims=True)
    return probabilities


def f1(gold: Labels, found: Labels, label: int) -> float:
    total = int((gold == label).sum() + (found == label).sum())
    return 100 * 2 * int(((gold == label) & (found == label)).sum()) / total if total else 0.0


def macro_f1(gold: Labels, found: Labels, labels: tuple[int, ...] = (0, 1, 2)) -> float:
    """Mean F1 over `labels`, in percent."""
    return float(np.mean([f1(gold, found, label) for label in labels]))


def calibration_error(confidence: Floats, right: NDArray[np.bool_], *, bins: int = 15) -> float:
    """Expected calibration error of the top label over equal-mass bins (Nguyen and O'Connor 2015), 0..1."""
    order = np.argsort(confidence, kind="stable")
    return float(
        sum(abs(confidence[part].mean() - right[part].mean()) * len(part) for part in np.array_split(order, bins) if len(part))
        / len(order)
    )


def calibration_floor(confidence: Floats, *, rounds: int = 200, seed: int = 0) -> float:
    """The mean error that a perfectly calibrated model with these confidences would show on a test of this size."""
    rng = np.random.default_rng(seed)
    return float(np.mean([calibration_error(confidence, rng.random(len(confidence)) < confidence) for _ in range(rounds)]))


def reliability(confidence: Floats, right: NDArray[np.bool_], *, bins: int = 5) -> list[tuple[int, float, float]]:
    """Equal-mass bins from least to most confident: count, mean confidence, accuracy (0..1)."""
    order = np.argsort(confidence, kind="stable")
    return [
        (len(part), float(confidence[part].mean()), float(right[part].mean()))
        for part in np.array_split(order, bins)
        if len(part)
    ]


def coverage_table(
    confidence: Floats, right: NDArray[np.bool_], thresholds: tuple[float, ...]
) -> list[tuple[float, float, float]]:
    """For each threshold: share decided and accuracy among the decided, both 0..1."""
    table = []
    for threshold in thresholds:
        decided = confidence >= threshold
        table.append((threshold, float(decided.mean()), float(right[decided].mean()) if decided.any() else float("nan")))
    return table
