"""What the service counts of itself, for Prometheus. Labels are templates and versions, never anything a caller sent."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from app import __version__
from app.api.strict import StrictRoute
from app.services import load

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds. From a read out of SQLite to the deadline of an inference."""

UNMATCHED = "unmatched"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

router = APIRouter(include_in_schema=False, route_class=StrictRoute)


class Metrics:
    """One registry for each application, so that two in one process do not add up."""

    def __init__(self, app: FastAPI) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter("standpoint_requests", "Answered requests.", (*labels, "status"), registry=self.registry)
        self._seconds = Histogram(
            "standpoint_request_seconds", "From request to answer.", labels, buckets=BUCKETS, registry=self.registry
        )
        self._state = _State(app)
        self.registry.register(self._state)

    def note(self, *, method: str, route: str | None, status: int | None, seconds: float) -> None:
        """`status` is None for who hung up before the answer."""
        labels = method if method in METHODS else "other", route or UNMATCHED
        self._requests.labels(*labels, str(status or "none")).inc()
        self._seconds.labels(*labels).observe(seconds)

    def shown(self, *, backlog: int | None) -> bytes:
        self._state.backlog = backlog
        return generate_latest(self.registry)


class _State(Collector):
    """Read when somebody asks, so that nothing has to keep it up to date. `backlog` has to be waited for before."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.backlog: int | None = None

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        state = self._app.state
        yield _gauge("standpoint_build_info", "Always 1.", 1, version=__version__)
        yield _gauge("standpoint_model_info", "Always 1.", 1, model=state.annotator.version)
        yield _gauge("standpoint_engine_healthy", "Whether inference answers.", float(state.annotator.healthy()))
        used, most = load.of_pool(state.store)
        yield _gauge("standpoint_database_connections_used", "Connections to the database in use.", used)
        yield _gauge("standpoint_database_connections_limit", "The most that can be.", most)
        if self.backlog is not None:
            yield _gauge("standpoint_job_backlog_articles", "Articles of bulk work that are not annotated yet.", self.backlog)
        yield from self._engine()

    def _engine(self) -> Iterator[Metric]:
        found = load.of_engine(self._app.state.annotator)
        if found is None:
            return
        yield _gauge("standpoint_queue_requests", "Requests that wait for inference.", found.jobs)
        yield _gauge("standpoint_queue_tokens", "Tokens that wait for inference.", found.waiting_tokens)
        yield _gauge("standpoint_tokens_per_second", "Recent speed of inference.", found.tokens_per_second or 0.0)
        yield CounterMetricFamily("standpoint_batches", "Batches encoded.", value=found.batches)
        yield CounterMetricFamily("standpoint_batch_rows", "Passages encoded; by batches it is the batch size.", value=found.rows)
        yield CounterMetricFamily("standpoint_tokens", "Tokens encoded, padding not counted.", value=found.tokens)
        yield CounterMetricFamily("standpoint_padded_tokens", "Tokens encoded, padding counted.", value=found.padded_tokens)
        yield CounterMetricFamily("standpoint_queue_refused", "Requests refused by a full queue.", value=found.refused)
        yield CounterMetricFamily("standpoint_queue_expired", "Requests that missed their deadline.", value=found.expired)


@router.get("/metrics")
async def show_metrics(request: Request) -> Response:
    state = request.app.state
    shown = state.metrics.shown(backlog=await load.of_bulk_work(state.store))
    return Response(shown, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _gauge(name: str, about: str, value: float, **labels: str) -> GaugeMetricFamily:
    found = GaugeMetricFamily(name, about, labels=list(labels))
    found.add_metric(list(labels.values()), value)
    return found
