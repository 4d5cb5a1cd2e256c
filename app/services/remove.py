"""Delete an article with everything derived from it."""

from __future__ import annotations

from app.services import steps
from app.services.fetch import existing
from app.storage import articles
from app.storage.database import Session, Store


async def remove(store: Store, identifier: str) -> None:
    """Raises ArticleNotFound."""
    await steps.write(store, _remove, identifier)


def _remove(session: Session, identifier: str) -> None:
    session.execute(articles.removal(existing(session, identifier)))
