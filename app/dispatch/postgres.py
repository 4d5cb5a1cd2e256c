"""The dispatcher of many processes on one PostgreSQL: Procrastinate. docs/decisions/0012-procrastinate.md says why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby

import procrastinate
from procrastinate import retry
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.types import JSONDict

from app import logs
from app.dispatch import turns
from app.dispatch.addresses import Resolver
from app.domain.jobs import Call
from app.domain.records import now
from app.services import queue
from app.services.ports import Annotator, ClaimReader
from app.services.work import Work
from app.storage.database import Store

QUEUE = "standpoint"
TASK = "standpoint.chunk"

HEARTBEAT_SECONDS = 3.0
LOOK_SECONDS = 2.0
STALLED_SECONDS = 10.0
"""Three heartbeats may be missed. With a look every 2 s, and as often for work, a dead worker's chunks go on within 15 s."""

DRAIN_SECONDS = 7.0
"""Chunks let go of their articles within 3 s; what is longer is cut off, so that a worker ends within 10 s."""

CONNECTION = {"connect_timeout": 5, "application_name": "standpoint queue"}

log = logs.logger("standpoint.dispatch")


class Unfinished(Exception):
    """The process is to end, and another shall run the chunk."""


class Again(retry.BaseRetryStrategy):
    """A call is only over when its chunk was run: what is wrong with a chunk stands in its row and raises nothing."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> retry.RetryDecision:
        return retry.RetryDecision(retry_in={"seconds": 0 if isinstance(exception, Unfinished) else min(60, 2**job.attempts)})


class Queue:
    """Chunks are deferred within the transaction that stores them. Should calls and rows ever differ, the rows are right."""

    def __init__(self, store: Store, resolver: Resolver) -> None:
        self._store, self._resolver = store, resolver
        # Never opened: it only writes on connections that are handed to it.
        self._deferring = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def enqueue(self, connection: object, calls: Sequence[Call]) -> None:
        moment = now()
        for (priority, run_after), among in groupby(calls, key=lambda call: (call.priority, call.run_after)):
            # Without a time it is due by the clock of the database, whatever that of this machine says.
            at = run_after if run_after > moment else None
            job = self._deferring.configure_task(TASK, queue=QUEUE, priority=int(priority), schedule_at=at, connection=connection)
            arguments: list[JSONDict] = [{"chunk": call.chunk_id} for call in among]
            job.batch_defer(*arguments)

    def announce(self) -> None:
        """NOTIFY told them all at the commit."""

    @asynccontextmanager
    async def working(
        self, annotator: Annotator, *, stopping: Callable[[], bool], claims: ClaimReader | None = None
    ) -> AsyncIterator[None]:
        ended = asyncio.Event()
        work = Work(self._store, annotator, self, lambda: ended.is_set() or stopping(), claims=claims)
        serving = asyncio.create_task(self._serve(work))
        others = turns.beside(work, self._resolver)
        try:
            yield
        finally:
            ended.set()
            await serving
            await turns.cancelled(others)

    async def _serve(self, work: Work) -> None:
        """Workers one after the other: one ends when it loses the database, and the next begins when that is back."""
        while not work.stopping():
            working = asyncio.create_task(self._work(work))
            while not (working.done() or work.stopping()):
                await asyncio.wait({working}, timeout=turns.SHORTEST_PAUSE)
            # Procrastinate takes this for the wish to end in order, and a second time for haste.
            await turns.cancelled([working], patience=DRAIN_SECONDS + 1)
            if not working.cancelled() and (fault := working.exception()):
                log.warning("the queue is away", exc_info=fault)

    async def _work(self, work: Work) -> None:
        connector = procrastinate.PsycopgConnector(
            conninfo=self._store.server, min_size=1, max_size=4, timeout=5.0, kwargs=CONNECTION
        )
        app = procrastinate.App(connector=connector)

        @app.task(name=TASK, retry=Again())
        async def run(chunk: str) -> None:
            if not await turns.run(work, chunk):
                raise Unfinished(chunk)

        async with app.open_async():
            looking = [
                asyncio.create_task(turns.every(LOOK_SECONDS, lambda: self._revive(app))),
                asyncio.create_task(turns.every(turns.HOUSEKEEPING_SECONDS, lambda: self._find_lost(app))),
            ]
            try:
                await app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=turns.CHUNKS_AT_ONCE,
                    fetch_job_polling_interval=LOOK_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    shutdown_graceful_timeout=DRAIN_SECONDS,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    install_signal_handlers=False,
                )
            finally:
                await turns.cancelled(looking)

    async def _revive(self, app: procrastinate.App) -> None:
        """Calls of workers that died are made again; whoever is first takes one, and the others find it taken."""
        for job in await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("a worker died; its chunk goes on", chunk=job.task_kwargs["chunk"])
            await app.job_manager.retry_job(job)

    async def _find_lost(self, app: procrastinate.App) -> None:
        """Chunks that nobody is called to run: none, unless the queue was emptied by hand or restored apart from the rows."""
        calls = await queue.unfinished(self._store)
        called = {job.task_kwargs["chunk"] for job in await app.job_manager.list_jobs_async(queue=QUEUE, task=TASK)}
        if lost := [call for call in calls if call.chunk_id not in called]:
            log.warning("chunks without a call", count=len(lost))
            await queue.call_again(self._store, self, lost)
