"""Statements on jobs and on what became of their lines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Delete,
    Insert,
    Select,
    Update,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from app.domain.jobs import ChunkState, FailureKind, JobFailure, JobKind, JobState, Progress, StoredJob
from app.domain.records import Filter
from app.storage import filters, ids
from app.storage.job_tables import ChunkRow, FailureRow, JobRow
from app.storage.keyset import Alphabetical, Keyset
from app.storage.types import DIGEST_BYTES

NEWEST = Keyset((JobRow.id,))
BY_LINE = Alphabetical((FailureRow.line,))

NOTHING_RECEIVED = bytes(DIGEST_BYTES)
"""The digest of an upload of which nothing has come."""

WINDOW = timedelta(minutes=5)
"""What the rate is taken from: long enough for chunks of slow articles, short enough to notice that a worker came or went."""

UNFINISHED = (ChunkState.WAITING, ChunkState.RUNNING)


def row(
    identifier: UUID, kind: JobKind, *, key: str | None, wanted: Filter | None = None, digest: bytes = NOTHING_RECEIVED
) -> dict[str, Any]:
    """A new one of which nothing is known yet."""
    moment = ids.moment(identifier)
    return {
        "id": identifier,
        "kind": kind,
        "state": JobState.RECEIVING,
        "created_at": moment,
        "updated_at": moment,
        "idempotency_key": key,
        "digest": digest,
        "wanted": None if wanted is None else filters.dump(wanted),
        **dict.fromkeys(("lines", "created", "existing", "invalid"), 0),
    }


def insertion(columns: dict[str, Any]) -> Insert:
    """With what `row` made."""
    return insert(JobRow).values(columns)


def found(job_id: UUID) -> Select[JobRow]:
    return select(JobRow).where(JobRow.id == job_id).execution_options(populate_existing=True)


def among(job_ids: list[UUID]) -> Select[JobRow]:
    return select(JobRow).where(JobRow.id.in_(job_ids))


def keyed(key: str) -> Select[JobRow]:
    return select(JobRow).where(JobRow.idempotency_key == key)


def locked(job_id: UUID) -> Select[JobRow]:
    """So that of two that end at once one sees the other. Whoever adds chunks to the job is let through."""
    return found(job_id).with_for_update(key_share=True)


def state_of(job_id: UUID) -> Select[JobState]:
    return select(JobRow.state).where(JobRow.id == job_id)


def kind_of(job_id: UUID) -> Select[JobKind]:
    return select(JobRow.kind).where(JobRow.id == job_id)


def listed(state: JobState | None = None) -> Select[JobRow]:
    return select(JobRow) if state is None else select(JobRow).where(JobRow.state == state)


def change(job_id: UUID, now: datetime, **columns: Any) -> Update:
    return update(JobRow).where(JobRow.id == job_id).values(updated_at=now, **columns)


def abandoned(*, keyless_before: datetime, before: datetime) -> Select[UUID]:
    """Imports of which nothing more has come since these times."""
    too_old = case((JobRow.idempotency_key.is_(None), JobRow.updated_at < keyless_before), else_=JobRow.updated_at < before)
    return select(JobRow.id).where(JobRow.state == JobState.RECEIVING, JobRow.kind == JobKind.IMPORT, too_old)


def unfinished(job_id: UUID) -> Select[bool]:
    return select(exists().where(ChunkRow.job_id == job_id, ChunkRow.state.in_(UNFINISHED)))


def progress(job_ids: list[UUID], *, since: datetime) -> Select[*tuple[Any, ...]]:
    """One row a job that has chunks: its articles, how many are done, and how many of these by chunks that moved since."""
    recent = case((ChunkRow.updated_at >= since, ChunkRow.done), else_=0)
    return (
        select(ChunkRow.job_id, func.sum(ChunkRow.size), func.sum(ChunkRow.done), func.sum(recent))
        .where(ChunkRow.job_id.in_(job_ids))
        .group_by(ChunkRow.job_id)
    )


def failed(job_ids: list[UUID]) -> Select[*tuple[Any, ...]]:
    """Job, and how many of its articles are stored and could not be annotated."""
    counted = select(FailureRow.job_id, func.count()).where(FailureRow.job_id.in_(job_ids), FailureRow.kind == FailureKind.FAILED)
    return counted.group_by(FailureRow.job_id)


def failures_of(job_id: UUID) -> Select[FailureRow]:
    return select(FailureRow).where(FailureRow.job_id == job_id)


def failure(job_id: UUID, failed: JobFailure) -> dict[str, Any]:
    """For `recording`."""
    return {
        "job_id": job_id,
        "line": failed.line,
        "kind": failed.kind,
        "article_id": UUID(failed.article_id) if failed.article_id else None,
        "reason": failed.reason,
        "created_at": failed.created_at,
    }


def recording() -> Insert:
    """To be executed with rows from `failure`."""
    return insert(FailureRow)


def recorded(job_id: UUID, lines: list[int]) -> Select[int]:
    return select(FailureRow.line).where(FailureRow.job_id == job_id, FailureRow.line.in_(lines))


def retryable(job_id: UUID, *, before: datetime, limit: int) -> Select[FailureRow]:
    failed = (FailureRow.job_id == job_id, FailureRow.kind == FailureKind.FAILED, FailureRow.created_at < before)
    return select(FailureRow).where(*failed).order_by(FailureRow.line).limit(limit)


def forgetting(job_id: UUID, lines: list[int]) -> Delete:
    return delete(FailureRow).where(FailureRow.job_id == job_id, FailureRow.line.in_(lines))


def read(row: JobRow, progress: Progress) -> StoredJob:
    return StoredJob(
        id=str(row.id),
        kind=row.kind,
        state=row.state,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        received=row.lines,
        idempotency_key=row.idempotency_key,
        detail=row.detail,
        progress=progress,
    )


def read_failure(row: FailureRow) -> JobFailure:
    return JobFailure(
        line=row.line,
        kind=row.kind,
        article_id=str(row.article_id) if row.article_id else None,
        reason=row.reason,
        created_at=row.created_at,
    )
