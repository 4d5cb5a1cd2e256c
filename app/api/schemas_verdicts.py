"""Wire models of what a text says of claims, said now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from app.api.schemas import Count, ModelVersion, Response, Share
from app.api.schemas_annotations import AnnotationResponse
from app.domain.claims import ClaimEvidence, ClaimProbabilities, ClaimStance, ClaimVerdict
from app.domain.values import Annotation
from app.domain.values import Field as Part


class ClaimProbabilitiesResponse(Response):
    """Calibrated: of those of 0.8, eight in ten are right. 1 together."""

    agree: Share
    disagree: Share
    discuss: Share
    unrelated: Share

    @classmethod
    def of(cls, value: ClaimProbabilities) -> ClaimProbabilitiesResponse:
        return cls(agree=value.agree, disagree=value.disagree, discuss=value.discuss, unrelated=value.unrelated)


class ClaimEvidenceResponse(Response):
    """A passage, verbatim, that decided."""

    field: Part
    start: Count = Field(description="Unicode code points from the start of the field; the first of the passage.")
    end: Count = Field(description="The first code point behind the passage.")
    quote: str
    stance: ClaimStance = Field(description="What this passage alone says of the claim.")
    probability: Share = Field(description="Of this stance, in this passage alone.")

    @classmethod
    def of(cls, value: ClaimEvidence) -> ClaimEvidenceResponse:
        return cls(
            field=value.field,
            start=value.span.start,
            end=value.span.end,
            quote=value.quote,
            stance=value.stance,
            probability=value.probability,
        )


class ClaimVerdictResponse(Response):
    """What the text says of one claim."""

    claim: str = Field(description="As it was sent.")
    stance: ClaimStance
    probabilities: ClaimProbabilitiesResponse
    evidence: list[ClaimEvidenceResponse] = Field(description="The passages that decided; none where it is unrelated.")
    passages: Count = Field(description="How many passages were read beside the claim.")
    model: ModelVersion

    @classmethod
    def of(cls, claim: str, value: ClaimVerdict) -> ClaimVerdictResponse:
        return cls(
            claim=claim,
            stance=value.stance,
            probabilities=ClaimProbabilitiesResponse.of(value.probabilities),
            evidence=[ClaimEvidenceResponse.of(evidence) for evidence in value.evidence],
            passages=value.passages,
            model=value.model,
        )


class AnnotatedTextResponse(AnnotationResponse):
    """All that one model version says of a text that is not stored, and what it says of the claims that were sent along."""

    claims: list[ClaimVerdictResponse] = Field(default=[], max_length=20, description="In the order in which they were sent.")

    @classmethod
    def with_claims(
        cls, value: Annotation, claims: Sequence[str], verdicts: Sequence[ClaimVerdict], *, created_at: datetime
    ) -> AnnotatedTextResponse:
        found = [ClaimVerdictResponse.of(claim, verdict) for claim, verdict in zip(claims, verdicts, strict=True)]
        return cls(**dict(cls.unstored(value, created_at=created_at)) | {"claims": found})
