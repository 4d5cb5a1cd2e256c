"""Database steps of the services: each is one session on one worker thread, so the event loop never waits for a disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from anyio import CancelScope, get_cancelled_exc_class, to_thread

from app.storage.database import Session, Store, UniqueViolation
from app.storage.interruption import Interruption

Given = ParamSpec("Given")
Result = TypeVar("Result")

ATTEMPTS = 5
"""Each attempt lost means that another request stored or removed the same article just then."""


async def read(
    store: Store, step: Callable[Concatenate[Session, Given], Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    def run() -> Result:
        with store.reading() as session:
            return step(session, *given, **named)

    return await to_thread.run_sync(run)


async def read_while_wanted(
    store: Store, step: Callable[Concatenate[Session, Given], Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    """Like `read`; and when the caller is cancelled, its statement is ended too."""
    interruption = Interruption()

    def run() -> Result:
        with store.reading() as session, interruption.of(session):
            return step(session, *given, **named)

    try:
        return await to_thread.run_sync(run, abandon_on_cancel=True)
    except get_cancelled_exc_class():
        with CancelScope(shield=True):
            await to_thread.run_sync(interruption.end)
        raise


async def write(
    store: Store, step: Callable[Concatenate[Session, Given], Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    """Committed on return. A step that lost a race for a unique row runs again from its start and finds the winner."""

    def run() -> Result:
        for _ in range(ATTEMPTS - 1):
            try:
                return attempt()
            except UniqueViolation:
                continue
        return attempt()

    def attempt() -> Result:
        with store.transaction() as session:
            return step(session, *given, **named)

    return await to_thread.run_sync(run)
