"""Publication times as one number that sorts and groups alike on both databases: microseconds since year 1 began, UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from app.domain.values import PublicationTime

_START = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

DAY = 86_400_000_000

UNDATED = -DAY
"""Before every date, so undated articles are last when the newest come first; divided by DAY it is -1 in every SQL."""


def order(published: PublicationTime | None) -> int:
    """A day counts as its first moment, so that of adjoining ranges every dated article falls into exactly one."""
    if published is None:
        return UNDATED
    return (published.day.toordinal() - 1) * DAY if published.instant is None else order_of(published.instant)


def order_of(instant: datetime) -> int:
    return (instant - _START) // _MICROSECOND


def day_of(number: int) -> date:
    """The inverse of `order // DAY`. Day 0 was a Monday."""
    return date.fromordinal(number + 1)


def day(number: int) -> int:
    """Days since year 1 began; -1 for UNDATED."""
    return number // DAY


def month(number: int) -> int:
    """Months since year 1 began; -1 for UNDATED."""
    if number < 0:
        return -1
    of = day_of(day(number))
    return (of.year - 1) * 12 + of.month - 1


def month_of(instant: datetime, *, before: bool = False) -> int:
    """`month` of an instant, or of the last moment before it."""
    return month(order_of(instant) - before)


def start_of_month(number: int) -> datetime:
    return datetime.combine(day_of_month(number), time(), UTC)


def day_of_month(number: int) -> date:
    """The first day of a month; the inverse of `month`."""
    return date(number // 12 + 1, number % 12 + 1, 1)
