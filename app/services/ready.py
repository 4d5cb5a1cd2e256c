"""Whether a request made now could be answered."""

from __future__ import annotations

from anyio import to_thread

from app.domain.errors import EngineUnavailable
from app.services.ports import Annotator
from app.storage.database import Store
from app.traces.spans import spanned


@spanned
async def check(store: Store, annotator: Annotator) -> None:
    """Raises EngineUnavailable or StorageUnavailable."""
    if not annotator.healthy():
        raise EngineUnavailable("the inference engine does not answer")
    await to_thread.run_sync(store.ping)
