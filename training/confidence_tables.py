"""How far a number can be trusted: calibration, reliability and coverage of whatever has a confidence and is right or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.models import Table
from training.metrics import Floats, calibration_error, calibration_floor, coverage_table, reliability
from training.tables import percent

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The confidence [N] of judgements and whether each was right [N]."""

    confidence: Floats
    right: NDArray[np.bool_]


Outcomes = Mapping[str, Outcome]


def calibration(outcomes: Outcomes, *, id: str, title: str, note: str, first: str) -> Table:
    """Expected calibration error (15 equal-mass bins, top label), and what a perfectly calibrated model would show."""
    rows = []
    for name, outcome in outcomes.items():
        error, floor = calibration_error(outcome.confidence, outcome.right), calibration_floor(outcome.confidence)
        rows.append((name, percent(error), percent(floor), percent(error - floor)))
    return Table(id, title, note, (first, "error", "perfectly calibrated", "above"), tuple(rows))


def bins(outcomes: Outcomes, *, id: str, title: str, note: str, first: str, what: str) -> Table:
    """Five equal-mass bins from least to most confident. `what` is what the confidence is called."""
    rows = [
        (name, number, count, round(100 * mean), round(100 * accuracy))
        for name, outcome in outcomes.items()
        for number, (count, mean, accuracy) in enumerate(reliability(outcome.confidence, outcome.right), start=1)
    ]
    return Table(id, title, note, (first, "bin", "judgements", f"mean {what}", "accuracy"), tuple(rows))


def coverage(outcomes: Outcomes, *, id: str, title: str, note: str, first: str, what: str) -> Table:
    rows = [
        (name, f"{threshold:.1f}", round(100 * share), percent(accuracy) if share else None)
        for name, outcome in outcomes.items()
        for threshold, share, accuracy in coverage_table(outcome.confidence, outcome.right, THRESHOLDS)
    ]
    return Table(id, title, note, (first, f"least {what}", "decided", "accuracy"), tuple(rows))
