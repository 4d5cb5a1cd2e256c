"""Hold off the stored articles that cannot mean a claim: by its filter, then by their vectors. The rest is read by `judge`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from anyio import to_thread

from app.domain.jobs import Chunk, ChunkState, Item, JobState, Priority
from app.domain.records import Filter, now
from app.domain.values import ArticleStatus
from app.services import attempts, closer, steps
from app.services.end import close_if_done
from app.services.judge import Bench
from app.services.ports import ClaimReader, Dispatcher
from app.services.receive import cut
from app.storage import chunks, claims, jobs, vectors
from app.storage.database import Session, driver_connection
from app.storage.job_tables import ChunkRow, JobRow

AT_ONCE = 2_048
"""Articles of one transaction: 2 MB of vectors, some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class _Claim:
    id: UUID
    text: str
    wanted: Filter
    vector: bytes


@dataclass(frozen=True, slots=True)
class _Stage:
    """The articles behind `after`, up to `last`: which may mean the claim, and how many are held off or cannot be compared."""

    after: UUID | None
    last: UUID | None
    passing: Sequence[UUID]
    held_off: int
    not_compared: int
    more: bool


async def run(bench: Bench, chunk: Chunk) -> None:
    """Until all articles were looked at, or the process is to end."""
    claim = await _claim(bench, chunk)
    after = UUID(chunk.after) if chunk.after else None
    while claim is not None:
        stage = await _stage(bench, claim, after)
        if not await steps.write(bench.store, _keep, chunk, claim.id, stage, bench.dispatcher):
            return
        bench.dispatcher.announce()
        after = stage.last
        if bench.stopping():
            await steps.write(bench.store, _release, UUID(chunk.id), bench.dispatcher)
            return


async def _claim(bench: Bench, chunk: Chunk) -> _Claim | None:
    """None for one that was deleted, and the chunk with it. A vector for another version's is made anew."""
    row = await steps.read(bench.store, lambda session: session.scalar(claims.of_job(UUID(chunk.job_id))))
    if row is None:
        return None
    made = row.vector if row.vectors_of == bench.reader.vectors_of else await bench.reader.vector(row.text, bulk=True)
    return _Claim(row.id, row.text, claims.wanted(row), made)


async def _stage(bench: Bench, claim: _Claim, after: UUID | None) -> _Stage:
    page = await steps.read(bench.store, _page, claim.wanted, after, bench.reader.vectors_of)
    made = {article_id: vectors for article_id, _, vectors in page if vectors is not None}
    alike = await to_thread.run_sync(_alike, bench.reader, claim.vector, made)
    asked = bench.reader.asked([claim.text], claim.vector) if alike else None
    passing = await closer.meant(bench.store, bench.reader, asked, {article_id: (made[article_id], (0,)) for article_id in alike})
    return _staged(after, page, held_off=len(made) - len(passing), passing=list(passing))


def _page(session: Session, wanted: Filter, after: UUID | None, model: str) -> Sequence[vectors.Page]:
    return session.execute(vectors.stored(wanted, after=after, model=model, limit=AT_ONCE)).all()


def _alike(reader: ClaimReader, vector: bytes, made: Mapping[UUID, bytes]) -> list[UUID]:
    passing = reader.passing(vector, list(made.values()))
    return [article_id for article_id, passes in zip(made, passing, strict=True) if passes]


def _staged(after: UUID | None, page: Sequence[vectors.Page], *, passing: Sequence[UUID], held_off: int) -> _Stage:
    # Those that pend will be compared once they are read, like all that come later.
    unread = [article_id for article_id, status, made in page if made is None and status is not ArticleStatus.PENDING]
    last = page[-1][0] if page else after
    return _Stage(after, last, passing, held_off, len(unread), more=len(page) == AT_ONCE)


def _keep(session: Session, planning: Chunk, claim_id: UUID, stage: _Stage, dispatcher: Dispatcher) -> bool:
    """Whether there is more to look at."""
    job = session.scalar(jobs.locked(UUID(planning.job_id)))
    chunk = session.scalar(chunks.locked(UUID(planning.id))) if job else None
    if job is None or chunk is None or chunk.state is not ChunkState.RUNNING or chunk.after != stage.after:
        # Deleted or cancelled, or somebody else was faster.
        return False
    _add(session, job, chunk, stage, dispatcher)
    considered = len(stage.passing) + stage.held_off
    counted = {"considered": considered, "held_off": stage.held_off, "not_compared": stage.not_compared}
    session.execute(claims.compared(claim_id, **counted))
    if not stage.more:
        moment = now()
        session.execute(chunks.change(chunk.id, moment, state=ChunkState.DONE))
        session.execute(jobs.change(job.id, moment, state=JobState.RUNNING))
        close_if_done(session, job.id, moment)
    return stage.more


def _add(session: Session, job: JobRow, chunk: ChunkRow, stage: _Stage, dispatcher: Dispatcher) -> None:
    """Chunks for the articles that are to be read."""
    moment = now()
    items = [Item(job.lines + place, str(article_id)) for place, article_id in enumerate(stage.passing, start=1)]
    rows = [chunks.row(job.id, part, moment, priority=Priority.BULK) for part in cut(items)]
    if rows:
        session.execute(chunks.insertion(), rows)
        dispatcher.enqueue(driver_connection(session), [chunks.call(row) for row in rows])
        session.execute(jobs.change(job.id, moment, lines=job.lines + len(items)))
    session.execute(chunks.change(chunk.id, moment, after=stage.last))


def _release(session: Session, chunk_id: UUID, dispatcher: Dispatcher) -> None:
    attempts.release(session, chunk_id, dispatcher=dispatcher)
