"""Statements that count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, func, literal_column, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.domain.records import Dimension, Filter, Interval
from app.domain.values import CountryCode, Stance
from app.storage import conditions, months, pairs
from app.storage.keyset import Alphabetical
from app.storage.months import Key
from app.storage.tables import AnnotationRow, ArticleRow, MonthRow, StanceRow

DATED = frozenset({Dimension.DAY, Dimension.WEEK, Dimension.MONTH})
"""Their keys are numbers, and below zero for undated articles."""

_ALWAYS_KNOWN = frozenset({Dimension.COUNTRY, Dimension.LANGUAGE})

BY_NAME = Alphabetical((ArticleRow.publisher,))


def week(day: InstrumentedAttribute[int]) -> ColumnElement[int]:
    """Weeks since year 1 began; -1 for undated ones."""
    # Literal numbers, because PostgreSQL could not know that two bound ones, in SELECT and in GROUP BY, are equal. Division of
    # whole numbers goes toward zero, and the undated day -1 must not fall into the first week.
    return (day + literal_column("7", Integer)) // literal_column("7", Integer) - literal_column("1", Integer)


def stances_over_time(wanted: Filter, interval: Interval) -> Select[int, Stance | None, int]:
    """Days, weeks or months as `publication` numbers them, below zero for undated articles; stance, and how many."""
    if interval is Interval.MONTH and months.hold(wanted):
        return months.over_time(wanted)
    start, stance = _KEYS[Dimension(interval)], conditions.judged(wanted)[0]
    counted = select(start, stance, func.count()).where(*conditions.everything(wanted, counted=True))
    return counted.group_by(start, stance)


def stances_by(wanted: Filter, dimensions: Sequence[Dimension], *, most: int) -> Select[*tuple[Any, ...]]:
    """Keys of the group, model version, and how many are for, neutral, against and undecided; at most `most` rows.

    In the order of the keys, what has no key last.
    """
    if months.hold(wanted, dimensions):
        keys, model, counted = months.by(wanted, dimensions)
    else:
        keys, model = {dimension: _key(dimension, wanted) for dimension in dimensions}, StanceRow.model
        counted = select(*keys.values(), model, *_by_stance(conditions.judged(wanted)[0]))
        counted = counted.where(*conditions.everything(wanted, counted=True))
    order = [part for dimension, key in keys.items() for part in _order(dimension, key)]
    return counted.group_by(*keys.values(), model).order_by(*order, model).limit(most)


def related(wanted: Filter, country: CountryCode) -> Select[*tuple[Any, ...]]:
    """Other countries in the articles whose stance toward `country` is wanted: code, name, counts toward them and toward it.

    `wanted.countries` are those that may appear beside it.
    """
    if pairs.hold(wanted):
        found = pairs.beside(wanted, country)
        code, *numbers = found.selected_columns
        return found.with_only_columns(code, _newest_name(code), *numbers)
    other = aliased(StanceRow)
    beside = [other.country.in_(wanted.countries)] if wanted.countries else []
    wanted = replace(wanted, countries=(country,))
    together = (other.annotation_id == StanceRow.annotation_id) & (other.country != StanceRow.country)
    toward = (*_by_stance(conditions.judged(wanted, other)[0]), *_by_stance(conditions.judged(wanted)[0]))
    counted = select(other.country, func.max(other.name), *toward).select_from(StanceRow).join(other, together)
    found = counted.where(*conditions.everything(wanted), *conditions.of_view(wanted, other), *beside)
    return found.group_by(other.country).order_by(func.count().desc(), other.country)


def articles_by_country() -> Select[str, str, int]:
    name = _newest_name(MonthRow.country)
    counted = select(MonthRow.country, name, months.ARTICLES).group_by(MonthRow.country).having(months.ARTICLES > 0)
    return counted.order_by(months.ARTICLES.desc(), MonthRow.country)


def articles_by_publisher() -> Select[str | None, int]:
    return select(ArticleRow.publisher, func.count()).group_by(ArticleRow.publisher)


def annotations_of_model(model: str) -> Select[int]:
    return select(func.count()).where(AnnotationRow.model == model)


def annotations_by_model() -> Select[str, int]:
    return select(AnnotationRow.model, func.count()).group_by(AnnotationRow.model).order_by(AnnotationRow.model)


def _newest_name(country: Key) -> ColumnElement[Any]:
    """One look at the newest row of a country; to take a name from all of them would read the table instead of an index."""
    newest = aliased(StanceRow)
    of_country = select(newest.name).where(newest.shown == true(), newest.country == country)
    return of_country.order_by(newest.article_id.desc(), newest.rank.desc()).limit(1).scalar_subquery()


def _key(dimension: Dimension, wanted: Filter) -> Key:
    if dimension is Dimension.STANCE:
        return conditions.judged(wanted)[0]
    return _KEYS[dimension]


def _order(dimension: Dimension, key: Key) -> list[ColumnElement[Any]]:
    if dimension in DATED:
        return [key < literal_column("0", Integer), key.asc()]
    return [key.asc() if dimension in _ALWAYS_KNOWN else key.asc().nulls_last()]


_KEYS: Mapping[Dimension, Key] = {
    Dimension.COUNTRY: StanceRow.country,
    Dimension.PUBLISHER: StanceRow.publisher,
    Dimension.LANGUAGE: StanceRow.language,
    Dimension.DAY: StanceRow.day,
    Dimension.WEEK: week(StanceRow.day),
    Dimension.MONTH: StanceRow.month,
}


def _by_stance(column: InstrumentedAttribute[Any]) -> list[ColumnElement[int]]:
    decided = [func.count().filter(column == stance) for stance in Stance]
    return [*decided, func.count().filter(column.is_(None))]
