"""What is stored and listed: articles, their annotations, and one stance a country. Ids are UUIDv7 strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from app.domain.values import (
    Annotation,
    ArticleStatus,
    ArticleText,
    CountryCode,
    Evidence,
    PublicationTime,
    Scores,
    Stance,
)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Submission:
    """An article as its sender gives it. Identity is publisher + external_id, or publisher + hash of title and body."""

    text: ArticleText
    external_id: str | None = None
    url: str | None = None
    publisher: str | None = None
    published: PublicationTime | None = None
    language: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredAnnotation:
    id: str
    article_id: str
    revision: int
    created_at: datetime
    annotation: Annotation


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """`submission.text.body` is empty and `annotation` None in lists, which omit text and mentions."""

    id: str
    created_at: datetime
    updated_at: datetime
    revision: int
    status: ArticleStatus
    submission: Submission
    annotation: StoredAnnotation | None
    duplicate_group: str | None = None
    """The same for all near-duplicates of an article; None as long as there are none."""

    @property
    def read_language(self) -> str:
        """As stated, else as found by who read the text; without region, in lower case. `und` where nobody knows."""
        found = self.annotation.annotation.language if self.annotation else None
        return (self.submission.language or found or "und").split("-")[0].lower()


@dataclass(frozen=True, slots=True)
class ArticleReference:
    id: str
    title: str | None
    publisher: str | None
    url: str | None
    published: PublicationTime | None


@dataclass(frozen=True, slots=True)
class ListedStance:
    """The stance of one article toward one country, as lists show it; `created_at` is that of the article and orders them."""

    annotation_id: str
    article: ArticleReference
    country: CountryCode
    name: str
    salience: float
    mention_count: int
    stance: Stance | None
    scores: Scores
    model: str
    created_at: datetime
    evidence: Evidence | None


class Sort(StrEnum):
    CREATED_AT = "created_at"
    PUBLISHED_AT = "published_at"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; all given conditions hold together, those on a stance of one and the same stance.

    Times are aware; from is inclusive, to exclusive. An article of which only the day is known counts as the first moment of that
    day in UTC, and undated articles are in no range. An undecided stance has no score that could be large enough.
    """

    countries: tuple[CountryCode, ...] = ()
    stances: tuple[Stance | None, ...] = ()
    publisher: str | None = None
    url: str | None = None
    external_id: str | None = None
    published_from: datetime | None = None
    published_to: datetime | None = None
    min_score: float | None = None
    min_salience: float | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: tuple[Item, ...]
    next_cursor: str | None


class Interval(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class StanceCounts:
    favor: int = 0
    neutral: int = 0
    against: int = 0
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """`start` is the first UTC day of the interval; weeks start on Monday."""

    start: datetime
    counts: StanceCounts


@dataclass(frozen=True, slots=True)
class Series:
    """Intervals from the first to the last with an article, empty ones included; articles without a date are counted apart."""

    points: tuple[SeriesPoint, ...]
    undated: StanceCounts


@dataclass(frozen=True, slots=True)
class CountryCount:
    country: CountryCode
    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class PublisherCount:
    """`publisher` is None for articles that name none."""

    publisher: str | None
    articles: int


@dataclass(frozen=True, slots=True)
class ModelCount:
    """`model` is `name@digest`; `active` marks the one that annotates now."""

    model: str
    active: bool
    annotations: int


def now() -> datetime:
    return datetime.now(UTC)
