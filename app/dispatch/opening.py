"""Which dispatcher a database takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from app.dispatch.inprocess import InProcess
from app.dispatch.postgres import Queue
from app.services import ports
from app.services.ports import Annotator
from app.storage.database import Store


class Dispatcher(ports.Dispatcher, Protocol):
    """One that can also run what it dispatches, in this process."""

    def working(self, annotator: Annotator, *, stopping: Callable[[], bool]) -> AbstractAsyncContextManager[None]:
        """Runs chunks until the block ends or `stopping` says so. Raises Refusal where that is another process's business."""
        ...


def dispatcher(store: Store) -> Dispatcher:
    return Queue(store) if store.file is None else InProcess(store, store.file)
