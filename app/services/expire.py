"""Delete articles that were stored too long ago, with everything derived from them."""

from __future__ import annotations

from datetime import datetime

from app.services import steps
from app.services.remove import forget
from app.storage import articles
from app.storage.database import Session, Store

BATCH = 100
"""Articles deleted in one transaction: some tenths of a second, in which SQLite lets nobody else write."""


async def expire(store: Store, *, before: datetime) -> int:
    """How many articles stored before that moment it deleted. Several replicas may do it at once."""
    total = 0
    while found := await steps.write(store, _expire, before):
        total += found
    return total


def _expire(session: Session, before: datetime) -> int:
    found = session.scalars(articles.stored_before(before).limit(BATCH)).all()
    for identifier in found:
        forget(session, identifier)
    return len(found)
