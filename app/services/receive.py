"""Take in an upload, slice by slice. Each slice is one transaction: its articles, its chunks, and the orders to run them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from anyio import to_thread

from app.domain.errors import IdempotencyConflict, InvalidText, JobConflict
from app.domain.jobs import CHUNK, FailureKind, Item, JobFailure, JobKind, JobState, Line, Priority, Slice, StoredJob
from app.domain.records import Submission, now
from app.inference import validation
from app.services import follow, identity, steps
from app.services.end import close_if_done
from app.services.ports import Dispatcher
from app.storage import articles, batches, bulk, chunks, ids, jobs
from app.storage.arrivals import Arrival, Arrivals, arriving
from app.storage.database import Session, Store, driver_connection
from app.storage.job_tables import ChunkRow, FailureRow, JobRow
from app.traces.spans import spanned

Known = tuple[str, Submission]
"""An article that is stored, or came in an earlier line: its id, and what its sender said."""


class Intake:
    """One upload: `add` each slice in order, then `finish`. What was received before is compared and not stored again."""

    def __init__(self, store: Store, dispatcher: Dispatcher, job_id: UUID, *, priority: Priority, text_limit: int) -> None:
        self.job_id = job_id
        self._store, self._dispatcher = store, dispatcher
        self._priority, self._text_limit = priority, text_limit
        self._end, self._digest = 0, jobs.NOTHING_RECEIVED

    async def add(self, part: Slice) -> None:
        """Committed on return. Raises IdempotencyConflict where the bytes differ from those sent before, and JobConflict."""
        await self._add(part, await self._checked(part))

    async def add_all(self, parts: AsyncIterator[Slice]) -> None:
        """Each slice is made ready while the one before it is stored. Raises what `add` raises, and what `parts` raises."""
        coming = asyncio.create_task(self._next(parts))
        try:
            while ready := await coming:
                coming = asyncio.create_task(self._next(parts))
                await self._add(*ready)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    async def _next(self, parts: AsyncIterator[Slice]) -> tuple[Slice, _Checked] | None:
        part = await anext(parts, None)
        return None if part is None else (part, await self._checked(part))

    async def _checked(self, part: Slice) -> _Checked:
        return await to_thread.run_sync(_Checked.of, part.lines, self._text_limit, self._store)

    async def _add(self, part: Slice, checked: _Checked) -> None:
        await steps.write(self._store, self._take, checked, part)
        self._end, self._digest = part.end, part.digest
        self._dispatcher.announce()

    async def finish(self) -> StoredJob:
        """The whole upload is here. Raises IdempotencyConflict where more was sent before."""
        return await steps.write(self._store, self._complete)

    def take_whole(self, session: Session, checked: _Checked, part: Slice) -> StoredJob:
        """All of the upload, in the transaction that the job was made in."""
        self._take(session, checked, part)
        self._end, self._digest = part.end, part.digest
        # Statements changed what the session has read.
        session.expire_all()
        return self._complete(session)

    def _take(self, session: Session, checked: _Checked, part: Slice) -> None:
        job = _open(session, self.job_id)
        if job.lines >= part.end:
            if job.lines == part.end and job.digest != part.digest:
                raise IdempotencyConflict(str(job.id))
            return
        if job.state is not JobState.RECEIVING or (job.lines, job.digest) != (self._end, self._digest):
            raise IdempotencyConflict(str(job.id))
        _Taking(session, job, now()).take(checked, part, priority=self._priority, dispatcher=self._dispatcher)

    def _complete(self, session: Session) -> StoredJob:
        job = _open(session, self.job_id)
        if (job.lines, job.digest) != (self._end, self._digest):
            raise IdempotencyConflict(str(job.id))
        if job.state is JobState.RECEIVING:
            moment = now()
            session.execute(jobs.change(job.id, moment, state=JobState.RUNNING))
            close_if_done(session, job.id, moment)
        return follow.present(session, str(job.id))


@spanned
async def begin(
    store: Store, dispatcher: Dispatcher, *, key: str | None = None, priority: Priority = Priority.BULK, text_limit: int
) -> Intake:
    """A new job, or that of the key. Raises JobConflict where the key is that of a reannotation."""
    job_id = await steps.write(store, _begin, key)
    return Intake(store, dispatcher, job_id, priority=priority, text_limit=text_limit)


@spanned
async def whole(
    store: Store, dispatcher: Dispatcher, part: Slice, *, key: str | None, priority: Priority = Priority.BULK, text_limit: int
) -> StoredJob:
    """An upload that is here and has one slice, in one transaction. Raises IdempotencyConflict and JobConflict."""
    check = partial(_Checked.of, part.lines, text_limit, store)
    intake_of = partial(Intake, store, dispatcher, priority=priority, text_limit=text_limit)
    job = await steps.derive_and_write(store, check, _whole, part, key, intake_of)
    dispatcher.announce()
    return job


def _whole(session: Session, checked: _Checked, part: Slice, key: str | None, intake_of: Callable[[UUID], Intake]) -> StoredJob:
    return intake_of(_begin(session, key)).take_whole(session, checked, part)


def _begin(session: Session, key: str | None) -> UUID:
    job = session.scalar(jobs.keyed(key)) if key is not None else None
    if job is None:
        job_id = ids.new()
        session.execute(jobs.insertion(jobs.row(job_id, JobKind.IMPORT, key=key)))
        return job_id
    if job.kind is not JobKind.IMPORT:
        raise IdempotencyConflict(str(job.id))
    return job.id


def _open(session: Session, job_id: UUID) -> JobRow:
    job = session.scalars(jobs.locked(job_id)).one()
    if job.state is JobState.CANCELLED:
        raise JobConflict(str(job.id), "was cancelled")
    return job


@dataclass(frozen=True, slots=True)
class _Checked:
    """The lines of a slice that can be used, with the rows that they become, and the others with the reason.

    Made before the transaction, which others may wait for.
    """

    given: Sequence[tuple[int, Arrival]]
    refused: Sequence[tuple[int, str]]
    arrivals: Arrivals

    @classmethod
    def of(cls, lines: Sequence[Line], text_limit: int, store: Store) -> _Checked:
        numbers: list[int] = []
        usable: list[Submission] = []
        refused: list[tuple[int, str]] = []
        for line in lines:
            if isinstance(line.content, str):
                refused.append((line.number, line.content))
            elif reason := _unreadable(line.content, text_limit):
                refused.append((line.number, reason))
            else:
                numbers.append(line.number)
                usable.append(line.content)
        found = arriving(usable)
        # Of several with one identity the first; the last that is put into a dictionary stays.
        first = {each.identity: each for each in reversed(found)}
        return cls(list(zip(numbers, found, strict=True)), refused, Arrivals.of(first.values(), store))


def _unreadable(submission: Submission, text_limit: int) -> str | None:
    if (
        _plain(submission.text.title or "", text_limit)
        and _plain(submission.text.body, text_limit)
        and submission.text.body.strip()
    ):
        return None
    try:
        validation.check(submission.text, limit=text_limit)
    except InvalidText as error:
        return str(error)
    return None


def _plain(text: str, limit: int) -> bool:
    """Most texts: the only character of ASCII that `validation` refuses is NUL, and both is found without looking at each one."""
    return text.isascii() and "\0" not in text and len(text) <= limit


class _Taking:
    """One slice in one transaction."""

    def __init__(self, session: Session, job: JobRow, moment: datetime) -> None:
        self.session, self.job, self.moment = session, job, moment
        self.items: list[Item] = []
        self.failures: list[JobFailure] = []

    def take(self, checked: _Checked, part: Slice, *, priority: Priority, dispatcher: Dispatcher) -> None:
        stored = self._stored(checked.arrivals.identities)
        self._sort(checked, dict(stored))
        checked.arrivals.store(self.session, stored)
        bulk.insert(self.session, FailureRow, [jobs.failure(self.job.id, failure) for failure in self.failures])
        rows = [chunks.row(self.job.id, items, self.moment, priority=priority) for items in cut(self.items)]
        bulk.insert(self.session, ChunkRow, rows)
        dispatcher.enqueue(driver_connection(self.session), [chunks.call(row) for row in rows])
        counts = self._counts(len(checked.arrivals.identities) - len(stored))
        self.session.execute(jobs.change(self.job.id, self.moment, lines=part.end, digest=part.digest, **counts))

    def _counts(self, created: int) -> dict[str, int]:
        return {
            "created": self.job.created + created,
            "existing": self.job.existing + len(self.items) - created,
            "invalid": self.job.invalid + len(self.failures),
        }

    def _stored(self, digests: Sequence[bytes]) -> dict[bytes, Known]:
        rows = self.session.execute(batches.stored(digests))
        found = ((article.identity, articles.read(article, revision, None)) for article, revision in rows)
        return {identity: (article.id, article.submission) for identity, article in found}

    def _sort(self, checked: _Checked, known: dict[bytes, Known]) -> None:
        for line, given in checked.given:
            if (stored := known.get(given.identity)) is None:
                known[given.identity] = stored = str(given.id), given.submission
            article_id, submission = stored
            if submission is given.submission or not (fields := identity.differences(submission, given.submission)):
                self.items.append(Item(line, article_id))
            else:
                self._refuse(
                    line, f"an article of this identity is stored already and differs in {', '.join(fields)}", article_id
                )
        for line, reason in checked.refused:
            self._refuse(line, reason)

    def _refuse(self, line: int, reason: str, article_id: str | None = None) -> None:
        self.failures.append(JobFailure(line, FailureKind.INVALID, article_id, reason, self.moment))


def cut(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Into chunks."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
