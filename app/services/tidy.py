"""Let the words of deleted texts leave the full-text index of SQLite."""

from __future__ import annotations

from app.services import steps
from app.storage import searchable
from app.storage.database import Session, Store
from app.traces.spans import spanned

PAGES = 500
"""Pages of 4 KB rewritten in one transaction, 0.1 s in which nobody else can write."""


@spanned
async def tidy(store: Store) -> int:
    """How many steps it took: none where nothing was deleted since the last time, since a pass rewrites the whole index.

    A deletion only adds a note to the index; words go when its parts are merged. https://sqlite.org/fts5.html#the_merge_command.
    PostgreSQL drops words with their row, at the next vacuum.
    """
    if store.engine.dialect.name != "sqlite" or not (removed := await steps.read(store, _removed)):
        return 0
    taken, pages = 1, -PAGES
    while await steps.write(store, _merged, pages):
        taken, pages = taken + 1, PAGES
    await steps.write(store, _noted, removed)
    return taken


def _removed(session: Session) -> int:
    return int(session.scalars(searchable.removed()).one())


def _noted(session: Session, removed: int) -> None:
    session.execute(searchable.merged(removed))


def _merged(session: Session, pages: int) -> bool:
    """Whether there was something to do."""
    before = session.scalar(searchable.changes()) or 0
    session.execute(searchable.merging(pages))
    return (session.scalar(searchable.changes()) or 0) - before >= 2
