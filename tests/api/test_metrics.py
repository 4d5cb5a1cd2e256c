from __future__ import annotations

from dataclasses import replace

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.inference.batching import Load
from app.storage.database import Store
from tests.api.clients import article, client, problem
from tests.twins import DictionaryAnnotator


class MeasuredAnnotator(DictionaryAnnotator):
    def load(self) -> Load:
        return replace(Load(), jobs=3, batches=4, rows=20, tokens=900, padded_tokens=1000, tokens_per_second=5000.0)


def samples(http: TestClient) -> dict[tuple[str, ...], float]:
    answer = http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(str(value) for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_template_and_nothing_that_was_sent_becomes_a_label(store: Store) -> None:
    with client(store) as http:
        stored = http.post("/v1/articles", json=article()).headers["location"]
        for _ in range(3):
            http.get(stored)
        http.get("/v1/secret-path")
        http.request("BREW", "/v1/articles")
        found = samples(http)
        text = http.get("/metrics").text
    assert found["standpoint_requests_total", "GET", "/v1/articles/{article_id}", "200"] == 3
    assert found["standpoint_requests_total", "POST", "/v1/articles", "201"] == 1
    assert found["standpoint_request_seconds_count", "GET", "/v1/articles/{article_id}"] == 3
    assert found["standpoint_requests_total", "GET", "unmatched", "404"] == 1
    assert "secret-path" not in text and "BREW" not in text and stored.rsplit("/", 1)[1] not in text


def test_engine_pool_and_model_are_shown(store: Store) -> None:
    with client(store, annotator=MeasuredAnnotator()) as http:
        found = samples(http)
    assert found["standpoint_model_info", MeasuredAnnotator.version] == 1
    assert found["standpoint_engine_healthy",] == 1
    assert found["standpoint_queue_requests",] == 3
    assert found["standpoint_batch_rows_total",] / found["standpoint_batches_total",] == 5
    assert found["standpoint_tokens_total",] / found["standpoint_padded_tokens_total",] == 0.9
    assert 0 <= found["standpoint_database_connections_used",] < found["standpoint_database_connections_limit",]


def test_an_annotator_that_does_not_measure_itself_leaves_its_part_out(store: Store) -> None:
    with client(store) as http:
        assert ("standpoint_queue_requests",) not in samples(http)


def test_two_applications_in_one_process_do_not_add_up(store: Store) -> None:
    with client(store) as one, client(store) as other:
        one.get("/healthz")
        assert ("standpoint_requests_total", "GET", "/healthz", "200") not in samples(other)


def test_strangers_are_not_told_how_busy_it_is(store: Store) -> None:
    with client(store, bootstrap_key="0123456789abcdef0123456789abcdef") as http:
        problem(http.get("/metrics"), 401, "key-required")
