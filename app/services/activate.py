"""Let default views take what the active model version said, wherever it said something."""

from __future__ import annotations

from app.services import steps
from app.services.ports import Annotator
from app.storage import annotations as annotated
from app.storage.database import Session, Store


async def activate(store: Store, annotator: Annotator) -> None:
    """Once at start. What the active version has not read keeps its newest annotation, so an upgrade empties nothing."""
    await steps.write(store, _activate, annotator.version)


def _activate(session: Session, model: str) -> None:
    # Most often there is nothing to do, and one look at a small index says so.
    if session.scalar(annotated.waiting(model).limit(1)) is None:
        return
    for statement in annotated.showing(model):
        session.execute(statement)
