"""Store an article with its annotation, once."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from app.domain.records import StoredArticle, Submission
from app.domain.values import Annotation, ArticleStatus
from app.services import identity, index, steps
from app.services.ports import Annotator
from app.storage import annotations as annotated
from app.storage import articles, ids, stances
from app.storage.database import Session, Store
from app.storage.texts import Traits
from app.traces.spans import spanned


@spanned
async def submit(store: Store, annotator: Annotator, submission: Submission) -> tuple[StoredArticle, bool]:
    """The stored article, and whether this call created it. Raises ArticleConflict, and what the annotator raises."""
    if stored := await steps.read(store, identity.stored_already, submission):
        return stored, False
    annotation = await steps.inferred(annotator, submission.text, language=submission.language)
    return await steps.write(store, _store, submission, annotation, await index.traits(submission.text))


def _store(session: Session, submission: Submission, annotation: Annotation, traits: Traits) -> tuple[StoredArticle, bool]:
    if stored := identity.stored_already(session, submission):
        return stored, False
    article = created(submission, annotation)
    article = replace(article, duplicate_group=index.join(session, traits, article_id=UUID(article.id)))
    for insertion in articles.insertions(article):
        session.execute(insertion)
    index.add(session, UUID(article.id), traits)
    add_annotation(session, article)
    return article, True


def add_annotation(session: Session, article: StoredArticle) -> None:
    """Nothing is shown of the article yet, or no longer."""
    if article.annotation is None:
        return
    session.execute(annotated.insertion(article.annotation))
    if rows := stances.rows(article):
        session.execute(stances.insertion(), rows)


def created(submission: Submission, annotation: Annotation) -> StoredArticle:
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
