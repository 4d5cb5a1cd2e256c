from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidQuery
from app.domain.records import Interval, StanceCounts
from app.domain.values import Stance
from app.services.intervals import MOST_POINTS, Counts, first_day, points


def starts(interval: Interval, *days: date) -> list[str]:
    return [point.start.date().isoformat() for point in points({day: Counter({None: 1}) for day in days}, interval)]


def test_empty_intervals_are_present() -> None:
    assert starts(Interval.DAY, date(2024, 2, 28), date(2024, 3, 1)) == ["2024-02-28", "2024-02-29", "2024-03-01"]


def test_weeks_start_on_monday() -> None:
    assert starts(Interval.WEEK, date(2021, 1, 3), date(2021, 1, 18)) == ["2020-12-28", "2021-01-04", "2021-01-11", "2021-01-18"]


def test_months_of_any_length_follow_each_other() -> None:
    assert starts(Interval.MONTH, date(2023, 12, 31), date(2024, 3, 1)) == [
        "2023-12-01",
        "2024-01-01",
        "2024-02-01",
        "2024-03-01",
    ]


def test_nothing_makes_no_points() -> None:
    assert points({}, Interval.DAY) == ()


def test_days_of_one_interval_are_added_up() -> None:
    by_day: dict[date, Counts] = {
        date(2024, 1, 1): Counter({Stance.FAVOR: 2, None: 1}),
        date(2024, 1, 7): Counter({Stance.FAVOR: 1, Stance.AGAINST: 4}),
    }
    assert [point.counts for point in points(by_day, Interval.WEEK)] == [StanceCounts(favor=3, against=4, undecided=1)]


@given(st.dates(), st.sampled_from(Interval))
def test_every_day_lies_in_one_interval_that_starts_no_later(day: date, interval: Interval) -> None:
    start = first_day(day, interval)
    assert start <= day
    assert first_day(start, interval) == start


def test_one_article_with_a_mistaken_year_makes_an_error_and_not_a_million_points() -> None:
    with pytest.raises(InvalidQuery, match=str(MOST_POINTS)):
        starts(Interval.DAY, date(1024, 1, 1), date(2024, 1, 1))


@pytest.mark.parametrize("interval", Interval)
def test_the_last_days_of_the_calendar_are_days_too(interval: Interval) -> None:
    assert starts(interval, date(9999, 12, 30), date(9999, 12, 31))
    assert starts(interval, date.min, date(1, 1, 2))
