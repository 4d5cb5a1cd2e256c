from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, text, update

from app.domain.jobs import ChunkState
from app.inference.batching import Load
from app.storage.database import Store
from app.storage.job_tables import ChunkRow
from tests.api.clients import article, client, problem
from tests.services.bulk import articles, upload
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


def test_the_backlog_is_what_no_chunk_has_done_yet(store: Store) -> None:
    with client(store) as http:
        assert samples(http)["standpoint_job_backlog_articles",] == 0
        asyncio.run(upload(store, articles(300)))
        assert samples(http)["standpoint_job_backlog_articles",] == 300
        with store.transaction() as session:
            first = session.scalars(select(ChunkRow.id).limit(1)).one()
            session.execute(update(ChunkRow).where(ChunkRow.id == first).values(state=ChunkState.RUNNING, done=28))
        assert samples(http)["standpoint_job_backlog_articles",] == 272
        # A part of another chunk brings no articles of its own; there is something to do all the same.
        with store.transaction() as session:
            session.execute(update(ChunkRow).where(ChunkRow.id == first).values(size=0, done=0))
        assert samples(http)["standpoint_job_backlog_articles",] == 201
        with store.transaction() as session:
            session.execute(update(ChunkRow).values(state=ChunkState.DONE))
        assert samples(http)["standpoint_job_backlog_articles",] == 0


def test_a_database_that_is_away_costs_only_the_figure_that_it_knows(store: Store) -> None:
    with client(store) as http:
        with away(store):
            started = time.monotonic()
            found = samples(http)
            assert time.monotonic() - started < 10
        assert ("standpoint_job_backlog_articles",) not in found
        assert found["standpoint_engine_healthy",] == 1
        assert samples(http)["standpoint_job_backlog_articles",] == 0


@contextmanager
def away(store: Store) -> Iterator[None]:
    """PostgreSQL says nothing any more, which is worse than an error; SQLite has lost a table."""
    if store.engine.dialect.name == "sqlite":
        with renamed(store, "job_chunk", "elsewhere"):
            yield
        return
    with store.reading() as session:
        processes = session.scalars(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")).all()
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@contextmanager
def renamed(store: Store, name: str, other: str) -> Iterator[None]:
    with store.transaction() as session:
        session.execute(text(f"ALTER TABLE {name} RENAME TO {other}"))
    yield
    with store.transaction() as session:
        session.execute(text(f"ALTER TABLE {other} RENAME TO {name}"))


def test_two_applications_in_one_process_do_not_add_up(store: Store) -> None:
    with client(store) as one, client(store) as other:
        one.get("/healthz")
        assert ("standpoint_requests_total", "GET", "/healthz", "200") not in samples(other)


def test_strangers_are_not_told_how_busy_it_is(store: Store) -> None:
    with client(store, bootstrap_key="0123456789abcdef0123456789abcdef") as http:
        problem(http.get("/metrics"), 401, "key-required")
