"""`standpoint serve` with a probe on its event loop, which logs at the end how late the loop was."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from app import logs
from app.cli import main
from app.commands import serve
from app.main import create_app
from app.settings import Settings

EVERY = 0.005
EVENT = "lag"

log = logs.logger("standpoint.bench")


def probed(settings: Settings) -> FastAPI:
    app = create_app(settings)
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        late: list[float] = []
        async with inner(app) as state:
            probe = asyncio.create_task(_probe(late))
            yield state
            probe.cancel()
        late.sort()
        log.info(EVENT, median=late[len(late) // 2], p99=late[int(0.99 * len(late))], worst=late[-1], samples=len(late))

    app.router.lifespan_context = lifespan
    return app


async def _probe(late: list[float]) -> None:
    while True:
        due = time.perf_counter() + EVERY
        await asyncio.sleep(EVERY)
        late.append(time.perf_counter() - due)


if __name__ == "__main__":
    serve.create_app = probed  # type: ignore[assignment, attr-defined]
    sys.argv = ["standpoint", "serve"]
    main()
