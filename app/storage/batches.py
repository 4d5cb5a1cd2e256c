"""Statements on many articles at once. Each is one round trip, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, Select, Update, insert, select, update

from app.domain.records import Filter, StoredAnnotation, StoredArticle
from app.domain.values import ArticleStatus
from app.storage import annotations as annotated
from app.storage import articles, stances
from app.storage.tables import AnnotationRow, ArticleRow, RevisionRow, StanceRow


def stored(digests: Sequence[bytes]) -> Select[ArticleRow, RevisionRow]:
    """Articles by their identities."""
    return select(ArticleRow, RevisionRow).join(RevisionRow, articles.CURRENT).where(ArticleRow.identity.in_(digests))


def insertions(created: Sequence[StoredArticle]) -> list[tuple[Insert, list[dict[str, Any]]]]:
    """Always in the order of the identities: two imports of the same articles wait for each other and never in a circle."""
    rows = sorted((articles.row(article) for article in created), key=lambda row: row["identity"])
    return [(insert(ArticleRow), rows), (insert(RevisionRow), [articles.text_row(article) for article in created])]


def locking(article_ids: Iterable[UUID]) -> Select[UUID]:
    """In the order of the ids, so that two that lock the same articles never wait in a circle."""
    return select(ArticleRow.id).where(ArticleRow.id.in_(list(article_ids))).order_by(ArticleRow.id).with_for_update()


def current(article_ids: Iterable[UUID]) -> Select[ArticleRow, RevisionRow]:
    """With their texts."""
    found = select(ArticleRow, RevisionRow).join(RevisionRow, articles.CURRENT).where(ArticleRow.id.in_(list(article_ids)))
    return found.execution_options(populate_existing=True)


def already_said(article_ids: Iterable[UUID], model: str) -> Select[UUID]:
    """Those of whose current text this model version has spoken."""
    return (
        select(AnnotationRow.article_id)
        .join(ArticleRow, ArticleRow.id == AnnotationRow.article_id)
        .where(
            AnnotationRow.article_id.in_(list(article_ids)),
            AnnotationRow.model == model,
            AnnotationRow.revision == ArticleRow.revision,
        )
    )


def hiding(article_ids: Iterable[UUID]) -> tuple[Update, Update]:
    """What was shown of these articles."""
    among = list(article_ids)
    return (
        update(AnnotationRow).where(AnnotationRow.article_id.in_(among), AnnotationRow.shown).values(shown=False),
        update(StanceRow).where(StanceRow.article_id.in_(among), StanceRow.shown).values(shown=False),
    )


def annotations_of(said: Sequence[StoredAnnotation]) -> tuple[Insert, list[dict[str, Any]]]:
    return insert(AnnotationRow), [annotated.row(annotation) for annotation in said]


def stances_of(read: Sequence[StoredArticle]) -> tuple[Insert, list[dict[str, Any]]]:
    said = [(article.annotation, article.submission.published) for article in read]
    rows = [stances.rows(annotation, published) for annotation, published in said if annotation]
    return stances.insertion(), [row for of_article in rows for row in of_article]


def marking(status: ArticleStatus, article_ids: Iterable[UUID], *, unless: ArticleStatus | None = None) -> Update:
    among = update(ArticleRow).where(ArticleRow.id.in_(list(article_ids))).values(status=status)
    return among if unless is None else among.where(ArticleRow.status != unless)


def to_annotate(wanted: Filter, *, after: UUID | None, until: UUID, model: str, limit: int) -> Select[UUID]:
    """The oldest first: articles older than `until` of whose current text this model version has not spoken."""
    spoken = (
        select(AnnotationRow.article_id)
        .where(
            AnnotationRow.article_id == ArticleRow.id,
            AnnotationRow.revision == ArticleRow.revision,
            AnnotationRow.model == model,
        )
        .exists()
    )
    listed = articles.listed(wanted).with_only_columns(ArticleRow.id).where(ArticleRow.id < until, ~spoken)
    rest = listed if after is None else listed.where(ArticleRow.id > after)
    return rest.order_by(ArticleRow.id).limit(limit)
