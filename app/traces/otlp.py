"""Spans to a collector by OTLP over HTTP, where the usual variables of OpenTelemetry name one. The extra is `traces`."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

from anyio import to_thread

from app import __version__, logs, settings
from app.refusal import Refusal
from app.traces import spans
from app.traces.spans import Value

try:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"

END_SECONDS = 3.0
"""What the last spans get at the end of the process: the requests are answered by then, and a supervisor is waiting."""

log = logs.logger("standpoint.traces")


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    """While it is open, spans go to the collector, if one is named. Raises Refusal for one that cannot be used."""
    variables = settings.collector()
    endpoint = next((name for name in ENDPOINTS if name in variables), None)
    if endpoint is None:
        yield
        return
    _refuse_unusable(endpoint, variables)
    # What they say of a failure can hold the address, and with it a password or a token.
    for name in ("opentelemetry", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    provider = _provider(named="OTEL_SERVICE_NAME" in variables)
    log.info("traces are on")
    try:
        with spans.telling(_Telling(provider.get_tracer("standpoint", __version__))):
            yield
    finally:
        # On a thread that may be left behind: a collector that is away would hold up the end for half a minute.
        ending = threading.Thread(target=provider.shutdown, daemon=True)
        ending.start()
        await to_thread.run_sync(ending.join, END_SECONDS)


def _refuse_unusable(endpoint: str, variables: Mapping[str, str]) -> None:
    if not AVAILABLE:
        raise Refusal(f"{endpoint} needs the packages of OpenTelemetry: install standpoint[traces]")
    if urlsplit(variables[endpoint]).scheme not in {"http", "https"}:
        raise Refusal(f"{endpoint}: must be http:// or https://")
    for name in PROTOCOLS:
        if variables.get(name, PROTOCOL) != PROTOCOL:
            raise Refusal(f"{name}: only {PROTOCOL} is spoken")


def _provider(*, named: bool) -> TracerProvider:
    name = {} if named else {"service.name": "standpoint"}
    # The sampler, attributes of the service, headers and time limits are read from their OTEL_* variables by the library.
    provider = TracerProvider(resource=Resource.create({**name, "service.version": __version__}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_Noted(OTLPSpanExporter())))
    return provider


if AVAILABLE:

    class _Noted(SpanExporter):
        """Says once that the collector is away, and once that it is back."""

        def __init__(self, exporter: SpanExporter) -> None:
            self._exporter = exporter
            self._away = False

        def export(self, batch: Sequence[ReadableSpan]) -> SpanExportResult:
            result = self._exporter.export(batch)
            away = result is not SpanExportResult.SUCCESS
            if away and not self._away:
                log.warning("the collector takes no traces; those of this time are lost")
            elif self._away and not away:
                log.info("the collector takes traces again")
            self._away = away
            return result

        def shutdown(self) -> None:
            self._exporter.shutdown()


class _Told:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def tell(self, name: str | None = None, **attributes: Value) -> None:
        if name is not None:
            self._span.update_name(name)
        self._span.set_attributes({key.replace("__", "."): value for key, value in attributes.items()})


class _Telling:
    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, name: str, *, parent: str | None) -> Iterator[spans.Span]:
        """What is raised inside is told by its type: its message may quote what was sent."""
        if name.startswith(spans.STATEMENTS) and not trace.get_current_span().get_span_context().is_valid:
            yield spans.SILENCE
            return
        # Only this header: `tracestate` and `baggage` would carry any words of the caller into every span.
        above = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
        kind = trace.SpanKind.SERVER if name == spans.ENTRANCE else trace.SpanKind.INTERNAL
        with self._tracer.start_as_current_span(
            name, context=above, kind=kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield _Told(span)
            except BaseException as error:
                span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
                raise
