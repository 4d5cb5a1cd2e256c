"""See how far a job has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.domain.errors import JobNotFound
from app.domain.jobs import JobFailure, JobState, Progress, StoredJob
from app.domain.records import Page, now
from app.services import paging, steps
from app.storage import cursors, ids, jobs
from app.storage.database import Session, Store
from app.storage.job_tables import JobRow
from app.traces.spans import spanned


@spanned
async def job(store: Store, identifier: str) -> StoredJob:
    """Raises JobNotFound."""
    return await steps.read(store, present, identifier)


@spanned
async def all_jobs(store: Store, *, state: JobState | None = None, limit: int, cursor: str | None = None) -> Page[StoredJob]:
    """The newest first."""
    page = await paging.page(
        store,
        jobs.listed(state),
        jobs.NEWEST,
        lambda row: row[0],
        bound_to=cursors.binding("jobs", about=state or ""),
        limit=limit,
        cursor=cursor,
    )
    return Page(tuple(await steps.read(store, with_progress, page.items)), page.next_cursor)


@spanned
async def failures(store: Store, identifier: str, *, limit: int, cursor: str | None = None) -> Page[JobFailure]:
    """By line. Raises JobNotFound."""
    job_id = await steps.read(store, existing, identifier)
    return await paging.page(
        store,
        jobs.failures_of(job_id),
        jobs.BY_LINE,
        lambda row: jobs.read_failure(row[0]),
        bound_to=cursors.binding("failures", about=str(job_id)),
        limit=limit,
        cursor=cursor,
    )


def present(session: Session, identifier: str) -> StoredJob:
    """Raises JobNotFound."""
    return with_progress(session, [_row(session, identifier)])[0]


def existing(session: Session, identifier: str) -> UUID:
    """Raises JobNotFound."""
    return _row(session, identifier).id


def id_of(identifier: str) -> UUID:
    """Raises JobNotFound for what cannot be an id."""
    job_id = ids.parse(identifier)
    if job_id is None:
        raise JobNotFound(identifier)
    return job_id


def _row(session: Session, identifier: str) -> JobRow:
    row = session.scalar(jobs.found(id_of(identifier)))
    if row is None:
        raise JobNotFound(identifier)
    return row


def with_progress(session: Session, rows: Sequence[JobRow]) -> list[StoredJob]:
    """However many jobs: two questions."""
    moment = now()
    among = [row.id for row in rows]
    sums = {job_id: sums for job_id, *sums in session.execute(jobs.progress(among, since=moment - jobs.WINDOW))}
    failed = dict(map(tuple, session.execute(jobs.failed(among))))
    return [jobs.read(row, _progress(row, sums.get(row.id, [0, 0, 0]), failed.get(row.id, 0), moment)) for row in rows]


def _progress(row: JobRow, sums: Sequence[int], failed: int, moment: datetime) -> Progress:
    size, done, recent = map(int, sums)
    window = jobs.WINDOW.total_seconds()
    age = ((row.finished_at or moment) - row.created_at).total_seconds()
    return Progress(
        total=row.invalid + size,
        created=row.created,
        existing=row.existing,
        invalid=row.invalid,
        done=done,
        failed=row.invalid + failed,
        # Of a job that has ended, the rate is that of its whole time.
        recent=done if row.finished_at else recent,
        recent_seconds=age if row.finished_at else min(window, age),
    )
