"""Claims: propositions that articles agree with, disagree with, discuss, or have nothing to do with (FNC-1 terms)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.values import Field, Span


class ClaimStance(StrEnum):
    """FNC-1 terms, in the order of the model's outputs."""

    AGREE = "agree"
    DISAGREE = "disagree"
    DISCUSS = "discuss"
    UNRELATED = "unrelated"


@dataclass(frozen=True, slots=True)
class ClaimProbabilities:
    """Calibrated, one for each stance toward a claim; each in 0..1, sum 1 within 1e-3. Raises ValueError otherwise."""

    agree: float
    disagree: float
    discuss: float
    unrelated: float

    def __post_init__(self) -> None:
        values = (self.agree, self.disagree, self.discuss, self.unrelated)
        if not all(0.0 <= value <= 1.0 for value in values) or abs(sum(values) - 1.0) > 1e-3:
            raise ValueError(f"not shares of one: {values}")

    def of(self, stance: ClaimStance) -> float:
        return float(getattr(self, stance.value))

    def leading(self) -> ClaimStance:
        return max(ClaimStance, key=self.of)


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """A verbatim passage that decided, with what it says of the claim and that stance's probability in this passage alone."""

    field: Field
    span: Span
    quote: str
    stance: ClaimStance
    probability: float


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """What one model version finds of one text and one claim. `passages` were read by the model; 0: the gate held it off."""

    model: str
    stance: ClaimStance
    probabilities: ClaimProbabilities
    evidence: tuple[ClaimEvidence, ...]
    passages: int
