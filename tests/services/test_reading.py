"""What becomes of a chunk whose engine is dead or full: its articles are at fault for neither."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.claims import ClaimVerdict
from app.domain.errors import EngineOverloaded, EngineUnavailable
from app.domain.jobs import ChunkState, JobState
from app.domain.records import Filter
from app.domain.values import Annotation, ArticleText
from app.services import claim, follow, queue, reading, work
from app.services.work import Work
from app.storage.database import Store
from app.storage.job_tables import ChunkRow
from tests.services.bulk import StillDispatcher, articles, run_all, upload
from tests.twins import DictionaryAnnotator, DictionaryReader

pytestmark = pytest.mark.anyio

CLAIM = "France praised Kenya"
OFTEN = 10
"""More than the articles are, so that some were asked again."""


class Engine:
    """`fault` is what it answers with, if anything."""

    def __init__(self, fault: EngineUnavailable | None, *, healthy: bool) -> None:
        self.fault, self.alive, self.asked = fault, healthy, 0
        self.asked_often = asyncio.Event()

    def ask(self) -> None:
        self.asked += 1
        if self.asked >= OFTEN:
            self.asked_often.set()
        if self.fault:
            raise self.fault


class Annotating(DictionaryAnnotator):
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine

    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        self.engine.ask()
        return await super().annotate(text, **options)

    def healthy(self) -> bool:
        return self.engine.alive


class Judging(DictionaryReader):
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine

    async def judge(self, *given: Any, **options: Any) -> list[ClaimVerdict]:
        self.engine.ask()
        return list(await super().judge(*given, **options))

    def healthy(self) -> bool:
        return self.engine.alive


Prepare = Callable[[Store, Engine], Awaitable[tuple[Work, str]]]


async def stances(store: Store, engine: Engine) -> tuple[Work, str]:
    """Three articles that are to be annotated, and the job of it."""
    job = await upload(store, articles(3))
    return Work(store, Annotating(engine), StillDispatcher()), job.id


async def verdicts(store: Store, engine: Engine) -> tuple[Work, str]:
    """Three articles that are to be read for a claim, and the job of it."""
    await upload(store, articles(3))
    await run_all(store, DictionaryAnnotator())
    reader = Judging(engine)
    made, _ = await claim.make(store, StillDispatcher(), reader, CLAIM, Filter())
    bench = Work(store, DictionaryAnnotator(), StillDispatcher(), claims=reader)
    (planning,) = await queue.unfinished(store)
    await work.run(bench, planning.chunk_id)
    return bench, made.job.id


@pytest.fixture(params=[stances, verdicts])
def prepare(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    monkeypatch.setattr(reading, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(reading, "KEEP_SECONDS", 0.01)
    found: Prepare = request.param
    return found


def attempts(store: Store) -> set[tuple[ChunkState, int]]:
    with store.reading() as session:
        return {(row.state, row.attempts) for row in session.scalars(select(ChunkRow)) if row.state is not ChunkState.DONE}


async def test_a_chunk_whose_engine_is_dead_waits_for_the_end_of_the_process(store: Store, prepare: Prepare) -> None:
    engine = Engine(EngineUnavailable("the inference engine is dead"), healthy=False)
    bench, job_id = await prepare(store, engine)
    (call,) = await queue.unfinished(store)
    running = asyncio.create_task(work.run(bench, call.chunk_id))
    await engine.asked_often.wait()
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert attempts(store) == {(ChunkState.RUNNING, 0)}
    # Another process has an engine that lives.
    engine.fault, engine.alive = None, True
    await run_all(store, bench.annotator, claims=bench.claims)
    ended = await follow.job(store, job_id)
    assert (ended.state, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, 3, 0)


async def test_a_chunk_whose_engine_is_full_asks_again(store: Store, prepare: Prepare) -> None:
    engine = Engine(EngineOverloaded("the queue is full", retry_after=30.0), healthy=True)
    bench, job_id = await prepare(store, engine)
    (call,) = await queue.unfinished(store)
    running = asyncio.create_task(work.run(bench, call.chunk_id))
    await engine.asked_often.wait()
    engine.fault = None
    await running
    ended = await follow.job(store, job_id)
    assert (ended.state, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, 3, 0)


async def test_a_chunk_whose_engine_lives_and_does_not_answer_is_tried_again_later(store: Store, prepare: Prepare) -> None:
    bench, _ = await prepare(store, Engine(EngineUnavailable("the deadline has passed"), healthy=True))
    (call,) = await queue.unfinished(store)
    await work.run(bench, call.chunk_id)
    assert attempts(store) == {(ChunkState.WAITING, 1)}
