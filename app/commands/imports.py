"""standpoint import: a file into the database, and a bar that shows how far its annotation is."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from anyio import to_thread

from app import garbage, logs, settings
from app.api.lines import Cutter, Gunzip
from app.commands import parquet
from app.dispatch import opening
from app.dispatch.inprocess import InProcess
from app.domain.errors import StandpointError
from app.domain.jobs import JobState, Slice, StoredJob
from app.domain.records import now
from app.main import open_annotator, open_store
from app.refusal import Refusal
from app.services import follow
from app.services.upload import upload
from app.settings import Settings
from app.storage.database import Store

PIECE = 1_048_576
"""Bytes read at once."""

LOOK_SECONDS = 0.5
BAR = 30
"""Letters of the bar."""

SHOWN_FAILURES = 20


def run(path: Path, *, key: str | None, wait: bool) -> int:
    """The exit code: 1 if anything of the file came to nothing."""
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    try:
        with open_store(chosen) as store:
            return asyncio.run(_import(chosen, store, path, key or _key(path), wait=wait))
    except (OSError, ValueError, StandpointError) as error:
        raise Refusal(f"{path}: {getattr(error, 'strerror', None) or error}") from error


async def _import(chosen: Settings, store: Store, path: Path, key: str, *, wait: bool) -> int:
    dispatcher = opening.dispatcher(store)
    garbage.expect_little()
    job = await upload(store, dispatcher, _slices(path, chosen), key=key, text_limit=chosen.text_limit)
    async with AsyncExitStack() as stack:
        # Nobody else works on the file, so this process does; beside a running server it only looks on.
        if wait and job.state is JobState.RUNNING and isinstance(dispatcher, InProcess) and not dispatcher.taken():
            annotator = stack.enter_context(open_annotator(chosen))
            await stack.enter_async_context(dispatcher.working(annotator, stopping=lambda: False))
        while wait and job.state is JobState.RUNNING:
            _show(job)
            await asyncio.sleep(LOOK_SECONDS)
            job = await follow.job(store, job.id)
    await _report(store, job)
    return int(job.progress.failed > 0)


def _slices(path: Path, chosen: Settings) -> AsyncIterator[Slice]:
    if path.suffix.lower() == ".parquet":
        return _aside(parquet.slices(path))
    cutter = Cutter(line_limit=chosen.body_limit, limit=chosen.import_limit)
    return _aside(raw.parsed() for data in _data(path) for raw in (cutter.end() if data is None else cutter.feed(data)))


def _data(path: Path) -> Iterator[bytes | None]:
    """None is the end."""
    gunzip = Gunzip() if path.suffix.lower() == ".gz" else None
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield from gunzip.feed(piece) if gunzip else [piece]
    if gunzip:
        gunzip.end()
    yield None


async def _aside(slices: Iterator[Slice]) -> AsyncIterator[Slice]:
    while part := await to_thread.run_sync(next, slices, None):
        yield part
        if sys.stderr.isatty():
            print(f"\r{part.end} lines received", end="", file=sys.stderr, flush=True)


def _key(path: Path) -> str:
    """The same file again is the same job, so that an import that was cut off goes on."""
    found = path.stat()
    told = f"{path.resolve()} {found.st_size} {found.st_mtime_ns}"
    return f"file:{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"


def _show(job: StoredJob) -> None:
    if sys.stderr.isatty():
        print(f"\r{line(job)}", end="", file=sys.stderr, flush=True)


def line(job: StoredJob) -> str:
    """The bar and what stands beside it."""
    progress = job.progress
    settled = progress.done + progress.failed
    full = BAR * settled // progress.total if progress.total else BAR
    rate = f", {progress.rate:.1f}/s, {progress.remaining / progress.rate:.0f} s left" if progress.rate else ""
    return f"[{'#' * full}{'-' * (BAR - full)}] {progress.done} of {progress.total} done, {progress.failed} failed{rate}"


async def _report(store: Store, job: StoredJob) -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for failure in (await follow.failures(store, job.id, limit=SHOWN_FAILURES)).items:
        print(f"standpoint: line {failure.line}: {failure.reason}", file=sys.stderr)
    progress = job.progress
    counts = f"{progress.created} created, {progress.existing} existing, {progress.done} done, {progress.failed} failed"
    print(f"job {job.id} {job.state}: {counts}, {(now() - job.created_at).total_seconds():.0f} s since it began")
