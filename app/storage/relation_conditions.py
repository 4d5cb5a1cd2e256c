"""A RelationFilter as SQL conditions. All hold of one and the same relation."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, exists, literal_column, or_, true
from sqlalchemy.orm import aliased

from app.domain.relations import RelationFilter
from app.storage import conditions
from app.storage.conditions import About, Condition, one_of
from app.storage.standing import Standing
from app.storage.tables import RelationRow

Rows = type[RelationRow]
"""The rows themselves, or an alias of them."""


def everything(wanted: RelationFilter, relation: Rows = RelationRow, *, counted: bool = False) -> list[Condition]:
    """All that a filter asks of a relation and its article. Every column stands in the row, so that nothing is joined."""
    found = [*_of_relation(wanted, relation), *conditions.of_article(wanted, _about(relation, counted=counted))]
    return [*found, _eldest(wanted, relation)] if wanted.collapse else found


def _of_relation(wanted: RelationFilter, relation: Rows) -> Iterator[Condition]:
    yield relation.model == wanted.model if wanted.model is not None else relation.shown == true()
    if wanted.judged_by is None:
        # A literal number, so that PostgreSQL sees that the index of counts has all it needs.
        yield relation.standing < literal_column(str(int(Standing.OVERRULED)))
    if wanted.sources:
        yield one_of(relation.source, wanted.sources)
    if wanted.targets:
        yield one_of(relation.target, wanted.targets)
    if wanted.stances:
        yield one_of(relation.stance, wanted.stances)
    if wanted.min_probability is not None:
        yield relation.probability >= wanted.min_probability


def _about(relation: Rows, *, counted: bool = False) -> About:
    day = relation.day if counted else None
    return About(relation.article_id, relation.published_order, relation.publisher, relation.language, day)


def _eldest(wanted: RelationFilter, relation: Rows) -> Condition:
    """No older article of its group has a relation of the same two countries that is what the filter asks for."""
    other = aliased(RelationRow)
    found = [*_of_relation(wanted, other), *conditions.of_article(wanted, _about(other))]
    pair = and_(other.source == relation.source, other.target == relation.target)
    same = and_(other.duplicate_group == relation.duplicate_group, pair)
    return or_(relation.duplicate_group.is_(None), ~exists().where(same, other.article_id < relation.article_id, *found))
