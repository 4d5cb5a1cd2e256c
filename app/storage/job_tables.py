"""The tables of bulk work: here stands what is true of a job. A dispatcher only says which chunk to run next."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.jobs import ChunkState, FailureKind, JobKind, JobState
from app.domain.webhooks import DeliveryState
from app.storage.tables import Base, words
from app.storage.types import ExactText


class JobRow(Base):
    __tablename__ = "job"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[JobKind] = mapped_column(words(JobKind))
    state: Mapped[JobState] = mapped_column(words(JobState))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    idempotency_key: Mapped[str | None] = mapped_column(ExactText)
    digest: Mapped[bytes]
    """Of all that was received so far."""
    lines: Mapped[int]
    created: Mapped[int]
    existing: Mapped[int]
    invalid: Mapped[int]
    detail: Mapped[str | None]
    wanted: Mapped[dict[str, Any] | None]
    """The filter of a reannotation."""

    __table_args__ = (
        # POST /v1/imports with an Idempotency-Key. Two at once make one job.
        UniqueConstraint("idempotency_key"),
    )


class ChunkRow(Base):
    __tablename__ = "job_chunk"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    state: Mapped[ChunkState] = mapped_column(words(ChunkState))
    priority: Mapped[int] = mapped_column(SmallInteger)
    attempts: Mapped[int] = mapped_column(SmallInteger)
    deaths: Mapped[int] = mapped_column(SmallInteger)
    run_after: Mapped[datetime]
    updated_at: Mapped[datetime]
    size: Mapped[int]
    """Articles that it brought to its job: none where they were another chunk's before."""
    done: Mapped[int]
    plans: Mapped[bool]
    after: Mapped[UUID | None]
    error: Mapped[str | None]
    items: Mapped[list[Any]]
    """`[line, article id]` of those that are not settled. The last column, because the counts of a job read all the others."""

    __table_args__ = (
        # GET /v1/jobs/{id}, and whether a job has anything left to do.
        Index(None, "job_id", "state"),
    )


class FailureRow(Base):
    __tablename__ = "job_failure"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[FailureKind] = mapped_column(words(FailureKind))
    article_id: Mapped[UUID | None]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class WebhookRow(Base):
    __tablename__ = "webhook"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str]
    events: Mapped[list[Any]]
    secret: Mapped[str]
    created_at: Mapped[datetime]


class DeliveryRow(Base):
    """Written in the transaction of the event, so that neither is without the other."""

    __tablename__ = "webhook_delivery"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    event: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(words(DeliveryState))
    attempts: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    status: Mapped[int | None]
    error: Mapped[str | None]
    body: Mapped[str]

    __table_args__ = (
        # GET /v1/webhooks/{id}/deliveries.
        Index(None, "webhook_id", "id"),
    )


def _waiting(name: str, *columns: Any) -> None:
    condition = text("state = 'waiting'")
    Index(name, *columns, postgresql_where=condition, sqlite_where=condition)


# Which chunk is next? Finished ones are in no one's way.
_waiting("ix_job_chunk_waiting", ChunkRow.priority.desc(), ChunkRow.id)
# How many articles wait to be annotated? (`standpoint_job_backlog_articles`, every few seconds.)
_unfinished = text("state IN ('waiting', 'running')")
Index(
    "ix_job_chunk_unfinished",
    *(ChunkRow.state, ChunkRow.size, ChunkRow.done),
    postgresql_where=_unfinished,
    sqlite_where=_unfinished,
)
# Which deliveries are due?
_waiting("ix_webhook_delivery_waiting", DeliveryRow.next_at)
