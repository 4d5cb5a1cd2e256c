"""Running one chunk for a dispatcher, until it is over or the database has been away for too long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from app import logs
from app.dispatch import deliveries
from app.dispatch.addresses import Resolver
from app.dispatch.deliveries import Caller
from app.services import work
from app.services.end import discard_abandoned
from app.services.watch import Watch
from app.services.work import Work

CHUNKS_AT_ONCE = 2
"""While the last articles of one are read, the next fills the batches of the encoder; more only cost memory."""

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
"""Seconds between attempts to reach a database that is away: it is soon noticed that it is back."""

HOUSEKEEPING_SECONDS = 60.0
"""What is looked for lost its sender minutes ago; a minute more does no harm."""

COMPARE_SECONDS = 1.0
"""How soon an article that came in is compared with the claims: nobody waits for it, and to see that nothing came in is cheap."""

log = logs.logger("standpoint.dispatch")


def reported(error: Exception) -> None:
    log.warning("an article or a chunk failed", exc_info=error)


async def run(given: Work, chunk_id: str) -> bool:
    """Waits out a database that is away. False when the process is to end before the chunk could be run."""
    reporting = replace(given, report=reported)
    pause, again = SHORTEST_PAUSE, False
    while not given.stopping():
        try:
            await work.run(reporting, chunk_id, again=again)
            return True
        except Exception as error:
            log.warning("a chunk waits", chunk=chunk_id, exc_info=error)
        await asyncio.sleep(pause)
        pause, again = min(2 * pause, LONGEST_PAUSE), True
    return False


async def every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled. A fault, such as a database that is away, is logged and no reason to stop."""
    while True:
        try:
            await act()
        except Exception as error:
            log.warning("a periodic task failed", exc_info=error)
        await asyncio.sleep(seconds)


def beside(work: Work, resolver: Resolver) -> list[asyncio.Task[None]]:
    """What goes on beside the chunks, whichever dispatcher runs them; to be `cancelled`."""
    caller = Caller(work.store, resolver)
    watches = [Watch(work.store, work.claims, work.dispatcher)] if work.claims else []
    return [
        *(asyncio.create_task(every(COMPARE_SECONDS, watch.look)) for watch in watches),
        asyncio.create_task(every(HOUSEKEEPING_SECONDS, lambda: discard_abandoned(work.store))),
        asyncio.create_task(every(deliveries.LOOK_SECONDS, caller.tell)),
    ]


async def cancelled(tasks: Sequence[asyncio.Task[None]], *, patience: float = SHORTEST_PAUSE) -> None:
    """Tells them again after that many seconds: a driver that is cancelled in the middle of a statement may raise an error of its
    own instead, and who takes that for a fault goes on.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=patience)
    await asyncio.gather(*tasks, return_exceptions=True)
