"""Counts over what is stored."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.errors import InvalidQuery
from app.domain.records import (
    CountryCount,
    Dimension,
    Filter,
    Interval,
    ModelCount,
    Page,
    PublisherCount,
    RelatedCountry,
    Series,
    StanceCounts,
    Summary,
)
from app.domain.values import CountryCode
from app.services import folding, intervals, paging, steps
from app.services.ports import Annotator
from app.storage import counts, cursors
from app.storage.database import Session, Store
from app.traces.spans import spanned

MOST_DIMENSIONS = 2
"""Of a summary. With three most groups would be a handful of articles, which a list shows better."""

MOST_GROUPS = 50_000
"""250 countries in 200 months. An answer of that size is some 15 MB."""


@spanned
async def series(store: Store, wanted: Filter, *, interval: Interval) -> Series:
    """Stances over time, in the range that is asked for. Raises InvalidQuery when there would be too many intervals."""
    undated, by_start = folding.over_time(await steps.read(store, _stances_over_time, wanted, interval), interval)
    first, last = intervals.asked(wanted)
    return Series(points=intervals.points(by_start, interval, first=first, last=last), undated=intervals.counted(undated))


@spanned
async def summary(store: Store, wanted: Filter, *, dimensions: Sequence[Dimension]) -> Summary:
    """Stances by up to two dimensions. Raises InvalidQuery for more, for one twice, and for too many groups."""
    if len(dimensions) > MOST_DIMENSIONS or len(set(dimensions)) < len(dimensions):
        raise InvalidQuery("group_by", f"takes up to {MOST_DIMENSIONS} different dimensions")
    return await steps.read(store, _summary, wanted, dimensions)


@spanned
async def related(store: Store, country: CountryCode, wanted: Filter) -> tuple[RelatedCountry, ...]:
    """Countries in the articles whose stance toward `country` is wanted, those with most articles first."""
    return await steps.read(store, _related, country, wanted)


@spanned
async def countries(store: Store) -> tuple[CountryCount, ...]:
    """Those with most articles first."""
    return await steps.read(store, _countries)


@spanned
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


@spanned
async def models(store: Store, annotator: Annotator) -> tuple[ModelCount, ...]:
    """The active one first, also when it has annotated nothing yet; the others by name."""
    found = dict(await steps.read(store, _models))
    names = [annotator.version, *(name for name in found if name != annotator.version)]
    return tuple(ModelCount(model=name, active=name == annotator.version, annotations=found.get(name, 0)) for name in names)


def _summary(session: Session, wanted: Filter, dimensions: Sequence[Dimension]) -> Summary:
    # Not through the session, which would make every row a second time: here are columns only.
    rows = session.connection().execute(counts.stances_by(wanted, dimensions, most=MOST_GROUPS + 1)).all()
    if len(rows) > MOST_GROUPS:
        raise InvalidQuery("group_by", f"makes more than {MOST_GROUPS} groups; narrow the filter, or take a longer interval")
    return folding.summary(rows, dimensions)


def _related(session: Session, country: CountryCode, wanted: Filter) -> tuple[RelatedCountry, ...]:
    return tuple(
        RelatedCountry(CountryCode(code), name, StanceCounts(*numbers[:4]), StanceCounts(*numbers[4:]))
        for code, name, *numbers in session.execute(counts.related(wanted, country))
    )


def _stances_over_time(session: Session, wanted: Filter, interval: Interval) -> Sequence[folding.Row]:
    return session.connection().execute(counts.stances_over_time(wanted, interval)).all()


def _countries(session: Session) -> tuple[CountryCount, ...]:
    rows = session.execute(counts.articles_by_country())
    return tuple(CountryCount(country=CountryCode(code), name=name, articles=count) for code, name, count in rows)


def _models(session: Session) -> list[tuple[str, int]]:
    return [(model, count) for model, count in session.execute(counts.annotations_by_model())]
