from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.values import PublicationTime
from app.storage import publication

INSTANTS = st.datetimes(timezones=st.just(UTC))


@given(INSTANTS, INSTANTS)
def test_the_order_of_instants_is_the_order_of_time(one: datetime, other: datetime) -> None:
    orders = [publication.order(PublicationTime.at(moment)) for moment in (one, other)]
    assert (orders[0] < orders[1]) == (one < other)


@given(INSTANTS)
def test_an_instant_lies_in_its_day(instant: datetime) -> None:
    order = publication.order(PublicationTime.at(instant))
    assert publication.day_of(order // publication.DAY) == instant.date()


@given(st.dates())
def test_a_day_counts_as_its_first_moment(day: date) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert publication.order(PublicationTime.at(day)) == publication.order(PublicationTime.at(midnight))


@pytest.mark.parametrize("moment", [date.min, datetime.min.replace(tzinfo=UTC)])
def test_nothing_is_before_the_undated(moment: date) -> None:
    assert publication.order(None) < publication.order(PublicationTime.at(moment))


def test_orders_fit_a_bigint() -> None:
    assert publication.order(PublicationTime.at(datetime.max.replace(tzinfo=UTC))) < 2**63
