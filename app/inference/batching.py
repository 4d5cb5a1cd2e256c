"""The micro-batcher: passages of concurrent requests share the encoder's batches, on threads that sleep when idle."""

from __future__ import annotations

import math
import threading
import time
from bisect import insort
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Generic

from app.domain.errors import DeadlineExceeded, EngineOverloaded, EngineUnavailable
from app.inference.jobs import BatchShape, Item, Job, Result, Seat, padded_tokens, take_batch

STOPPED = "the inference engine has stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The queue's bounds hold for interactive and bulk jobs apart: neither can fill the other's place."""

    shape: BatchShape = field(default_factory=BatchShape)
    jobs: int = 256
    # Some minutes of work on two cores, and some 50 MB.
    tokens: int = 1_000_000
    # Interactive work alone, at the speed measured so far: a fifth of the default deadline. Who is accepted is answered, and
    # waits no more than two to three times as long as with 64 clients, who keep two cores busy.
    seconds: float = 6.0
    # No batch takes a hundredth of this. A thread that is longer in one will not come back.
    stuck_after: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the batcher has before it and has done. `padded_tokens` are those that were encoded, padding included."""

    jobs: int = 0
    waiting_tokens: int = 0
    batches: int = 0
    rows: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    tokens_per_second: float | None = None
    refused: int = 0
    expired: int = 0
    cancelled: int = 0


class Batcher(Generic[Item, Result]):
    """`run` encodes a batch, on so many `threads` at once; `length` is an item's number of tokens.

    `on_death` is called once, from the first thread that dies; the others then end too.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        length: Callable[[Item], int],
        threads: int = 1,
        limits: Limits | None = None,
        on_death: Callable[[BaseException], None] = lambda error: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run, self._length, self._on_death, self._clock = run, length, on_death, clock
        self._limits = limits or Limits()
        self._jobs: list[Job[Item, Result]] = []
        self._done = Load()
        self._accepted = 0
        self._changed = threading.Condition()
        self._closing = self._dead = False
        # When each thread that is in a batch began it.
        self._busy: dict[int, float] = {}
        self._threads = [threading.Thread(target=self._work, name=f"inference-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, items: Sequence[Item], *, deadline: float = math.inf, bulk: bool = False) -> Future[list[Result]]:
        """Results in the order of the items; cancelling drops what waits. Raises EngineOverloaded at once when full."""
        lengths = [self._length(item) for item in items]
        with self._changed:
            self._refuse_if_full(sum(lengths), bulk=bulk)
            self._accepted += 1
            # Virtual time is the number of tokens served so far. A job is due when that has grown by the job's own size.
            order = (bulk, self._done.tokens + sum(lengths), self._accepted)
            job: Job[Item, Result] = Job(items, lengths, order, deadline)
            if items:
                insort(self._jobs, job, key=lambda job: job.order)
                self._changed.notify(len(items))
            else:
                job.future.set_result([])
            return job.future

    def refuse_if_full(self, *, bulk: bool = False, coming: int = 0) -> None:
        """Raises what `submit` would, before any work is put into a request; `coming` are accepted but not submitted yet."""
        with self._changed:
            self._refuse_if_full(1, bulk=bulk, coming=coming)

    def healthy(self) -> bool:
        with self._changed:
            longest = self._clock() - min(self._busy.values(), default=math.inf)
            return not (self._dead or self._closing or longest > self._limits.stuck_after)

    def load(self) -> Load:
        with self._changed:
            live = self._live()
            return replace(self._done, jobs=len(live), waiting_tokens=sum(job.waiting_tokens() for job in live))

    def close(self) -> None:
        """Accepts nothing more, finishes what was accepted, and ends the threads."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _live(self) -> list[Job[Item, Result]]:
        return [job for job in self._jobs if not job.future.done()]

    def _refuse_if_full(self, tokens: int, *, bulk: bool, coming: int = 0) -> None:
        if self._dead or self._closing:
            raise EngineUnavailable(STOPPED)
        rivals = [job for job in self._live() if job.bulk == bulk]
        waiting = sum(job.waiting_tokens() for job in rivals)
        # A job longer than the whole queue is accepted when it is the only one.
        if len(rivals) + coming >= self._limits.jobs or (rivals and waiting + tokens > self._room(bulk=bulk)):
            self._done = replace(self._done, refused=self._done.refused + 1)
            wait = waiting / self._done.tokens_per_second if self._done.tokens_per_second else 1.0
            raise EngineOverloaded("too many requests wait for inference", retry_after=max(1.0, wait))

    def _room(self, *, bulk: bool) -> float:
        """Tokens that may wait."""
        if bulk or self._done.tokens_per_second is None:
            return self._limits.tokens
        return min(self._limits.tokens, self._limits.seconds * self._done.tokens_per_second)

    def _work(self) -> None:
        try:
            while batch := self._next_batch():
                self._encode(batch)
        except BaseException as error:  # noqa: BLE001  Whatever ends a thread ends all that waits for it, and is handed on.
            self._die(error)

    def _die(self, error: BaseException) -> None:
        with self._changed:
            first, self._dead = not self._dead, True
            for job in self._jobs:
                job.fail(EngineUnavailable(STOPPED))
            self._changed.notify_all()
        if first:
            self._on_death(error)

    def _next_batch(self) -> list[Seat[Item, Result]]:
        """Waits for work. Empty once closed and drained, or when another thread has died."""
        with self._changed:
            self._drop_finished()
            while not (self._closing or self._dead or any(job.waiting for job in self._jobs)):
                self._changed.wait()
                self._drop_finished()
            waiting = [job for job in self._jobs if job.waiting]
            if not waiting:
                return []
            batch = take_batch(waiting, self._limits.shape, idle=len(self._threads) - len(self._busy))
            self._busy[threading.get_ident()] = self._clock()
            return batch

    def _drop_finished(self) -> None:
        now = self._clock()
        for job in self._jobs:
            self._expire(job, now)
        cancelled = sum(job.future.cancelled() for job in self._jobs)
        self._done = replace(self._done, cancelled=self._done.cancelled + cancelled)
        self._jobs = self._live()

    def _expire(self, job: Job[Item, Result], now: float) -> None:
        if job.deadline <= now and not job.future.done():
            self._done = replace(self._done, expired=self._done.expired + 1)
            job.fail(DeadlineExceeded("the request waited past its deadline"))

    def _encode(self, batch: list[Seat[Item, Result]]) -> None:
        results = self._isolated([seat.item for seat in batch])
        now = self._clock()
        with self._changed:
            started = self._busy.pop(threading.get_ident())
        self._count(batch, now - started)
        with self._changed:
            for seat, result in zip(batch, results, strict=True):
                self._expire(seat.job, now)
                if isinstance(result, EngineUnavailable):
                    seat.job.fail(result)
                elif not seat.job.future.done():
                    seat.job.receive(seat.index, result)

    def _isolated(self, items: list[Item]) -> list[Result | EngineUnavailable]:
        """Where a batch fails its items are run alone, so that only the culprit fails."""
        try:
            return list(self._run(items))
        except Exception as error:  # noqa: BLE001  Whatever it is, it becomes the answer to the request that caused it.
            if len(items) > 1:
                return [result for item in items for result in self._isolated([item])]
            failure = EngineUnavailable("the inference engine failed on a passage of this text")
            failure.__cause__ = error
            return [failure]

    def _count(self, batch: list[Seat[Item, Result]], seconds: float) -> None:
        tokens, padded = sum(seat.length for seat in batch), padded_tokens(batch)
        with self._changed:
            done = self._done
            self._done = replace(
                done,
                batches=done.batches + 1,
                rows=done.rows + len(batch),
                tokens=done.tokens + tokens,
                padded_tokens=done.padded_tokens + padded,
                tokens_per_second=self._speed(
                    len(self._threads) * tokens / max(seconds, 1e-6), full=2 * padded >= self._limits.shape.tokens
                ),
            )

    def _speed(self, rate: float, *, full: bool) -> float | None:
        """Of all threads, by full batches alone: small ones, as the first that warms the engine, are slow for their size."""
        before = self._done.tokens_per_second
        if not full:
            return before
        return rate if before is None else 0.9 * before + 0.1 * rate
