"""Part 2: the service as it is shipped, over HTTP; and the table that part 3 shares.

Side by side: every round measures the encoder alone and all of the others in turn; a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import ceil

from app.domain.values import ArticleText
from benchmarks.engine.bench import Bench, median, say
from benchmarks.engine.load import Answers, drive, request
from benchmarks.engine.servers import Server, standpoint

CLIENTS = (1, 8, 64, 256)
MANY = 64
REPEATED = 2
"""All articles so often, for more than one client: whoever is last waits alone, which shall not count for much."""


def measure(bench: Bench) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, standpoint(f"sqlite:///{folder}/bench.db") as server:
        before = server.resident()
        measured = {f"{clients} clients": _driving(bench, server, clients) for clients in CLIENTS}
        yield from table(bench, measured, "/v1/annotate")
        yield ""
        yield f"Goal: 0.90 with {MANY} clients. The service had {before:.0f} MB before and {server.resident():.0f} MB after."


def annotate_request(text: ArticleText) -> bytes:
    return request("/v1/annotate", {"title": text.title, "text": text.body, "language": "en"})


def table(bench: Bench, measured: Mapping[str, Callable[[], Answers]], route: str) -> Iterator[str]:
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


def _driving(bench: Bench, server: Server, clients: int) -> Callable[[], Answers]:
    return lambda: drive(server.port, _requests(bench, clients), clients=clients)


def _requests(bench: Bench, clients: int) -> Iterator[bytes]:
    """A quarter of the articles for a single client, who is slow."""
    if clients == 1:
        return map(annotate_request, islice(bench.articles, ceil(len(bench.articles) / 4)))
    repeated = max(REPEATED, ceil(2 * clients / len(bench.articles)))
    return (annotate_request(text) for _ in range(repeated) for text in bench.articles)


def _served(answers: Answers) -> Answers:
    """Refusals are part of the answer; failures would make it worthless."""
    if failed := {status: n for status, n in answers.statuses.items() if status >= 300 and status != 429}:
        raise RuntimeError(f"a measurement of speed was answered with {failed}")
    return answers
