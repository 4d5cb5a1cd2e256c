"""How tests talk to the service: the whole application, in process, with the honest twin of the annotator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi.testclient import TestClient

from app.main import create_app
from app.services.ports import Annotator, ClaimReader
from app.settings import Settings
from app.storage.database import Store
from tests.services.bulk import StillDispatcher
from tests.twins import DictionaryAnnotator

LIMIT = 2_000
"""Characters of a text in these tests, so that one over the limit is quickly made."""

TEXT = "France praised Germany on Monday. It condemned Belarus, and China said nothing."


@contextmanager
def client(
    store: Store, *, annotator: Annotator | None = None, claims: ClaimReader | None = None, **settings: Any
) -> Iterator[TestClient]:
    """Bulk work waits until the test itself runs it."""
    # Tests count statements; reading the keys anew meanwhile would be one more now and then.
    chosen = Settings(**{"key_refresh_seconds": 3600, **settings})
    reading = annotator or DictionaryAnnotator(limit=LIMIT)
    app = create_app(chosen, annotator=reading, store=store, dispatcher=StillDispatcher(), claims=claims)
    with TestClient(app, base_url="http://127.0.0.1:8000") as opened:
        yield opened


def problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    """Asserts what every problem has in common, and returns it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["type"] == f"urn:problem-type:standpoint:{slug}"
    assert found["status"] == status
    assert found["instance"] == f"urn:request:{response.headers['x-request-id']}"
    assert found["title"] and found["detail"] and isinstance(found["errors"], list)
    return found


def pointers(found: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in found["errors"]]


def article(**changes: Any) -> dict[str, Any]:
    return {"text": TEXT, "title": "France and its neighbours", "publisher": "The Steppe Herald", **changes}
