"""What a service does for its database: old articles and deleted words go, an older version's rows become whole, and counts are
added up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta

from app import logs
from app.domain.errors import StorageUnavailable
from app.domain.records import now
from app.services.complete import complete
from app.services.condense import condense
from app.services.expire import expire
from app.services.tidy import tidy
from app.services.watch import forget_needless
from app.settings import Settings
from app.storage.database import Store

EVERY_SECONDS = 3600.0
"""Retention is counted in days; an hour more is within what anybody means by that."""

CONDENSED_SECONDS = 120.0
"""In this time a service at its limit notes some ten thousand changes, which a summary adds up in a few milliseconds."""

log = logs.logger("standpoint.upkeep")


@asynccontextmanager
async def upkeep(settings: Settings, store: Store) -> AsyncIterator[None]:
    """While it is open, old articles go, if `retention_days` is set, and new ones are made whole."""
    tasks = [asyncio.create_task(work) for work in (_forever(store, settings.retention_days), _condense(store))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _condense(store: Store) -> None:
    while True:
        await asyncio.sleep(CONDENSED_SECONDS)
        with _tried_again_later():
            await condense(store)


async def _forever(store: Store, keep_days: int | None) -> None:
    while True:
        with _tried_again_later():
            if keep_days is not None:
                log.info("old articles deleted", articles=await expire(store, before=now() - timedelta(days=keep_days)))
        await asyncio.sleep(EVERY_SECONDS)
        # Not at the start: `standpoint migrate` has just done it, and processes of the older version may still be there.
        with _tried_again_later():
            if articles := await complete(store):
                log.info("what an older version wrote is whole", articles=articles)
            await tidy(store)
            await forget_needless(store)


@contextmanager
def _tried_again_later() -> Iterator[None]:
    try:
        yield
    except StorageUnavailable:
        log.warning("the database does not answer; tried again later")
