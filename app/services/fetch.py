"""Get one article, or what was said of it."""

from uuid import UUID

from app.domain.errors import AnnotationNotFound, ArticleNotFound
from app.domain.records import Page, StoredAnnotation, StoredArticle
from app.services import paging, steps
from app.storage import annotations as annotated
from app.storage import articles, cursors, ids
from app.storage.database import Session, Store
from app.traces.spans import spanned


@spanned
async def article(store: Store, identifier: str) -> StoredArticle:
    """With its text, and the annotation of the active model version or else the newest. Raises ArticleNotFound."""
    return await steps.read(store, present, identifier)


@spanned
async def annotation(store: Store, identifier: str) -> StoredAnnotation:
    """Raises AnnotationNotFound."""
    return await steps.read(store, _annotation, identifier)


@spanned
async def annotations(store: Store, identifier: str, *, limit: int, cursor: str | None = None) -> Page[StoredAnnotation]:
    """All that was said of all revisions of an article, newest first. Raises ArticleNotFound."""
    article_id = await steps.read(store, existing, identifier)
    return await paging.page(
        store,
        annotated.of_article(article_id),
        annotated.NEWEST,
        lambda row: annotated.read(row[0]),
        bound_to=cursors.binding("annotations", about=str(article_id)),
        limit=limit,
        cursor=cursor,
    )


def present(session: Session, identifier: str) -> StoredArticle:
    """Raises ArticleNotFound."""
    row = session.execute(articles.found(article_id_of(identifier))).one_or_none()
    if row is None:
        raise ArticleNotFound(identifier)
    return articles.read(*row)


def article_id_of(identifier: str) -> UUID:
    """Raises ArticleNotFound for what cannot be an id."""
    article_id = ids.parse(identifier)
    if article_id is None:
        raise ArticleNotFound(identifier)
    return article_id


def existing(session: Session, identifier: str) -> UUID:
    """Raises ArticleNotFound."""
    article_id = session.scalar(articles.existing(article_id_of(identifier)))
    if article_id is None:
        raise ArticleNotFound(identifier)
    return article_id


def _annotation(session: Session, identifier: str) -> StoredAnnotation:
    annotation_id = ids.parse(identifier)
    row = session.scalar(annotated.found(annotation_id)) if annotation_id else None
    if row is None:
        raise AnnotationNotFound(identifier)
    return annotated.read(row)
