"""Statements on the counts of pairs of countries, which triggers keep: docs/decisions/0025-counts-of-pairs.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.records import Filter
from app.domain.values import CountryCode
from app.storage.sums import UNDECIDED
from app.storage.tables import PairRow

Statement = Select[*tuple[Any, ...]]
Count = ColumnElement[int] | InstrumentedAttribute[int]

_TOWARD_BESIDE: dict[str, Count] = {
    "favor": PairRow.favor,
    "neutral": PairRow.neutral,
    "against": PairRow.against,
    UNDECIDED: PairRow.undecided,
}


def hold(wanted: Filter) -> bool:
    """Whether the counts of pairs answer this: with no filter but countries beside it and stances toward it."""
    return replace(wanted, countries=(), stances=()) == Filter()


def beside(wanted: Filter, country: CountryCode) -> Statement:
    """The other country, the counts toward it, and those toward `country` in the same articles; those with most of them first.

    Of a pair each row tells once, so that a country is the first of some and the second of others.
    """
    stances = [stance or UNDECIDED for stance in wanted.stances] or list(_TOWARD_BESIDE)
    first = select(PairRow.beside, *_sums(_TOWARD_BESIDE.values()), *_sums_by_stance(_TOWARD_BESIDE.values()))
    first = first.where(PairRow.country == country, PairRow.stance.in_(stances)).group_by(PairRow.beside)
    chosen = [count if stance in stances else _NONE for stance, count in _TOWARD_BESIDE.items()]
    second = select(PairRow.country, *_sums_by_stance(chosen), *_sums(chosen))
    second = second.where(PairRow.beside == country).group_by(PairRow.country)
    if wanted.countries:
        first = first.where(PairRow.beside.in_(wanted.countries))
        second = second.where(PairRow.country.in_(wanted.countries))
    both = union_all(_named(first), _named(second)).subquery().c
    articles = _together([both[f"toward_it_{stance}"] for stance in _TOWARD_BESIDE])
    return select(*both).where(articles > literal_column("0")).order_by(articles.desc(), both.other)


def _named(side: Statement) -> Statement:
    toward = [f"toward_{whom}_{stance}" for whom in ("other", "it") for stance in _TOWARD_BESIDE]
    columns = zip(side.selected_columns, ["other", *toward], strict=True)
    return side.with_only_columns(*(column.label(name) for column, name in columns))


def _sums(counts: Iterable[Count]) -> list[ColumnElement[int]]:
    return [func.sum(count) for count in counts]


def _sums_by_stance(counts: Iterable[Count]) -> list[ColumnElement[int]]:
    """Of the stance toward the first country."""
    articles: ColumnElement[int] = func.sum(_together(list(counts)))
    return [func.coalesce(articles.filter(PairRow.stance == stance), 0) for stance in _TOWARD_BESIDE]


def _together(counts: Sequence[Count]) -> ColumnElement[int]:
    return reduce(add, counts)  # type: ignore[arg-type]


_NONE: ColumnElement[int] = literal_column("0")
