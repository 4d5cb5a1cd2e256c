"""Counts over what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from app.domain.records import CountryCount, Filter, Interval, ModelCount, Page, PublisherCount, Series
from app.domain.values import CountryCode, Stance
from app.services import intervals, paging, steps
from app.services.ports import Annotator
from app.storage import counts, cursors, publication
from app.storage.database import Session, Store


async def series(store: Store, wanted: Filter, *, interval: Interval) -> Series:
    """Stances over time. Raises InvalidQuery when there would be too many intervals."""
    rows = await steps.read(store, _stances_by_day, wanted)
    undated, by_day = _by_day(rows)
    return Series(points=intervals.points(by_day, interval), undated=intervals.counted(undated))


async def countries(store: Store) -> tuple[CountryCount, ...]:
    """Those with most articles first."""
    return await steps.read(store, _countries)


async def publishers(store: Store, *, limit: int, cursor: str | None = None) -> Page[PublisherCount]:
    """By name; articles without a publisher last."""
    return await paging.page(
        store,
        counts.articles_by_publisher(),
        counts.BY_NAME,
        lambda row: PublisherCount(publisher=row[0], articles=row[1]),
        bound_to=cursors.binding("publishers"),
        limit=limit,
        cursor=cursor,
    )


async def models(store: Store, annotator: Annotator) -> tuple[ModelCount, ...]:
    """The active one first, also when it has annotated nothing yet; the others by name."""
    found = dict(await steps.read(store, _models))
    names = [annotator.version, *(name for name in found if name != annotator.version)]
    return tuple(ModelCount(model=name, active=name == annotator.version, annotations=found.get(name, 0)) for name in names)


def _stances_by_day(session: Session, wanted: Filter) -> list[tuple[int, Stance | None, int]]:
    return [(day, stance, count) for day, stance, count in session.execute(counts.stances_by_day(wanted))]


def _by_day(rows: Iterable[tuple[int, Stance | None, int]]) -> tuple[intervals.Counts, dict[date, intervals.Counts]]:
    undated: intervals.Counts = Counter()
    by_day: dict[date, intervals.Counts] = {}
    for day, stance, count in rows:
        of_day = undated if day < 0 else by_day.setdefault(publication.day_of(day), Counter())
        of_day[stance] += count
    return undated, by_day


def _countries(session: Session) -> tuple[CountryCount, ...]:
    rows = session.execute(counts.articles_by_country())
    return tuple(CountryCount(country=CountryCode(code), name=name, articles=count) for code, name, count in rows)


def _models(session: Session) -> list[tuple[str, int]]:
    return [(model, count) for model, count in session.execute(counts.annotations_by_model())]
