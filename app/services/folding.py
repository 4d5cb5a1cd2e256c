"""Rows of a summary folded into groups. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from app.domain.records import Dimension, Group, Key, StanceCounts, Summary
from app.domain.values import Stance
from app.storage import publication

Row = tuple[Any, ...]
"""The keys, the model version, and four counts."""

_COUNTS = 4


def summary(rows: Iterable[Row], dimensions: Sequence[Dimension]) -> Summary:
    """A summary by nothing is one group, also of nothing."""
    models: Counter[str] = Counter()
    groups: dict[Row, tuple[int, ...]] = {} if dimensions else {(): (0,) * _COUNTS}
    for row in rows:
        keys, counts = row[: len(dimensions)], row[-_COUNTS:]
        models[row[len(dimensions)]] += sum(counts)
        before = groups.get(keys)
        groups[keys] = counts if before is None else tuple(map(sum, zip(before, counts, strict=True)))
    read = [_READ.get(dimension, _as_it_is) for dimension in dimensions]
    found = [Group(tuple(map(_apply, read, keys)), StanceCounts(*counts)) for keys, counts in groups.items()]
    return Summary(tuple(sorted(found, key=_order)), dict(sorted(models.items())))


def _order(group: Group) -> list[tuple[bool, Any]]:
    return [(key is None, "" if key is None else key) for key in group.keys]


def _apply(read: Callable[[Any], Key], key: Any) -> Key:
    return read(key)


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
