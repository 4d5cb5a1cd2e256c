"""Run one chunk of a claim: read its articles for what they say of the claim, and keep that.

Running a chunk twice does no harm, also at the same time: `verdicts` keeps one verdict of each text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.domain.claims import ClaimVerdict
from app.domain.jobs import Chunk, ChunkState
from app.domain.records import now
from app.services import attempts, steps, verdicts
from app.services.end import close_if_done
from app.services.ports import ClaimReader, Dispatcher
from app.services.reading import Reader, Reading
from app.services.settle import Unread
from app.services.verdicts import Judged
from app.storage import claims
from app.storage.database import Session, Store

IN_FLIGHT = 8
"""Articles begun at once: a few passages of each, enough to fill a batch for each core."""


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
    reading = Reading(_reader(bench, chunk, text), needless=sorted(needless))
    await reading.run(unread, at_once=IN_FLIGHT)
    if not reading.cancelled:
        end = _fail if reading.errors else _finish if reading.complete else _release
        await steps.write(bench.store, end, chunk, reading.hand_over(), reading.errors, bench.dispatcher)


def _reader(bench: Bench, chunk: Chunk, claim: str) -> Reader[ClaimVerdict]:
    async def ask(unread: Unread) -> ClaimVerdict:
        (verdict,) = await bench.reader.judge([claim], unread.text, bulk=True)
        return verdict

    async def keep(read: Judged) -> bool:
        return await steps.write(bench.store, _keep, UUID(chunk.id), read)

    return Reader(ask, keep, bench.reader.healthy, bench.stopping, bench.report)


def _claim(session: Session, job_id: UUID) -> tuple[UUID, str] | None:
    row = session.scalar(claims.of_job(job_id))
    return None if row is None else (row.id, row.text)


def _keep(session: Session, chunk_id: UUID, judged: Judged) -> bool:
    return verdicts.keep(session, chunk_id, judged, now()) is not None


def _finish(session: Session, chunk: Chunk, judged: Judged, _: Mapping[str, str], _dispatcher: Dispatcher) -> None:
    moment = now()
    left = verdicts.keep(session, UUID(chunk.id), judged, moment, state=ChunkState.DONE, error=None)
    if left is None:
        return
    # A chunk is never done as long as something of it is not settled, whatever went wrong.
    assert not left, f"{len(left)} articles of a chunk were forgotten"
    close_if_done(session, UUID(chunk.job_id), moment)


def _fail(session: Session, chunk: Chunk, judged: Judged, errors: Mapping[str, str], dispatcher: Dispatcher) -> None:
    if verdicts.keep(session, UUID(chunk.id), judged, now()) is not None:
        attempts.fail(session, chunk, next(iter(errors.values())), errors, dispatcher=dispatcher)


def _release(session: Session, chunk: Chunk, judged: Judged, _: Mapping[str, str], dispatcher: Dispatcher) -> None:
    if verdicts.keep(session, UUID(chunk.id), judged, now()) is not None:
        attempts.release(session, UUID(chunk.id), dispatcher=dispatcher)
