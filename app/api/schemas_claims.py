"""Wire models of claims, and of what stored articles say of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pydantic import Field, model_validator

from app.api.article_queries import first_moment, moment_behind
from app.api.invalid import refuse
from app.api.schemas import ClaimText, Code, Count, Id, ModelVersion, Page, PublishedAt, Request, Response, written
from app.api.schemas_corrections import KnownCode
from app.api.schemas_jobs import JobResponse
from app.api.schemas_stances import ArticleReferenceResponse
from app.api.schemas_verdicts import ClaimEvidenceResponse, ClaimProbabilitiesResponse
from app.domain.claim_records import (
    ClaimCounts,
    ClaimSeries,
    ClaimSeriesPoint,
    Course,
    Following,
    ListedClaimStance,
    Report,
    Spread,
    StoredClaim,
)
from app.domain.claims import ClaimStance
from app.domain.records import Filter, Interval
from app.domain.values import CountryCode


class ClaimRequest(Request):
    """A claim, and which articles are asked. The same again is the same claim; there is no way to change one but to delete it."""

    text: ClaimText
    countries: list[KnownCode] = Field(
        default=[], max_length=250, description="Only articles about these countries; any of them.", examples=[["KZ"]]
    )
    published_from: PublishedAt | None = Field(
        default=None, description="Only articles published at this time or later, or from the start of this UTC day."
    )
    published_to: PublishedAt | None = Field(
        default=None, description="Only articles published before this time, or by the end of this UTC day."
    )

    @model_validator(mode="after")
    def _no_empty_range(self) -> ClaimRequest:
        first, end = first_moment(self.published_from), moment_behind(self.published_to)
        if first is not None and end is not None and first >= end:
            raise refuse("must not have a published_to that is before published_from")
        return self

    def filter(self) -> Filter:
        return Filter(
            countries=tuple(CountryCode(code) for code in dict.fromkeys(self.countries)),
            published_from=first_moment(self.published_from),
            published_to=moment_behind(self.published_to),
        )


class GateResponse(Response):
    """How many articles were asked. `considered`, `held_off` and `not_compared` are of what was stored when the claim was made;
    later articles are compared with it as they come in, and only those that are read are counted.
    """

    considered: Count = Field(description="Articles that fit the claim's countries and dates and were compared with it.")
    held_off: Count = Field(description="Of these, those of which no passage could mean the claim: no model read them.")
    not_compared: Count = Field(
        description="Articles that fit but were annotated by another model version; `POST /v1/reannotations` remedies it."
    )
    read: Count = Field(description="Articles that the model has read beside the claim by now.")


class ClaimCountsResponse(Response):
    """Articles by what they say of the claim."""

    agree: Count
    disagree: Count
    discuss: Count
    unrelated: Count

    @classmethod
    def of(cls, value: ClaimCounts) -> ClaimCountsResponse:
        return cls(agree=value.agree, disagree=value.disagree, discuss=value.discuss, unrelated=value.unrelated)


class ClaimResponse(Response):
    """A claim, and what is known of it by now."""

    id: Id
    text: str
    countries: list[Code]
    published_from: datetime | None
    published_to: datetime | None = Field(description="The first moment that is not in the range.")
    created_at: datetime
    model: ModelVersion
    articles: GateResponse
    counts: ClaimCountsResponse
    job: JobResponse = Field(description="The reading of what was stored. Its `done` and `failed` also count what came later.")

    @classmethod
    def of(cls, value: StoredClaim) -> ClaimResponse:
        gate = value.gate
        return cls(
            id=value.id,
            text=value.text,
            countries=list(value.wanted.countries),
            published_from=_in_utc(value.wanted.published_from),
            published_to=_in_utc(value.wanted.published_to),
            created_at=value.created_at,
            model=value.model,
            articles=GateResponse(
                considered=gate.considered, held_off=gate.held_off, not_compared=gate.not_compared, read=value.counts.n
            ),
            counts=ClaimCountsResponse.of(value.counts),
            job=JobResponse.of(value.job),
        )


class ClaimPageResponse(Page[ClaimResponse]):
    """Claims, the newest first."""


class ClaimStanceResponse(Response):
    """What one article says of the claim."""

    article: ArticleReferenceResponse
    revision: Count = Field(description="The text that was read, which is the current one.")
    stance: ClaimStance
    probabilities: ClaimProbabilitiesResponse
    evidence: list[ClaimEvidenceResponse] = Field(description="The passages that decided.")
    passages: Count = Field(description="How many passages were read beside the claim.")
    model: ModelVersion
    created_at: datetime = Field(description="When the article was stored.")

    @classmethod
    def of(cls, value: ListedClaimStance) -> ClaimStanceResponse:
        article = value.article
        return cls(
            article=ArticleReferenceResponse(
                id=article.id,
                title=article.title,
                publisher=article.publisher,
                url=article.url,
                published_at=written(article.published),
            ),
            revision=value.revision,
            stance=value.stance,
            probabilities=ClaimProbabilitiesResponse.of(value.probabilities),
            evidence=[ClaimEvidenceResponse.of(evidence) for evidence in value.evidence],
            passages=value.passages,
            model=value.model,
            created_at=value.created_at,
        )


class ClaimStancePageResponse(Page[ClaimStanceResponse]):
    """What articles say of the claim."""


class ClaimSeriesPointResponse(Response):
    """One interval."""

    start: date = Field(description="Its first day, in UTC; weeks start on Monday.")
    n: Count
    counts: ClaimCountsResponse

    @classmethod
    def of(cls, value: ClaimSeriesPoint) -> ClaimSeriesPointResponse:
        return cls(start=value.start, n=value.counts.n, counts=ClaimCountsResponse.of(value.counts))


class ClaimSeriesResponse(Response):
    """Articles over time, from `published_from` or the first to `published_to` or the last, empty intervals included."""

    interval: Interval
    points: list[ClaimSeriesPointResponse]
    undated: ClaimCountsResponse = Field(description="Articles without `published_at`.")

    @classmethod
    def of(cls, value: ClaimSeries, *, interval: Interval) -> ClaimSeriesResponse:
        points = [ClaimSeriesPointResponse.of(point) for point in value.points]
        return cls(interval=interval, points=points, undated=ClaimCountsResponse.of(value.undated))


class ReportResponse(ClaimStanceResponse):
    """An article, and how many near-duplicates that say the same it stands for."""

    copies: Count = Field(description="Later articles with nearly the same text and the same stance, folded into this one.")

    @classmethod
    def told(cls, value: Report) -> ReportResponse:
        return cls(**dict(ClaimStanceResponse.of(value.said)), copies=value.copies)


class FollowingResponse(Response):
    """How many other outlets said the same within so many days after the first."""

    days: Count
    outlets: Count

    @classmethod
    def of(cls, value: Following) -> FollowingResponse:
        return cls(days=value.days, outlets=value.outlets)


class CourseResponse(Response):
    """How one stance toward the claim spread, over all dated articles that fit, whatever page is shown."""

    stance: ClaimStance
    first: ReportResponse | None = Field(description="The article that said it first; null where none did.")
    outlets: Count = Field(description="Outlets that said it, the first included. Articles without a publisher count in none.")
    reports: Count = Field(description="Articles that said it, near-duplicates folded.")
    followed: list[FollowingResponse] = Field(description="After 1, 7 and 30 days.")

    @classmethod
    def of(cls, value: Course) -> CourseResponse:
        return cls(
            stance=value.stance,
            first=ReportResponse.told(value.first) if value.first else None,
            outlets=value.outlets,
            reports=value.reports,
            followed=[FollowingResponse.of(each) for each in value.followed],
        )


class UndatedResponse(Response):
    """Articles without `published_at`, of which nobody knows where in the story they belong."""

    count: Count = Field(description="All of them; `/stances?sort=published_at` lists them last.")
    items: list[ReportResponse] = Field(max_length=200, description="As many as `limit` allows, those stored first.")


class SpreadResponse(Page[ReportResponse]):
    """One page of what was said of the claim, in the order of publication, and how it went over the whole of it."""

    courses: list[CourseResponse] = Field(description="Of `agree`, `disagree` and `discuss`.")
    undated: UndatedResponse


def spread_fields(value: Spread) -> dict[str, Any]:
    """What a page of it has besides its items."""
    items = [ReportResponse.told(report) for report in value.undated]
    return {
        "courses": [CourseResponse.of(course) for course in value.courses],
        "undated": UndatedResponse(count=value.undated_count, items=items),
    }


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
