from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.domain.errors import EngineUnavailable, InvalidCursor, StorageUnavailable
from app.domain.records import CountryCount, Filter, Interval, ModelCount, PublisherCount, StanceCounts
from app.domain.values import CountryCode, PublicationTime, Stance
from app.services import ready, summarise
from app.services.submit import submit
from app.storage.database import Store
from tests.samples import MODEL, ScriptedAnnotator, annotate_again, annotation, judgement, submission

pytestmark = pytest.mark.anyio

CN = CountryCode("CN")
SCRIPT = {
    "a": [judgement("CN", Stance.FAVOR), judgement("KZ")],
    "b": [judgement("CN", None)],
    "c": [judgement("CN", Stance.AGAINST)],
}


async def add(store: Store, body: str, moment: date | None = None, publisher: str | None = None) -> None:
    published = None if moment is None else PublicationTime.at(moment)
    given = submission(body, published=published, publisher=publisher, external_id=str(moment))
    await submit(store, ScriptedAnnotator(SCRIPT), given)


async def test_a_series_counts_stances_over_time_and_the_undated_apart(store: Store) -> None:
    await add(store, "a", date(2024, 5, 6))
    await add(store, "b", datetime(2024, 5, 6, 23, 59, tzinfo=UTC))
    await add(store, "c", datetime(2024, 5, 8, tzinfo=UTC))
    await add(store, "c")
    series = await summarise.series(store, Filter(countries=(CN,)), interval=Interval.DAY)
    assert [(point.start.isoformat(), point.counts) for point in series.points] == [
        ("2024-05-06T00:00:00+00:00", StanceCounts(favor=1, undecided=1)),
        ("2024-05-07T00:00:00+00:00", StanceCounts()),
        ("2024-05-08T00:00:00+00:00", StanceCounts(against=1)),
    ]
    assert series.undated == StanceCounts(against=1)


async def test_a_series_of_nothing_is_empty(store: Store) -> None:
    series = await summarise.series(store, Filter(), interval=Interval.WEEK)
    assert (series.points, series.undated) == ((), StanceCounts())


async def test_the_first_day_of_the_calendar_is_not_undated(store: Store) -> None:
    await add(store, "c", date.min)
    series = await summarise.series(store, Filter(), interval=Interval.DAY)
    assert (len(series.points), series.undated) == (1, StanceCounts())


async def test_countries_are_counted_by_articles(store: Store) -> None:
    for body in "aabc":
        await add(store, body, publisher=body)
    assert await summarise.countries(store) == (
        CountryCount(CN, "Land of CN", 3),
        CountryCount(CountryCode("KZ"), "Land of KZ", 1),
    )


async def test_publishers_come_in_pages_by_name_and_the_nameless_last(store: Store) -> None:
    for publisher in ("b", "é", "B", "a b", None, "ab", "\u00adsoft"):
        await add(store, "a", publisher=publisher)
    await add(store, "a", date(2024, 1, 1), publisher="B")
    found: list[PublisherCount] = []
    cursor = None
    while True:
        page = await summarise.publishers(store, limit=2, cursor=cursor)
        found += page.items
        if (cursor := page.next_cursor) is None:
            break
    names = ["B", "a b", "ab", "b", "\u00adsoft", "é", None]
    assert found == [PublisherCount(name, 2 if name == "B" else 1) for name in names]
    with pytest.raises(InvalidCursor):
        await summarise.publishers(store, limit=2, cursor="x")


async def test_models_are_counted_the_active_one_first(store: Store) -> None:
    newer = ScriptedAnnotator(version="newer@000000000002")
    stored, _ = await submit(store, ScriptedAnnotator(SCRIPT), submission("a"))
    annotate_again(store, stored, annotation(model="again@000000000003"))
    assert await summarise.models(store, newer) == (
        ModelCount(newer.version, active=True, annotations=0),
        ModelCount("again@000000000003", active=False, annotations=1),
        ModelCount(MODEL, active=False, annotations=1),
    )


async def test_each_summary_is_one_statement(store: Store, statements: list[str]) -> None:
    await add(store, "a", date(2024, 1, 1), publisher="P")
    for summary in (
        lambda: summarise.series(store, Filter(publisher="P"), interval=Interval.MONTH),
        lambda: summarise.countries(store),
        lambda: summarise.publishers(store, limit=1),
        lambda: summarise.models(store, ScriptedAnnotator()),
    ):
        statements.clear()
        await summary()
        assert len([statement for statement in statements if statement != "BEGIN"]) == 1


async def test_ready_means_that_engine_and_database_answer(store: Store) -> None:
    await ready.check(store, ScriptedAnnotator())
    with pytest.raises(EngineUnavailable):
        await ready.check(store, ScriptedAnnotator(healthy=False))


async def test_without_its_database_nothing_is_ready() -> None:
    nowhere = Store("postgresql://nobody@127.0.0.1:9/nowhere")
    with pytest.raises(StorageUnavailable):
        await ready.check(nowhere, ScriptedAnnotator())
    nowhere.close()
