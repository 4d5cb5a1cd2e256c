"""Statements on the counts of months, which triggers keep: docs/decisions/0039-counts-of-months.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, case, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.records import Dimension, Filter
from app.domain.values import Stance
from app.storage.sums import UNDECIDED
from app.storage.tables import MonthRow, StanceRow

ARTICLES: ColumnElement[int] = func.sum(MonthRow.articles)

Key = ColumnElement[Any] | InstrumentedAttribute[Any]


def hold(wanted: Filter, dimensions: Sequence[Dimension] = ()) -> bool:
    """Whether the counts of months answer this: by what they know, and with no filter but countries and stances."""
    return set(dimensions) <= _KEYS.keys() and replace(wanted, countries=(), stances=()) == Filter()


def over_time(wanted: Filter) -> Select[int, Stance | None, int]:
    """`counts.stances_over_time`."""
    counted = select(MonthRow.month, _STANCE, ARTICLES).where(*_conditions(wanted))
    return counted.group_by(MonthRow.month, MonthRow.stance).having(ARTICLES > 0)


def by(wanted: Filter, dimensions: Sequence[Dimension]) -> tuple[dict[Dimension, Key], Key, Select[*tuple[Any, ...]]]:
    """What `counts.stances_by` groups by, the model version, and the counts."""
    keys = {dimension: _KEYS[dimension] for dimension in dimensions}
    counted = select(*keys.values(), MonthRow.model, *map(_sum, [*Stance, UNDECIDED])).where(*_conditions(wanted))
    return keys, MonthRow.model, counted.having(ARTICLES > 0)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    countries = [MonthRow.country.in_(wanted.countries)] if wanted.countries else []
    stances = [MonthRow.stance.in_([each or UNDECIDED for each in wanted.stances])] if wanted.stances else []
    return [*countries, *stances]


def _sum(stance: str) -> ColumnElement[int]:
    return func.coalesce(ARTICLES.filter(MonthRow.stance == str(stance)), 0)


_STANCE: ColumnElement[Any] = type_coerce(
    case((MonthRow.stance != UNDECIDED, MonthRow.stance), else_=type_coerce(None, Text())), StanceRow.stance.type
)

_KEYS: Mapping[Dimension, Key] = {
    Dimension.COUNTRY: MonthRow.country,
    Dimension.MONTH: MonthRow.month,
    Dimension.STANCE: _STANCE,
}
