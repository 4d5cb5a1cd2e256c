"""Bulk work: a job is cut into chunks, and a chunk is what one worker does at a time. Ids are UUIDv7 strings.

docs/jobs.md draws which state follows which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from app.domain.records import Submission

CHUNK = 256
"""Articles of one chunk: some seconds of work, so that few are done twice after a crash and many workers find some to do."""


class JobKind(StrEnum):
    """`import`: articles were sent. `reannotation`: stored ones are annotated anew. `claim`: stored ones are read for one.

    A claim's job ends when what was stored has been read. Articles that come later are read within it and do not open it again.
    """

    IMPORT = "import"
    REANNOTATION = "reannotation"
    CLAIM = "claim"


class JobState(StrEnum):
    """`receiving`: not all of it is known yet. `finished`: every article is done or stands among the failures."""

    RECEIVING = "receiving"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class ChunkState(StrEnum):
    """`split`: what it had not done went on in two smaller ones."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SPLIT = "split"
    CANCELLED = "cancelled"


class Priority(IntEnum):
    """The greatest goes first. Somebody waits for a small import; nobody waits for what failed before."""

    RETRY = 0
    BULK = 10
    INTERACTIVE = 20


class FailureKind(StrEnum):
    """`invalid`: the line is no article, and nothing was stored. `failed`: the article is stored and could not be annotated."""

    INVALID = "invalid"
    FAILED = "failed"


class Line(NamedTuple):
    """One line of an import: what it says, or why it cannot be used. `number` counts from 1, empty lines included."""

    number: int
    content: Submission | str


@dataclass(frozen=True, slots=True)
class Slice:
    """What is committed at once: the lines up to number `end`, and the digest of all bytes from the first line to it.

    The same bytes are always cut at the same places. So an upload that is sent again meets what was received of it.
    """

    lines: Sequence[Line]
    end: int
    digest: bytes


class Item(NamedTuple):
    """An article of a chunk, and its line in the import; in other jobs its place, 0 for one that came later."""

    line: int
    article_id: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """`items` are those not settled yet. `attempts` ended with an error; in `deaths` the process ended instead.

    A chunk that plans has no items: it finds more articles of its job, those behind `after`.
    """

    id: str
    job_id: str
    state: ChunkState
    priority: Priority
    attempts: int
    deaths: int
    plans: bool
    after: str | None
    done: int
    items: tuple[Item, ...]
    kind: JobKind = JobKind.IMPORT
    """Of the job; known once the chunk has begun."""


@dataclass(frozen=True, slots=True)
class Call:
    """That a chunk is to be run, not before `run_after`."""

    chunk_id: str
    priority: Priority
    run_after: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Articles so far: each of `total` is done, failed, or still to do. `failed` counts the invalid too.

    `recent` were done within the last `recent_seconds`.
    """

    total: int = 0
    created: int = 0
    existing: int = 0
    invalid: int = 0
    done: int = 0
    failed: int = 0
    recent: int = 0
    recent_seconds: float = 0.0

    @property
    def remaining(self) -> int:
        return max(0, self.total - self.done - self.failed)

    @property
    def rate(self) -> float | None:
        """Articles a second, from what was done lately; None where nothing was."""
        return self.recent / self.recent_seconds if self.recent and self.recent_seconds > 0 else None


@dataclass(frozen=True, slots=True)
class StoredJob:
    """`detail` says why a job was cancelled; `received` is how far an upload came, in lines, empty ones included."""

    id: str
    kind: JobKind
    state: JobState
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    received: int
    idempotency_key: str | None
    detail: str | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class JobFailure:
    """`reason` never quotes the article."""

    line: int
    kind: FailureKind
    article_id: str | None
    reason: str
    created_at: datetime
