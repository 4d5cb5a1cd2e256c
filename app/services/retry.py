"""Try again what failed, or go on with what was cancelled."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.domain.errors import JobConflict
from app.domain.jobs import Call, ChunkState, Item, JobState, Priority, StoredJob
from app.domain.records import now
from app.services import follow, steps
from app.services.end import close_if_done
from app.services.ports import Dispatcher
from app.services.receive import cut
from app.storage import chunks, jobs
from app.storage.database import Session, Store, driver_connection
from app.traces.spans import spanned

AT_ONCE = 1_024
"""Failures taken up in one transaction."""


@spanned
async def retry(store: Store, dispatcher: Dispatcher, identifier: str) -> StoredJob:
    """Articles that could not be annotated; invalid lines stay so. Raises JobNotFound, and JobConflict while it runs."""
    moment = now()
    job_id = follow.id_of(identifier)
    more = await steps.write(store, _reopen, job_id, moment, dispatcher)
    while more:
        more = await steps.write(store, _again, job_id, moment, dispatcher)
    dispatcher.announce()
    return await follow.job(store, identifier)


def _reopen(session: Session, job_id: UUID, moment: datetime, dispatcher: Dispatcher) -> bool:
    """Whether there is more to take up."""
    session.execute(jobs.locked(job_id))
    job = follow.present(session, str(job_id))
    if job.state not in (JobState.FINISHED, JobState.CANCELLED):
        raise JobConflict(job.id, f"is {job.state}")
    left = session.scalars(chunks.cancelled(job_id)).all()
    for row in left:
        waiting = {"state": ChunkState.WAITING, "priority": Priority.RETRY, "run_after": moment, "attempts": 0, "deaths": 0}
        session.execute(chunks.change(row.id, moment, **waiting))
    dispatcher.enqueue(driver_connection(session), [Call(str(row.id), Priority.RETRY, moment) for row in left])
    plans = any(row.plans for row in left)
    more = _again(session, job_id, moment, dispatcher, state=JobState.RECEIVING if plans else JobState.RUNNING)
    # There may have been nothing to try again.
    close_if_done(session, job_id, moment)
    return more


def _again(
    session: Session, job_id: UUID, moment: datetime, dispatcher: Dispatcher, *, state: JobState = JobState.RUNNING
) -> bool:
    """Only what failed before `moment`: what fails again meanwhile waits for the next time."""
    session.execute(jobs.locked(job_id))
    session.execute(jobs.change(job_id, moment, state=state, finished_at=None, detail=None))
    failures = [jobs.read_failure(row) for row in session.scalars(jobs.retryable(job_id, before=moment, limit=AT_ONCE))]
    items = [Item(failure.line, failure.article_id) for failure in failures if failure.article_id]
    rows = [chunks.row(job_id, part, moment, priority=Priority.RETRY, counted=False) for part in cut(items)]
    if rows:
        session.execute(jobs.forgetting(job_id, [failure.line for failure in failures]))
        session.execute(chunks.insertion(), rows)
        dispatcher.enqueue(driver_connection(session), [chunks.call(row) for row in rows])
    return len(failures) == AT_ONCE
