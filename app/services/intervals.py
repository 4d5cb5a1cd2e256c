"""Days folded into intervals, in UTC. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from app.domain.errors import InvalidQuery
from app.domain.records import Filter, Interval, SeriesPoint, StanceCounts
from app.domain.values import Stance

MOST_POINTS = 10_000
"""Twenty-seven years of days. One article with a mistaken year would otherwise ask for a million empty ones."""

Counts = Counter[Stance | None]
Kind = TypeVar("Kind")


def first_day(day: date, interval: Interval) -> date:
    """Of the interval that `day` lies in; weeks start on Monday, as ISO 8601 has it."""
    if interval is Interval.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval is Interval.MONTH else day


def points(
    by_day: Mapping[date, Counts], interval: Interval, *, first: date | None = None, last: date | None = None
) -> tuple[SeriesPoint, ...]:
    """Those of `folded`. Raises as that."""
    found = folded(by_day, interval, first=first, last=last)
    return tuple(SeriesPoint(start=_midnight(start), counts=counted(counts)) for start, counts in found)


def folded(
    by_day: Mapping[date, Counter[Kind]], interval: Interval, *, first: date | None = None, last: date | None = None
) -> list[tuple[date, Counter[Kind]]]:
    """From the interval of `first` to that of `last`, empty ones included; left out, from the first and to the last day that is
    counted. None where there is neither. Raises InvalidQuery when that is too many.
    """
    counts: dict[date, Counter[Kind]] = {}
    for day, of_day in by_day.items():
        counts.setdefault(first_day(day, interval), Counter()).update(of_day)
    ends = [*counts, *(first_day(day, interval) for day in (first, last) if day is not None)]
    if not counts and (first is None or last is None or first > last):
        return []
    return [(start, counts.get(start, Counter())) for start in _between(min(ends), max(ends), interval)]


def asked(wanted: Filter) -> tuple[date | None, date | None]:
    """The first and the last day that a filter leaves. Until a midnight is until the day before it."""
    before = wanted.published_to and wanted.published_to.astimezone(UTC) - timedelta(microseconds=1)
    return wanted.published_from and wanted.published_from.astimezone(UTC).date(), before and before.date()


def counted(counts: Counts) -> StanceCounts:
    return StanceCounts(
        favor=counts[Stance.FAVOR], neutral=counts[Stance.NEUTRAL], against=counts[Stance.AGAINST], undecided=counts[None]
    )


def _between(first: date, last: date, interval: Interval) -> list[date]:
    starts = [first]
    while starts[-1] < last:
        if len(starts) == MOST_POINTS:
            detail = f"makes more than {MOST_POINTS} intervals; choose a longer one, or narrow published_from and published_to"
            raise InvalidQuery("interval", detail)
        starts.append(_next(starts[-1], interval))
    return starts


def _next(start: date, interval: Interval) -> date:
    step = {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 31}[interval]
    return first_day(start + timedelta(days=step), interval)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
