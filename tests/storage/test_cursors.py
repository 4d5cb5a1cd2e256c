from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.domain.errors import InvalidCursor
from app.domain.records import Filter, Sort
from app.domain.values import CountryCode, Stance
from app.storage import cursors, ids
from app.storage.articles import ORDERS
from app.storage.keyset import Keyset
from app.storage.tables import ArticleRow

WANTED = Filter(countries=(CountryCode("CN"),), stances=(Stance.FAVOR, None), published_from=datetime(2024, 1, 1, tzinfo=UTC))
HERE = cursors.binding("articles", WANTED, Sort.CREATED_AT)


def read(values: list[object], keyset: Keyset = ORDERS[Sort.PUBLISHED_AT]) -> None:
    keyset.page(select(ArticleRow.id), after=values, limit=1)


@given(st.lists(st.integers() | st.text(st.characters(exclude_categories=["Cs"])) | st.none(), max_size=4))
def test_a_cursor_gives_back_its_key(key: list[object]) -> None:
    assert cursors.decode(cursors.encode(key, bound_to=HERE), bound_to=HERE) == key


def test_an_id_in_a_key_is_its_text() -> None:
    identifier = ids.new()
    assert cursors.decode(cursors.encode([identifier], bound_to=HERE), bound_to=HERE) == [str(identifier)]


@pytest.mark.parametrize(
    "elsewhere",
    [
        cursors.binding("stances", WANTED, Sort.CREATED_AT),
        cursors.binding("articles", WANTED, Sort.PUBLISHED_AT),
        cursors.binding("articles", replace(WANTED, countries=()), Sort.CREATED_AT),
        cursors.binding("articles", replace(WANTED, stances=(Stance.FAVOR,)), Sort.CREATED_AT),
        cursors.binding("articles", replace(WANTED, min_salience=0.0), Sort.CREATED_AT),
        cursors.binding("articles", replace(WANTED, published_from=None), Sort.CREATED_AT),
    ],
)
def test_a_cursor_means_nothing_in_another_list(elsewhere: bytes) -> None:
    with pytest.raises(InvalidCursor):
        cursors.decode(cursors.encode([1], bound_to=elsewhere), bound_to=HERE)


def test_the_same_moment_written_with_another_offset_is_the_same_filter() -> None:
    elsewhere = datetime(2024, 1, 1, 6, tzinfo=timezone(timedelta(hours=6)))
    assert cursors.binding("articles", replace(WANTED, published_from=elsewhere), Sort.CREATED_AT) == HERE


@given(st.text(max_size=60))
def test_what_is_not_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors.decode(text, bound_to=HERE)


@given(st.integers(0, 100), st.characters())
def test_a_cursor_with_a_changed_letter_is_refused_or_the_same(position: int, letter: str) -> None:
    good = cursors.encode([7, "x"], bound_to=HERE)
    position %= len(good)
    changed = good[:position] + letter + good[position + 1 :]
    if changed != good:
        with pytest.raises(InvalidCursor):
            cursors.decode(changed, bound_to=HERE)


@pytest.mark.parametrize(
    "key",
    [
        [],
        [1],
        [1, 2],
        ["x", str(UUID(int=7))],
        [2**63, str(UUID(int=7))],
        [True, str(UUID(int=7))],
        [1, "no id"],
        [None, None],
        [1.5, 1],
    ],
)
def test_a_forged_key_that_no_column_can_be_compared_with_is_refused(key: list[object]) -> None:
    with pytest.raises(InvalidCursor):
        read(key)
