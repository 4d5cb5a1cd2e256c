"""The dispatcher of the embedded default: the serving process itself works on its SQLite file, and the rows are the queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from app.dispatch import turns
from app.dispatch.addresses import Resolver
from app.domain.jobs import Call
from app.refusal import Refusal
from app.services import queue
from app.services.ports import Annotator, ClaimReader
from app.services.work import Work
from app.storage.database import Store

POLL_SECONDS = 0.5
"""How soon it sees what another process (`standpoint import`) has stored; what comes through this one it is told of."""


class InProcess:
    """Only one may work on a file at a time. A lock of the operating system beside it says so; a dead process lets go of it."""

    def __init__(self, store: Store, file: Path, resolver: Resolver) -> None:
        self._store, self._resolver = store, resolver
        self._lock_file = file.with_name(file.name + ".dispatcher.lock")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[bool]] = {}

    def enqueue(self, connection: object, calls: Sequence[Call]) -> None:
        """The rows are there, in the same transaction; nothing else is needed."""

    def announce(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    def taken(self) -> bool:
        """Whether another process works on the file."""
        try:
            with self._alone():
                return False
        except Refusal:
            return True

    @asynccontextmanager
    async def working(
        self, annotator: Annotator, *, stopping: Callable[[], bool], claims: ClaimReader | None = None
    ) -> AsyncIterator[None]:
        """Raises Refusal where another process works on the file."""
        with self._alone():
            self._loop = asyncio.get_running_loop()
            await queue.recover(self._store)
            ended = asyncio.Event()
            work = Work(self._store, annotator, self, lambda: ended.is_set() or stopping(), claims=claims)
            tasks = [
                asyncio.create_task(turns.every(turns.SHORTEST_PAUSE, lambda: self._serve(work))),
                *turns.beside(work, self._resolver),
            ]
            try:
                yield
            finally:
                ended.set()
                await asyncio.gather(*self._running.values(), return_exceptions=True)
                await turns.cancelled(tasks)
                self._loop = None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock(self._lock_file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            detail = "another process works on this SQLite file; for several, take PostgreSQL (STANDPOINT_DATABASE_URL)"
            raise Refusal(f"{detail}: {self._lock_file}") from None
        try:
            yield
        finally:
            lock.release()

    async def _serve(self, work: Work) -> None:
        while not work.stopping():
            self._wake.clear()
            await self._begin(work)
            # Not `wait_for`: before Python 3.12 it loses a cancellation that meets the news, and then nothing ends this loop.
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    async def _begin(self, work: Work) -> None:
        """As many as there is room for. A chunk counts as waiting until its first transaction, so those begun are left out."""
        room = turns.CHUNKS_AT_ONCE - len(self._running)
        if room:
            due = await queue.due(self._store, limit=turns.CHUNKS_AT_ONCE + len(self._running))
            for chunk_id in [chunk_id for chunk_id in due if chunk_id not in self._running][:room]:
                task = self._running[chunk_id] = asyncio.create_task(turns.run(work, chunk_id))
                task.add_done_callback(partial(self._over, chunk_id))

    def _over(self, chunk_id: str, _: asyncio.Task[bool]) -> None:
        del self._running[chunk_id]
        self._wake.set()
