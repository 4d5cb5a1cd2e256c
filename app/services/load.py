"""How busy the service is, for who watches it."""

from __future__ import annotations

from functools import cache, partial
from typing import cast

from anyio import fail_after, to_thread

from app.domain.errors import StorageUnavailable
from app.inference.batching import Load
from app.services.ports import Annotator, Bounded, Measured
from app.storage import chunks
from app.storage.database import Store

PATIENCE_SECONDS = 2.0
"""Prometheus waits 10 s for all figures, and one of them is not to cost the others. Counting takes milliseconds."""


def of_engine(annotator: Annotator) -> Load | None:
    """None for an annotator that does not measure itself."""
    return annotator.load() if isinstance(annotator, Measured) else None


def refuse_if_full(annotator: Annotator) -> None:
    """Raises EngineOverloaded or EngineUnavailable. Never for an annotator without bounds."""
    if _bounded(type(annotator)):
        cast(Bounded, annotator).refuse_if_full()


@cache
def _bounded(kind: type) -> bool:
    """A protocol takes a tenth of a millisecond to compare with, which is a third of a refusal."""
    return issubclass(kind, Bounded)


def of_pool(store: Store) -> tuple[int, int]:
    """Connections to the database that are in use, and how many can be."""
    return store.connections_in_use(), store.most_connections()


async def of_bulk_work(store: Store) -> int | None:
    """Articles that wait to be annotated; None while the database does not say."""
    try:
        with fail_after(PATIENCE_SECONDS):
            # The thread is left behind; there are never more of them than connections to the database.
            return await to_thread.run_sync(partial(_backlog, store), abandon_on_cancel=True)
    except (StorageUnavailable, TimeoutError):
        return None


def _backlog(store: Store) -> int:
    with store.reading() as session:
        return int(session.scalars(chunks.backlog()).one())
