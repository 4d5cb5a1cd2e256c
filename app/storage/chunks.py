"""Statements on chunks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Insert, Select, Update, bindparam, case, func, insert, select, update

from app.domain.jobs import Call, Chunk, ChunkState, Item, Priority
from app.storage import ids
from app.storage.job_tables import ChunkRow
from app.storage.jobs import UNFINISHED


def row(
    job_id: UUID, items: Sequence[Item], now: datetime, *, priority: Priority, counted: bool = True, plans: bool = False
) -> dict[str, Any]:
    """A new one that waits, for `insertion`. `counted` says that its job did not have these articles before."""
    return {
        "id": ids.new(),
        "job_id": job_id,
        "state": ChunkState.WAITING,
        "priority": priority,
        "run_after": now,
        "updated_at": now,
        "size": len(items) if counted else 0,
        "plans": plans,
        "items": dump(items),
        **dict.fromkeys(("attempts", "deaths", "done"), 0),
    }


def insertion() -> Insert:
    """To be executed with rows from `row`."""
    return insert(ChunkRow)


def call(row: dict[str, Any]) -> Call:
    return Call(str(row["id"]), Priority(row["priority"]), row["run_after"])


def due(now: datetime, *, limit: int) -> Select[UUID]:
    """Those that go next, in order."""
    return (
        select(ChunkRow.id)
        .where(ChunkRow.state == ChunkState.WAITING, ChunkRow.run_after <= now)
        .order_by(ChunkRow.priority.desc(), ChunkRow.id)
        .limit(limit)
    )


def in_state(*states: ChunkState) -> Select[ChunkRow]:
    return select(ChunkRow).where(ChunkRow.state.in_(states))


def backlog() -> Select[int]:
    """Articles that wait or are being read. One that finds articles, or was a part of another, counts as one at least."""
    left = ChunkRow.size - ChunkRow.done
    # Literally, because for parameters SQLite does not see that the index of unfinished ones has them all.
    unfinished: BindParameter[Any] = bindparam("unfinished", UNFINISHED, expanding=True, literal_execute=True)
    return select(func.coalesce(func.sum(case((left > 1, left), else_=1)), 0)).where(ChunkRow.state.in_(unfinished))


def calls(*states: ChunkState) -> Select[UUID, int, datetime]:
    """What a call to run it takes, of each."""
    return select(ChunkRow.id, ChunkRow.priority, ChunkRow.run_after).where(ChunkRow.state.in_(states))


def found(chunk_id: UUID) -> Select[ChunkRow]:
    return select(ChunkRow).where(ChunkRow.id == chunk_id).execution_options(populate_existing=True)


def job_of(chunk_id: UUID) -> Select[UUID]:
    return select(ChunkRow.job_id).where(ChunkRow.id == chunk_id)


def locked(chunk_id: UUID) -> Select[ChunkRow]:
    return found(chunk_id).with_for_update()


def change(chunk_id: UUID, now: datetime, **columns: Any) -> Update:
    return update(ChunkRow).where(ChunkRow.id == chunk_id).values(updated_at=now, **columns)


def cancelling(job_id: UUID, now: datetime) -> Update:
    """One that is running stops when it next looks."""
    return (
        update(ChunkRow)
        .where(ChunkRow.job_id == job_id, ChunkRow.state.in_(UNFINISHED))
        .values(state=ChunkState.CANCELLED, updated_at=now)
    )


def cancelled(job_id: UUID) -> Select[ChunkRow]:
    return select(ChunkRow).where(ChunkRow.job_id == job_id, ChunkRow.state == ChunkState.CANCELLED)


def read(row: ChunkRow) -> Chunk:
    return Chunk(
        id=str(row.id),
        job_id=str(row.job_id),
        state=row.state,
        priority=Priority(row.priority),
        attempts=row.attempts,
        deaths=row.deaths,
        plans=row.plans,
        after=str(row.after) if row.after else None,
        done=row.done,
        items=tuple(map(Item._make, row.items)),
    )


def dump(items: Sequence[Item]) -> list[list[Any]]:
    return list(map(list, items))
