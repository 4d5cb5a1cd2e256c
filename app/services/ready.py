"""Whether a request made now could be answered."""

from __future__ import annotations

from anyio import fail_after, to_thread

from app.domain.errors import EngineUnavailable, StorageUnavailable
from app.services.ports import Annotator, ClaimReader
from app.storage.database import Store
from app.traces.spans import spanned

PATIENCE_SECONDS = 2.5
"""A database that is frozen keeps its connections and says nothing. Probes commonly wait 3 s, and an answer tells them more."""


def living(annotator: Annotator, claims: ClaimReader | None) -> bool:
    """False where an engine is dead. Only a new process has a new one."""
    return annotator.healthy() and (claims is None or claims.healthy())


@spanned
async def check(store: Store, annotator: Annotator) -> None:
    """Raises EngineUnavailable or StorageUnavailable."""
    if not annotator.healthy():
        raise EngineUnavailable("the inference engine does not answer")
    try:
        with fail_after(PATIENCE_SECONDS):
            # The thread is left behind; there are never more of them than connections to the database.
            await to_thread.run_sync(store.ping, abandon_on_cancel=True)
    except TimeoutError:
        raise StorageUnavailable("the database does not answer in time") from None
