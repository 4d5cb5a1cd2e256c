"""Server-sent events: a job as it goes on, until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from app.api.schemas_jobs import JobEventName, JobResponse
from app.domain.jobs import JobState, StoredJob

LOOK_SECONDS = 1.0
"""A person sees no finer steps, and a question a second is no burden."""

SILENCE_SECONDS = 15.0
"""Proxies close what is silent for a minute; a comment now and then keeps it open."""

Look = Callable[[], Awaitable[StoredJob]]
ENDED = (JobState.FINISHED, JobState.CANCELLED)


async def of_job(
    first: JobResponse, look: Callable[[], Awaitable[StoredJob]], stopping: Callable[[], bool]
) -> AsyncIterator[str]:
    """`progress` when something changed, `end` as the last. It also ends, without `end`, when the process does."""
    shown, silent = None, 0.0
    current = first
    while not stopping():
        if current != shown:
            yield event(JobEventName.END if current.state in ENDED else JobEventName.PROGRESS, current)
            shown, silent = current, 0.0
        if current.state in ENDED:
            return
        await asyncio.sleep(LOOK_SECONDS)
        silent += LOOK_SECONDS
        if silent >= SILENCE_SECONDS:
            yield ": still there\n\n"
            silent = 0.0
        current = JobResponse.of(await look())


def event(name: JobEventName, job: JobResponse) -> str:
    return f"event: {name}\ndata: {job.model_dump_json()}\n\n"
