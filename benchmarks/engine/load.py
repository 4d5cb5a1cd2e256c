"""Clients over bare sockets: a client library would take the processor time that is to be measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


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

    def count(self, answer: Answer, seconds: float) -> None:
        (self.good if answer.status < 300 else self.other).append(seconds)
        self.statuses[answer.status] += 1
        self.without_retry_after += answer.status == 429 and answer.retry_after is None


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    retry_after: float | None


def request(path: str, body: object, *, method: str = "POST") -> bytes:
    content = json.dumps(body).encode() if body is not None else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def ask(connected: Connection, content: bytes) -> Answer:
    """Raises ConnectionError when no whole answer comes."""
    reader, writer = connected
    writer.write(content)
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        fields = {name: value.strip() for name, _, value in (line.partition(b":") for line in head[1:])}
        body = await reader.readexactly(int(fields[b"content-length"]))
    except asyncio.IncompleteReadError as error:
        raise ConnectionError("the connection ended before the answer did") from error
    wait = fields.get(b"retry-after")
    return Answer(int(head[0][9:12]), body, float(wait) if wait is not None else None)


async def drive_async(port: int, contents: Iterable[bytes], *, clients: int, seconds: float = float("inf")) -> Answers:
    """Clients that ask anew as soon as they are answered, until the contents or the seconds are over.

    Whoever is refused waits as he is told and asks again; the time of his answer includes that.
    """
    answers, shared, started = Answers(), iter(contents), time.perf_counter()
    await asyncio.gather(*(_client(port, shared, answers, started + seconds) for _ in range(clients)))
    answers.seconds = time.perf_counter() - started
    return answers


def drive(port: int, contents: Iterable[bytes], *, clients: int, seconds: float = float("inf")) -> Answers:
    return asyncio.run(drive_async(port, contents, clients=clients, seconds=seconds))


async def _client(port: int, contents: Iterator[bytes], answers: Answers, until: float) -> None:
    async with AsyncExitStack() as stack:
        connected = await stack.enter_async_context(connection(port))
        for content in contents:
            if time.perf_counter() > until:
                break
            started = time.perf_counter()
            while (answer := await ask(connected, content)).status == 429 and time.perf_counter() < until:
                answers.count(answer, time.perf_counter() - started)
                await asyncio.sleep(answer.retry_after or 1.0)
                # Servers close connections on which nothing is said for some seconds.
                connected = await stack.enter_async_context(connection(port))
            answers.count(answer, time.perf_counter() - started)


async def flood_async(port: int, contents: Iterable[bytes], *, rate: float, seconds: float) -> Answers:
    """So many requests a second, whatever becomes of those before: each is of somebody else, who asks once."""
    answers, started, connections = Answers(), time.perf_counter(), Connections(port)
    tasks: list[asyncio.Task[None]] = []
    for number, content in enumerate(contents):
        due = started + number / rate
        if due > started + seconds:
            break
        # Those that are due already are sent together; a timer would be too coarse for hundreds a second.
        if (wait := due - time.perf_counter()) > 0.001:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(_once(connections, content, answers)))
    await asyncio.gather(*tasks)
    answers.seconds = time.perf_counter() - started
    connections.close()
    return answers


class Connections:
    """Those which were used last are used again: servers close what is idle for some seconds."""

    FRESH = 2.0

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, Connection]] = []

    async def take(self) -> Connection:
        if self._idle and time.perf_counter() - self._idle[-1][0] < self.FRESH:
            return self._idle.pop()[1]
        return await asyncio.open_connection("127.0.0.1", self._port)

    def give_back(self, connected: Connection) -> None:
        self._idle.append((time.perf_counter(), connected))

    def close(self) -> None:
        for _, (_, writer) in self._idle:
            writer.close()


async def _once(connections: Connections, content: bytes, answers: Answers) -> None:
    started = time.perf_counter()
    connected = await connections.take()
    answers.count(await ask(connected, content), time.perf_counter() - started)
    connections.give_back(connected)
