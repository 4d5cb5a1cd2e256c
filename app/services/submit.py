"""Store an article with its annotation, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from app.domain.records import StoredArticle, Submission
from app.domain.values import Annotation, ArticleStatus
from app.services import identity, index, settle, steps
from app.services.fetch import present
from app.services.ports import Annotator
from app.services.settle import Unread
from app.storage import annotations as annotated
from app.storage import articles, ids, single, stances, texts, vectors
from app.storage.database import Session, Store
from app.storage.texts import Traits
from app.traces.spans import spanned


@spanned
async def submit(store: Store, annotator: Annotator, submission: Submission) -> tuple[StoredArticle, bool]:
    """The stored article, and whether this call created it. Raises ArticleConflict, and what the annotator raises.

    One that was imported and still waits for its turn is annotated at once: here somebody waits for it.
    """
    stored = await steps.read(store, identity.stored_already, submission)
    if stored is not None and stored.annotation is not None:
        return stored, False
    annotation = await steps.inferred(annotator, submission.text, language=submission.language)
    derive = partial(texts.traits, submission.text)
    return await steps.derive_and_write(store, derive, _store, submission, annotation, _Outlook(new=stored is None))


@dataclass(slots=True)
class _Outlook:
    """Whether an article is new as far as anybody knows. Who looked a moment ago need not look again before each insertion."""

    new: bool

    def once(self) -> bool:
        """Only the first attempt may rely on it: another one means that somebody was faster, and who that was has to be seen."""
        held, self.new = self.new, False
        return held


def _store(
    session: Session, traits: Traits, submission: Submission, annotation: Annotation, outlook: _Outlook
) -> tuple[StoredArticle, bool]:
    if not outlook.once() and (stored := identity.stored_already(session, submission)):
        return _completed(session, stored, annotation, traits), False
    article = created(submission, annotation)
    article = replace(article, duplicate_group=index.join(session, traits, article_id=UUID(article.id)))
    single.add(session, article, traits, identity=articles.digest(submission))
    return article, True


def _completed(session: Session, stored: StoredArticle, annotation: Annotation, traits: Traits) -> StoredArticle:
    """An article that waits for its turn."""
    if stored.annotation is not None:
        return stored
    article_id, pending = UUID(stored.id), stored.status is ArticleStatus.PENDING
    unread = Unread(article_id, stored.revision, stored.submission.text, stored.submission.language, pending)
    settle.write(session, [(unread, annotation)], (), {article_id: traits} if pending else {})
    return present(session, stored.id)


def add_annotation(session: Session, article: StoredArticle) -> None:
    """Nothing is shown of the article yet, or no longer."""
    if article.annotation is None:
        return
    session.execute(annotated.insertion(article.annotation))
    if compared := vectors.rows([article.annotation]):
        session.execute(vectors.insertion(), compared)
        session.execute(vectors.waiting(UUID(article.id)))
    if rows := stances.rows(article):
        session.execute(stances.insertion(), rows)


def created(submission: Submission, annotation: Annotation | None) -> StoredArticle:
    """With a new id; pending where nothing has been said of it yet."""
    identifier = ids.new()
    moment = ids.moment(identifier)
    return StoredArticle(
        id=str(identifier),
        created_at=moment,
        updated_at=moment,
        revision=1,
        status=ArticleStatus.ANNOTATED if annotation else ArticleStatus.PENDING,
        submission=submission,
        annotation=annotated.new(identifier, revision=1, annotation=annotation) if annotation else None,
    )
