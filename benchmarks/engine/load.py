"""Clients that keep their connections and ask again as soon as they are answered. Bare sockets: a client library would take the
processor time that is to be measured.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class Answers:
    """Seconds of those with 2xx, seconds of the others, all statuses, and the seconds from first to last."""

    good: list[float] = field(default_factory=list)
    other: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.good) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.good)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def request(path: str, body: object, *, method: str = "POST") -> bytes:
    content = json.dumps(body).encode() if body is not None else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes) -> tuple[int, bytes, bytes]:
    writer.write(content)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return int(head[9:12]), head, await reader.readexactly(length)


async def _client(port: int, contents: Iterator[bytes], answers: Answers, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for content in contents:
        if time.perf_counter() > until:
            break
        started = time.perf_counter()
        status, head, _ = await ask(reader, writer, content)
        (answers.good if status < 300 else answers.other).append(time.perf_counter() - started)
        answers.statuses[status] += 1
        answers.without_retry_after += status == 429 and b"retry-after:" not in head.lower()
    writer.close()


async def drive_async(port: int, contents: Iterable[bytes], *, clients: int, seconds: float) -> Answers:
    """Until the contents or the seconds are over; what has begun is waited for."""
    answers, shared, started = Answers(), iter(contents), time.perf_counter()
    await asyncio.gather(*(_client(port, shared, answers, started + seconds) for _ in range(clients)))
    answers.seconds = time.perf_counter() - started
    return answers


def drive(port: int, contents: Iterable[bytes], *, clients: int, seconds: float = float("inf")) -> Answers:
    return asyncio.run(drive_async(port, contents, clients=clients, seconds=seconds))


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
