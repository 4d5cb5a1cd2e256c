"""Everything that a filter finds, in chunks: no list of it all ever exists, and no transaction waits for a slow reader."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol
from uuid import UUID

from app.domain.exports import Line
from app.domain.records import Filter
from app.domain.relations import RelationFilter
from app.services import steps
from app.storage import cursors, trails
from app.storage.database import Session, Store
from app.storage.exports import ARTICLES, RELATIONS, STANCES, Asked, Exported
from app.storage.lessons import CORRECTIONS
from app.storage.trails import Trail

BATCH = 4_000
"""Lines read at once: some 3 MB. More would save little, since a batch begins with one look into an index."""


class Encode(Protocol):
    """Makes bytes of lines; `done` with the last ones."""

    def __call__(self, lines: Sequence[Line], *, done: bool) -> bytes: ...


def stances(store: Store, wanted: Filter, *, encode: Encode, cursor: str | None = None) -> AsyncIterator[bytes]:
    """Rows of the list of stances, the oldest article first. The first chunk raises InvalidCursor."""
    return _chunks(store, STANCES, wanted, encode, cursor)


def articles(store: Store, wanted: Filter, *, encode: Encode, cursor: str | None = None) -> AsyncIterator[bytes]:
    """Rows of the list of articles, the oldest first. The first chunk raises InvalidCursor."""
    return _chunks(store, ARTICLES, wanted, encode, cursor)


def relations(store: Store, wanted: RelationFilter, *, encode: Encode, cursor: str | None = None) -> AsyncIterator[bytes]:
    """Rows of the list of relations, the oldest article first. The first chunk raises InvalidCursor."""
    return _chunks(store, RELATIONS, wanted, encode, cursor)


def corrections(store: Store, *, encode: Encode, cursor: str | None = None) -> AsyncIterator[bytes]:
    """What holds, each with the text that the reviewer saw, the oldest first. The first chunk raises InvalidCursor."""
    return _chunks(store, CORRECTIONS, Filter(), encode, cursor)


@dataclass(frozen=True)
class _Way(Generic[Asked]):
    """From one chunk to the next. Each is read and encoded in one step on a worker thread, so that the event loop stays free."""

    exported: Exported[Asked]
    wanted: Asked
    trail: Trail
    encode: Encode

    def step(self, session: Session, after: Sequence[Any] | None) -> tuple[bytes, list[Any] | None]:
        """A chunk, and the key of its last line if there are more."""
        limit = max(1, BATCH // self.exported.weight)
        statement = self.exported.batch(self.wanted, mark=self.trail.mark, after=after, limit=limit)
        # Not through the session, which would make every row a second time: here are columns only, as the driver gives them.
        rows, last = self.exported.whole(session.connection().execute(statement).all(), limit=limit)
        prefix = self.trail.prefix
        return self.encode([self.exported.read(row, prefix) for row in rows], done=last is None), last


async def _chunks(
    store: Store, exported: Exported[Asked], wanted: Asked, encode: Encode, cursor: str | None
) -> AsyncIterator[bytes]:
    bound_to = cursors.binding(f"exported {exported.name}", wanted)
    if cursor is None:
        trail, after = await _fresh(store, exported, bound_to), None
    else:
        trail, after = trails.follow(cursor, bound_to=bound_to)
    if trail is None:
        yield encode([], done=True)
        return
    way, done = _Way(exported, wanted, trail, encode), False
    while not done:
        chunk, after = await steps.read_while_wanted(store, way.step, after)
        done = after is None
        yield chunk


async def _fresh(store: Store, exported: Exported[Any], bound_to: bytes) -> Trail | None:
    """None where nothing is stored."""
    mark = await steps.read(store, _newest, exported)
    return None if mark is None else Trail(mark, bound_to)


def _newest(session: Session, exported: Exported[Any]) -> UUID | None:
    return session.scalar(exported.newest)
