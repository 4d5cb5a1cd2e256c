"""A Filter as SQL conditions. All that concern a stance hold of one and the same stance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.records import Filter
from app.domain.values import Stance
from app.storage import publication
from app.storage.tables import AnnotationRow, ArticleRow, StanceRow

Condition = ColumnElement[bool]


def of_article(wanted: Filter) -> Iterator[Condition]:
    """Conditions on the article alone."""
    if wanted.publisher is not None:
        yield ArticleRow.publisher == wanted.publisher
    if wanted.url is not None:
        yield ArticleRow.url == wanted.url
    if wanted.external_id is not None:
        yield ArticleRow.external_id == wanted.external_id


def of_stance(wanted: Filter) -> Iterator[Condition]:
    """Conditions on the stance alone, beginning with the model version whose stances are meant."""
    yield StanceRow.model == wanted.model if wanted.model is not None else StanceRow.shown == true()
    if wanted.countries:
        yield _one_of(StanceRow.country, wanted.countries)
    if wanted.stances:
        yield _stance(wanted.stances)
    if wanted.min_score is not None:
        yield StanceRow.probability >= wanted.min_score
    if wanted.min_salience is not None:
        yield StanceRow.salience >= wanted.min_salience


def published(wanted: Filter, column: InstrumentedAttribute[int]) -> Iterator[Condition]:
    """From is inclusive, to exclusive; without a date an article is in no range."""
    if wanted.published_from is not None:
        yield column >= publication.order_of(wanted.published_from)
    if wanted.published_to is not None:
        yield and_(column > publication.UNDATED, column < publication.order_of(wanted.published_to))


def having_stance(wanted: Filter) -> Iterator[Condition]:
    """Articles with at least one stance that is wanted. A model version alone asks only that it annotated the article."""
    about_stances = (wanted.countries, wanted.stances, wanted.min_score is not None, wanted.min_salience is not None)
    if any(about_stances):
        yield exists().where(StanceRow.article_id == ArticleRow.id, *of_stance(wanted))
    elif wanted.model is not None:
        yield exists().where(
            AnnotationRow.article_id == ArticleRow.id,
            AnnotationRow.revision == ArticleRow.revision,
            AnnotationRow.model == wanted.model,
        )


def _stance(stances: Sequence[Stance | None]) -> Condition:
    decided = [stance for stance in stances if stance is not None]
    among = [_one_of(StanceRow.stance, decided)] if decided else []
    undecided = [StanceRow.stance.is_(None)] if None in stances else []
    return or_(*among, *undecided)


def _one_of(column: InstrumentedAttribute[Any], values: Sequence[Any]) -> Condition:
    # Equality keeps the order of an index, which membership of one does not on every planner.
    return column == values[0] if len(values) == 1 else column.in_(values)
