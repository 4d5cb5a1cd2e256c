"""Deletes what was stored longer ago than the settings allow, now and every hour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from app import logs
from app.domain.errors import StorageUnavailable
from app.domain.records import now
from app.services.expire import expire
from app.settings import Settings
from app.storage.database import Store

EVERY_SECONDS = 3600.0
"""Retention is counted in days; an hour more is within what anybody means by that."""

log = logs.logger("standpoint.retention")


@asynccontextmanager
async def retaining(settings: Settings, store: Store) -> AsyncIterator[None]:
    """While it is open, old articles go. Nothing happens without `retention_days`."""
    if settings.retention_days is None:
        yield
        return
    task = asyncio.create_task(_forever(store, timedelta(days=settings.retention_days)))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _forever(store: Store, keep: timedelta) -> None:
    while True:
        try:
            log.info("old articles deleted", articles=await expire(store, before=now() - keep))
        except StorageUnavailable:
            log.warning("old articles could not be deleted; tried again later")
        await asyncio.sleep(EVERY_SECONDS)
