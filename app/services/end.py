"""End a job: because all of it is done, because somebody says so, or because its upload never came to its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app.domain.errors import JobConflict
from app.domain.jobs import JobState, StoredJob
from app.domain.records import now
from app.domain.webhooks import WebhookEvent
from app.services import follow, steps
from app.services.tell import tell
from app.storage import chunks, jobs
from app.storage.database import Session, Store
from app.traces.spans import spanned

KEYLESS_PATIENCE = timedelta(minutes=15)
"""An upload without a key cannot be resumed; what nothing came of for so long has lost its sender."""

PATIENCE = timedelta(days=1)
"""Who sent a key may come back tomorrow."""


@spanned
async def cancel(store: Store, identifier: str) -> StoredJob:
    """What is not done stays undone; what is done stays. Raises JobNotFound, and JobConflict for one that has finished."""
    return await steps.write(store, _cancel, follow.id_of(identifier), "by request")


@spanned
async def discard(store: Store, job_id: UUID) -> None:
    """Of an upload that was cut off and cannot be resumed."""
    await steps.write(store, _discard, job_id)


async def discard_abandoned(store: Store) -> None:
    """Uploads whose sender has gone, or whose receiver died."""
    moment = now()
    for job_id in await steps.read(store, _abandoned, moment):
        await discard(store, job_id)


def close_if_done(session: Session, job_id: UUID, moment: datetime) -> None:
    """The job is locked by this transaction, so that of its last two chunks the second sees that the first is done."""
    state = session.scalars(jobs.state_of(job_id)).one()
    if state is JobState.RUNNING and not session.scalar(jobs.unfinished(job_id)):
        session.execute(jobs.change(job_id, moment, state=JobState.FINISHED, finished_at=moment))
        tell(session, WebhookEvent.JOB_FINISHED, job_id, moment)


def _cancel(session: Session, job_id: UUID, detail: str) -> StoredJob:
    session.execute(jobs.locked(job_id))
    job = follow.present(session, str(job_id))
    if job.state is JobState.FINISHED:
        raise JobConflict(job.id, "has finished")
    if job.state is not JobState.CANCELLED:
        moment = now()
        session.execute(chunks.cancelling(job_id, moment))
        session.execute(jobs.change(job_id, moment, state=JobState.CANCELLED, finished_at=moment, detail=detail))
        tell(session, WebhookEvent.JOB_CANCELLED, job_id, moment)
    return follow.present(session, str(job_id))


def _discard(session: Session, job_id: UUID) -> None:
    job = session.scalar(jobs.locked(job_id))
    if job is not None and job.state is JobState.RECEIVING:
        _cancel(session, job_id, f"the upload was cut off after line {job.lines}")


def _abandoned(session: Session, moment: datetime) -> list[UUID]:
    return list(session.scalars(jobs.abandoned(keyless_before=moment - KEYLESS_PATIENCE, before=moment - PATIENCE)))
