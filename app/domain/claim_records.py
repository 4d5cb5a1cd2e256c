"""What is stored and listed of claims. Ids are UUIDv7 strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from app.domain.claims import ClaimEvidence, ClaimProbabilities, ClaimStance
from app.domain.jobs import StoredJob
from app.domain.records import Filter
from app.domain.values import PublicationTime


class ClaimCounts(NamedTuple):
    """Articles that were read, by what they say of the claim; in the order of ClaimStance."""

    agree: int = 0
    disagree: int = 0
    discuss: int = 0
    unrelated: int = 0

    @property
    def n(self) -> int:
        return sum(self)

    @classmethod
    def of(cls, counts: Mapping[ClaimStance, int]) -> ClaimCounts:
        return cls(*(counts.get(stance, 0) for stance in ClaimStance))


@dataclass(frozen=True, slots=True)
class GateCounts:
    """Articles of the filter that were stored when the claim was made. Each of `considered` was held off, or is read.

    `not_compared` have no vectors that the gate can compare: their annotation is of another model version.
    """

    considered: int = 0
    held_off: int = 0
    not_compared: int = 0


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """`wanted` narrows by countries and publication alone; `model` read claims when this one was made."""

    id: str
    text: str
    wanted: Filter
    created_at: datetime
    model: str
    gate: GateCounts
    counts: ClaimCounts
    job: StoredJob


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """What a list of stances toward one claim is narrowed to; all given conditions hold together.

    Of `article` only what concerns articles counts, and `countries`: those that an article is about. Without `stances` it is all
    but the unrelated. `collapse` counts near-duplicates once: of those that the filter leaves, the one stored first.
    """

    article: Filter
    stances: tuple[ClaimStance, ...] = ()
    min_probability: float | None = None
    collapse: bool = False


@dataclass(frozen=True, slots=True)
class ClaimArticle:
    """Enough of an article to show it beside what it says."""

    id: str
    title: str | None
    publisher: str | None
    url: str | None
    published: PublicationTime | None


@dataclass(frozen=True, slots=True)
class ListedClaimStance:
    """What one article says of a claim; `created_at` is that of the article and orders the list."""

    article: ClaimArticle
    revision: int
    stance: ClaimStance
    probabilities: ClaimProbabilities
    evidence: tuple[ClaimEvidence, ...]
    passages: int
    model: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimSeriesPoint:
    """`start` is the first UTC day of the interval; weeks start on Monday."""

    start: date
    counts: ClaimCounts


@dataclass(frozen=True, slots=True)
class ClaimSeries:
    """Intervals from the first to the last with an article, empty ones included; articles without a date are counted apart."""

    points: tuple[ClaimSeriesPoint, ...]
    undated: ClaimCounts


@dataclass(frozen=True, slots=True)
class Report:
    """An article, and how many near-duplicates that say the same it stands for, itself left out."""

    said: ListedClaimStance
    copies: int


@dataclass(frozen=True, slots=True)
class Following:
    """How many other outlets said the same within so many days after the first."""

    days: int
    outlets: int


@dataclass(frozen=True, slots=True)
class Course:
    """How one stance toward a claim spread. `outlets` includes that of the first; articles without a publisher count in none."""

    stance: ClaimStance
    first: Report | None
    outlets: int
    reports: int
    followed: tuple[Following, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """One page of what was said, in the order of publication, and how it went over the whole of it.

    `undated` are articles without a date, at most as many as a page has; `undated_count` are all of them.
    """

    courses: tuple[Course, ...]
    reports: tuple[Report, ...]
    next_cursor: str | None
    undated: tuple[Report, ...]
    undated_count: int
