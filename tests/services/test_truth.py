"""Lists and series over random articles, on each database, against the same questions put to plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.domain.records import (
    CountryCount,
    Filter,
    Interval,
    Page,
    PublisherCount,
    Series,
    SeriesPoint,
    Sort,
    StanceCounts,
    StoredArticle,
    Submission,
)
from app.domain.values import ArticleText, CountryCode, Judgement, PublicationTime, Stance
from app.services import search, summarise
from app.services.submit import submit
from app.storage.database import Store
from app.storage.tables import ArticleRow
from tests.samples import ScriptedAnnotator, annotate_again, annotation, judgement

pytestmark = pytest.mark.anyio

CODES = ["CN", "KZ", "US"]
PUBLISHERS = [None, "P", "Q", "é"]
MODELS = ["one@000000000001", "two@000000000002"]
PROBABILITIES = [0.4, 0.5, 0.7]
SALIENCES = [0.0, 0.25, 1.0]
STANCES = [*Stance, None]

# Few enough that dates, moments and the bounds of filters often meet.
days = st.sampled_from([date(2023, 12, 31), date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 15)])
zones = st.sampled_from([UTC, timezone(timedelta(hours=12))])
moments = st.builds(datetime.combine, days, st.sampled_from([time(0), time(12), time(23, 59, 59, 999_999)]), tzinfo=zones)
judgements = st.builds(
    judgement,
    st.sampled_from(CODES),
    st.sampled_from(STANCES),
    salience=st.sampled_from(SALIENCES),
    probability=st.sampled_from(PROBABILITIES),
)
sayings = st.lists(judgements, max_size=3, unique_by=lambda judged: judged.country)


@dataclass
class Case:
    published: PublicationTime | None
    publisher: str | None
    said: list[list[Judgement]]
    """By the first model, then perhaps by the second, which is then shown."""


@dataclass
class Known:
    article: StoredArticle
    said: dict[str, list[Judgement]]

    @property
    def shown(self) -> str:
        return list(self.said)[-1]


cases = st.builds(
    Case,
    published=st.none() | days.map(PublicationTime.at) | moments.map(PublicationTime.at),
    publisher=st.sampled_from(PUBLISHERS),
    said=st.lists(sayings, min_size=1, max_size=2),
)
filters = st.builds(
    Filter,
    countries=st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple),
    stances=st.just(()) | st.lists(st.sampled_from(STANCES), max_size=3, unique=True).map(tuple),
    publisher=st.none() | st.sampled_from(PUBLISHERS[1:]),
    external_id=st.none() | st.sampled_from(["0", "1", "x"]),
    published_from=st.none() | moments,
    published_to=st.none() | moments,
    min_score=st.none() | st.sampled_from(PROBABILITIES),
    min_salience=st.none() | st.sampled_from(SALIENCES),
    model=st.none() | st.sampled_from([*MODELS, "nobody@000000000003"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(cases, min_size=4, max_size=10), st.lists(filters, min_size=4, max_size=6), st.integers(1, 3))
async def test_the_database_answers_what_plain_python_answers(
    store: Store, made: list[Case], asked: list[Filter], limit: int
) -> None:
    known = [await store_case(store, number, case) for number, case in enumerate(made)]
    for wanted in [Filter(), *asked]:
        for sort in Sort:
            assert await everything(search.articles, store, wanted, sort, limit, seen_article) == articles(known, wanted, sort)
            assert await everything(search.stances, store, wanted, sort, limit, seen_stance) == stances(known, wanted, sort)
        for interval in Interval:
            assert await summarise.series(store, wanted, interval=interval) == series(known, wanted, interval)
    assert await summarise.countries(store) == countries(known)
    assert (await summarise.publishers(store, limit=10)).items == publishers(known)
    clear(store)


async def store_case(store: Store, number: int, case: Case) -> Known:
    given = Submission(text=ArticleText("x"), external_id=str(number), publisher=case.publisher, published=case.published)
    said = dict(zip(MODELS, case.said, strict=False))
    first, *later = (annotation(*each, model=model) for model, each in said.items())
    article, _ = await submit(store, ScriptedAnnotator({"x": first.countries}, version=first.model), given)
    for each in later:
        annotate_again(store, article, each)
    return Known(article, said)


async def everything(
    listed: Callable[..., Awaitable[Page[Any]]], store: Store, wanted: Filter, sort: Sort, limit: int, seen: Callable[[Any], Any]
) -> list[Any]:
    found: list[Any] = []
    page = await listed(store, wanted, sort=sort, limit=limit)
    found += page.items
    while page.next_cursor:
        assert len(page.items) == limit
        page = await listed(store, wanted, sort=sort, limit=limit, cursor=page.next_cursor)
        found += page.items
    return [seen(item) for item in found]


def seen_article(article: StoredArticle) -> str:
    return article.id


def seen_stance(found: Any) -> tuple[str, str, Stance | None, float, str]:
    return found.article.id, found.country, found.stance, found.salience, found.model


def newest_first(known: list[Known], sort: Sort) -> list[Known]:
    by_creation = known[::-1]
    if sort is Sort.CREATED_AT:
        return by_creation
    dated = [each for each in by_creation if each.article.submission.published]
    undated = [each for each in by_creation if not each.article.submission.published]
    return sorted(dated, key=lambda each: first_moment(each.article), reverse=True) + undated


def first_moment(article: StoredArticle) -> datetime:
    published = article.submission.published
    assert published is not None
    return published.instant or datetime.combine(published.day, time(), UTC)


def articles(known: list[Known], wanted: Filter, sort: Sort) -> list[str]:
    about_stances = wanted.countries or wanted.stances or wanted.min_score is not None or wanted.min_salience is not None
    return [
        each.article.id
        for each in newest_first(known, sort)
        if fits_article(each.article, wanted)
        and (not about_stances or any(fits_stance(judged, wanted) for judged in said(each, wanted)))
        and (wanted.model is None or wanted.model in each.said)
    ]


def stances(known: list[Known], wanted: Filter, sort: Sort) -> list[tuple[str, str, Stance | None, float, str]]:
    return [
        (each.article.id, str(judged.country), judged.stance, judged.salience, wanted.model or each.shown)
        for each in newest_first(known, sort)
        if fits_article(each.article, wanted)
        for judged in said(each, wanted)
        if fits_stance(judged, wanted)
    ]


def said(known: Known, wanted: Filter) -> list[Judgement]:
    return known.said.get(wanted.model or known.shown, [])


def fits_article(article: StoredArticle, wanted: Filter) -> bool:
    given = article.submission
    if (wanted.published_from or wanted.published_to) and given.published is None:
        return False
    return (
        wanted.publisher in (None, given.publisher)
        and wanted.external_id in (None, given.external_id)
        and (wanted.published_from is None or first_moment(article) >= wanted.published_from)
        and (wanted.published_to is None or first_moment(article) < wanted.published_to)
    )


def fits_stance(judged: Judgement, wanted: Filter) -> bool:
    score = judged.scores.of(judged.stance) if judged.scores and judged.stance else -1.0
    return (
        (not wanted.countries or judged.country in wanted.countries)
        and (not wanted.stances or judged.stance in wanted.stances)
        and (wanted.min_score is None or score >= wanted.min_score)
        and (wanted.min_salience is None or judged.salience >= wanted.min_salience)
    )


def series(known: list[Known], wanted: Filter, interval: Interval) -> Series:
    days = [
        (published_day(each), judged.stance)
        for each in known
        if fits_article(each.article, wanted)
        for judged in said(each, wanted)
        if fits_stance(judged, wanted)
    ]
    dated = [(day, stance) for day, stance in days if day is not None]
    spans = list(intervals(min(day for day, _ in dated), max(day for day, _ in dated), interval)) if dated else []
    return Series(
        points=tuple(
            SeriesPoint(datetime.combine(start, time(), UTC), counted(stance for day, stance in dated if start <= day < end))
            for start, end in spans
        ),
        undated=counted(stance for day, stance in days if day is None),
    )


def published_day(known: Known) -> date | None:
    published = known.article.submission.published
    return None if published is None else published.day


def intervals(first: date, last: date, interval: Interval) -> Iterator[tuple[date, date]]:
    """Day by day: a new interval begins where the calendar names another day, week or month."""
    names: dict[Interval, Callable[[date], object]] = {
        Interval.DAY: lambda day: day,
        Interval.WEEK: lambda day: day.isocalendar()[:2],
        Interval.MONTH: lambda day: (day.year, day.month),
    }
    name = names[interval]
    around = [first + timedelta(days=offset) for offset in range(-32, (last - first).days + 33)]
    starts = [day for before, day in pairwise(around) if name(before) != name(day)]
    return ((start, end) for start, end in pairwise(starts) if end > first and start <= last)


def counted(stances: Iterable[Stance | None]) -> StanceCounts:
    counts = Counter(stances)
    return StanceCounts(counts[Stance.FAVOR], counts[Stance.NEUTRAL], counts[Stance.AGAINST], counts[None])


def countries(known: list[Known]) -> tuple[CountryCount, ...]:
    counts = Counter(str(judged.country) for each in known for judged in each.said[each.shown])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(CountryCount(CountryCode(code), f"Land of {code}", count) for code, count in ordered)


def publishers(known: list[Known]) -> tuple[PublisherCount, ...]:
    counts = Counter(each.article.submission.publisher for each in known)
    ordered = sorted(counts.items(), key=lambda item: (item[0] is None, item[0] or ""))
    return tuple(PublisherCount(publisher, count) for publisher, count in ordered)


def clear(store: Store) -> None:
    with store.transaction() as session:
        session.execute(delete(ArticleRow))
