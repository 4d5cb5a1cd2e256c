"""Begin a chunk, and what becomes of one that failed: again later, then in halves, until the one at fault is alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.jobs import Call, Chunk, ChunkState, Item, JobKind, Priority
from app.domain.records import now
from app.services import settle, verdicts
from app.services.end import close_if_done
from app.services.ports import Dispatcher
from app.services.settle import Settled
from app.storage import chunks, jobs
from app.storage.database import Session, driver_connection
from app.storage.derived import Derived
from app.storage.job_tables import ChunkRow

MOST_ATTEMPTS = 3

MOST_DEATHS = 5
"""Without any progress in between. More than attempts: a process is killed for many reasons, and rarely by an article."""

BACKOFF = timedelta(seconds=1)
"""Before the second attempt; three times as long before the third."""

ELSEWHERE = timedelta(minutes=1)
"""Until a process looks again at a chunk that it cannot run and another can."""


def begin(session: Session, chunk_id: UUID, *, again: bool = False, dispatcher: Dispatcher) -> Chunk | None:
    """None for one that has nothing left to do. One that was running is one whose process died."""
    job_id = session.scalar(chunks.job_of(chunk_id))
    if job_id is None:
        return None
    # First the job, then the chunk: everybody locks in this order, so that nobody waits in a circle.
    job = session.scalars(jobs.locked(job_id)).one()
    row = session.scalars(chunks.locked(chunk_id)).one()
    if row.state not in (ChunkState.WAITING, ChunkState.RUNNING):
        return None
    moment = now()
    deaths = row.deaths + (row.state is ChunkState.RUNNING and not again)
    session.execute(chunks.change(chunk_id, moment, state=ChunkState.RUNNING, deaths=deaths))
    if deaths >= MOST_DEATHS:
        _divide(session, row, f"the process ended {deaths} times while it was read", {}, moment, dispatcher)
        return None
    return replace(chunks.read(row), kind=job.kind)


def recover(session: Session) -> None:
    """At the start of the only dispatcher: what is still running was left by one that died."""
    for row in session.scalars(chunks.in_state(ChunkState.RUNNING)).all():
        session.execute(chunks.change(row.id, now(), state=ChunkState.WAITING, deaths=row.deaths + 1))


def release(session: Session, chunk_id: UUID, *, dispatcher: Dispatcher) -> None:
    """Nothing went wrong; another process goes on with it at once."""
    row = session.scalars(chunks.found(chunk_id)).one()
    _wait(session, row, Call(str(chunk_id), Priority(row.priority), now()), dispatcher, attempts=row.attempts, error=row.error)


def postpone(session: Session, chunk_id: UUID, *, dispatcher: Dispatcher) -> None:
    """This process has no model for it; perhaps another one has."""
    row = session.scalars(chunks.found(chunk_id)).one()
    later = Call(str(chunk_id), Priority(row.priority), now() + ELSEWHERE)
    _wait(session, row, later, dispatcher, attempts=row.attempts, error=row.error)


def fail(session: Session, chunk: Chunk, reason: str, errors: Mapping[str, str], *, dispatcher: Dispatcher) -> None:
    """`errors` by article, where it is known which one is at fault."""
    session.execute(jobs.locked(UUID(chunk.job_id)))
    row = session.scalar(chunks.locked(UUID(chunk.id)))
    if row is None or row.state is not ChunkState.RUNNING:
        return
    attempts = row.attempts + 1
    if attempts < MOST_ATTEMPTS:
        later = Call(chunk.id, Priority.RETRY, now() + BACKOFF * 3 ** (attempts - 1))
        _wait(session, row, later, dispatcher, attempts=attempts, error=reason)
    else:
        _divide(session, row, reason, errors, now(), dispatcher)


def _wait(session: Session, row: ChunkRow, call: Call, dispatcher: Dispatcher, *, attempts: int, error: str | None) -> None:
    changes = {"run_after": call.run_after, "priority": call.priority, "attempts": attempts, "error": error}
    session.execute(chunks.change(row.id, now(), state=ChunkState.WAITING, deaths=0, **changes))
    dispatcher.enqueue(driver_connection(session), [call])


def _divide(
    session: Session, row: ChunkRow, reason: str, errors: Mapping[str, str], moment: datetime, dispatcher: Dispatcher
) -> None:
    articles = sorted({item.article_id for item in chunks.read(row).items})
    if row.plans:
        # Nothing of it can be done without.
        later = Call(str(row.id), Priority.RETRY, moment + timedelta(minutes=1))
        _wait(session, row, later, dispatcher, attempts=row.attempts, error=reason)
        return
    if len(articles) > 1:
        _halve(session, row, articles, reason, moment, dispatcher)
    else:
        _give_up(session, row, articles, reason, errors, moment)
        session.execute(chunks.change(row.id, moment, state=ChunkState.DONE, error=reason))
    close_if_done(session, row.job_id, moment)


def _give_up(
    session: Session, row: ChunkRow, articles: Sequence[str], reason: str, errors: Mapping[str, str], moment: datetime
) -> None:
    if session.scalars(jobs.kind_of(row.job_id)).one() is JobKind.CLAIM:
        verdicts.keep(session, row.id, verdicts.given_up(session, articles, reason, errors), moment)
    else:
        settle.keep(session, row.id, _given_up(session, articles, reason, errors), moment)


def _given_up(session: Session, articles: Sequence[str], reason: str, errors: Mapping[str, str]) -> Settled:
    """Those that exist; one that was deleted has nothing left to do."""
    left = settle.current(session, map(UUID, articles))
    failed = [(unread, errors.get(str(unread.article_id), reason)) for unread in left]
    return Settled(failed=failed, needless=articles, derived=Derived.of(settle.traits(left), session))


def _halve(
    session: Session, row: ChunkRow, articles: Sequence[str], reason: str, moment: datetime, dispatcher: Dispatcher
) -> None:
    first = set(articles[: len(articles) // 2])
    items = chunks.read(row).items
    halves = [[item for item in items if (item.article_id in first) is wanted] for wanted in (True, False)]
    # One attempt each is left to them: they failed together often enough.
    rows = [_half(row, half, moment) for half in halves]
    session.execute(chunks.insertion(), rows)
    session.execute(chunks.change(row.id, moment, state=ChunkState.SPLIT, error=reason, items=[]))
    dispatcher.enqueue(driver_connection(session), [chunks.call(half) for half in rows])


def _half(row: ChunkRow, items: Sequence[Item], moment: datetime) -> dict[str, object]:
    half = chunks.row(row.job_id, items, moment, priority=Priority.RETRY, counted=False)
    return {**half, "attempts": MOST_ATTEMPTS - 1, "deaths": MOST_DEATHS - 1}
