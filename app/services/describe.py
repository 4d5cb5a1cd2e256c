"""Say what is known of one model version."""

from __future__ import annotations

from anyio import to_thread

from app.domain.errors import ModelNotFound
from app.domain.models import KnownModel, ModelDescription
from app.inference import description
from app.services import steps
from app.services.ports import Annotator
from app.storage import counts
from app.storage.database import Session, Store
from app.traces.spans import spanned


@spanned
async def model(store: Store, annotator: Annotator, version: str) -> KnownModel:
    """Raises ModelNotFound for one that is neither installed nor named by any annotation."""
    stored = await steps.read(store, _annotations, version)
    found = await _installed(annotator, version)
    if not stored and found is None:
        raise ModelNotFound(version)
    return KnownModel(version, active=version == annotator.version, annotations=stored, description=found)


async def _installed(annotator: Annotator, version: str) -> ModelDescription | None:
    if version == annotator.version:
        return annotator.description
    # The first look reads the bundled files.
    bundled = await to_thread.run_sync(description.bundled)
    return bundled.get(version)


def _annotations(session: Session, version: str) -> int:
    return session.scalar(counts.annotations_of_model(version)) or 0
