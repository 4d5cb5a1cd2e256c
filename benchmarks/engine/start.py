"""Part 8: start, memory, what it takes when idle, how late the event loop is, and a text as long as is allowed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from itertools import cycle

from app.domain.values import ArticleText
from benchmarks.engine.bench import Bench, median, say
from benchmarks.engine.load import drive
from benchmarks.engine.over_http import annotate_request
from benchmarks.engine.probed import EVENT
from benchmarks.engine.servers import standpoint

CLIENTS = 64
IDLE_SECONDS = 5.0
LONGEST = 200_000


def measure(bench: Bench) -> Iterator[str]:
    yield "| what | figure | goal |"
    yield "| --- | --- | --- |"
    yield from _started(bench)
    yield from _late(bench)
    yield from _long(bench)


def _started(bench: Bench) -> Iterator[str]:
    seconds, resident, idle = [], [], []
    for number in range(bench.rounds):
        say(f"  start {number + 1} of {bench.rounds}")
        with tempfile.TemporaryDirectory() as folder, standpoint(f"sqlite:///{folder}/bench.db") as server:
            seconds.append(server.seconds)
            resident.append(server.resident())
            before = server.processor_seconds()
            time.sleep(IDLE_SECONDS)
            idle.append((server.processor_seconds() - before) / IDLE_SECONDS)
    yield f"| loading and warming the model, migrating a new database | {median(seconds):.2f} s | 2 s |"
    yield f"| memory then | {median(resident):.0f} MB | 600 MB |"
    yield f"| processor time when idle | {100 * median(idle):.1f} % of a core | 0 |"


def _late(bench: Bench) -> Iterator[str]:
    contents = [annotate_request(text) for text in bench.articles]
    say(f"  event loop with {CLIENTS} clients")
    program = ("-m", "benchmarks.engine.probed")
    with tempfile.TemporaryDirectory() as folder, standpoint(f"sqlite:///{folder}/bench.db", program=program) as server:
        drive(server.port, cycle(contents), clients=CLIENTS, seconds=bench.seconds)
        resident = server.resident()
    lag = server.said(EVENT)
    times = " / ".join(f"{1000 * lag[share]:.1f}" for share in ("median", "p99", "worst"))
    yield f"| event loop late with {CLIENTS} clients, median / p99 / worst of {lag['samples']} | {times} ms | 100 ms |"
    yield f"| memory after that | {resident:.0f} MB | 600 MB |"


def _long(bench: Bench) -> Iterator[str]:
    say(f"  a text of {LONGEST} characters")
    news = "\n\n".join(text.body for text, _ in zip(cycle(bench.articles), range(500), strict=False))[:LONGEST]
    for name, text in (("of news", news), ("of names alone", ("Germany. " * LONGEST)[:LONGEST])):
        with tempfile.TemporaryDirectory() as folder, standpoint(f"sqlite:///{folder}/bench.db") as server:
            answers = drive(server.port, [annotate_request(ArticleText(text))], clients=1)
            resident = server.resident()
        (seconds,) = answers.good + answers.other
        yield f"| {LONGEST:,} characters {name}: {dict(answers.statuses)} | {seconds:.1f} s, {resident:.0f} MB then | 30 s |"
