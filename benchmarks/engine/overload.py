"""Part 7: ten times more than it can do, over real sockets; and a deadline that cannot be kept."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle

from app.domain.values import ArticleText
from benchmarks.engine.bench import Bench, say
from benchmarks.engine.load import Answers, ask, connection, drive, flood_async, request
from benchmarks.engine.over_http import annotate_request
from benchmarks.engine.servers import Server, standpoint

CLIENTS = 64
"""They keep it busy all the time: what they get is its capacity. Where some were refused, the machine was too slow."""
TIMES = 10
DEADLINE = 1.0


def measure(bench: Bench) -> Iterator[str]:
    contents = [annotate_request(text) for text in bench.articles]
    with tempfile.TemporaryDirectory() as folder, standpoint(f"sqlite:///{folder}/bench.db") as server:
        say("  at capacity")
        capacity = drive(server.port, cycle(contents), clients=CLIENTS, seconds=bench.seconds)
        before = server.resident()
        say(f"  at {TIMES} times {capacity.rate:.0f} requests a second")
        flooded, health = asyncio.run(_flood(server, contents, rate=TIMES * capacity.rate, seconds=bench.seconds))
        after = server.resident()
        calm = drive(server.port, contents[:1], clients=1)
    yield from _table(capacity, flooded, health)
    yield f"| memory MB, before / after | {before:.0f} / {after:.0f} |"
    yield f"| one request right afterwards, ms | {calm.percentile(0.5):.0f} ({dict(calm.statuses)}) |"
    yield _deadline()


def _table(capacity: Answers, flooded: Answers, health: list[float]) -> Iterator[str]:
    refusals, pulse = sorted(flooded.other), sorted(health)
    yield f"| {TIMES} times its capacity ({capacity.rate:.1f} requests a second) | figure |"
    yield "| --- | --- |"
    yield f"| statuses, at capacity / overloaded | {_statuses(capacity)} / {_statuses(flooded)} |"
    yield f"| 429 without `Retry-After` | {flooded.without_retry_after} |"
    yield f"| refusals, median / p99 ms | {_milliseconds(refusals, 0.5)} / {_milliseconds(refusals, 0.99)} |"
    times = f"{capacity.percentile(0.99):,.0f} / {flooded.percentile(0.99):,.0f}"
    ratio = flooded.percentile(0.99) / capacity.percentile(0.99)
    yield f"| accepted, p99 ms, at capacity / overloaded | {times}: {ratio:.1f} times (goal: at most 3) |"
    yield f"| accepted a second, at capacity / overloaded | {capacity.rate:.1f} / {flooded.rate:.1f} |"
    shares = " / ".join(_milliseconds(pulse, share) for share in (0.5, 0.99, 1))
    yield f"| `/healthz`, median / p99 / worst ms | {shares} (goal: 100) |"


def _statuses(answers: Answers) -> str:
    return ", ".join(f"{count} of {status}" for status, count in sorted(answers.statuses.items()))


def _milliseconds(ordered: list[float], share: float) -> str:
    return f"{1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]:.0f}" if ordered else "none"


async def _flood(server: Server, contents: list[bytes], *, rate: float, seconds: float) -> tuple[Answers, list[float]]:
    done = asyncio.Event()
    pulse = asyncio.create_task(_pulse(server.port, done))
    answers = await flood_async(server.port, cycle(contents), rate=rate, seconds=seconds)
    done.set()
    return answers, await pulse


async def _pulse(port: int, done: asyncio.Event) -> list[float]:
    found = []
    async with connection(port) as connected:
        while not done.is_set():
            started = time.perf_counter()
            await ask(connected, request("/healthz", None, method="GET"))
            found.append(time.perf_counter() - started)
            await asyncio.sleep(0.05)
    return found


def _deadline() -> str:
    """A text that takes longer than it may."""
    say("  a deadline that cannot be kept")
    text = ArticleText("Germany praised France while condemning Belarus. " * 4_000)
    with (
        tempfile.TemporaryDirectory() as folder,
        standpoint(f"sqlite:///{folder}/bench.db", STANDPOINT_DEADLINE_SECONDS=str(DEADLINE)) as server,
    ):
        late = drive(server.port, [annotate_request(text)], clients=1)
    (seconds,) = late.good + late.other
    return f"| a text that takes longer than its deadline of {DEADLINE:.0f} s | {dict(late.statuses)} after {seconds:.2f} s |"
