"""Store an article with its annotation, once."""

from __future__ import annotations

from uuid import UUID

from app.domain.records import StoredArticle, Submission
from app.domain.values import Annotation, ArticleStatus
from app.services import identity, settle, steps
from app.services.fetch import present
from app.services.ports import Annotator
from app.services.settle import Unread
from app.storage import annotations as annotated
from app.storage import articles, ids, stances
from app.storage.database import Session, Store


async def submit(store: Store, annotator: Annotator, submission: Submission) -> tuple[StoredArticle, bool]:
    """The stored article, and whether this call created it. Raises ArticleConflict, and what the annotator raises.

    One that was imported and still waits for its turn is annotated at once: here somebody waits for it.
    """
    stored = await steps.read(store, identity.stored_already, submission)
    if stored is not None and stored.annotation is not None:
        return stored, False
    annotation = await annotator.annotate(submission.text, language=submission.language)
    return await steps.write(store, _store, submission, annotation)


def _store(session: Session, submission: Submission, annotation: Annotation) -> tuple[StoredArticle, bool]:
    if stored := identity.stored_already(session, submission):
        return _completed(session, stored, annotation), False
    created = _created(submission, annotation)
    for insertion in articles.insertions(created):
        session.execute(insertion)
    add_annotation(session, created)
    return created, True


def _completed(session: Session, stored: StoredArticle, annotation: Annotation) -> StoredArticle:
    if stored.annotation is not None:
        return stored
    unread = Unread(UUID(stored.id), stored.revision, stored.submission.text, stored.submission.language)
    settle.annotate(session, [(unread, annotation)])
    return present(session, stored.id)


def add_annotation(session: Session, article: StoredArticle) -> None:
    """Nothing is shown of the article yet, or no longer."""
    if article.annotation is None:
        return
    session.execute(annotated.insertion(article.annotation))
    if rows := stances.rows(article.annotation, article.submission.published):
        session.execute(stances.insertion(), rows)


def _created(submission: Submission, annotation: Annotation) -> StoredArticle:
    identifier = ids.new()
    moment = ids.moment(identifier)
    return StoredArticle(
        id=str(identifier),
        created_at=moment,
        updated_at=moment,
        revision=1,
        status=ArticleStatus.ANNOTATED,
        submission=submission,
        annotation=annotated.new(identifier, revision=1, annotation=annotation),
    )
