"""Let the words of deleted texts leave the full-text index of SQLite."""

from __future__ import annotations

from app.services import steps
from app.storage import searchable
from app.storage.database import Session, Store

PAGES = 500
"""Pages of 4 KB rewritten in one transaction, 0.1 s in which nobody else can write."""


async def tidy(store: Store) -> int:
    """How many steps it took. A deletion only adds a note to the index; words go when its parts are merged.

    https://sqlite.org/fts5.html#the_merge_command. PostgreSQL drops words with their row, at the next vacuum.
    """
    if store.engine.dialect.name != "sqlite":
        return 0
    taken, pages = 1, -PAGES
    while await steps.write(store, _merged, pages):
        taken, pages = taken + 1, PAGES
    return taken


def _merged(session: Session, pages: int) -> bool:
    """Whether there was something to do."""
    before = session.scalar(searchable.changes()) or 0
    session.execute(searchable.merging(pages))
    return (session.scalar(searchable.changes()) or 0) - before >= 2
