"""Wire models of lists and counts over what is stored."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import quote

from pydantic import Field

from app.api.schemas import Code, Count, Id, ModelVersion, Page, PublishedAtText, Response, Share, written
from app.api.schemas_annotations import EvidenceResponse, ScoresResponse
from app.domain.records import (
    ArticleReference,
    CountryCount,
    Interval,
    ListedStance,
    ModelCount,
    PublisherCount,
    Series,
    SeriesPoint,
    StanceCounts,
)
from app.domain.values import Stance


class ArticleReferenceResponse(Response):
    """Enough of an article to show it beside its stance."""

    id: Id
    title: str | None
    publisher: str | None
    url: str | None
    published_at: PublishedAtText | None

    @classmethod
    def of(cls, value: ArticleReference) -> ArticleReferenceResponse:
        return cls(
            id=value.id, title=value.title, publisher=value.publisher, url=value.url, published_at=written(value.published)
        )


class StanceResponse(Response):
    """The stance of one article toward one country."""

    annotation_id: Id
    article: ArticleReferenceResponse
    country: Code
    name: str = Field(description="The English name of the country.")
    salience: Share
    mention_count: Count
    stance: Stance | None = Field(description="null when undecided.")
    scores: ScoresResponse
    model: ModelVersion
    created_at: datetime
    evidence: EvidenceResponse | None = Field(description="The strongest of the evidence.")

    @classmethod
    def of(cls, value: ListedStance) -> StanceResponse:
        return cls(
            annotation_id=value.annotation_id,
            article=ArticleReferenceResponse.of(value.article),
            country=value.country,
            name=value.name,
            salience=value.salience,
            mention_count=value.mention_count,
            stance=value.stance,
            scores=ScoresResponse.of(value.scores),
            model=value.model,
            created_at=value.created_at,
            evidence=EvidenceResponse.of(value.evidence) if value.evidence else None,
        )


class StanceCountsResponse(Response):
    """Articles by their stance."""

    favor: Count
    neutral: Count
    against: Count
    undecided: Count

    @classmethod
    def of(cls, value: StanceCounts) -> StanceCountsResponse:
        return cls(favor=value.favor, neutral=value.neutral, against=value.against, undecided=value.undecided)


class SeriesPointResponse(Response):
    """One interval."""

    start: date = Field(description="Its first day, in UTC; weeks start on Monday.")
    counts: StanceCountsResponse

    @classmethod
    def of(cls, value: SeriesPoint) -> SeriesPointResponse:
        return cls(start=value.start.date(), counts=StanceCountsResponse.of(value.counts))


class SeriesResponse(Response):
    """Counts per stance over time, from the first interval with an article to the last; empty ones are included."""

    interval: Interval
    points: list[SeriesPointResponse]
    undated: StanceCountsResponse = Field(description="Articles without `published_at`.")

    @classmethod
    def of(cls, value: Series, *, interval: Interval) -> SeriesResponse:
        return cls(
            interval=interval,
            points=[SeriesPointResponse.of(point) for point in value.points],
            undated=StanceCountsResponse.of(value.undated),
        )


class CountryCountResponse(Response):
    """A country that articles are about."""

    country: Code
    name: str
    articles: Count

    @classmethod
    def of(cls, value: CountryCount) -> CountryCountResponse:
        return cls(country=value.country, name=value.name, articles=value.articles)


class PublisherCountResponse(Response):
    """An outlet that articles are from."""

    publisher: str | None = Field(description="null counts the articles that name none.")
    articles: Count

    @classmethod
    def of(cls, value: PublisherCount) -> PublisherCountResponse:
        return cls(publisher=value.publisher, articles=value.articles)


class ModelCountResponse(Response):
    """A model version that annotated something, or annotates now."""

    model: ModelVersion
    active: bool = Field(description="Whether it annotates what comes in now.")
    annotations: Count
    href: str = Field(description="Where the rest is said of it.", max_length=1000)

    @classmethod
    def of(cls, value: ModelCount) -> ModelCountResponse:
        href = f"/v1/models/{quote(value.model, safe='@')}"
        return cls(model=value.model, active=value.active, annotations=value.annotations, href=href)


class StancePageResponse(Page[StanceResponse]):
    """Stances."""


class CountryPageResponse(Page[CountryCountResponse]):
    """Countries."""


class PublisherPageResponse(Page[PublisherCountResponse]):
    """Publishers."""


class ModelPageResponse(Page[ModelCountResponse]):
    """Model versions."""
