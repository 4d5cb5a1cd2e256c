"""Delete an article with everything derived from it."""

from __future__ import annotations

from uuid import UUID

from app.services import steps
from app.services.fetch import existing
from app.storage import articles
from app.storage.database import Session, Store


async def remove(store: Store, identifier: str) -> None:
    """Raises ArticleNotFound."""
    await steps.write(store, _remove, identifier)


def _remove(session: Session, identifier: str) -> None:
    forget(session, existing(session, identifier))


def forget(session: Session, identifier: UUID) -> None:
    """Everything of an article; whoever deletes one does it here."""
    session.execute(articles.removal(identifier))
