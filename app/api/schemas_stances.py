"""Wire models of lists and counts over what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from pydantic import Field

from app.api.schemas import Code, Count, Id, ModelVersion, Page, PublishedAtText, Response, Share
from app.api.schemas_annotations import EvidenceResponse, ScoresResponse
from app.domain.records import (
    ArticleReference,
    CountryCount,
    Dimension,
    Group,
    Interval,
    ListedEvidence,
    ListedStance,
    ModelCount,
    NetStance,
    PublisherCount,
    RelatedCountry,
    Series,
    SeriesPoint,
    StanceCounts,
    Summary,
)
from app.domain.values import JudgedBy, Stance

Net = Annotated[float, Field(ge=-1, le=1)]


class ArticleReferenceResponse(Response):
    """Enough of an article to show it beside its stance."""

    id: Id
    title: str | None
    publisher: str | None
    url: str | None
    published_at: PublishedAtText | None


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
    evidence: EvidenceResponse | None = Field(description="The strongest of the evidence that the model gave for the article.")
    judged_by: JudgedBy = Field(description="Whose word the stance is. A reviewer's has score 1.")


def reference_in_json(value: ArticleReference) -> dict[str, Any]:
    """An ArticleReferenceResponse. Its `_asdict` would take three times as long, and so for evidence."""
    identifier, title, publisher, url, published_at = value
    return {"id": identifier, "title": title, "publisher": publisher, "url": url, "published_at": published_at}


def evidence_in_json(value: ListedEvidence) -> dict[str, Any]:
    """An EvidenceResponse."""
    field, start, end, said, stance, score = value
    return {"field": field, "start": start, "end": end, "quote": said, "stance": stance, "score": score}


def stance_in_json(value: ListedStance) -> dict[str, Any]:
    """A StanceResponse for orjson, without an object for each of its parts."""
    favor, neutral, against = value.scores
    return {
        "annotation_id": value.annotation_id,
        "article": reference_in_json(value.article),
        "country": value.country,
        "name": value.name,
        "salience": value.salience,
        "mention_count": value.mention_count,
        "stance": value.stance,
        "scores": {"favor": favor, "neutral": neutral, "against": against},
        "model": value.model,
        "created_at": value.created_at,
        "evidence": value.evidence and evidence_in_json(value.evidence),
        "judged_by": value.judged_by,
    }


class StanceCountsResponse(Response):
    """Articles by their stance."""

    favor: Count
    neutral: Count
    against: Count
    undecided: Count

    @classmethod
    def of(cls, value: StanceCounts) -> StanceCountsResponse:
        return cls(favor=value.favor, neutral=value.neutral, against=value.against, undecided=value.undecided)


class NetStanceResponse(Response):
    """Favor minus against as a share of the decided stances, with a 95% interval (Bonett and Price 2012)."""

    value: Net
    low: Net
    high: Net

    @classmethod
    def of(cls, value: NetStance) -> NetStanceResponse:
        return cls(value=_rounded(value.value), low=_rounded(value.low), high=_rounded(value.high))


class SharesResponse(Response):
    """1 together, up to rounding."""

    favor: Share
    neutral: Share
    against: Share
    undecided: Share


class TallyResponse(Response):
    """How stances are divided."""

    n: Count = Field(description="All stances, undecided ones included.")
    counts: StanceCountsResponse
    shares: SharesResponse | None = Field(description="Of all stances; null where there are none.")
    net_stance: NetStanceResponse | None = Field(description="null where nothing is decided.")


class SeriesPointResponse(TallyResponse):
    """One interval."""

    start: date = Field(description="Its first day, in UTC; weeks start on Monday.")

    @classmethod
    def of(cls, value: SeriesPoint) -> SeriesPointResponse:
        return cls(start=value.start.date(), **_tally(value.counts))


class GroupResponse(TallyResponse):
    """One group of a summary."""

    group: dict[str, str | None] = Field(
        description="What the group has in common, by the names in `group_by`. A day, week or month is its first day; null is an "
        "undecided stance, an article without `published_at`, or one without a publisher.",
        examples=[{"country": "KZ", "month": "2024-11-01"}],
    )

    @classmethod
    def of(cls, value: Group, *, dimensions: Sequence[Dimension]) -> GroupResponse:
        keys = zip(dimensions, value.keys, strict=True)
        return cls(group={name.value: None if key is None else str(key) for name, key in keys}, **_tally(value.counts))


class VersionCountResponse(Response):
    """How many of the stances a model version, or a reviewer in its place, judged."""

    model: ModelVersion
    n: Count


class SummaryResponse(Response):
    """Stances by up to two dimensions."""

    group_by: list[Dimension]
    n: Count
    models: list[VersionCountResponse] = Field(description="All stances by model version.")
    groups: list[GroupResponse] = Field(description="In the order of their keys, null last.")

    @classmethod
    def of(cls, value: Summary, *, dimensions: Sequence[Dimension]) -> SummaryResponse:
        return cls(
            group_by=list(dimensions),
            n=sum(value.models.values()),
            models=[VersionCountResponse(model=model, n=n) for model, n in value.models.items()],
            groups=[GroupResponse.of(group, dimensions=dimensions) for group in value.groups],
        )


class RelatedCountryResponse(Response):
    """A country that appears in the same articles as the one that was asked for."""

    country: Code
    name: str
    articles: Count
    toward_it: TallyResponse = Field(description="The stances of these articles toward this country.")
    toward_asked: TallyResponse = Field(description="The stances of the same articles toward the country that was asked for.")

    @classmethod
    def of(cls, value: RelatedCountry) -> RelatedCountryResponse:
        return cls(
            country=value.country,
            name=value.name,
            articles=value.toward_it.n,
            toward_it=TallyResponse(**_tally(value.toward_it)),
            toward_asked=TallyResponse(**_tally(value.toward_other)),
        )


class RelatedPageResponse(Page[RelatedCountryResponse]):
    """Countries beside another, those with most articles first."""


def _tally(counts: StanceCounts) -> dict[str, Any]:
    """As JSON, because a summary can have tens of thousands."""
    favor, neutral, against, undecided = counts
    n, net = favor + neutral + against + undecided, counts.net
    return {
        "n": n,
        "counts": {"favor": favor, "neutral": neutral, "against": against, "undecided": undecided},
        "shares": {
            "favor": _rounded(favor / n),
            "neutral": _rounded(neutral / n),
            "against": _rounded(against / n),
            "undecided": _rounded(undecided / n),
        }
        if n
        else None,
        "net_stance": net_in_json(net) if net else None,
    }


def net_in_json(net: NetStance) -> dict[str, float]:
    """A NetStanceResponse."""
    return {"value": _rounded(net[0]), "low": _rounded(net[1]), "high": _rounded(net[2])}


SLICE = 200
"""Groups that become bytes at once: so few are gone again before Python's search for garbage goes through them."""


def summary_in_json(value: Summary, *, dimensions: Sequence[Dimension]) -> bytes:
    """A SummaryResponse, without an object for each part of each group: to make those takes longer than to count all rows."""
    names = [dimension.value for dimension in dimensions]
    slices = (value.groups[start : start + SLICE] for start in range(0, len(value.groups), SLICE))
    # orjson writes dates and enumerations as Pydantic does.
    parts = [orjson.dumps([_group(group, names) for group in some])[1:-1] for some in slices]
    head = {
        "group_by": names,
        "n": sum(value.models.values()),
        "models": [{"model": model, "n": n} for model, n in value.models.items()],
    }
    return b'%b,"groups":[%b]}' % (orjson.dumps(head)[:-1], b",".join(parts))


def _group(group: Group, names: Sequence[str]) -> dict[str, Any]:
    tally = _tally(group.counts)
    tally["group"] = dict(zip(names, group.keys, strict=True))
    return tally


def _rounded(value: float) -> float:
    # Four digits are more than a million articles can tell apart, and keep an answer of thousands of groups short. Rounding
    # to digits would take four times as long.
    return round(value * 10_000) / 10_000


class SeriesResponse(Response):
    """Stances over time, from `published_from` or the first article to `published_to` or the last, empty intervals included."""

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
