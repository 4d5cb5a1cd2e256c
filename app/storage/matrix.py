"""The statement that counts who stands where toward whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.domain.records import Interval
from app.domain.relations import RelationFilter
from app.domain.values import Stance
from app.storage import relation_conditions
from app.storage.counts import week
from app.storage.tables import RelationRow


def counted(wanted: RelationFilter, interval: Interval | None, *, most: int) -> Select[*tuple[Any, ...]]:
    """Source, target, model version, the period if an interval is given, and how many favor and oppose; at most `most` rows.

    In no order. Days, weeks and months as `publication` numbers them, below zero for undated articles.
    """
    period = [] if interval is None else [_PERIODS[interval]]
    keys = (RelationRow.source, RelationRow.target, RelationRow.model, *period)
    by_stance = [func.count().filter(RelationRow.stance == stance) for stance in (Stance.FAVOR, Stance.AGAINST)]
    rows = select(*keys, *by_stance).where(*relation_conditions.everything(wanted, counted=True))
    return rows.group_by(*keys).limit(most)


_PERIODS: dict[Interval, ColumnElement[Any]] = {
    Interval.DAY: RelationRow.day,  # type: ignore[dict-item]
    Interval.WEEK: week(RelationRow.day),
    Interval.MONTH: RelationRow.month,  # type: ignore[dict-item]
}
