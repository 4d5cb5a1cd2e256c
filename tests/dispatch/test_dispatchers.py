"""What every dispatcher owes: one suite, run in process on SQLite and by Procrastinate on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from app.dispatch import opening, postgres, turns
from app.dispatch.addresses import Resolver
from app.dispatch.inprocess import InProcess
from app.domain.errors import StorageUnavailable
from app.domain.jobs import CHUNK, ChunkState, JobState, Priority, StoredJob
from app.domain.values import Annotation, ArticleText
from app.refusal import Refusal
from app.services import attempts, follow, receive, work
from app.storage.database import Store
from app.storage.job_tables import ChunkRow
from app.storage.tables import AnnotationRow
from tests.samples import submission
from tests.services.bulk import annotated_twice, articles, count, slices
from tests.services.test_bulk import Choosy
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio

PATIENCE = 240.0
"""Seconds for what takes one; the machine may be busy."""


class Slow(DictionaryAnnotator):
    """Counts how many articles it reads at once, and in which order they came."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.order: list[str] = []

    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        self.order.append(text.body)
        await asyncio.sleep(self.seconds)
        return await super().annotate(text, **options)


async def upload(
    store: Store, dispatcher: opening.Dispatcher, contents: list[Any], *, priority: Priority = Priority.BULK
) -> StoredJob:
    intake = await receive.begin(store, dispatcher, priority=priority, text_limit=1_000)
    for part in slices(contents, size=500):
        await intake.add(part)
    return await intake.finish()


async def ended(store: Store, job: StoredJob) -> StoredJob:
    async with asyncio.timeout(PATIENCE):
        while (found := await follow.job(store, job.id)).state is JobState.RUNNING:  # noqa: ASYNC110  Another process ends it.
            await asyncio.sleep(0.05)
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  What is waited for happens in another process or thread.
            await asyncio.sleep(0.02)


@asynccontextmanager
async def working(store: Store, annotator: DictionaryAnnotator) -> AsyncIterator[opening.Dispatcher]:
    dispatcher = opening.dispatcher(store)
    async with dispatcher.working(annotator, stopping=lambda: False):
        yield dispatcher


async def test_what_is_stored_while_it_works_is_annotated(store: Store) -> None:
    async with working(store, DictionaryAnnotator()) as dispatcher:
        job = await upload(store, dispatcher, articles(400))
        assert (await ended(store, job)).progress.done == 400
    assert annotated_twice(store) == []


async def test_what_was_stored_before_it_began_is_annotated(store: Store) -> None:
    job = await upload(store, opening.dispatcher(store), articles(200))
    async with working(store, DictionaryAnnotator()):
        assert (await ended(store, job)).progress.done == 200


async def test_a_poison_article_comes_back_later_and_ends_as_the_only_failure(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(attempts, "BACKOFF", timedelta(milliseconds=200))
    async with working(store, Choosy()) as dispatcher:
        job = await upload(store, dispatcher, [*articles(150), submission("poison", external_id="p")])
        progress = (await ended(store, job)).progress
    assert (progress.done, progress.failed) == (150, 1)


async def test_an_end_in_the_middle_of_a_chunk_loses_nothing_and_counts_as_no_failure(store: Store) -> None:
    slow = Slow(0.2)
    async with working(store, slow) as dispatcher:
        job = await upload(store, dispatcher, articles(120))
        await until(lambda: slow.texts_read > 20)
        stopped = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - stopped < PATIENCE
    kept = count(store, AnnotationRow)
    assert 0 < kept < 120
    with store.reading() as session:
        rows = session.execute(text("SELECT state, attempts, deaths FROM job_chunk")).all()
    assert [tuple(row) for row in rows] == [("waiting", 0, 0)]
    async with working(store, again := Slow(0)):
        assert (await ended(store, job)).progress.done == 120
    assert again.texts_read == 120 - kept
    assert annotated_twice(store) == []


async def test_it_ends_though_work_is_announced_at_that_very_moment(store: Store) -> None:
    """At every turn of the event loop at which the news can meet the end."""
    for turns_between in range(8):
        async with asyncio.timeout(PATIENCE), working(store, DictionaryAnnotator()) as dispatcher:
            await asyncio.sleep(0.05)
            dispatcher.announce()
            for _ in range(turns_between):
                await asyncio.sleep(0)


async def test_a_chunk_of_a_process_that_died_goes_on(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(postgres, "STALLED_SECONDS", 1.0)
    monkeypatch.setattr(postgres, "HEARTBEAT_SECONDS", 0.3)
    job = await upload(store, opening.dispatcher(store), articles(50))
    with store.transaction() as session:
        session.execute(update(ChunkRow).values(state=ChunkState.RUNNING))
        if store.file is None:
            # A worker took it and was never heard of again.
            worker = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
            taken = {"worker": session.scalar(text(worker))}
            session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker"), taken)
    async with working(store, DictionaryAnnotator()):
        assert (await ended(store, job)).progress.done == 50


async def test_small_imports_go_before_great_ones_and_retries_last(store: Store) -> None:
    dispatcher = opening.dispatcher(store)
    slow = Slow(0.01)
    jobs = [
        await upload(store, dispatcher, articles(CHUNK + 2, word=priority.name, start=1_000 * priority), priority=priority)
        for priority in sorted(Priority)
    ]
    async with working(store, slow):
        for job in jobs:
            await ended(store, job)
    began = [
        next(place for place, body in enumerate(slow.order) if body.startswith(priority.name)) for priority in sorted(Priority)
    ]
    assert began == sorted(began, reverse=True)


async def test_a_database_that_is_away_for_a_while_is_waited_for(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(turns, "SHORTEST_PAUSE", 0.05)
    real, broken = work.run, [3]

    async def failing(*given: Any, **options: Any) -> None:
        if broken[0]:
            broken[0] -= 1
            raise StorageUnavailable("gone")
        await real(*given, **options)

    monkeypatch.setattr(work, "run", failing)
    async with working(store, DictionaryAnnotator()) as dispatcher:
        job = await upload(store, dispatcher, articles(5))
        assert (await ended(store, job)).progress.done == 5
    assert broken == [0]


async def test_a_second_dispatcher_on_the_same_file_is_refused_and_one_on_a_server_is_welcome(store: Store) -> None:
    async with working(store, DictionaryAnnotator()):
        if store.file is None:
            async with working(store, DictionaryAnnotator()) as second:
                assert (await ended(store, await upload(store, second, articles(5)))).progress.done == 5
        else:
            with pytest.raises(Refusal, match="another process works on this SQLite file"):
                async with working(store, DictionaryAnnotator()):
                    raise AssertionError("two at once")
            assert InProcess(store, store.file, Resolver(private=False)).taken()
    assert store.file is None or not InProcess(store, store.file, Resolver(private=False)).taken()


async def test_chunks_and_their_calls_are_stored_together_or_not_at_all(store: Store) -> None:
    dispatcher = opening.dispatcher(store)
    intake = await receive.begin(store, dispatcher, text_limit=1_000)
    (part,) = slices(articles(10))
    real = dispatcher.enqueue

    def failing(connection: object, calls: Any) -> None:
        real(connection, calls)
        raise RuntimeError("in the middle")

    dispatcher.enqueue = failing  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        await intake.add(part)
    assert count(store, ChunkRow) == 0
    if store.file is None:
        with store.reading() as session:
            assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


async def test_chunks_without_a_call_are_found(store: Store) -> None:
    """As after a restore of the rows without the queue."""
    job = await upload(store, opening.dispatcher(store), articles(5))
    if store.file is None:
        with store.transaction() as session:
            session.execute(text("DELETE FROM procrastinate_jobs"))
    async with working(store, DictionaryAnnotator()):
        assert (await ended(store, job)).progress.done == 5


async def test_a_call_that_is_over_leaves_no_row_behind(store: Store) -> None:
    async with working(store, DictionaryAnnotator()) as dispatcher:
        await ended(store, await upload(store, dispatcher, articles(5)))
    if store.file is None:
        with store.reading() as session:
            assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
