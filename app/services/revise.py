"""Change a stored article: what is said about it, or its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.domain.records import StoredArticle, Submission, now
from app.domain.values import Annotation, ArticleStatus, ArticleText
from app.services import identity, index, steps
from app.services.correct import settle
from app.services.fetch import article_id_of, present
from app.services.ports import Annotator
from app.services.submit import add_annotation
from app.storage import annotations as annotated
from app.storage import articles, claim_stances, said, told, vectors
from app.storage.database import Session, Store
from app.storage.texts import Traits
from app.traces.spans import spanned

EDITABLE = frozenset({"url", "publisher", "external_id", "published", "language", "metadata"})


@spanned
async def edit(store: Store, identifier: str, changes: Mapping[str, Any]) -> StoredArticle:
    """`changes` by names of Submission; None clears. Raises ArticleNotFound, and ArticleConflict if the identity is taken."""
    if unknown := changes.keys() - EDITABLE:
        raise ValueError(f"cannot be edited: {sorted(unknown)}")
    return await steps.write(store, _edit, identifier, changes)


@spanned
async def replace_text(store: Store, annotator: Annotator, identifier: str, text: ArticleText) -> StoredArticle:
    """A new revision, annotated anew; the same text again changes nothing. Raises as `edit`, and what the annotator raises."""
    current = await steps.read(store, present, identifier)
    if current.submission.text == text:
        return current
    annotation = await steps.inferred(annotator, text, language=current.submission.language)
    return await steps.write(store, _replace_text, identifier, text, annotation, await index.traits(text))


def _edit(session: Session, identifier: str, changes: Mapping[str, Any]) -> StoredArticle:
    current = _locked(session, identifier)
    changed = _changed(current.submission, changes)
    fields = identity.differences(current.submission, changed)
    if not fields:
        return current
    identity.refuse_taken(session, current, changed)
    edited = replace(current, submission=changed, updated_at=now())
    session.execute(articles.edition(edited))
    if told.of_article(edited) != told.of_article(current):
        for following in (*said.following(edited), claim_stances.following(edited)):
            session.execute(following)
        # Claims of a range of dates may mean it now, or no longer.
        session.execute(vectors.waiting(UUID(edited.id)))
    return edited


def _locked(session: Session, identifier: str) -> StoredArticle:
    session.execute(articles.locked(article_id_of(identifier)))
    return present(session, identifier)


def _changed(submission: Submission, changes: Mapping[str, Any]) -> Submission:
    changed = replace(submission, **changes)
    return changed if changed.metadata is not None else replace(changed, metadata={})


def _replace_text(session: Session, identifier: str, text: ArticleText, annotation: Annotation, traits: Traits) -> StoredArticle:
    group = index.join(session, traits, article_id=article_id_of(identifier))
    current = _locked(session, identifier)
    changed = replace(current.submission, text=text)
    if not identity.differences(current.submission, changed):
        return current
    identity.refuse_taken(session, current, changed)
    revised = replace(_revised(current, changed, annotation), duplicate_group=group)
    session.execute(annotated.hiding(UUID(current.id)))
    article_id = UUID(current.id)
    for removal in (*said.removal(article_id), vectors.removal(article_id), claim_stances.removal(article_id)):
        session.execute(removal)
    session.execute(articles.insertion_of_text(revised))
    session.execute(articles.edition(revised))
    index.replace(session, UUID(current.id), traits)
    add_annotation(session, revised)
    settle(session, UUID(current.id))
    return revised


def _revised(current: StoredArticle, changed: Submission, annotation: Annotation) -> StoredArticle:
    number = current.revision + 1
    return replace(
        current,
        submission=changed,
        revision=number,
        status=ArticleStatus.ANNOTATED,
        updated_at=now(),
        annotation=annotated.new(UUID(current.id), revision=number, annotation=annotation),
    )
