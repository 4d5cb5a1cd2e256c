"""Rows of a summary folded into groups. Pure, and quick: over everything there are tens of thousands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.records import Dimension, Group, Key, StanceCounts, Summary
from app.domain.values import Stance
from app.storage import publication

Row = Sequence[Any]
"""The keys, the model version, and four counts."""

_COUNTS = 4


def summary(rows: Iterable[Row], dimensions: Sequence[Dimension]) -> Summary:
    """A summary by nothing is one group, also of nothing."""
    models: Counter[str] = Counter()
    groups: dict[Row, Sequence[int]] = {} if dimensions else {(): (0,) * _COUNTS}
    model = len(dimensions)
    for row in rows:
        keys, counts = tuple(row[:model]), row[-_COUNTS:]
        models[row[model]] += sum(counts)
        before = groups.get(keys)
        groups[keys] = counts if before is None else tuple(map(sum, zip(before, counts, strict=True)))
    return Summary(tuple(_groups(groups, dimensions)), dict(sorted(models.items())))


def _groups(found: Mapping[Row, Sequence[int]], dimensions: Sequence[Dimension]) -> list[Group]:
    """In the order of their keys. Each key is read and put into its place once, however many groups have it."""
    read = [_read(keys, dimension) for keys, dimension in zip(zip(*found, strict=True), dimensions, strict=False)]
    places = [{key: place for place, key in enumerate(sorted(each, key=lambda key: _order(each[key])))} for each in read]
    ordered = sorted(found, key=lambda keys: [place[key] for place, key in zip(places, keys, strict=True)])
    return [
        Group(tuple([each[key] for each, key in zip(read, keys, strict=True)]), StanceCounts(*found[keys])) for keys in ordered
    ]


def _read(keys: Iterable[Any], dimension: Dimension) -> dict[Any, Key]:
    read = _READ.get(dimension, _as_it_is)
    return {key: read(key) for key in set(keys)}


def _order(key: Key) -> tuple[bool, Any]:
    return key is None, "" if key is None else key


def _as_it_is(key: Any) -> Key:
    return key  # type: ignore[no-any-return]


def _dated(read: Callable[[int], date]) -> Callable[[int], Key]:
    return lambda number: None if number < 0 else read(number)


_READ: Mapping[Dimension, Callable[[Any], Key]] = {
    Dimension.STANCE: lambda stance: None if stance is None else Stance(stance),
    Dimension.DAY: _dated(publication.day_of),
    Dimension.WEEK: _dated(lambda week: publication.day_of(week * 7)),
    Dimension.MONTH: _dated(publication.day_of_month),
}
