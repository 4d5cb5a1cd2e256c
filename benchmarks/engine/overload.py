"""Part 7: ten times more than it can do, over real sockets; then a deadline that cannot be kept."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle

from app.inference.annotator import TransformerAnnotator
from benchmarks.engine.load import Answers, ask, drive, drive_async, request
from benchmarks.engine.servers import Server, standpoint
from benchmarks.engine.speed import annotate_requests
from benchmarks.engine.workload import Workload

AT_CAPACITY = 64
# As many clients as keep the queue full, and then ten times of them.
QUEUE = 64


def measure(workload: Workload, annotator: TransformerAnnotator, *, seconds: float) -> Iterator[str]:
    contents = annotate_requests(workload.articles)
    with (
        tempfile.TemporaryDirectory() as folder,
        standpoint(f"sqlite:///{folder}/bench.db", STANDPOINT_QUEUE_LIMIT=str(QUEUE)) as server,
    ):
        capacity = drive(server.port, cycle(contents), clients=AT_CAPACITY, seconds=seconds)
        before = server.resident()
        answers, health = asyncio.run(_flood(server, contents, seconds))
        after, started = server.resident(), time.perf_counter()
        calm = drive(server.port, contents[:1], clients=1)
        drained = time.perf_counter() - started
    refusals = sorted(answers.other)
    yield f"7. Overload ({10 * AT_CAPACITY} clients that never wait, against {AT_CAPACITY} at capacity; a queue of {QUEUE}):"
    yield ""
    yield "| what | figure |"
    yield "|---|---|"
    yield f"| statuses | {dict(answers.statuses)} |"
    yield f"| 429 without Retry-After | {answers.without_retry_after} |"
    yield f"| refusal, median ms | {1000 * refusals[len(refusals) // 2] if refusals else float('nan'):.0f} |"
    yield f"| accepted, p99 ms, at capacity / overloaded | {capacity.percentile(0.99):.0f} / {answers.percentile(0.99):.0f} |"
    yield f"| accepted a second, at capacity / overloaded | {capacity.rate:.1f} / {answers.rate:.1f} |"
    yield f"| `/healthz`, median / worst ms | {1000 * sorted(health)[len(health) // 2]:.0f} / {1000 * max(health):.0f} |"
    yield f"| memory MB, before / after | {before:.0f} / {after:.0f} |"
    yield f"| one request right afterwards, ms | {1000 * drained:.0f} ({dict(calm.statuses)}) |"


async def _flood(server: Server, contents: list[bytes], seconds: float) -> tuple[Answers, list[float]]:
    """Clients that ask again at once after a refusal would measure only refusals; ours offer ten times the capacity."""
    done = asyncio.Event()
    pulse = asyncio.create_task(_pulse(server.port, done))
    answers = await drive_async(server.port, cycle(contents), clients=10 * AT_CAPACITY, seconds=seconds)
    done.set()
    return answers, await pulse


async def _pulse(port: int, done: asyncio.Event) -> list[float]:
    found = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not done.is_set():
        started = time.perf_counter()
        await ask(reader, writer, request("/healthz", None, method="GET"))
        found.append(time.perf_counter() - started)
        await asyncio.sleep(0.1)
    writer.close()
    return found
