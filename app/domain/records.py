"""What is stored and listed: articles, their annotations, and one stance a country. Ids are UUIDv7 strings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from app.domain.errors import InvalidQuery
from app.domain.textquery import TextQuery
from app.domain.values import (
    Annotation,
    ArticleStatus,
    ArticleText,
    CountryCode,
    JudgedBy,
    Kind,
    PublicationTime,
    Scores,
    Stance,
    Verdict,
    Voice,
)

Item = TypeVar("Item")

NORMAL_97_5 = 1.959963984540054
"""Between it and its negative lie 95% of the normal distribution."""


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
        return read_language(self.submission.language or (self.annotation.annotation.language if self.annotation else None))


def read_language(tag: str | None) -> str:
    """Of a language tag, or of none, what `StoredArticle.read_language` says."""
    return (tag or "und").split("-")[0].lower()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a reviewer said of the text `revision` of an article. Of those that are not revoked, the latest of a country holds."""

    id: str
    article_id: str
    revision: int
    created_at: datetime
    reviewer: str
    verdict: Verdict
    name: str
    """The English name of the country."""
    reason: str | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None


class ListedArticle(NamedTuple):
    """An article without its text, as lists show it.

    Rows of lists are tuples of what the database has, ready to be written: times are text as RFC 3339 has it, in UTC, and words
    are text too. Of an instant made, checked and written again a page would take most of its time.
    """

    id: str
    created_at: str
    updated_at: str
    revision: int
    status: str
    external_id: str | None
    url: str | None
    title: str | None
    publisher: str | None
    published_at: str | None
    """In the precision in which it was given: a day, or an instant."""
    language: str | None
    metadata: str
    """As JSON."""
    duplicate_group: str | None


class ArticleReference(NamedTuple):
    id: str
    title: str | None
    publisher: str | None
    url: str | None
    published_at: str | None


class ListedEvidence(NamedTuple):
    field: str
    start: int
    end: int
    quote: str
    stance: str
    score: float


class ListedStance(NamedTuple):
    """The stance of one article toward one country, as lists show it; `created_at` is that of the article and orders them."""

    annotation_id: str
    article: ArticleReference
    country: str
    name: str
    salience: float
    mention_count: int
    stance: str | None
    scores: tuple[float, float, float]
    """Favor, neutral and against."""
    model: str
    created_at: str
    evidence: ListedEvidence | None
    judged_by: str


class Sort(StrEnum):
    """The time by which a list is ordered."""

    CREATED_AT = "created_at"
    PUBLISHED_AT = "published_at"


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """What is asked of the articles in a list; all given conditions hold together.

    `model` is whose word is asked for; left out, what is shown. `collapse` counts near-duplicates once: of those that the filter
    leaves, the oldest article of a group speaks for all. Times are aware; from is inclusive, to exclusive. An article of which
    only the day is known counts as the first moment of that day in UTC, and undated articles are in no range.
    """

    publisher: str | None = None
    url: str | None = None
    external_id: str | None = None
    published_from: datetime | None = None
    published_to: datetime | None = None
    model: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    language: str | None = None
    q: TextQuery | None = None
    collapse: bool = False


@dataclass(frozen=True, slots=True)
class Filter(ArticleFilter):
    """What a list is narrowed to; those of the conditions that are on a stance hold of one and the same stance.

    `voice` chooses whose stance is meant, the article's as a whole or that of one voice; a reviewer's word is about the whole, so
    of one voice only the model's is there, save that a country that a reviewer took away is gone. With `judged_by` left out a
    reviewer's word stands instead of the model's. An undecided stance has no score that could be large enough. Raises
    InvalidQuery for a voice judged by a reviewer.
    """

    countries: tuple[CountryCode, ...] = ()
    stances: tuple[Stance | None, ...] = ()
    min_score: float | None = None
    min_salience: float | None = None
    kinds: tuple[Kind, ...] = ()
    voice: Voice | None = None
    judged_by: JudgedBy | None = None

    def __post_init__(self) -> None:
        if self.voice is not None and self.judged_by is JudgedBy.HUMAN:
            raise InvalidQuery("judged_by", "a reviewer judges an article as a whole and says nothing of one voice")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: tuple[Item, ...]
    next_cursor: str | None


class Interval(StrEnum):
    """The width of one point of a series."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class StanceCounts(NamedTuple):
    """A tuple, like Group: a summary has tens of thousands of both, and an object takes four times as long to make."""

    favor: int = 0
    neutral: int = 0
    against: int = 0
    undecided: int = 0

    @property
    def n(self) -> int:
        return self.decided + self.undecided

    @property
    def decided(self) -> int:
        return self.favor + self.neutral + self.against

    @property
    def net(self) -> NetStance | None:
        """None where nothing is decided.

        The interval is Bonett and Price's adjusted Wald interval for a difference of paired proportions ("Adjusted Wald
        confidence interval for a difference of binomial proportions based on paired data", 2012): one is added to both counts and
        two to their sum, so that it does not shrink to a point where few articles all say the same.
        """
        favor, _, against, _ = self
        decided = self.decided
        if not decided:
            return None
        size = decided + 2
        # One was added to each of both.
        middle, together = (favor - against) / size, (favor + against + 2) / size
        reach = NORMAL_97_5 * math.sqrt((together - middle * middle) / size)
        return NetStance((favor - against) / decided, max(-1.0, middle - reach), min(1.0, middle + reach))


class NetStance(NamedTuple):
    """`value` is favor minus against as a share of all decided stances, -1..1; `low` and `high` bound its 95% interval."""

    value: float
    low: float
    high: float


class Dimension(StrEnum):
    """What a summary groups by."""

    COUNTRY = "country"
    PUBLISHER = "publisher"
    STANCE = "stance"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    LANGUAGE = "language"


Key = CountryCode | Stance | date | str | None
"""A day, week or month is its first day; None is an undecided stance, an undated article, or no publisher."""


class Group(NamedTuple):
    """`keys` in the order of the dimensions."""

    keys: tuple[Key, ...]
    counts: StanceCounts


@dataclass(frozen=True, slots=True)
class Summary:
    """Groups by their keys, those without a key last, and the number of stances of each model version."""

    groups: tuple[Group, ...]
    models: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RelatedCountry:
    """A country that appears in `counts` articles with another: stances toward it, and in the same articles toward the other."""

    country: CountryCode
    name: str
    toward_it: StanceCounts
    toward_other: StanceCounts


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


@dataclass(frozen=True, slots=True)
class Side:
    """What one model version says of an article and a country; `stance` is None when undecided."""

    stance: Stance | None
    scores: Scores


@dataclass(frozen=True, slots=True)
class Difference:
    """A side is None where that version did not find the country in the article."""

    article_id: str
    country: CountryCode
    name: str
    before: Side | None
    after: Side | None


@dataclass(frozen=True, slots=True)
class PairCount:
    """How many countries of articles have this pair. `found_before` tells an undecided stance from a country not found."""

    found_before: bool
    before: Stance | None
    found_after: bool
    after: Stance | None
    count: int

    @property
    def changed(self) -> bool:
        return (self.found_before, self.before) != (self.found_after, self.after)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two model versions over the `articles` whose current text both read, and one page of what changed."""

    articles: int
    pairs: tuple[PairCount, ...]
    differences: Page[Difference]


def now() -> datetime:
    return datetime.now(UTC)
