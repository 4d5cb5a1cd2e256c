"""Who stands where toward whom, over what is stored: relations of one country to another, listed and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from app.domain.records import ArticleFilter, ArticleReference, Interval, ListedEvidence, StanceCounts
from app.domain.values import CountryCode, JudgedBy, Stance


@dataclass(frozen=True, slots=True)
class RelationFilter(ArticleFilter):
    """What relations are narrowed to. `judged_by` as the model's word shows those too that a reviewer took away."""

    sources: tuple[CountryCode, ...] = ()
    targets: tuple[CountryCode, ...] = ()
    stances: tuple[Stance, ...] = ()
    min_probability: float | None = None
    judged_by: Literal[JudgedBy.MODEL] | None = None


class ListedRelation(NamedTuple):
    """A relation in one article, as lists show it; `created_at` is that of the article and orders them."""

    annotation_id: str
    article: ArticleReference
    source: str
    target: str
    stance: str
    probability: float
    model: str
    created_at: str
    evidence: ListedEvidence


class PeriodCounts(NamedTuple):
    """`start` is the first UTC day of an interval; None for undated articles."""

    start: date | None
    counts: StanceCounts


class PairCounts(NamedTuple):
    """How often `source` favors and opposes `target`; neither count of the other two is ever above zero.

    `periods` are those that have any, in order, what is undated last; None where they were not asked for.
    """

    source: CountryCode
    target: CountryCode
    counts: StanceCounts
    periods: tuple[PeriodCounts, ...] | None


class LeftOut(NamedTuple):
    """What a matrix counted and does not show."""

    pairs: int
    n: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Ordered pairs of countries, those with most relations first, and the number of relations of each model version."""

    interval: Interval | None
    pairs: tuple[PairCounts, ...]
    left_out: LeftOut
    models: Mapping[str, int]
