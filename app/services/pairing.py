"""Rows of a matrix folded into ordered pairs of countries. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.domain.records import Interval, StanceCounts
from app.domain.relations import LeftOut, Matrix, PairCounts, PeriodCounts
from app.domain.values import CountryCode
from app.services.folding import FIRST_DAY

Row = Sequence[Any]
"""Source, target, the model version, the number of the period if one is asked for, and two counts."""

Pair = tuple[str, str]
Counts = tuple[int, int]
"""Favor and against."""


def matrix(rows: Iterable[Row], interval: Interval | None, *, limit: int) -> Matrix:
    """Of pairs with as many relations the first by code comes first."""
    models: Counter[str] = Counter()
    found: dict[Pair, dict[int | None, Counts]] = {}
    for source, target, model, *period, favor, against in rows:
        models[model] += favor + against
        of_pair = found.setdefault((source, target), {})
        number = period[0] if period else None
        before = of_pair.get(number, (0, 0))
        of_pair[number] = (before[0] + favor, before[1] + against)
    pairs = [_pair(pair, of_pair, interval) for pair, of_pair in found.items()]
    pairs.sort(key=lambda pair: (-pair.counts.n, pair.source, pair.target))
    rest = pairs[limit:]
    left_out = LeftOut(len(rest), sum(pair.counts.n for pair in rest))
    return Matrix(interval, tuple(pairs[:limit]), left_out, dict(sorted(models.items())))


def _pair(pair: Pair, found: Mapping[int | None, Counts], interval: Interval | None) -> PairCounts:
    favor, against = (sum(each) for each in zip(*found.values(), strict=True))
    periods = None if interval is None else _periods(found, interval)
    return PairCounts(CountryCode(pair[0]), CountryCode(pair[1]), _counts(favor, against), periods)


def _periods(found: Mapping[int | None, Counts], interval: Interval) -> tuple[PeriodCounts, ...]:
    numbered = [(number, counts) for number, counts in found.items() if number is not None]
    numbered.sort(key=lambda each: (each[0] < 0, each[0]))
    return tuple(PeriodCounts(FIRST_DAY[interval](number), _counts(*counts)) for number, counts in numbered)


def _counts(favor: int, against: int) -> StanceCounts:
    return StanceCounts(favor=favor, against=against)
