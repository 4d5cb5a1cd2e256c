"""From stance logits to probabilities: a temperature and a bias a class, apart for countries and for targets that callers name.

Fitted by maximum likelihood on development data (vector scaling with one temperature, after Guo et al. 2017). The two kinds of
target differ in how often they are judged at all: three quarters of the mentions of countries in news are neutral.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scaling:
    """`bias` is added to the logits after these are divided by `temperature`; in the order of the classes."""

    temperature: float = 1.0
    bias: Sequence[float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    country: Scaling = field(default_factory=Scaling)
    target: Scaling = field(default_factory=Scaling)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Calibration:
        """Raises TypeError for a name that does not exist."""
        return cls(**{name: Scaling(**scaling) for name, scaling in values.items()})

    def probabilities(self, logits: npt.NDArray[np.floating[Any]], *, countries: bool) -> Floats:
        """Probabilities [N, 3] of logits [N, 3]."""
        return scaled(logits, self.country if countries else self.target)


def scaled(logits: npt.NDArray[np.floating[Any]], scaling: Scaling) -> Floats:
    """Probabilities [N, C] of logits [N, C]."""
    biased = np.asarray(logits, dtype=np.float64) / scaling.temperature + np.asarray(scaling.bias)
    exponentials = np.exp(biased - biased.max(axis=-1, keepdims=True))
    probabilities: Floats = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities
