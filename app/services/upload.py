"""An upload from its first slice to its last, and what is left of one that is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from app.domain.errors import UploadStalled
from app.domain.jobs import Priority, Slice, StoredJob
from app.services import end, receive
from app.services.ports import Dispatcher
from app.services.receive import Intake
from app.storage.database import Store
from app.traces.spans import spanned


@spanned
async def upload(
    store: Store,
    dispatcher: Dispatcher,
    content: AsyncIterator[Slice] | Slice,
    *,
    key: str | None = None,
    priority: Priority = Priority.BULK,
    text_limit: int,
    seconds: float | None = None,
) -> StoredJob:
    """`seconds` is how long all of it may take. Raises UploadStalled, IdempotencyConflict, JobConflict, and what
    `content` raises.

    With a key, what was received stays and the upload can be sent again; without one it is discarded.
    """
    if isinstance(content, Slice):
        return await receive.whole(store, dispatcher, content, key=key, priority=priority, text_limit=text_limit)
    intake = await receive.begin(store, dispatcher, key=key, priority=priority, text_limit=text_limit)
    complete = False
    try:
        async with asyncio.timeout(seconds):
            job = await _take(intake, content)
        complete = True
        return job
    except TimeoutError:
        raise UploadStalled(f"the upload was cut off after {seconds:.0f} seconds") from None
    finally:
        if not complete and key is None:
            await asyncio.shield(end.discard(store, intake.job_id))


async def _take(intake: Intake, slices: AsyncIterator[Slice]) -> StoredJob:
    await intake.add_all(slices)
    return await intake.finish()
