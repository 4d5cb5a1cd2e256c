"""Keep what is derived of the text of an article: its words for full text, and its group of near-duplicates."""

from __future__ import annotations

from uuid import UUID

from anyio import to_thread

from app.domain.values import ArticleText
from app.storage import groups, searchable, single, texts
from app.storage.database import Session
from app.storage.texts import Traits


async def traits(text: ArticleText) -> Traits:
    """On a thread, and before the transaction: a long text takes some hundredths of a second."""
    return await to_thread.run_sync(texts.traits, text)


def join(session: Session, found: Traits, *, article_id: UUID) -> str | None:
    """The group of the stored article that is most like the text, and of those the oldest; None where none is like enough.

    Before the article itself is written or locked, so that no two transactions wait for each other.
    """
    if not found.bands:
        return None
    others = single.proposed(session, found, other_than=article_id)
    if not others:
        return None
    oldest = texts.most_like(found, ((other, texts.sequences_of(body)) for other, _, body in others))
    if oldest is None:
        return None
    known = {other: group for other, group, _ in others}
    return str(known[oldest] or _founded(session, oldest))


def add(session: Session, article_id: UUID, found: Traits) -> None:
    session.execute(searchable.insertion(), [searchable.row(article_id, found.words)])
    if found.bands:
        session.execute(groups.insertion(), groups.rows(article_id, found.bands))


def replace(session: Session, article_id: UUID, found: Traits) -> None:
    session.execute(searchable.removal(article_id))
    session.execute(groups.removal(article_id))
    add(session, article_id, found)


def _founded(session: Session, article_id: UUID) -> UUID:
    for statement in groups.founding([article_id]):
        session.execute(statement)
    return article_id
