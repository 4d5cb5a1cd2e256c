"""Steps of the services. Those on the database are one session on one worker thread, so the event loop never waits for a disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from anyio import CancelScope, get_cancelled_exc_class, to_thread

from app.domain.values import Annotation, ArticleText
from app.services.ports import Annotator
from app.storage.database import Connection, Session, Store, UniqueViolation
from app.storage.interruption import Interruption
from app.traces.spans import place, span

Given = ParamSpec("Given")
Result = TypeVar("Result")
Derived = TypeVar("Derived")

ATTEMPTS = 5
"""Each attempt lost means that another request stored or removed the same article just then."""


async def read(
    store: Store, step: Callable[Concatenate[Session, Given], Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    def run() -> Result:
        with store.reading() as session:
            return step(session, *given, **named)

    with span("storage.read") as told:
        told.tell(standpoint__step=place(step))
        return await to_thread.run_sync(run)


async def look(
    store: Store, step: Callable[Concatenate[Connection, Given], Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    """Like `read`, for a step that has no use for a session: lists are asked for too often to pay for one."""

    def run() -> Result:
        with store.looking() as connection:
            return step(connection, *given, **named)

    with span("storage.read") as told:
        told.tell(standpoint__step=place(step))
        return await to_thread.run_sync(run)


async def read_while_wanted(
    store: Store, step: Callable[Concatenate[Session, Given], Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    """Like `read`; and when the caller is cancelled, its statement is ended too."""
    interruption = Interruption()

    def run() -> Result:
        with store.reading() as session, interruption.of(session):
            return step(session, *given, **named)

    with span("storage.read") as told:
        told.tell(standpoint__step=place(step))
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
    return await _written(store, place(step), lambda: lambda session: step(session, *given, **named))


async def derive_and_write(
    store: Store,
    derive: Callable[[], Derived],
    step: Callable[Concatenate[Session, Derived, Given], Result],
    *given: Given.args,
    **named: Given.kwargs,
) -> Result:
    """Like `write`, with what is derived first, outside of the transaction: a long text must not hold up others who write.

    On one thread, since a trip to another takes as long as some insertions.
    """

    def ready() -> Callable[[Session], Result]:
        derived = derive()
        return lambda session: step(session, derived, *given, **named)

    return await _written(store, place(step), ready)


async def _written(store: Store, told_as: str, ready: Callable[[], Callable[[Session], Result]]) -> Result:
    def run() -> Result:
        step = ready()
        for _ in range(ATTEMPTS - 1):
            try:
                return attempt(step)
            except UniqueViolation:
                continue
        return attempt(step)

    def attempt(step: Callable[[Session], Result]) -> Result:
        with store.transaction() as session:
            return step(session)

    with span("storage.write") as told:
        told.tell(standpoint__step=told_as)
        return await to_thread.run_sync(run)


async def inferred(annotator: Annotator, text: ArticleText, **options: Any) -> Annotation:
    """Raises what the annotator raises. No session is open meanwhile."""
    with span("inference.annotate") as told:
        told.tell(standpoint__model=annotator.version, standpoint__characters=len(text.title or "") + len(text.body))
        return await annotator.annotate(text, **options)
