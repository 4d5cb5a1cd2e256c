"""The measures. Each one runs what it compares in turn, several rounds, and takes medians, because the machine is shared."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from statistics import median
from typing import Any
from uuid import UUID

from anyio import to_thread
from sqlalchemy import select

from app.api import bodies as parsing
from app.api import lines, uploads
from app.dispatch import opening
from app.domain.jobs import JobState, Line, Priority, Slice
from app.domain.records import Submission
from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.services import follow, queue, steps, upload, work
from app.services.work import Work
from app.storage.database import Session, Store
from app.storage.job_tables import JobRow
from benchmarks.jobs import bare
from benchmarks.jobs.annotators import Instant, Telling
from benchmarks.jobs.databases import Fresh

ROUNDS = 3
SLICE = lines.SLICE_LINES
PIECE = 65_536
"""Bytes of a body that come at once, as over a connection."""
SETTLING_SECONDS = 1.0
"""Until a worker has connected and listens. Its start is no part of a job."""
ASKING_SECONDS = 0.1
"""Between two looks whether a job is over: a hundredth of what is measured, as work for the processor and as time in vain."""
SAID = """Germany praised France for its patience on Monday while officials in Kenya condemned the raid and said that talks
with China would go on in spring after the ministers of trade had met in Vienna to speak of grain railways ports and gas"""
WORDS = SAID.split()


@dataclass(frozen=True)
class Figure:
    what: str
    figure: str
    asked: str
    database: str = ""

    def on(self, database: str) -> Figure:
        return replace(self, database=database)

    def __str__(self) -> str:
        return f"| {self.what} | {self.database} | {self.figure} | {self.asked} |"


def articles(count: int, *, words: int = 200) -> Iterator[Submission]:
    chance = random.Random(7)
    for number in range(count):
        body = " ".join(chance.choices(WORDS, k=words)) + "."
        yield Submission(ArticleText(body=body, title=f"Article {number}"), external_id=f"b{number}", publisher="The Bench")


def slices(count: int, **options: int) -> Iterator[Slice]:
    digest, part = hashlib.blake2b(digest_size=16), []
    for number, article in enumerate(articles(count, **options), start=1):
        part.append(Line(number, article))
        if len(part) == SLICE or number == count:
            digest.update(str(number).encode())
            yield Slice(part, number, digest.digest())
            part = []


def line_of(article: Submission) -> bytes:
    given = {"title": article.text.title, "text": article.text.body}
    return json.dumps({**given, "external_id": article.external_id, "publisher": article.publisher}).encode() + b"\n"


def from_lines(body: bytes) -> Iterator[Slice]:
    cutter = lines.Cutter(line_limit=4_194_304, limit=len(body))
    pieces = (body[start : start + PIECE] for start in range(0, len(body), PIECE))
    raw = chain(chain.from_iterable(map(cutter.feed, pieces)), cutter.end())
    return (each.parsed() for each in raw)


async def take_in(store: Store, parts: Iterable[Slice], dispatcher: opening.Dispatcher | None = None) -> str:
    """`dispatcher` is the one that works, which a server tells of what came; without one nobody hears of it."""
    told = dispatcher or opening.dispatcher(store)
    return (await upload.upload(store, told, arriving(parts), priority=Priority.BULK, text_limit=200_000)).id


async def arriving(parts: Iterable[Slice]) -> AsyncIterator[Slice]:
    """As the API makes them of what comes."""
    coming = iter(parts)
    while part := await to_thread.run_sync(next, coming, None):
        yield part


async def accepting(fresh: Fresh, count: int) -> Figure:
    """Articles that are in memory, against the same ones by the driver alone into the same two tables, in one transaction."""
    parts = list(slices(count))
    return await _accepted(fresh, count, "accepting articles", lambda: parts, "0.4")


async def accepting_lines(fresh: Fresh, count: int) -> Figure:
    """As a body of NDJSON, which the bare insert needs not read."""
    body = b"".join(map(line_of, articles(count)))
    return await _accepted(fresh, count, "accepting NDJSON", lambda: from_lines(body), "0.4")


async def accepting_json(fresh: Fresh, count: int) -> Figure:
    """As JSON bodies of as many articles as one may have, one import after the other: each is on disk before the next is sent.

    The bare driver commits as often.
    """
    found = list(articles(count))
    bodies = [_body(found[start : start + uploads.MOST_ARTICLES]) for start in range(0, count, uploads.MOST_ARTICLES)]
    return await _accepted(
        fresh, count, "accepting JSON", lambda: bodies, "0.4", take=take_in_bodies, at_once=uploads.MOST_ARTICLES
    )


async def take_in_bodies(store: Store, bodies: Iterable[bytes]) -> None:
    for body in bodies:
        part = lines.whole(parsing.parse(body)["articles"], body)
        await upload.upload(store, opening.dispatcher(store), part, priority=Priority.INTERACTIVE, text_limit=200_000)


def _body(found: Sequence[Submission]) -> bytes:
    return b'{"articles":[' + b",".join(map(line_of, found)) + b"]}"


async def _accepted(
    fresh: Fresh,
    count: int,
    what: str,
    parts: Callable[[], Iterable[Any]],
    asked: str,
    *,
    take: Callable[[Store, Any], Awaitable[object]] = take_in,
    at_once: int | None = None,
) -> Figure:
    """`at_once` is how many articles the bare driver commits at once; without it all of them."""
    plain, ours, driver = list(articles(count)), [], []
    for _ in range(ROUNDS):
        with opened(fresh()) as store:
            ours.append(await timed(lambda store=store: take(store, parts())))
        driver.append(await asyncio.to_thread(bare.accepted, fresh(), plain, at_once=at_once or count))
    ratio = median(driver) / median(ours)
    return Figure(f"{what}, against a bare bulk insert", f"{ratio:.2f} ({count / median(ours):,.0f} articles/s)", asked)


async def machinery(fresh: Fresh, count: int) -> Figure:
    """Accepting, dispatching, annotating with an annotator that takes no time, deriving words and groups, and storing.

    Against a bare insert of the very rows that are there in the end, and of articles and texts alone.
    """
    return await _run(fresh, count, Instant(), "the whole machinery")


async def telling(fresh: Fresh, count: int) -> Figure:
    """The same, with two countries, a relation and vectors of every article, and all their indexes and triggers on both sides."""
    return await _run(fresh, count, Telling(), "the same, telling of two countries and a relation in every article")


async def _run(fresh: Fresh, count: int, annotator: Instant, what: str) -> Figure:
    parts, plain, ours, spent, same, least = list(slices(count)), list(articles(count)), [], [], [], []
    for _ in range(ROUNDS):
        url, before = fresh(), time.process_time()
        with opened(url) as store:
            ours.append(await _through(store, annotator, parts))
        spent.append(time.process_time() - before)
        same.append(await asyncio.to_thread(bare.copied, url, fresh()))
        least.append(await asyncio.to_thread(bare.accepted, fresh(), plain, at_once=count))
    ratio, of_least = median(same) / median(ours), median(least) / median(ours)
    figure = f"{ratio:.2f} ({count / median(ours):,.0f} articles/s); {of_least:.2f} of inserting articles and texts alone"
    figure += f"; {min(spent) / count * 1e3:.2f} ms of processor time an article in this process"
    return Figure(f"{what}, against a bare bulk insert of the same rows", figure, "0.25")


async def real(fresh: Fresh, count: int) -> Figure:
    """The real model through a job, against the same articles straight through the engine."""
    parts = list(slices(count))
    annotator = TransformerAnnotator("standpoint-en")
    texts = [line.content.text for part in parts for line in part.lines if isinstance(line.content, Submission)]
    ours, engine = [], []
    for _ in range(ROUNDS):
        engine.append(await timed(lambda: _straight(annotator, texts)))
        with opened(fresh()) as store:
            ours.append(await _through(store, annotator, parts))
    annotator.close()
    ratio = median(engine) / median(ours)
    return Figure("with the real model, against the engine alone", _said(ratio, count, ours), "0.95")


async def memory(fresh: Fresh, count: int) -> Figure:
    """Resident memory when a tenth of a long job is done, and at its end."""
    began = time.perf_counter()
    with opened(fresh()) as store:
        job_id = await take_in(store, slices(count, words=60))
        seen: list[tuple[int, int]] = []
        bench = Work(store, Instant(), opening.dispatcher(store))
        for place, call in enumerate(await queue.unfinished(store)):
            await work.run(bench, call.chunk_id)
            if place % 20 == 0:
                seen.append((place, _resident()))
        assert (await follow.job(store, job_id)).progress.done == count
        tenth, end, seconds = seen[len(seen) // 10][1], _resident(), time.perf_counter() - began
    return Figure(
        f"memory of a job of {count:,} articles", f"{tenth} MB at a tenth, {end} MB at the end; {seconds:.0f} s", "flat"
    )


async def workers(fresh: Fresh, count: int) -> Figure:
    """Two processes `standpoint worker` with one thread each, against one with one thread."""
    seconds = [await _worked(fresh(), count, number) for number in (1, 2)]
    return Figure("two workers against one, one thread each", f"{seconds[0] / seconds[1]:.2f} times as fast", "a ratio")


def _said(ratio: float, count: int, ours: Sequence[float]) -> str:
    return f"{ratio:.2f} ({count / median(ours):,.1f} articles/s)"


async def timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    await act()
    return time.perf_counter() - began


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = Store(url)
    try:
        yield store
    finally:
        store.close()


async def _through(store: Store, annotator: Any, parts: Sequence[Slice]) -> float:
    """Seconds from the first slice to the end of the job, for a process that works already when the upload comes."""
    dispatcher = opening.dispatcher(store)
    async with dispatcher.working(annotator, stopping=lambda: False):
        await asyncio.sleep(SETTLING_SECONDS)
        return await timed(lambda: _to_its_end(store, parts, dispatcher))


async def _to_its_end(store: Store, parts: Sequence[Slice], dispatcher: opening.Dispatcher) -> None:
    await ended(store, await take_in(store, parts, dispatcher))


async def ended(store: Store, job_id: str) -> None:
    while (await steps.read(store, _state, UUID(job_id))) is not JobState.FINISHED:  # noqa: ASYNC110
        await asyncio.sleep(ASKING_SECONDS)


def _state(session: Session, job_id: UUID) -> JobState | None:
    """Not `follow.job`, which counts all chunks: it would be measured too."""
    return session.scalar(select(JobRow.state).where(JobRow.id == job_id))


async def _straight(annotator: TransformerAnnotator, texts: Sequence[ArticleText]) -> None:
    waiting = iter(texts)

    async def read() -> None:
        for text in waiting:
            await annotator.annotate(text, bulk=True)

    await asyncio.gather(*(read() for _ in range(2 * work.IN_FLIGHT)))


async def _worked(url: str, count: int, number: int) -> float:
    with ExitStack() as stack:
        store = stack.enter_context(opened(url))
        environment = {"STANDPOINT_DATABASE_URL": url, "STANDPOINT_THREADS": "1", "PATH": "/usr/bin:/bin"}
        program = [sys.executable, "-c", "from app.cli import main; main()", "worker"]
        for _ in range(number):
            process = subprocess.Popen(program, env=environment, stderr=subprocess.PIPE, text=True)  # noqa: ASYNC220
            stack.callback(process.kill)
            assert process.stderr and any('"ready"' in line for line in process.stderr)
        began = time.perf_counter()
        await ended(store, await take_in(store, slices(count)))
        return time.perf_counter() - began


def _resident() -> int:
    pages = open("/proc/self/statm").read().split()[1]  # noqa: SIM115, PTH123
    return int(pages) * resource.getpagesize() // 1_000_000
