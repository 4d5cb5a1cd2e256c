"""Run one chunk of a claim: read its articles for what they say of the claim, and keep that.

Running a chunk twice does no harm, also at the same time: `verdicts` keeps one verdict of each text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.domain.claims import ClaimVerdict
from app.domain.errors import EngineOverloaded, EngineUnavailable, InvalidText
from app.domain.jobs import Chunk, ChunkState
from app.domain.records import now
from app.services import attempts, steps, verdicts
from app.services.end import close_if_done
from app.services.ports import ClaimReader, Dispatcher
from app.services.settle import Unread
from app.services.verdicts import Judged
from app.storage import claims
from app.storage.database import Session, Store

IN_FLIGHT = 8
"""Articles begun at once: a few passages of each, enough to fill a batch for each core."""

KEEP_SECONDS = 1.0
"""How long what was said may wait to be stored, as in `work`."""

DRAIN_SECONDS = 3.0
"""How long articles that were begun may go on when the process is to end."""

LONGEST_PAUSE = 5.0
"""Seconds before an overloaded engine is asked again."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What reading for claims takes; the same as `work.Work`, with a reader of claims."""

    store: Store
    reader: ClaimReader
    dispatcher: Dispatcher
    stopping: Callable[[], bool]
    report: Callable[[Exception], None]


async def run(bench: Bench, chunk: Chunk) -> None:
    found = await steps.read(bench.store, _claim, UUID(chunk.job_id))
    if found is None:
        # It was deleted, and the chunk with it.
        return
    claim_id, text = found
    article_ids = list(dict.fromkeys(item.article_id for item in chunk.items))
    unread = await steps.read(bench.store, verdicts.unread, claim_id, article_ids)
    needless = set(article_ids) - {str(article.article_id) for article in unread}
    judging = _Judging(bench, chunk, text, needless=sorted(needless))
    await judging.run(unread)
    if not judging.cancelled:
        end = _fail if judging.errors else _finish if judging.complete else _release
        await steps.write(bench.store, end, judging, judging.judged())


def reason_of(error: Exception) -> str:
    """The kind of the error and not its words, which may quote the article."""
    if isinstance(error, EngineUnavailable):
        return str(error)
    return f"the annotator failed with {type(error).__name__}"


@dataclass
class _Judging:
    """What has been read and not yet kept."""

    bench: Bench
    chunk: Chunk
    claim: str
    needless: list[str]
    said: list[tuple[Unread, ClaimVerdict]] = field(default_factory=list)
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
        """What was read is stored while the next is read."""
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

    def judged(self) -> Judged:
        """Hands over what is to be kept."""
        handed = Judged(self.said, self.failed, self.needless)
        self.said, self.failed, self.needless = [], [], []
        return handed

    def _ends(self) -> bool:
        return self.cancelled or self.bench.stopping()

    async def _read_on(self, waiting: Iterator[Unread]) -> None:
        while not self._ends() and (unread := next(waiting, None)):
            await self._one(unread)

    async def _one(self, unread: Unread) -> None:
        try:
            verdict = await self._verdict(unread)
        except InvalidText as error:
            # The text is what it is: another attempt would end alike.
            self.failed.append((unread, str(error)))
        except Exception as error:  # noqa: BLE001  Whatever the reader raises, this article fails by it and not the others.
            self.bench.report(error)
            self.errors[str(unread.article_id)] = reason_of(error)
        else:
            self.said.append((unread, verdict))

    async def _verdict(self, unread: Unread) -> ClaimVerdict:
        while True:
            try:
                (verdict,) = await self.bench.reader.judge([self.claim], unread.text, bulk=True)
                return verdict
            except EngineOverloaded as error:
                # Others fill the queue; that is no fault of this article.
                await asyncio.sleep(min(error.retry_after, LONGEST_PAUSE))

    async def _keep(self) -> None:
        self.cancelled = not await steps.write(self.bench.store, _keep, self.chunk_id, self.judged())


def _claim(session: Session, job_id: UUID) -> tuple[UUID, str] | None:
    row = session.scalar(claims.of_job(job_id))
    return None if row is None else (row.id, row.text)


def _keep(session: Session, chunk_id: UUID, judged: Judged) -> bool:
    return verdicts.keep(session, chunk_id, judged, now()) is not None


def _finish(session: Session, judging: _Judging, judged: Judged) -> None:
    moment = now()
    left = verdicts.keep(session, judging.chunk_id, judged, moment, state=ChunkState.DONE, error=None)
    if left is None:
        return
    # A chunk is never done as long as something of it is not settled, whatever went wrong.
    assert not left, f"{len(left)} articles of a chunk were forgotten"
    close_if_done(session, judging.job_id, moment)


def _fail(session: Session, judging: _Judging, judged: Judged) -> None:
    if verdicts.keep(session, judging.chunk_id, judged, now()) is not None:
        reason = next(iter(judging.errors.values()))
        attempts.fail(session, judging.chunk, reason, judging.errors, dispatcher=judging.bench.dispatcher)


def _release(session: Session, judging: _Judging, judged: Judged) -> None:
    if verdicts.keep(session, judging.chunk_id, judged, now()) is not None:
        attempts.release(session, judging.chunk_id, dispatcher=judging.bench.dispatcher)
