"""The drill of docs/operations.md: PostgreSQL stops under a running service, and goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from app.api import scopes
from tests.freezing import frozen
from tests.processes import Process, started
from tests.test_openapi import COMMITTED

ID = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"
MODEL = "standpoint-en@4f0c1d9a72be"
IDS = ("article_id", "annotation_id", "job_id", "webhook_id", "delivery_id", "correction_id", "claim_id")
PATHS = dict.fromkeys(IDS, ID) | {"code": "CN", "model_id": MODEL, "before": MODEL, "after": MODEL}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/articles"): {"text": "France praised Kenya."},
    ("PATCH", "/v1/articles/{article_id}"): {"url": "https://example.org/1"},
    ("PUT", "/v1/articles/{article_id}/text"): {"text": "France praised Kenya."},
    ("POST", "/v1/articles/{article_id}/corrections"): {"country": "KE", "stance": "favor"},
    ("POST", "/v1/imports"): {"articles": [{"text": "France praised Kenya.", "external_id": "1"}]},
    ("POST", "/v1/reannotations"): {},
    ("POST", "/v1/claims"): {"text": "France praised Kenya."},
    ("POST", "/v1/webhooks"): {"url": "http://127.0.0.1:9/hook", "events": ["job.finished"], "secret": "0123456789abcdef"},
}
WITHOUT_DATABASE = {"/healthz", "/docs", "/docs/{asset}", "/openapi.json", "/metrics", "/v1/annotate"}
"""What these answer they have in memory. The figures leave out the one that the database knows."""

BOUND_SECONDS = 60.0
"""What proxies commonly wait. It takes some 15 s; the rest is for a busy machine."""


@pytest.fixture(scope="module")
def service(emptied_postgres: str) -> Iterator[Process]:
    with started("serve", emptied_postgres, STANDPOINT_WEBHOOK_PRIVATE="true") as process:
        process.wait_ready()
        yield process


@contextmanager
def client(service: Process) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, timeout=BOUND_SECONDS, limits=httpx.Limits(max_connections=200)) as http:
        yield http


def operations() -> list[tuple[str, str]]:
    return [(method, path) for method, path in scopes.TABLE if path not in WITHOUT_DATABASE]


def asked(http: httpx.Client, method: str, path: str) -> httpx.Response:
    return http.request(method, path.format(**PATHS), json=BODIES.get((method, path)))


def until_ready(http: httpx.Client) -> None:
    end = time.monotonic() + BOUND_SECONDS
    while http.get("/readyz").status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.1)


def used(http: httpx.Client) -> float:
    lines = http.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("standpoint_database_connections_used "))


def until_unused(http: httpx.Client) -> None:
    """What works in the background asks the database now and then, so that one look may find a connection in use. One that was
    lost stays in use."""
    end = time.monotonic() + BOUND_SECONDS
    while used(http) > 0:
        assert time.monotonic() < end, "a connection was not given back"
        time.sleep(0.05)


def test_every_operation_on_a_frozen_database_ends_with_503_in_time(service: Process, emptied_postgres: str) -> None:
    with client(service) as http, ThreadPoolExecutor(100) as pool:
        assert asked(http, "GET", "/v1/articles").status_code == 200
        with frozen(emptied_postgres):
            began = time.monotonic()
            # Four of each at once are more than there are threads and connections.
            sent = [(which, pool.submit(asked, http, *which)) for which in operations() for _ in range(4)]
            alive = http.get("/healthz")
            assert (alive.status_code, alive.elapsed.total_seconds() < 5) == (200, True)
            answers = [(which, future.result(BOUND_SECONDS)) for which, future in sent]
            took = time.monotonic() - began
            others = {which: (answer.status_code, answer.text) for which, answer in answers if answer.status_code != 503}
        assert not others
        assert {answer.json()["type"].rpartition(":")[2] for _, answer in answers} == {"storage-unavailable"}
        assert all(int(answer.headers["Retry-After"]) >= 1 for _, answer in answers)
        assert took < BOUND_SECONDS
        until_ready(http)
        assert asked(http, "POST", "/v1/articles").status_code == 201
        assert asked(http, "GET", "/v1/articles").json()["items"][0]["status"] == "annotated"
        until_unused(http)
    assert service.process.poll() is None


def test_what_was_on_its_way_when_it_froze_is_not_stored(service: Process, emptied_postgres: str) -> None:
    text = "slow news: France praised Peru."
    with client(service) as http, ThreadPoolExecutor(8) as pool:
        until_ready(http)
        sent = [pool.submit(http.post, "/v1/articles", json={"text": text, "external_id": str(number)}) for number in range(8)]
        # They are being annotated; each has asked the database once and will again.
        time.sleep(0.7)
        with frozen(emptied_postgres):
            statuses = {one.result(BOUND_SECONDS).status_code for one in sent}
        assert statuses == {503}
        until_ready(http)
        assert http.get("/v1/articles", params={"country": "PE"}).json()["items"] == []


def test_the_contract_knows_that_every_one_of_them_may_answer_so() -> None:
    paths = json.loads(COMMITTED.read_text(encoding="utf-8"))["paths"]
    assert [(method, path) for method, path in operations() if "503" not in paths[path][method.lower()]["responses"]] == []
