"""Statements on articles and their revisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, Select, Update, and_, delete, insert, select, update

from app.domain.records import Filter, Sort, StoredAnnotation, StoredArticle, Submission
from app.domain.values import ArticleText, PublicationTime
from app.storage import annotations as annotated
from app.storage import conditions, identity, publication
from app.storage.keyset import Keyset
from app.storage.tables import AnnotationRow, ArticleRow, RevisionRow

ORDERS: Mapping[Sort, Keyset] = {
    Sort.CREATED_AT: Keyset((ArticleRow.id,)),
    Sort.PUBLISHED_AT: Keyset((ArticleRow.published_order, ArticleRow.id)),
}

CURRENT = and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == ArticleRow.revision)
SHOWN = and_(AnnotationRow.article_id == ArticleRow.id, AnnotationRow.shown)

Whole = Select[ArticleRow, RevisionRow, AnnotationRow | None]


def found(identifier: UUID) -> Whole:
    return _whole().where(ArticleRow.id == identifier)


def identified(digest: bytes) -> Whole:
    return _whole().where(ArticleRow.identity == digest)


def existing(identifier: UUID) -> Select[UUID]:
    return select(ArticleRow.id).where(ArticleRow.id == identifier)


def locked(identifier: UUID) -> Select[UUID]:
    """Before reading what will be changed. SQLite has locked the whole file already.

    A statement of its own, because one that waited for a lock joins what it saw before it waited.
    """
    return existing(identifier).with_for_update()


def listed(wanted: Filter) -> Select[ArticleRow, str | None]:
    return (
        select(ArticleRow, RevisionRow.title)
        .join(RevisionRow, CURRENT)
        .where(
            *conditions.of_article(wanted),
            *conditions.published(wanted, ArticleRow.published_order),
            *conditions.having_stance(wanted),
        )
    )


def insertions(stored: StoredArticle) -> tuple[Insert, Insert]:
    """The article and its first revision."""
    return insert(ArticleRow).values(row(stored)), insertion_of_text(stored)


def insertion_of_text(stored: StoredArticle) -> Insert:
    return insert(RevisionRow).values(text_row(stored))


def row(stored: StoredArticle) -> dict[str, Any]:
    return {"id": UUID(stored.id), "created_at": stored.created_at, **_columns(stored)}


def text_row(stored: StoredArticle) -> dict[str, Any]:
    text = stored.submission.text
    return {
        "article_id": UUID(stored.id),
        "number": stored.revision,
        "created_at": stored.updated_at,
        "text_digest": identity.text_digest(text),
        "title": text.title,
        "body": text.body,
    }


def edition(stored: StoredArticle) -> Update:
    return update(ArticleRow).where(ArticleRow.id == UUID(stored.id)).values(_columns(stored))


def removal(identifier: UUID) -> Delete:
    """The foreign keys take along everything derived."""
    return delete(ArticleRow).where(ArticleRow.id == identifier)


def read(article: ArticleRow, current: RevisionRow, shown: AnnotationRow | None) -> StoredArticle:
    text = ArticleText(body=current.body, title=current.title)
    return _stored(article, text, annotated.read(shown) if shown else None)


def read_listed(article: ArticleRow, title: str | None) -> StoredArticle:
    return _stored(article, ArticleText(body="", title=title), None)


def publication_time(day: Any, instant: datetime | None) -> PublicationTime | None:
    return None if day is None else PublicationTime(day=day, instant=instant)


def digest(submission: Submission) -> bytes:
    return identity.digest(submission, text=identity.text_digest(submission.text))


def _whole() -> Whole:
    return select(ArticleRow, RevisionRow, AnnotationRow).join(RevisionRow, CURRENT).outerjoin(AnnotationRow, SHOWN)


def _columns(stored: StoredArticle) -> dict[str, Any]:
    given = stored.submission
    return {
        "identity": digest(given),
        "revision": stored.revision,
        "status": stored.status,
        "updated_at": stored.updated_at,
        "published_order": publication.order(given.published),
        "published_day": given.published and given.published.day,
        "published_at": given.published and given.published.instant,
        "publisher": given.publisher,
        "external_id": given.external_id,
        "url": given.url,
        "language": given.language,
        "details": dict(given.metadata),
    }


def _stored(article: ArticleRow, text: ArticleText, annotation: StoredAnnotation | None) -> StoredArticle:
    return StoredArticle(
        id=str(article.id),
        created_at=article.created_at,
        updated_at=article.updated_at,
        revision=article.revision,
        status=article.status,
        submission=Submission(
            text=text,
            external_id=article.external_id,
            url=article.url,
            publisher=article.publisher,
            published=publication_time(article.published_day, article.published_at),
            language=article.language,
            metadata=article.details,
        ),
        annotation=annotation,
    )
