"""Statements on articles and their revisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Delete, Insert, Row, Select, Subquery, Update, and_, case, delete, insert, select, update

from app.domain.records import Filter, ListedArticle, Sort, StoredAnnotation, StoredArticle, Submission
from app.domain.values import ArticleStatus, ArticleText, PublicationTime
from app.storage import annotations as annotated
from app.storage import conditions, identity, ids, publication
from app.storage.keyset import Found, Keyset, Statement
from app.storage.plain import written
from app.storage.tables import AnnotationRow, ArticleRow, RevisionRow, StanceRow

ORDERS: Mapping[Sort, Keyset] = {
    Sort.CREATED_AT: Keyset((ArticleRow.id,)),
    Sort.PUBLISHED_AT: Keyset((ArticleRow.published_order, ArticleRow.id)),
}
# About one country an article has one stance, so the stances toward it are in order what the articles are.
ORDERS_OF_A_COUNTRY: Mapping[Sort, Keyset] = {
    Sort.CREATED_AT: Keyset((StanceRow.article_id,)),
    Sort.PUBLISHED_AT: Keyset((StanceRow.published_order, StanceRow.article_id)),
}

CURRENT = and_(RevisionRow.article_id == ArticleRow.id, RevisionRow.number == ArticleRow.revision)
SHOWN = and_(AnnotationRow.article_id == ArticleRow.id, AnnotationRow.shown)

Whole = Select[ArticleRow, RevisionRow, AnnotationRow | None]


def found(identifier: UUID) -> Whole:
    return _whole().where(ArticleRow.id == identifier)


def identified(digest: bytes) -> Whole:
    return _whole().where(ArticleRow.identity == digest)


def taken(digests: Sequence[bytes]) -> Select[bytes]:
    """Which of these identities articles have already."""
    return select(ArticleRow.identity).where(ArticleRow.identity.in_(digests))


def existing(identifier: UUID) -> Select[UUID]:
    return select(ArticleRow.id).where(ArticleRow.id == identifier)


def locked(identifier: UUID) -> Select[UUID]:
    """Before reading what will be changed. SQLite has locked the whole file already.

    A statement of its own, because one that waited for a lock joins what it saw before it waited.
    """
    return existing(identifier).with_for_update()


def listed(wanted: Filter) -> Select[ArticleRow, str | None]:
    statement = select(ArticleRow, RevisionRow.title).join(RevisionRow, CURRENT)
    if len(wanted.countries) != 1:
        return statement.where(*_asked(wanted))
    asked = [*conditions.of_stance(wanted), *conditions.of_article(wanted, conditions.about_stance())]
    collapsed = [conditions.eldest_article(wanted)] if wanted.collapse else []
    return statement.join(StanceRow, StanceRow.article_id == ArticleRow.id).where(*asked, *collapsed)


def parts(wanted: Filter, _: Sort) -> Sequence[Filter]:
    """As `stances.parts`: articles with a word are ordered before they are joined with their texts."""
    return [wanted] if wanted.q is not None and len(wanted.countries) != 1 else []


def keys(wanted: Filter, _: Sort) -> Select[UUID]:
    return select(ArticleRow.id).where(*_asked(wanted))


def with_keys(_: Filter, found: Subquery) -> Statement:
    return select(ArticleRow, RevisionRow.title).join(RevisionRow, CURRENT).where(ArticleRow.id.in_(select(*found.c)))


def _asked(wanted: Filter) -> list[ColumnElement[bool]]:
    collapsed = [conditions.eldest_article(wanted)] if wanted.collapse else []
    return [*conditions.of_article(wanted, conditions.about_article()), *conditions.having_stance(wanted), *collapsed]


def order(wanted: Filter, sort: Sort) -> Keyset:
    """Of `listed`."""
    return ORDERS_OF_A_COUNTRY[sort] if len(wanted.countries) == 1 else ORDERS[sort]


def insertions(stored: StoredArticle) -> tuple[Insert, Insert]:
    """The article and its first revision."""
    return insert(ArticleRow).values(row(stored)), insertion_of_text(stored)


def insertion_of_text(stored: StoredArticle) -> Insert:
    return insert(RevisionRow).values(row_of_text(stored))


def row(stored: StoredArticle, *, known: bytes | None = None) -> dict[str, Any]:
    """`known` is the digest of its identity, where somebody made it already."""
    own = {"id": UUID(stored.id), "created_at": stored.created_at, "derived_at": stored.updated_at}
    return {**own, **_columns(stored, known or digest(stored.submission))}


def row_of_text(stored: StoredArticle) -> dict[str, Any]:
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
    """What was whole stays whole; what an older version wrote waits for `completion`."""
    whole = case((ArticleRow.derived_at == ArticleRow.updated_at, stored.updated_at), else_=ArticleRow.derived_at)
    return _changed(stored).values(derived_at=whole)


def outdated(*, after: UUID) -> Select[UUID]:
    """Articles that an older version wrote last. Of those that pend nothing is derived by any version yet."""
    wrote = ArticleRow.derived_at.is_distinct_from(ArticleRow.updated_at)
    found = select(ArticleRow.id).where(wrote, ArticleRow.status != ArticleStatus.PENDING)
    return found.where(ArticleRow.id > after).order_by(ArticleRow.id)


def completion(stored: StoredArticle) -> Update:
    return _changed(stored).values(derived_at=stored.updated_at)


def stored_before(moment: datetime) -> Select[UUID]:
    """The oldest first. Ids begin with the time of creation, so that no other index is needed."""
    return select(ArticleRow.id).where(ArticleRow.id < ids.earliest(moment)).order_by(ArticleRow.id)


def removal(identifier: UUID) -> Delete:
    """The foreign keys take along everything derived."""
    return delete(ArticleRow).where(ArticleRow.id == identifier)


def read(article: ArticleRow, current: RevisionRow, shown: AnnotationRow | None) -> StoredArticle:
    text = ArticleText(body=current.body, title=current.title)
    return read_with(article, text, annotated.read(shown) if shown else None)


def read_with(article: ArticleRow | Row[Any], text: ArticleText, annotation: StoredAnnotation | None) -> StoredArticle:
    """For who knows the text, and what was said of it, already; and may have asked for no more than these columns."""
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
        duplicate_group=str(article.duplicate_group) if article.duplicate_group else None,
    )


SELECTED = (
    "id",
    "created_at",
    "updated_at",
    "revision",
    "status",
    "external_id",
    "url",
    "title",
    "publisher",
    "published_day",
    "published_at",
    "language",
    "metadata",
    "duplicate_group",
)
"""Columns of `listed` that `read_listed` is given, in this order, as `plain` makes them."""


def read_listed(row: Found) -> ListedArticle:
    identifier, *known, day, instant, language, details, group = row[: len(SELECTED)]
    return ListedArticle._make((written(identifier), *known, instant or day, language, details, group and written(group)))


def publication_time(day: Any, instant: datetime | None) -> PublicationTime | None:
    return None if day is None else PublicationTime(day=day, instant=instant)


def digest(submission: Submission) -> bytes:
    return identity.digest(submission)


def _changed(stored: StoredArticle) -> Update:
    return update(ArticleRow).where(ArticleRow.id == UUID(stored.id)).values(_columns(stored, digest(stored.submission)))


def _whole() -> Whole:
    return select(ArticleRow, RevisionRow, AnnotationRow).join(RevisionRow, CURRENT).outerjoin(AnnotationRow, SHOWN)


def _columns(stored: StoredArticle, identity: bytes) -> dict[str, Any]:
    given = stored.submission
    return {
        "identity": identity,
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
        "read_language": stored.read_language,
        "duplicate_group": stored.duplicate_group and UUID(stored.duplicate_group),
        "details": dict(given.metadata),
    }
