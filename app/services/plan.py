"""Annotate stored articles anew by the active model: find them a few at a time, and cut them into chunks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from uuid import UUID

from app.domain.errors import IdempotencyConflict
from app.domain.jobs import Chunk, ChunkState, Item, JobKind, JobState, Priority, StoredJob
from app.domain.records import Filter, now
from app.services import attempts, follow, steps
from app.services.end import close_if_done
from app.services.ports import Dispatcher
from app.services.receive import cut
from app.storage import batches, chunks, filters, ids, jobs
from app.storage.database import Session, Store, driver_connection
from app.storage.types import DIGEST_BYTES
from app.traces.spans import spanned

FOUND_AT_ONCE = 512
"""Articles of one transaction: four chunks, some milliseconds."""


@spanned
async def reannotate(store: Store, dispatcher: Dispatcher, wanted: Filter, *, key: str | None = None) -> StoredJob:
    """Accepted at once; its first chunk finds the articles. Raises IdempotencyConflict."""
    job = await steps.write(store, _accept, wanted, key, dispatcher)
    dispatcher.announce()
    return job


@spanned
async def run(store: Store, dispatcher: Dispatcher, chunk: Chunk, *, model: str, stopping: Callable[[], bool]) -> None:
    """Until all articles are found, or the process is to end."""
    while await steps.write(store, _find, chunk, model, dispatcher):
        dispatcher.announce()
        if stopping():
            await steps.write(store, _release, UUID(chunk.id), dispatcher)
            return


def _accept(session: Session, wanted: Filter, key: str | None, dispatcher: Dispatcher) -> StoredJob:
    digest = _digest(wanted)
    job = session.scalar(jobs.keyed(key)) if key is not None else None
    if job is not None:
        if job.kind is not JobKind.REANNOTATION or job.digest != digest:
            raise IdempotencyConflict(str(job.id))
        return follow.present(session, str(job.id))
    job_id = ids.new()
    session.execute(jobs.insertion(jobs.row(job_id, JobKind.REANNOTATION, key=key, wanted=wanted, digest=digest)))
    # Before all others, so that it is soon known how much there is to do.
    row = chunks.row(job_id, (), now(), priority=Priority.INTERACTIVE, plans=True)
    session.execute(chunks.insertion(), [row])
    dispatcher.enqueue(driver_connection(session), [chunks.call(row)])
    return follow.present(session, str(job_id))


def _find(session: Session, planning: Chunk, model: str, dispatcher: Dispatcher) -> bool:
    """Whether there is more to find."""
    job = session.scalars(jobs.locked(UUID(planning.job_id))).one()
    chunk = session.scalars(chunks.locked(UUID(planning.id))).one()
    if chunk.state is not ChunkState.RUNNING:
        return False
    moment = now()
    wanted = filters.load(job.wanted or {})
    statement = batches.to_annotate(wanted, after=chunk.after, until=job.id, model=model, limit=FOUND_AT_ONCE)
    found = list(session.scalars(statement))
    items = [Item(job.lines + place, str(article_id)) for place, article_id in enumerate(found, start=1)]
    rows = [chunks.row(job.id, part, moment, priority=Priority.BULK) for part in cut(items)]
    if rows:
        session.execute(chunks.insertion(), rows)
        dispatcher.enqueue(driver_connection(session), [chunks.call(row) for row in rows])
        session.execute(jobs.change(job.id, moment, lines=job.lines + len(found)))
        session.execute(chunks.change(chunk.id, moment, after=found[-1]))
    if len(found) == FOUND_AT_ONCE:
        return True
    session.execute(chunks.change(chunk.id, moment, state=ChunkState.DONE))
    session.execute(jobs.change(job.id, moment, state=JobState.RUNNING))
    close_if_done(session, job.id, moment)
    return False


def _release(session: Session, chunk_id: UUID, dispatcher: Dispatcher) -> None:
    attempts.release(session, chunk_id, dispatcher=dispatcher)


def _digest(wanted: Filter) -> bytes:
    said = json.dumps(filters.dump(wanted), sort_keys=True)
    return hashlib.blake2b(said.encode(), digest_size=DIGEST_BYTES).digest()
