"""Which dispatcher a database takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Protocol

from app.dispatch.addresses import Resolver
from app.dispatch.inprocess import InProcess
from app.services import ports
from app.services.ports import Annotator, ClaimReader
from app.storage.database import Store


class Dispatcher(ports.Dispatcher, Protocol):
    """One that can also run what it dispatches, in this process."""

    def working(
        self, annotator: Annotator, *, stopping: Callable[[], bool], claims: ClaimReader | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Runs chunks until the block ends or `stopping` says so. Raises Refusal where that is another process's business."""
        ...


def dispatcher(store: Store, *, private: bool = False) -> Dispatcher:
    """`private` allows webhooks that lead into this network."""
    resolver = Resolver(private=private)
    if store.file is not None:
        return InProcess(store, store.file, resolver)
    # By name, because who works on a file starts sooner without Procrastinate.
    queue: Dispatcher = import_module("app.dispatch.postgres").Queue(store, resolver)
    return queue
