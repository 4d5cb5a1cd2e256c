"""Read the articles of a chunk a few at a time, and keep what is said of them while the next are read.

The one loop of stances and of claims: they differ in whom they ask and in what they keep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.domain.errors import EngineOverloaded, EngineUnavailable, InvalidText, UnsupportedLanguage
from app.services.settle import Unread

Said = TypeVar("Said")

KEEP_SECONDS = 1.0
"""How long what was said may wait to be stored. A crash costs this much work, and a short transaction a second is no burden."""

DRAIN_SECONDS = 3.0
"""How long articles that were begun may go on when the process is to end; the whole of it has 10."""

LONGEST_PAUSE = 5.0
"""Seconds before an engine that is overloaded, or dead, is asked again."""


@dataclass(frozen=True, slots=True)
class Read(Generic[Said]):
    """What became of articles: read, impossible to read (with the reason), or with nothing left to do."""

    said: Sequence[tuple[Unread, Said]] = ()
    failed: Sequence[tuple[Unread, str]] = ()
    needless: Sequence[str] = ()

    def article_ids(self) -> set[str]:
        read = (str(unread.article_id) for unread, _ in (*self.said, *self.failed))
        return {*read, *self.needless}


@dataclass(frozen=True, slots=True)
class Reader(Generic[Said]):
    """Who is asked, and what else a reading takes. `keep` is False where the chunk was taken away meanwhile."""

    ask: Callable[[Unread], Awaitable[Said]]
    keep: Callable[[Read[Said]], Awaitable[bool]]
    healthy: Callable[[], bool]
    stopping: Callable[[], bool]
    report: Callable[[Exception], None]


@dataclass
class Reading(Generic[Said]):
    """What has been read and not yet kept. `needless` are articles of the chunk with nothing left to do."""

    reader: Reader[Said]
    needless: list[str]
    said: list[tuple[Unread, Said]] = field(default_factory=list)
    failed: list[tuple[Unread, str]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    """Of each article that could not be read this time, why."""
    cancelled: bool = False
    complete: bool = False

    async def run(self, unread: Sequence[Unread], *, at_once: int) -> None:
        """What was read is stored while the next is read: the encoder never waits for the database."""
        waiting = iter(unread)
        readers = {asyncio.create_task(self._read_on(waiting)) for _ in unread[:at_once]}
        reading = readers
        try:
            while reading and not self._ends():
                _, reading = await asyncio.wait(reading, timeout=KEEP_SECONDS)
                if reading:
                    self.cancelled = not await self.reader.keep(self.hand_over())
            if reading and not self.cancelled:
                _, reading = await asyncio.wait(reading, timeout=DRAIN_SECONDS)
            self.complete = not reading and next(waiting, None) is None
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    def hand_over(self) -> Read[Said]:
        """What is to be kept."""
        read = Read(self.said, self.failed, self.needless)
        self.said, self.failed, self.needless = [], [], []
        return read

    def _ends(self) -> bool:
        return self.cancelled or self.reader.stopping()

    async def _read_on(self, waiting: Iterator[Unread]) -> None:
        while not self._ends() and (unread := next(waiting, None)):
            await self._one(unread)

    async def _one(self, unread: Unread) -> None:
        try:
            said = await self._answer(unread)
        except (InvalidText, UnsupportedLanguage) as error:
            # The text is what it is: another attempt would end alike.
            self.failed.append((unread, str(error)))
        except Exception as error:  # noqa: BLE001  Whatever the model raises, this article fails by it and not the others.
            self.reader.report(error)
            self.errors[str(unread.article_id)] = reason_of(error)
        else:
            # Only now `said` is asked for: what was there before the wait may have been handed over meanwhile.
            self.said.append((unread, said))

    async def _answer(self, unread: Unread) -> Said:
        while True:
            try:
                return await self.reader.ask(unread)
            except EngineOverloaded as error:
                # Others fill the queue; that is no fault of this article.
                await asyncio.sleep(min(error.retry_after, LONGEST_PAUSE))
            except EngineUnavailable:
                if self.reader.healthy():
                    raise
                # The engine is dead and the process about to end.
                await asyncio.sleep(LONGEST_PAUSE)


def reason_of(error: Exception) -> str:
    """The kind of the error and not its words, which may quote the article."""
    if isinstance(error, EngineUnavailable):
        return str(error)
    return f"the annotator failed with {type(error).__name__}"
