"""standpoint worker: annotates bulk work without HTTP. Any number of them on one PostgreSQL; on SQLite one, without `serve`."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

from app import garbage, logs, settings
from app.dispatch import opening
from app.main import open_annotator, open_claims, open_store
from app.services import ready
from app.services.activate import activate
from app.services.ports import Annotator, ClaimReader
from app.services.watch import renew
from app.settings import Settings
from app.storage.database import Store
from app.traces import otlp

HEARTBEAT_SECONDS = 0.5
"""How soon a signal or a dead engine is noticed."""

log = logs.logger("standpoint.worker")


def worker() -> None:
    """Returns after SIGTERM or Ctrl-C, within 10 s; the process ends with 1 when the engine dies."""
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with open_store(chosen) as store, open_annotator(chosen) as annotator, open_claims(chosen, annotator) as claims:
        asyncio.run(_work(chosen, store, annotator, claims, stopping))
    log.info("stopped")


async def _work(
    chosen: Settings, store: Store, annotator: Annotator, claims: ClaimReader | None, stopping: threading.Event
) -> None:
    await activate(store, annotator)
    await renew(store, claims)
    dispatcher = opening.dispatcher(store, private=chosen.webhook_private)
    async with otlp.opened(), dispatcher.working(annotator, stopping=stopping.is_set, claims=claims):
        garbage.expect_little()
        log.info("ready")
        while not stopping.is_set():
            if not ready.living(annotator, claims):
                log.critical("the inference engine is dead; the process ends")
                os._exit(1)
            await asyncio.sleep(HEARTBEAT_SECONDS)
