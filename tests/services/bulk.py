"""Bulk work in tests: uploads without HTTP, and dispatchers that do nothing by themselves."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import func, select, text

from app.domain.jobs import Call, Line, Priority, Slice, StoredJob
from app.domain.records import Submission
from app.services import queue, receive, work
from app.services.ports import Annotator, ClaimReader
from app.services.watch import Watch
from app.services.work import Work
from app.storage.database import Store
from app.storage.job_tables import ChunkRow, FailureRow
from app.storage.tables import AnnotationRow, ArticleRow
from tests.samples import submission


class StillDispatcher:
    """Notes who is called, and calls nobody."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def enqueue(self, connection: object, calls: Sequence[Call]) -> None:
        self.calls += calls

    def announce(self) -> None:
        pass

    @asynccontextmanager
    async def working(
        self, annotator: Annotator, *, stopping: Callable[[], bool], claims: ClaimReader | None = None
    ) -> AsyncIterator[None]:
        yield


def lines(contents: Iterable[Submission | str], *, start: int = 1) -> list[Line]:
    return [Line(number, content) for number, content in enumerate(contents, start=start)]


def articles(count: int, *, start: int = 0, word: str = "France praised Kenya") -> list[Submission]:
    return [submission(f"{word}, number {number}.", external_id=f"a{number}") for number in range(start, start + count)]


def slices(contents: Sequence[Submission | str], *, size: int = 100) -> Iterator[Slice]:
    digest = hashlib.blake2b(digest_size=16)
    for start in range(0, len(contents), size):
        part = contents[start : start + size]
        digest.update(repr(part).encode())
        yield Slice(lines(part, start=start + 1), start + len(part), digest.digest())


async def upload(
    store: Store,
    contents: Sequence[Submission | str],
    *,
    key: str | None = None,
    size: int = 100,
    dispatcher: StillDispatcher | None = None,
) -> StoredJob:
    intake = await receive.begin(
        store, key=key, priority=Priority.BULK, dispatcher=dispatcher or StillDispatcher(), text_limit=1_000
    )
    for part in slices(contents, size=size):
        await intake.add(part)
    return await intake.finish()


async def whole(store: Store, contents: Sequence[Submission | str], *, key: str | None = None) -> StoredJob:
    """As JSON is uploaded."""
    part = next(slices(contents, size=len(contents)))
    return await receive.whole(store, StillDispatcher(), part, key=key, text_limit=1_000)


async def run_all(store: Store, annotator: Annotator, *, rounds: int = 1_000, claims: ClaimReader | None = None) -> None:
    """What a dispatcher would do, one chunk after the other, without waiting for its time."""
    bench = Work(store, annotator, StillDispatcher(), claims=claims)
    watch = Watch(store, claims, bench.dispatcher) if claims else None
    for _ in range(rounds):
        calls = await queue.unfinished(store)
        if not calls and watch:
            await watch.look()
            calls = await queue.unfinished(store)
        if not calls:
            return
        await work.run(bench, calls[0].chunk_id)


def count(store: Store, table: type[ArticleRow] | type[AnnotationRow] | type[ChunkRow] | type[FailureRow]) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def annotated_twice(store: Store) -> list[object]:
    with store.reading() as session:
        found = session.execute(
            text("SELECT article_id FROM annotation GROUP BY article_id, revision, model HAVING count(*) > 1")
        )
        return list(found)
