"""Wire models of two model versions laid side by side."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from app.api.schemas import Code, Count, Id, Page, Response
from app.api.schemas_annotations import ScoresResponse
from app.domain.records import Difference, PairCount, Side
from app.domain.values import Stance


class Said(StrEnum):
    """What a version says of a country in an article: a stance, that it is undecided, or nothing since it did not find it."""

    FAVOR = "favor"
    NEUTRAL = "neutral"
    AGAINST = "against"
    UNDECIDED = "undecided"
    NOT_FOUND = "not_found"

    @classmethod
    def of(cls, stance: Stance | None, *, found: bool) -> Said:
        return cls.NOT_FOUND if not found else cls.UNDECIDED if stance is None else cls(stance.value)


class PairCountResponse(Response):
    """How many countries of articles got this pair."""

    before: Said
    after: Said
    count: Count

    @classmethod
    def of(cls, value: PairCount) -> PairCountResponse:
        return cls(
            before=Said.of(value.before, found=value.found_before),
            after=Said.of(value.after, found=value.found_after),
            count=value.count,
        )


class SideResponse(Response):
    """What one version says."""

    stance: Stance | None = Field(description="null when undecided.")
    scores: ScoresResponse

    @classmethod
    def of(cls, value: Side) -> SideResponse:
        return cls(stance=value.stance, scores=ScoresResponse.of(value.scores))


class DifferenceResponse(Response):
    """A country of an article of which the versions say different things."""

    article_id: Id
    country: Code
    name: str
    before: SideResponse | None = Field(description="null where this version did not find the country in the article.")
    after: SideResponse | None = Field(description="null where this version did not find the country in the article.")

    @classmethod
    def of(cls, value: Difference) -> DifferenceResponse:
        return cls(
            article_id=value.article_id,
            country=value.country,
            name=value.name,
            before=SideResponse.of(value.before) if value.before else None,
            after=SideResponse.of(value.after) if value.after else None,
        )


class DifferencePageResponse(Page[DifferenceResponse]):
    """What changed, the newest article first, and how often each pair occurs at all."""

    articles: Count = Field(description="Whose current text both versions read.")
    counts: list[PairCountResponse] = Field(description="Unchanged pairs too.", max_length=25)
