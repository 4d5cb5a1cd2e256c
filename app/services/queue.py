"""What dispatchers ask of the chunks: which go next, and which were left by a process that died."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.jobs import Call, ChunkState, Priority
from app.domain.records import now
from app.services import attempts, steps
from app.services.ports import Dispatcher
from app.storage import chunks
from app.storage.database import Session, Store, driver_connection


async def due(store: Store, *, limit: int) -> list[str]:
    """In the order in which they are to be run."""
    return await steps.read(store, _due, limit)


async def recover(store: Store) -> None:
    """For the only dispatcher of a database, before it begins: what still runs was left by one that died."""
    await steps.write(store, attempts.recover)


async def unfinished(store: Store) -> list[Call]:
    return await steps.read(store, _unfinished)


async def call_again(store: Store, dispatcher: Dispatcher, calls: Sequence[Call]) -> None:
    await steps.write(store, _call, dispatcher, calls)


def _call(session: Session, dispatcher: Dispatcher, calls: Sequence[Call]) -> None:
    dispatcher.enqueue(driver_connection(session), calls)


def _due(session: Session, limit: int) -> list[str]:
    return [str(chunk_id) for chunk_id in session.scalars(chunks.due(now(), limit=limit))]


def _unfinished(session: Session) -> list[Call]:
    rows = session.execute(chunks.calls(ChunkState.WAITING, ChunkState.RUNNING))
    return [Call(str(chunk_id), Priority(priority), run_after) for chunk_id, priority, run_after in rows]
