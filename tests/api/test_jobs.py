"""Bulk work over HTTP. The chunks wait until a test runs them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient

from app.api import lines
from app.storage.database import Store
from tests.api.clients import article, client, pointers, problem
from tests.services.bulk import run_all
from tests.twins import DictionaryAnnotator

NDJSON = {"content-type": "application/x-ndjson"}


def ndjson(count: int, *, start: int = 0, **changes: Any) -> bytes:
    numbered = (article(external_id=f"a{number}", **changes) for number in range(start, start + count))
    return b"".join(json.dumps(one).encode() + b"\n" for one in numbered)


def posted(http: TestClient, body: bytes, **headers: str) -> dict[str, Any]:
    response = http.post("/v1/imports", content=body, headers={**NDJSON, **headers})
    assert response.status_code == 202, response.text
    job: dict[str, Any] = response.json()
    assert response.headers["location"] == f"/v1/jobs/{job['id']}"
    return job


def run(store: Store) -> None:
    anyio.run(run_all, store, DictionaryAnnotator())


def test_articles_in_one_json_body_are_accepted_and_annotated_later(http: TestClient, store: Store) -> None:
    response = http.post("/v1/imports", json={"articles": [article(external_id=str(number)) for number in range(3)] + [{"x": 1}]})
    assert response.status_code == 202
    address = response.headers["location"]
    assert {key: response.json()[key] for key in ("state", "total", "created", "invalid", "done", "failed")} == {
        "state": "running",
        "total": 4,
        "created": 3,
        "invalid": 1,
        "done": 0,
        "failed": 1,
    }
    assert [item["status"] for item in http.get("/v1/articles").json()["items"]] == ["pending"] * 3
    run(store)
    job = http.get(address).json()
    assert (job["state"], job["done"], job["failed"], job["estimated_end"]) == ("finished", 3, 1, None)
    assert [item["status"] for item in http.get("/v1/articles").json()["items"]] == ["annotated"] * 3
    (failure,) = http.get(f"{address}/failures").json()["items"]
    assert (failure["line"], failure["kind"], failure["article_id"]) == (4, "invalid", None)
    assert "#/text is required" in failure["reason"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_stream_of_lines_is_stored_slice_by_slice(http: TestClient, store: Store, packed: bool) -> None:
    body = b"\n" + ndjson(2_100) + b'{"text": "cut of\n[1]\n' + ndjson(1, start=2_100).rstrip(b"\n")
    if packed:
        # Two members, as files that were put together have.
        body = gzip.compress(body[:1000]) + gzip.compress(body[1000:])
    job = posted(http, body, **({"content-encoding": "gzip"} if packed else {}))
    assert (job["received"], job["total"], job["created"], job["invalid"]) == (2_104, 2_103, 2_101, 2)
    run(store)
    assert http.get(f"/v1/jobs/{job['id']}").json()["done"] == 2_101
    failures = http.get(f"/v1/jobs/{job['id']}/failures").json()["items"]
    assert [failure["line"] for failure in failures] == [2_102, 2_103]


def test_the_same_key_and_body_is_the_same_job_and_another_body_is_refused(http: TestClient) -> None:
    key = {"idempotency-key": "archive-1"}
    first = posted(http, ndjson(20), **key)
    assert posted(http, ndjson(20), **key)["id"] == first["id"]
    for other in (ndjson(21), ndjson(19), ndjson(20, title="Other")):
        problem(http.post("/v1/imports", content=other, headers={**NDJSON, **key}), 422, "idempotency-conflict")
    response = http.post("/v1/reannotations", json={}, headers=key)
    problem(response, 422, "idempotency-conflict")
    assert len(http.get("/v1/jobs").json()["items"]) == 1


def test_what_is_no_import_is_refused_before_a_job_is_made(http: TestClient) -> None:
    for headers in ({"content-type": "text/csv"}, {**NDJSON, "content-encoding": "br"}, {}):
        problem(http.post("/v1/imports", content=b"x", headers=headers), 415, "unsupported-media-type")
    problem(http.post("/v1/imports", content=b"{", headers={"content-type": "application/json"}), 400, "malformed-json")
    for body in ([], {"articles": []}, {"articles": [{}] * 1_001}, {"articles": [{}], "more": 1}):
        assert pointers(problem(http.post("/v1/imports", json=body), 422, "invalid-request")) == ["#"]
    problem(
        http.post("/v1/imports", content=ndjson(1), headers={**NDJSON, "idempotency-key": "with space"}), 422, "invalid-request"
    )
    assert http.get("/v1/jobs").json()["items"] == []


def test_an_upload_without_a_key_that_breaks_off_is_discarded(http: TestClient) -> None:
    broken = gzip.compress(ndjson(2_100))[:-10]
    answer = http.post("/v1/imports", content=broken, headers={**NDJSON, "content-encoding": "gzip"})
    assert "middle of its gzip" in problem(answer, 400, "bad-request")["detail"]
    (job,) = http.get("/v1/jobs").json()["items"]
    assert (job["state"], job["received"]) == ("cancelled", 2_048)
    assert job["detail"] == "the upload was cut off after line 2048"


def test_an_upload_with_a_key_that_breaks_off_goes_on_when_it_is_sent_again(http: TestClient, store: Store) -> None:
    key = {"idempotency-key": "archive-2"}
    broken = gzip.compress(ndjson(4_200))[:-10]
    http.post("/v1/imports", content=broken, headers={**NDJSON, "content-encoding": "gzip", **key})
    (job,) = http.get("/v1/jobs?state=receiving").json()["items"]
    assert (job["state"], job["received"]) == ("receiving", 4_096)
    whole = posted(http, ndjson(4_200), **key)
    assert (whole["id"], whole["state"], whole["created"], whole["existing"]) == (job["id"], "running", 4_200, 0)
    run(store)
    assert http.get(f"/v1/jobs/{job['id']}").json()["done"] == 4_200


def test_limits_of_bytes_and_lines_hold(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with client(store, import_limit=5_000) as http:
        problem(http.post("/v1/imports", content=ndjson(100), headers=NDJSON), 413, "import-too-large")
        bomb = gzip.compress(b" " * 10_000_000)
        problem(http.post("/v1/imports", content=bomb, headers={**NDJSON, "content-encoding": "gzip"}), 413, "import-too-large")
        problem(http.post("/v1/imports", json={"articles": [article(text="x" * 6_000)]}), 413, "body-too-large")
    monkeypatch.setattr(lines, "MOST_LINES", 10)
    with client(store) as http:
        problem(http.post("/v1/imports", content=ndjson(11), headers=NDJSON), 413, "import-too-large")


def test_a_line_too_long_for_one_request_is_a_failure_and_the_others_are_stored(store: Store) -> None:
    with client(store, body_limit=1_024) as http:
        job = posted(http, ndjson(2) + b'{"text": "' + b"x" * 3_000_000 + b'"}\n' + ndjson(1, start=2))
        assert (job["created"], job["invalid"]) == (3, 1)
        (failure,) = http.get(f"/v1/jobs/{job['id']}/failures").json()["items"]
        assert (failure["line"], failure["reason"]) == (3, "is longer than one request may be")


def test_a_job_is_cancelled_and_taken_up_again(http: TestClient, store: Store) -> None:
    address = f"/v1/jobs/{posted(http, ndjson(5))['id']}"
    problem(http.post(f"{address}/retry"), 409, "job-conflict")
    assert http.post(f"{address}/cancel").json()["state"] == "cancelled"
    assert http.post(f"{address}/retry").json()["state"] == "running"
    run(store)
    assert http.get(address).json()["done"] == 5
    problem(http.post(f"{address}/cancel"), 409, "job-conflict")


def test_events_end_with_the_job(http: TestClient, store: Store) -> None:
    address = f"/v1/jobs/{posted(http, ndjson(5))['id']}"
    run(store)
    response = http.get(f"{address}/events")
    assert response.headers["content-type"].startswith("text/event-stream")
    (event,) = response.text.strip().split("\n\n")
    name, data = event.split("\n")
    assert name == "event: end"
    assert json.loads(data.removeprefix("data: ")) == http.get(address).json()


def test_a_reannotation_is_a_job(http: TestClient, store: Store) -> None:
    posted(http, ndjson(3))
    response = http.post("/v1/reannotations", json={"country": ["FR"]})
    assert response.status_code == 202
    run(store)
    job = http.get(response.headers["location"]).json()
    assert (job["kind"], job["state"]) == ("reannotation", "finished")
    problem(http.post("/v1/reannotations", json={"contry": ["FR"]}), 422, "invalid-request")
    problem(http.post("/v1/reannotations", json={"country": ["France"]}), 422, "unknown-country")


def test_a_job_that_is_not_there_is_a_problem(http: TestClient) -> None:
    address = "/v1/jobs/01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"
    for method, path in (("get", ""), ("get", "/failures"), ("get", "/events"), ("post", "/cancel"), ("post", "/retry")):
        problem(http.request(method, address + path), 404, "job-not-found")
    problem(http.get("/v1/jobs/nonsense"), 422, "invalid-request")


def test_jobs_are_listed_page_by_page(http: TestClient) -> None:
    made = [posted(http, ndjson(1, start=number))["id"] for number in range(5)]
    first = http.get("/v1/jobs?limit=3")
    rest = http.get(first.headers["link"].split(";")[0].strip("<>"))
    assert [job["id"] for job in (*first.json()["items"], *rest.json()["items"])] == made[::-1]
