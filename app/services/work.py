"""Run one chunk: read its articles, keep what was said, and decide what becomes of those that could not be read.

Running a chunk twice does no harm, also at the same time: each article is settled once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from anyio import to_thread

from app.domain.errors import StorageUnavailable
from app.domain.jobs import Chunk, ChunkState, JobKind
from app.domain.records import now
from app.domain.values import Annotation
from app.services import attempts, gate, judge, plan, settle, steps
from app.services.end import close_if_done
from app.services.judge import Bench
from app.services.ports import Annotator, ClaimReader, Dispatcher
from app.services.reading import Read, Reader, Reading, reason_of
from app.services.settle import Settled, Unread
from app.storage import jobs
from app.storage.database import Session, Store
from app.traces.spans import spanned

IN_FLIGHT = 32
"""Articles of a chunk begun at once: of short ones too enough to fill a batch for each core, while others are on their way to and
from the encoder. Working out what to encode of so many takes less than one batch, which is how long anybody else waits for it.
"""


@dataclass(frozen=True, slots=True)
class Work:
    """What running chunks takes. `stopping` says that the process is to end; `report` hears of faults, for the log.

    Without a reader of claims their chunks are left to others.
    """

    store: Store
    annotator: Annotator
    dispatcher: Dispatcher
    stopping: Callable[[], bool] = lambda: False
    report: Callable[[Exception], None] = lambda error: None
    claims: ClaimReader | None = None


@spanned
async def run(work: Work, chunk_id: str, *, again: bool = False) -> None:
    """`again`: the same process ran it before and lost the database. Raises StorageUnavailable; the chunk can be run again."""
    chunk = await steps.write(work.store, attempts.begin, UUID(chunk_id), again=again, dispatcher=work.dispatcher)
    if chunk is None:
        return
    try:
        await _run(work, chunk)
    except StorageUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  Whatever it is, the chunk has failed by it: it is reported, and the row says so.
        work.report(error)
        await steps.write(work.store, attempts.fail, chunk, reason_of(error), {}, dispatcher=work.dispatcher)
    work.dispatcher.announce()


async def _run(work: Work, chunk: Chunk) -> None:
    if chunk.kind is not JobKind.CLAIM:
        await (_plan(work, chunk) if chunk.plans else _read(work, chunk))
    elif work.claims is None:
        await steps.write(work.store, attempts.postpone, UUID(chunk.id), dispatcher=work.dispatcher)
    else:
        bench = Bench(work.store, work.claims, work.dispatcher, work.stopping, work.report)
        await (gate.run(bench, chunk) if chunk.plans else judge.run(bench, chunk))


async def _plan(work: Work, chunk: Chunk) -> None:
    await plan.run(work.store, work.dispatcher, chunk, model=work.annotator.version, stopping=work.stopping)


async def _read(work: Work, chunk: Chunk) -> None:
    article_ids = list(dict.fromkeys(item.article_id for item in chunk.items))
    unread = await steps.read(work.store, settle.unread, article_ids, work.annotator.version)
    reading = Reading(_reader(work, chunk), needless=_without(article_ids, unread))
    await reading.run(unread, at_once=IN_FLIGHT)
    if reading.cancelled:
        return
    # First what was read. For how a chunk ends its job is locked, and chunks of one job would wait for each other's rows.
    if await steps.write(work.store, _keep, UUID(chunk.id), await _settled(work, reading.hand_over())):
        end = _fail if reading.errors else _finish if reading.complete else _release
        await steps.write(work.store, end, chunk, reading.errors, work.dispatcher)


def _reader(work: Work, chunk: Chunk) -> Reader[Annotation]:
    async def ask(unread: Unread) -> Annotation:
        return await steps.inferred(work.annotator, unread.text, language=unread.language, bulk=True)

    async def keep(read: Read[Annotation]) -> bool:
        return await steps.write(work.store, _keep, UUID(chunk.id), await _settled(work, read))

    return Reader(ask, keep, work.annotator.healthy, work.stopping, work.report)


def _without(article_ids: Sequence[str], unread: Sequence[Unread]) -> list[str]:
    """Most often none: each article of a chunk is to be read."""
    if len(unread) == len(article_ids):
        return []
    return sorted(set(article_ids) - {str(article.article_id) for article in unread})


async def _settled(work: Work, read: Read[Annotation]) -> Settled:
    return await to_thread.run_sync(settle.settled, read.said, read.failed, read.needless, work.store)


def _keep(session: Session, chunk_id: UUID, settled: Settled) -> bool:
    return settle.keep(session, chunk_id, settled, now()) is not None


def _finish(session: Session, chunk: Chunk, _: Mapping[str, str], _dispatcher: Dispatcher) -> None:
    moment, job_id = now(), UUID(chunk.job_id)
    session.execute(jobs.locked(job_id))
    left = settle.keep(session, UUID(chunk.id), Settled(), moment, state=ChunkState.DONE, error=None)
    if left is None:
        return
    # A chunk is never done as long as something of it is not settled, whatever went wrong.
    assert not left, f"{len(left)} articles of a chunk were forgotten"
    close_if_done(session, job_id, moment)


def _fail(session: Session, chunk: Chunk, errors: Mapping[str, str], dispatcher: Dispatcher) -> None:
    attempts.fail(session, chunk, next(iter(errors.values())), errors, dispatcher=dispatcher)


def _release(session: Session, chunk: Chunk, _: Mapping[str, str], dispatcher: Dispatcher) -> None:
    if settle.keep(session, UUID(chunk.id), Settled(), now()) is not None:
        attempts.release(session, UUID(chunk.id), dispatcher=dispatcher)
