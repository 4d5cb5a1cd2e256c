"""What waits for the encoder, and which of it makes the next batch. Pure: no thread, no lock.

A job is one request's passages. Jobs are served in the order in which they would end if all shared the engine evenly: short jobs
pass a long one, yet no job waits for ever. Bulk jobs are served while no interactive one waits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchShape:
    """`tokens` counts padding, and `padding` is the share of a batch that may be padding."""

    # Measured on one thread: from 256 on more tokens are no faster, and less of them lies in the caches.
    tokens: int = 512
    padding: float = 0.1
    # A batch takes its passages of like length from this many batches' worth of those that are due next.
    window: int = 8
    # What idle threads share out among them is at least so much each: less is slower for its size.
    least: int = 128


@dataclass(slots=True, eq=False)
class Job(Generic[Item, Result]):
    """`order` is its place among jobs; `waiting` are the indices of the items that no batch has taken yet."""

    items: Sequence[Item]
    lengths: Sequence[int]
    order: tuple[bool, int, int]
    deadline: float
    future: Future[list[Result]] = field(default_factory=Future)
    results: dict[int, Result] = field(default_factory=dict)
    waiting: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.waiting = list(range(len(self.items)))

    @property
    def bulk(self) -> bool:
        return self.order[0]

    def waiting_tokens(self) -> int:
        return sum(self.lengths[index] for index in self.waiting)

    def receive(self, index: int, result: Result) -> None:
        self.results[index] = result
        if len(self.results) == len(self.items) and self.future.set_running_or_notify_cancel():
            self.future.set_result([self.results[index] for index in range(len(self.items))])

    def fail(self, error: Exception) -> None:
        if not self.future.done() and self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


@dataclass(frozen=True, slots=True)
class Seat(Generic[Item, Result]):
    """One item of a job in a batch."""

    job: Job[Item, Result]
    index: int

    @property
    def length(self) -> int:
        return self.job.lengths[self.index]

    @property
    def item(self) -> Item:
        return self.job.items[self.index]


def take_batch(jobs: Sequence[Job[Item, Result]], shape: BatchShape, *, idle: int = 1) -> list[Seat[Item, Result]]:
    """Takes the item that is due, and those of the window that fit beside it, nearest length first. `jobs` are in order.

    Of little work it leaves their share to the other `idle` threads, of which the caller's is one.
    """
    window = list(_window(jobs, shape))
    due = window[0].length
    share = max(shape.least, math.ceil(sum(seat.length for seat in window) / idle))
    batch: list[Seat[Item, Result]] = []
    longest = tokens = 0
    for candidate in sorted(window, key=lambda candidate: abs(candidate.length - due)):
        if tokens >= share:
            break
        padded = max(longest, candidate.length) * (len(batch) + 1)
        waste = padded - tokens - candidate.length
        if batch and (padded > shape.tokens or waste > shape.padding * padded):
            continue
        batch.append(candidate)
        longest, tokens = max(longest, candidate.length), tokens + candidate.length
    for taken in batch:
        taken.job.waiting.remove(taken.index)
    return batch


def padded_tokens(batch: Sequence[Seat[Item, Result]]) -> int:
    return max(seat.length for seat in batch) * len(batch)


def _window(jobs: Sequence[Job[Item, Result]], shape: BatchShape) -> Iterator[Seat[Item, Result]]:
    room = shape.tokens * shape.window
    for job in jobs:
        for index in job.waiting:
            if room <= 0 or job.bulk != jobs[0].bulk:
                return
            room -= job.lengths[index]
            yield Seat(job, index)
