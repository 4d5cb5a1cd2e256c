"""Rows of a summary folded into groups. Pure, and quick: over everything there are tens of thousands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from operator import add
from typing import Any

from app.domain.records import Dimension, Group, Interval, Key, StanceCounts, Summary
from app.domain.values import Stance
from app.services import intervals
from app.storage import publication

Row = Sequence[Any]
"""The keys, the model version, and four counts."""

Counts = tuple[int, ...]


def summary(rows: Iterable[Row], dimensions: Sequence[Dimension]) -> Summary:
    """A summary by nothing is one group, also of nothing. Groups keep the order in which their rows come."""
    models: Counter[str] = Counter()
    groups: dict[Row, Counts] = {} if dimensions else {(): (0,) * len(StanceCounts._fields)}
    width = len(dimensions)
    for row in rows:
        keys, counts = tuple(row[:width]), tuple(row[width + 1 :])
        models[row[width]] += sum(counts)
        before = groups.get(keys)
        groups[keys] = counts if before is None else tuple(map(add, before, counts))
    return Summary(tuple(_groups(groups, dimensions)), dict(sorted(models.items())))


def over_time(rows: Iterable[Row], interval: Interval) -> tuple[intervals.Counts, dict[date, intervals.Counts]]:
    """Of undated articles, and by the first day of each interval. Of a row the number of the interval, stance and count."""
    undated: intervals.Counts = Counter()
    starts: dict[date | None, intervals.Counts] = {None: undated}
    read = FIRST_DAY[interval]
    for number, stance, count in rows:
        starts.setdefault(read(number), Counter())[stance] += count
    return undated, {start: counts for start, counts in starts.items() if start is not None}


def _groups(found: Mapping[Row, Counts], dimensions: Sequence[Dimension]) -> Iterable[Group]:
    """Each key is read once, however many groups have it."""
    columns = [_read(column, dimension) for column, dimension in zip(zip(*found, strict=True), dimensions, strict=False)]
    keys = zip(*columns, strict=True) if columns else ((),) * len(found)
    return map(Group, keys, map(StanceCounts._make, found.values()))


def _read(column: Sequence[Any], dimension: Dimension) -> Iterable[Key]:
    read = _READ.get(dimension)
    if read is None:
        return column
    known = {key: read(key) for key in set(column)}
    return [known[key] for key in column]


def _dated(read: Callable[[int], date]) -> Callable[[int], date | None]:
    return lambda number: None if number < 0 else read(number)


FIRST_DAY: Mapping[Interval, Callable[[int], date | None]] = {
    Interval.DAY: _dated(publication.day_of),
    Interval.WEEK: _dated(lambda week: publication.day_of(week * 7)),
    Interval.MONTH: _dated(publication.day_of_month),
}
"""Of an interval by its number; None for undated articles."""

_READ: Mapping[Dimension, Callable[[Any], Key]] = {
    Dimension.STANCE: lambda stance: None if stance is None else Stance(stance),
    **{Dimension(interval): read for interval, read in FIRST_DAY.items()},
}
