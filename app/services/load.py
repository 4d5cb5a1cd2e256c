"""How busy the service is, for who watches it."""

from __future__ import annotations

from app.inference.batching import Load
from app.services.ports import Annotator, Measured
from app.storage.database import Store


def of_engine(annotator: Annotator) -> Load | None:
    """None for an annotator that does not measure itself."""
    return annotator.load() if isinstance(annotator, Measured) else None


def of_pool(store: Store) -> tuple[int, int]:
    """Connections to the database that are in use, and how many can be."""
    return store.connections_in_use(), store.most_connections()
