"""A full engine says so before it is told anything: who comes at a bad moment costs nobody else the time to find that out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anyio.to_thread
import pytest
from fastapi.testclient import TestClient

from app.api import answers, capacity, strict
from app.api.application import build, routes
from app.domain.errors import EngineOverloaded, StorageUnavailable
from app.domain.values import Annotation, ArticleText
from app.storage.database import Store
from tests.api.clients import TEXT, article, client, problem
from tests.twins import DictionaryAnnotator

READING = [("POST", "/v1/annotate"), ("POST", "/v1/articles"), ("PUT", "/v1/articles/01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f/text")]


class Full(DictionaryAnnotator):
    full = True

    def refuse_if_full(self) -> None:
        if self.full:
            raise EngineOverloaded("too many requests wait for inference", retry_after=2.2)

    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        self.refuse_if_full()
        return await super().annotate(text, **options)


@pytest.fixture
def annotator() -> Full:
    return Full()


@pytest.fixture
def http(store: Store, annotator: Full) -> Iterator[TestClient]:
    with client(store, annotator=annotator) as opened:
        yield opened


def test_every_operation_in_which_somebody_waits_for_the_engine_is_named() -> None:
    named = {route.name: route for route in routes(build().routes) if isinstance(route, strict.StrictRoute)}
    assert named.keys() >= capacity.READING_TEXTS
    answering_429 = {name for name, route in named.items() if "overloaded" in str(route.responses.get(429, ""))}
    assert answering_429 == capacity.READING_TEXTS


@pytest.mark.parametrize(("method", "path"), READING)
def test_a_full_engine_refuses_without_a_look_at_the_body(http: TestClient, annotator: Full, method: str, path: str) -> None:
    for content, media in ((b"{", "application/json"), (b"x" * 10, "text/plain"), (b'{"text": 1}', "application/json")):
        response = http.request(method, path, content=content, headers={"Content-Type": media})
        problem(response, 429, "overloaded")
        assert response.headers["retry-after"] == "3"
    annotator.full = False
    problem(http.request(method, path, content=b"{", headers={"Content-Type": "application/json"}), 400, "malformed-json")


def test_what_needs_no_engine_is_answered_by_a_full_one(http: TestClient, annotator: Full) -> None:
    annotator.full = False
    place = http.post("/v1/articles", json=article()).headers["location"]
    annotator.full = True
    assert http.get("/healthz").status_code == 200
    assert http.get(place).status_code == 200
    assert http.patch(place, json={"url": "https://steppe.example/1"}).status_code == 200
    verdict = {"country": "FR", "present": True, "stance": "favor"}
    assert http.post(f"{place}/corrections", json=verdict).status_code == 201


def test_who_may_not_come_in_learns_nothing_of_the_engine(store: Store, annotator: Full) -> None:
    with client(store, annotator=annotator, bootstrap_key="a" * 43) as http:
        problem(http.post("/v1/annotate", json={"text": TEXT}), 401, "key-required")
        problem(http.post("/v1/annotate", json={"text": TEXT}, headers={"X-API-Key": "a" * 43}), 429, "overloaded")


@pytest.mark.parametrize(("method", "path"), READING)
def test_a_refusal_needs_no_worker_thread(http: TestClient, monkeypatch: pytest.MonkeyPatch, method: str, path: str) -> None:
    http.get("/healthz")

    async def busy(*_: Any, **__: Any) -> None:
        raise AssertionError("all worker threads are busy")

    monkeypatch.setattr(anyio.to_thread, "run_sync", busy)
    problem(http.request(method, path, json={"text": TEXT}), 429, "overloaded")
    problem(http.get("/v1/nowhere"), 404, "not-found")
    problem(http.get("/healthz?odd=1"), 422, "invalid-request")


def test_a_full_queue_is_no_fault_that_the_log_traces(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[Any] = []

    class Log:
        def warning(self, event: str, *, exc_info: Exception) -> None:
            warned.append((event, type(exc_info)))

    monkeypatch.setattr(answers, "log", Log())
    problem(http.post("/v1/annotate", json={"text": TEXT}), 429, "overloaded")
    assert warned == []

    async def away(*_: Any, **__: Any) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr("app.services.steps.read", away)
    problem(http.get("/v1/articles/01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"), 503, "storage-unavailable")
    assert warned == [("unavailable", StorageUnavailable)]
