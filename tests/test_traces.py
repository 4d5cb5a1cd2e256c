"""Traces arrive at a collector on a real socket, show the rooms of a request, and nothing of what was sent."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from app.dispatch import opening, turns
from app.domain.jobs import Priority
from app.main import create_app
from app.services import receive
from app.settings import Settings
from app.storage.database import Store
from app.storage.tables import AnnotationRow
from app.traces import spans
from tests.api.clients import article, client, problem
from tests.collector import Collector, attributes, collecting
from tests.processes import started
from tests.services.bulk import articles, count, slices
from tests.test_process import TWIN, refused, serving
from tests.twins import DictionaryAnnotator

WITHOUT_EXTRA = ["-c", "import sys; sys.modules['opentelemetry.sdk'] = None; from app.cli import main; main()", "serve"]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as opened:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", opened.endpoint)
        yield opened


def ancestors(span: Span, collector: Collector) -> list[str]:
    known = {each.span_id: each for each in collector.spans()}
    above = known.get(span.parent_span_id)
    return [above.name, *ancestors(above, collector)] if above else []


def test_a_request_is_shown_room_by_room(store: Store, collector: Collector) -> None:
    with client(store) as http:
        assert http.post("/v1/articles", json=article()).status_code == 201
    assert set(collector.paths) == {"/v1/traces"}
    (entrance,) = collector.named("api POST /v1/articles")
    (inference,) = collector.named("inference.annotate")
    assert ancestors(inference, collector) == ["services.submit", entrance.name]
    assert attributes(inference)["standpoint.model"] == "twin@000000000000"
    (stored,) = [
        span for span in collector.named("storage.write") if attributes(span)["standpoint.step"] == "services.submit._store"
    ]
    assert ancestors(stored, collector) == ["services.submit", entrance.name]
    # No session is open while the model reads.
    assert stored.start_time_unix_nano >= inference.end_time_unix_nano
    assert (
        entrance.start_time_unix_nano <= inference.start_time_unix_nano < stored.end_time_unix_nano <= entrance.end_time_unix_nano
    )
    assert {span.trace_id for span in (entrance, inference, stored)} == {entrance.trace_id}


def test_what_a_span_says_of_a_request_is_what_the_log_says(store: Store, collector: Collector) -> None:
    with client(store) as http:
        answer = http.get("/v1/articles", headers={"X-Request-ID": "mine-1"})
        http.get("/v1/nowhere")
        http.request("BREW", "/v1/articles")
        http.get("/healthz")
        http.get("/readyz")
    assert answer.status_code == 200
    (found,) = collector.named("api GET /v1/articles")
    assert attributes(found) == {
        "http.request.method": "GET",
        "http.route": "/v1/articles",
        "http.response.status_code": 200,
        "standpoint.request_id": "mine-1",
    }
    (unmatched,) = collector.named("api GET")
    assert attributes(unmatched)["http.response.status_code"] == 404
    assert [attributes(span)["http.response.status_code"] for span in collector.named("api _OTHER /v1/articles")] == [405]
    assert not [span for span in collector.spans() if span.name.startswith("api") and "z" in span.name]


def test_a_trace_of_the_caller_goes_on_and_his_words_do_not_come_along(store: Store, collector: Collector) -> None:
    shown = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=secret", "baggage": "who=secret"}
    with client(store) as http:
        http.get("/v1/countries", headers=shown)
        http.get("/v1/publishers", headers={"traceparent": "nonsense"})
    (found,) = collector.named("api GET /v1/countries")
    assert (found.trace_id.hex(), found.parent_span_id.hex()) == (TRACE, PARENT)
    (other,) = collector.named("api GET /v1/publishers")
    assert other.trace_id.hex() != TRACE and not other.parent_span_id
    assert "secret" not in collector.everything()


def test_a_failure_is_told_by_its_type_and_not_by_its_words(store: Store, collector: Collector) -> None:
    with client(store) as http:
        assert http.post("/v1/annotate", json={"text": "forbidden words", "language": "fr"}).status_code == 422
        problem(http.get("/v1/articles/0190a5d2-0000-7000-8000-000000000000"), 404, "article-not-found")
    (found,) = collector.named("services.fetch.article")
    assert attributes(found) == {"error.type": "app.domain.errors.ArticleNotFound"}
    (refused_by,) = collector.named("inference.annotate")
    assert attributes(refused_by)["error.type"] == "app.domain.errors.UnsupportedLanguage"
    assert not [span for span in collector.spans() if span.events or span.status.message]
    assert "forbidden" not in collector.everything()


def test_the_service_names_itself_and_may_be_named_otherwise(
    store: Store, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("standpoint", "other"):
        if name == "other":
            monkeypatch.setenv("OTEL_SERVICE_NAME", name)
        with client(store) as http:
            http.get("/v1/countries")
        resource = collector.requests()[-1].resource_spans[0].resource
        assert [pair.value.string_value for pair in resource.attributes if pair.key == "service.name"] == [name]


def test_bulk_work_is_shown_chunk_by_chunk_and_looking_for_it_is_not(
    store: Store, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "HOUSEKEEPING_SECONDS", 0.2)
    annotator = DictionaryAnnotator()
    app = create_app(Settings(), annotator=annotator, store=store, dispatcher=opening.dispatcher(store))
    with TestClient(app, base_url="http://127.0.0.1:8000") as http:
        job = http.post("/v1/imports", json={"articles": [article(text=f"France praised Kenya {n}.") for n in range(3)]}).json()
        wait_until(lambda: http.get(f"/v1/jobs/{job['id']}").json()["state"] == "finished")
        time.sleep(1.5)
    (chunk,) = collector.named("services.work.run")
    assert not chunk.parent_span_id
    read = collector.named("inference.annotate")
    assert [ancestors(span, collector) for span in read] == [["services.work.run"]] * 3
    kept = [span for span in collector.named("storage.write") if attributes(span)["standpoint.step"] == "services.work._finish"]
    assert [ancestors(span, collector) for span in kept] == [["services.work.run"]]
    (upload,) = collector.named("services.upload")
    assert ancestors(upload, collector) == ["api POST /v1/imports"]
    # Statements belong to something that was asked for, or to a chunk.
    assert [span.name for span in collector.spans() if span.name.startswith("storage") and not span.parent_span_id] == []


def test_a_worker_tells_too(store: Store, database_url: str, collector: Collector) -> None:
    asyncio.run(uploaded(store))
    with started("worker", database_url) as worker:
        wait_until(lambda: count(store, AnnotationRow) == 3)
        assert worker.end() == 0
    assert len(collector.named("inference.annotate")) == 3
    assert "services.work.run" in {span.name for span in collector.spans()}


async def uploaded(store: Store) -> None:
    intake = await receive.begin(store, opening.dispatcher(store), priority=Priority.BULK, text_limit=1_000)
    for part in slices(articles(3)):
        await intake.add(part)
    await intake.finish()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_without_a_collector_there_is_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    with client(store) as http:
        assert http.get("/v1/countries").status_code == 200
        assert spans._tracer is spans.SILENCE


def test_after_the_service_there_is_nothing_either(store: Store, collector: Collector) -> None:
    with client(store):
        assert spans._tracer is not spans.SILENCE
    assert spans._tracer is spans.SILENCE


def test_a_collector_that_is_away_is_said_once_and_holds_nothing_up(tmp_path: Path) -> None:
    with socket.socket() as silent:
        # It accepts and never answers, which takes longer than a refusal.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://user:hunter2@127.0.0.1:{silent.getsockname()[1]}/token-qx"
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
        with serving(TWIN, tmp_path, STANDPOINT_LOG_LEVEL="debug", **variables) as service:
            deadline = time.monotonic() + 60
            while not any("takes no traces" in line for line in service.lines):
                assert time.monotonic() < deadline
                assert httpx.get(f"{service.address}/v1/countries", timeout=5).status_code == 200
                time.sleep(0.1)
            started = time.monotonic()
            assert service.stop() == 0
            assert time.monotonic() - started < 20
            said = "".join(service.lines)
    assert said.count("takes no traces") == 1
    assert "hunter2" not in said and "token-qx" not in said


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "hunter2:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT: must be http:// or https://"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken",
        ),
    ],
)
def test_a_collector_that_cannot_be_used_is_one_line(tmp_path: Path, variables: dict[str, str], line: str) -> None:
    assert refused(TWIN, tmp_path, **variables) == f"standpoint: {line}"


def test_without_the_extra_the_line_says_what_to_install(tmp_path: Path) -> None:
    line = refused(WITHOUT_EXTRA, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318")
    assert line == "standpoint: OTEL_EXPORTER_OTLP_ENDPOINT needs the packages of OpenTelemetry: install standpoint[traces]"


def test_without_the_extra_and_without_a_collector_it_serves(tmp_path: Path) -> None:
    with serving(WITHOUT_EXTRA, tmp_path) as service:
        assert httpx.get(f"{service.address}/v1/countries", timeout=30).status_code == 200
        assert service.stop() == 0
