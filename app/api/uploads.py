"""The body of POST /v1/imports: JSON for some hundred articles, NDJSON for a million, told apart by the media type."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request

from app.api import bodies, lines, problems
from app.api.lines import Cutter, Gunzip
from app.api.problems import ProblemError, RequestError
from app.domain.errors import UploadStalled
from app.domain.jobs import Priority, Slice

MOST_ARTICLES = 1_000
"""Of one JSON body, which is read as a whole before anything is stored; more come as NDJSON."""

JSON_LIMIT = 67_108_864
"""Bytes of such a body: 1,000 articles of 64 kB."""

IDLE_SECONDS = 60.0
"""An upload of which nothing comes for a minute has lost its sender."""

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")


@dataclass(frozen=True, slots=True)
class Upload:
    """Slices that come, or the only one that there is."""

    content: AsyncIterator[Slice] | Slice
    priority: Priority


async def upload(request: Request) -> Upload:
    """What can be refused at once is refused before a job is made."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type not in (*NDJSON, "application/json") or encoding not in ("identity", "gzip"):
        detail = "The body must be application/json or application/x-ndjson in UTF-8, with Content-Encoding gzip or none."
        raise RequestError(problems.UNSUPPORTED_MEDIA_TYPE, detail)
    data = _decompressed(request) if encoding == "gzip" else _arriving(request)
    if media_type in NDJSON:
        return Upload(_cut(request, data), Priority.BULK)
    return Upload(await _articles(request, data), Priority.INTERACTIVE)


UsesUpload = Annotated[Upload, Depends(upload)]


async def _arriving(request: Request) -> AsyncIterator[bytes]:
    """Raises UploadStalled."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                part = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UploadStalled(f"nothing came for {IDLE_SECONDS:.0f} seconds") from None
        yield part


async def _decompressed(request: Request) -> AsyncIterator[bytes]:
    gunzip = Gunzip()
    try:
        async for part in _arriving(request):
            for piece in gunzip.feed(part):
                yield piece
        gunzip.end()
    except ValueError as error:
        raise RequestError(problems.BAD_REQUEST, f"The body {error}.") from None


async def _cut(request: Request, data: AsyncIterator[bytes]) -> AsyncIterator[Slice]:
    settings = request.app.state.settings
    cutter = Cutter(line_limit=settings.body_limit, limit=settings.import_limit)
    async for part in data:
        for raw in cutter.feed(part):
            yield await to_thread.run_sync(raw.parsed)
    for raw in cutter.end():
        yield await to_thread.run_sync(raw.parsed)


async def _articles(request: Request, data: AsyncIterator[bytes]) -> Slice:
    limit = min(JSON_LIMIT, request.app.state.settings.import_limit)
    body = bytearray()
    async for part in data:
        body += part
        if len(body) > limit:
            raise RequestError(problems.BODY_TOO_LARGE, f"The body has more than {limit} bytes; send application/x-ndjson.")
    read = bytes(body)
    value = await to_thread.run_sync(bodies.parse, read)
    articles = value.get("articles") if isinstance(value, dict) and value.keys() == {"articles"} else None
    if not isinstance(articles, list) or not 1 <= len(articles) <= MOST_ARTICLES:
        detail = f"must be an object whose only field is articles, an array of 1 to {MOST_ARTICLES}"
        raise RequestError(problems.INVALID_REQUEST, "The body cannot be used.", ProblemError(pointer="#", detail=detail))
    return await to_thread.run_sync(lines.whole, articles, read)
