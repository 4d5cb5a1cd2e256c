from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, ValidationError

from app.api import invalid, problems
from app.domain.errors import EngineOverloaded, EngineUnavailable, StandpointError, StorageUnavailable
from app.domain.values import Annotation
from app.storage.database import Store
from tests.api.clients import TEXT, client, problem
from tests.twins import DictionaryAnnotator

CATALOGUE = Path(__file__).parents[2] / "docs" / "problems.md"


def family(root: type[StandpointError]) -> Iterator[type[StandpointError]]:
    yield root
    for child in root.__subclasses__():
        yield from family(child)


def test_every_error_of_the_domain_has_a_problem_of_its_own() -> None:
    assert set(family(StandpointError)) == set(problems.TABLE)


def test_every_type_has_one_meaning() -> None:
    kinds = {*problems.TABLE.values(), *problems.ALL_OF_HTTP}
    assert len({kind.slug for kind in kinds}) == len(kinds)
    assert all(kind.status >= HTTPStatus.BAD_REQUEST for kind in kinds)


def test_the_catalogue_lists_every_type() -> None:
    assert problems.catalogue() in CATALOGUE.read_text(encoding="utf-8")


class Failing(DictionaryAnnotator):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def annotate(self, *_: Any, **__: Any) -> Annotation:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "slug", "seconds"),
    [
        (EngineOverloaded("full", retry_after=2.2), 429, "overloaded", "3"),
        (EngineUnavailable("dead", retry_after=0.0), 503, "engine-unavailable", "1"),
        (StorageUnavailable("down", retry_after=5), 503, "storage-unavailable", "5"),
    ],
)
def test_what_passes_says_when_to_try_again(store: Store, error: StandpointError, status: int, slug: str, seconds: str) -> None:
    with client(store, annotator=Failing(error)) as http:
        response = http.post("/v1/annotate", json={"text": TEXT})
        problem(response, status, slug)
        assert response.headers["retry-after"] == seconds


def test_a_fault_of_the_program_shows_nothing_of_its_inside(store: Store) -> None:
    with client(store, annotator=Failing(RuntimeError("password=hunter2 in /srv/secret.py"))) as http:
        response = http.post("/v1/annotate", json={"text": TEXT})
        problem(response, 500, "internal-error")
        for inside in ("hunter2", "secret", "RuntimeError", "Traceback"):
            assert inside not in response.text


def test_an_unknown_route_is_a_problem(stateless: TestClient) -> None:
    for path in ("/", "/v1", "/v1/article", "/v1/articles/", "/v2/articles", "/docs/../app", "/docs/docs.html"):
        problem(stateless.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/articles", {"GET", "HEAD", "POST"}),
        ("POST", "/v1/articles/01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("GET", "/v1/annotate", {"POST"}),
        ("HEAD", "/v1/annotate", {"POST"}),
        ("OPTIONS", "/v1/stances", {"GET", "HEAD"}),
        ("TRACE", "/healthz", {"GET", "HEAD"}),
        ("GET", "/v1/articles/01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f/text", {"PUT"}),
    ],
)
def test_a_method_that_is_not_served_names_all_that_are(stateless: TestClient, method: str, path: str, allowed: set[str]) -> None:
    response = stateless.request(method, path)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed
    if method != "HEAD":
        problem(response, 405, "method-not-allowed")


def test_readiness_tells_of_a_dead_engine(store: Store) -> None:
    annotator = DictionaryAnnotator()
    with client(store, annotator=annotator) as http:
        assert http.get("/readyz").json() == {"status": "ok"}
        annotator.healthy = lambda: False  # type: ignore[method-assign]
        problem(http.get("/readyz"), 503, "engine-unavailable")
        assert http.get("/healthz").json() == {"status": "ok"}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    count: int
    names: list[str]


def test_a_long_list_of_errors_is_cut_and_quotes_nothing() -> None:
    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({"count": "SECRET", "names": [7] * 50, "SECRET": "SECRET"})
    parts = invalid.parts(caught.value.errors(), known=("count", "names"))
    assert len(parts) == invalid.MAX_ERRORS
    assert "SECRET" not in str(parts)


def test_a_pointer_escapes_what_json_pointer_escapes() -> None:
    assert invalid.pointer(("body", "a/b~c", 0)) == "#/a~1b~0c/0"
    assert invalid.pointer(("query", "limit")) == "#/query/limit"
    assert invalid.pointer(("body",)) == "#"
