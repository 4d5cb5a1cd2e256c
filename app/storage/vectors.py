"""Statements on the vectors of articles, and on articles that are still to be compared with the claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, Row, Select, and_, delete, exists, insert, select, true
from sqlalchemy.sql.dml import ReturningDelete

from app.domain.records import Filter
from app.domain.values import ArticleStatus
from app.storage import articles
from app.storage.among import among
from app.storage.annotations import Said
from app.storage.claim_tables import ClaimRow
from app.storage.standing import Standing
from app.storage.tables import ArticleRow, StanceRow, UncomparedRow, VectorsRow

Values = dict[str, Any]
Page = Row[UUID, ArticleStatus, bytes | None]


def rows(said: Iterable[Said]) -> list[Values]:
    """Of those whose model makes vectors."""
    return [
        {"article_id": article_id, "model": each.model, "revision": revision, "vectors": each.vectors}
        for article_id, revision, each in said
        if each.vectors is not None
    ]


def insertion() -> Insert:
    """To be executed with `rows`."""
    return insert(VectorsRow)


def removal(article_id: UUID) -> Delete:
    """Those of an outdated text."""
    return delete(VectorsRow).where(VectorsRow.article_id == article_id)


def uncompared(made: Iterable[Values]) -> list[Values]:
    """Of `rows`: they wait to be compared with the claims."""
    return [{"article_id": row["article_id"], "model": row["model"]} for row in made]


def waiting(article_id: UUID) -> Insert:
    """It will be compared with all claims once more."""
    made = select(VectorsRow.article_id, VectorsRow.model).where(VectorsRow.article_id == article_id)
    return insert(UncomparedRow).from_select(["article_id", "model"], made)


def longest_waiting(model: str, limit: int) -> Select[int, UUID]:
    """Number and article."""
    mine = select(UncomparedRow.number, UncomparedRow.article_id).where(UncomparedRow.model == model)
    return mine.order_by(UncomparedRow.number).limit(limit)


def compared(numbers: Sequence[int]) -> ReturningDelete[UUID]:
    """Says whose it was that are gone by this; of the others another process was faster."""
    return delete(UncomparedRow).where(UncomparedRow.number.in_(numbers)).returning(UncomparedRow.article_id)


def needless() -> Delete:
    """Without a claim nothing has to be compared: one that is made later is compared with all that is stored by then."""
    return delete(UncomparedRow).where(~exists().where(ClaimRow.id.is_not(None)))


def of(article_ids: Sequence[UUID], model: str) -> Select[UUID, int, bytes]:
    """Id, `published_order`, and the vectors that `model` made of the current text; articles that have none are left out."""
    chosen = select(ArticleRow.id, ArticleRow.published_order, VectorsRow.vectors)
    return chosen.join(VectorsRow, _made_by(model)).where(among(ArticleRow.id, article_ids))


def countries(article_ids: Sequence[UUID]) -> Select[UUID, str]:
    """What the lists show these articles to be about, reviewers' word included."""
    counted = (StanceRow.shown == true(), StanceRow.standing < int(Standing.OVERRULED))
    return select(StanceRow.article_id, StanceRow.country).where(among(StanceRow.article_id, article_ids), *counted)


def published(article_ids: Sequence[UUID]) -> Select[UUID, int]:
    """Id and `published_order`."""
    return select(ArticleRow.id, ArticleRow.published_order).where(among(ArticleRow.id, article_ids))


def stored(wanted: Filter, *, after: UUID | None, model: str, limit: int) -> Select[UUID, ArticleStatus, bytes | None]:
    """The oldest first: articles that a filter finds, with the vectors that `model` made of them, if it made any."""
    found = articles.listed(wanted).with_only_columns(ArticleRow.id, ArticleRow.status, VectorsRow.vectors)
    joined = found.outerjoin(VectorsRow, _made_by(model))
    rest = joined if after is None else joined.where(ArticleRow.id > after)
    return rest.order_by(ArticleRow.id).limit(limit)


def _made_by(model: str) -> Any:
    current = and_(VectorsRow.article_id == ArticleRow.id, VectorsRow.revision == ArticleRow.revision)
    return and_(current, VectorsRow.model == model)
