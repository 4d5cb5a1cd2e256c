"""Run one chunk: read its articles, keep what was said, and decide what becomes of those that could not be read.

Running a chunk twice does no harm, also at the same time: each article is settled once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from anyio import to_thread

from app.domain.errors import EngineOverloaded, EngineUnavailable, InvalidText, StorageUnavailable, UnsupportedLanguage
from app.domain.jobs import Chunk, ChunkState, JobKind
from app.domain.records import now
from app.domain.values import Annotation
from app.services import attempts, gate, judge, plan, settle, steps
from app.services.end import close_if_done
from app.services.judge import Bench, reason_of
from app.services.ports import Annotator, ClaimReader, Dispatcher
from app.services.settle import Settled, Unread
from app.storage import jobs
from app.storage.database import Session, Store
from app.traces.spans import spanned

IN_FLIGHT = 32
"""Articles of a chunk begun at once: of short ones too enough to fill a batch for each core, while others are on their way to and
from the encoder. Working out what to encode of so many takes less than one batch, which is how long anybody else waits for it.
"""

KEEP_SECONDS = 1.0
"""How long what was said may wait to be stored. A crash costs this much work, and a short transaction a second is no burden."""

DRAIN_SECONDS = 3.0
"""How long articles that were begun may go on when the process is to end; the whole of it has 10."""


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
    needless = set(article_ids) - {str(article.article_id) for article in unread}
    reading = _Reading(work, chunk, needless=sorted(needless))
    await reading.run(unread)
    if reading.cancelled:
        return
    end = _fail if reading.errors else _finish if reading.complete else _release
    await steps.write(work.store, end, reading, await reading.settled())


@dataclass
class _Reading:
    """What has been read and not yet kept."""

    work: Work
    chunk: Chunk
    needless: list[str]
    said: list[tuple[Unread, Annotation]] = field(default_factory=list)
    failed: list[tuple[Unread, str]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    cancelled: bool = False
    complete: bool = False

    @property
    def chunk_id(self) -> UUID:
        return UUID(self.chunk.id)

    @property
    def job_id(self) -> UUID:
        return UUID(self.chunk.job_id)

    async def run(self, unread: Sequence[Unread]) -> None:
        """What was read is stored while the next is read: the encoder never waits for the database."""
        waiting = iter(unread)
        readers = {asyncio.create_task(self._read_on(waiting)) for _ in unread[:IN_FLIGHT]}
        reading = readers
        try:
            while reading and not self._ends():
                _, reading = await asyncio.wait(reading, timeout=KEEP_SECONDS)
                if reading:
                    await self._keep()
            if reading and not self.cancelled:
                _, reading = await asyncio.wait(reading, timeout=DRAIN_SECONDS)
            self.complete = not reading and next(waiting, None) is None
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    async def settled(self) -> Settled:
        """Hands over what is to be kept."""
        said, failed, needless = self.said, self.failed, self.needless
        self.said, self.failed, self.needless = [], [], []
        return await to_thread.run_sync(partial(settle.settled, said, failed, needless, store=self.work.store))

    def _ends(self) -> bool:
        return self.cancelled or self.work.stopping()

    async def _read_on(self, waiting: Iterator[Unread]) -> None:
        while not self._ends() and (unread := next(waiting, None)):
            await self._one(unread)

    async def _one(self, unread: Unread) -> None:
        article_id = str(unread.article_id)
        try:
            annotation = await self._annotation(unread)
        except (InvalidText, UnsupportedLanguage) as error:
            # The text is what it is: another attempt would end alike.
            self.failed.append((unread, str(error)))
        except Exception as error:  # noqa: BLE001  Whatever the annotator raises, this article fails by it and not the others.
            self.work.report(error)
            self.errors[article_id] = reason_of(error)
        else:
            # Only now `said` is asked for: what was there before the wait may have been handed over meanwhile.
            self.said.append((unread, annotation))

    async def _annotation(self, unread: Unread) -> Annotation:
        while True:
            try:
                return await steps.inferred(self.work.annotator, unread.text, language=unread.language, bulk=True)
            except EngineOverloaded as error:
                # Others fill the queue; that is no fault of this article.
                await asyncio.sleep(min(error.retry_after, 5.0))
            except EngineUnavailable:
                if self.work.annotator.healthy():
                    raise
                # The engine is dead and the process about to end.
                await asyncio.sleep(5.0)

    async def _keep(self) -> None:
        self.cancelled = not await steps.write(self.work.store, _keep, self.chunk_id, await self.settled())


def _keep(session: Session, chunk_id: UUID, settled: Settled) -> bool:
    return settle.keep(session, chunk_id, settled, now()) is not None


def _finish(session: Session, reading: _Reading, settled: Settled) -> None:
    moment = now()
    session.execute(jobs.locked(reading.job_id))
    left = settle.keep(session, reading.chunk_id, settled, moment, state=ChunkState.DONE, error=None)
    if left is None:
        return
    # A chunk is never done as long as something of it is not settled, whatever went wrong.
    assert not left, f"{len(left)} articles of a chunk were forgotten"
    close_if_done(session, reading.job_id, moment)


def _fail(session: Session, reading: _Reading, settled: Settled) -> None:
    session.execute(jobs.locked(reading.job_id))
    if settle.keep(session, reading.chunk_id, settled, now()) is not None:
        reason = next(iter(reading.errors.values()))
        attempts.fail(session, reading.chunk, reason, reading.errors, dispatcher=reading.work.dispatcher)


def _release(session: Session, reading: _Reading, settled: Settled) -> None:
    if settle.keep(session, reading.chunk_id, settled, now()) is not None:
        attempts.release(session, reading.chunk_id, dispatcher=reading.work.dispatcher)
