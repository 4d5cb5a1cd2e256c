"""Which form an export takes, and its answer: a file that is written while it is sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Send

from app.api import problems
from app.api.export_formats import MEDIA_TYPES, CsvEncoder, Encoder, Format, NdjsonEncoder
from app.api.middleware import IS_HEAD
from app.api.parquet import ParquetEncoder
from app.api.problems import ProblemError, RequestError
from app.api.queries import CorrectionQuery, Filed, ListFormat
from app.domain.exports import CURSOR

# In the order in which they are preferred by who takes anything.
ACCEPTED: Mapping[str, Format] = {
    "application/x-ndjson": Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
    "text/csv": Format.CSV,
    "application/vnd.apache.parquet": Format.PARQUET,
}


class Download:
    """The file that one request asks for."""

    def __init__(self, name: str, columns: Sequence[str], chosen: Format, *, request: Request, continued: bool) -> None:
        self._name = name
        self._format = chosen
        self._has_body = IS_HEAD not in request.scope
        self.encode = _encoder(self._format, columns, continued=continued)

    def of(self, chunks: AsyncIterator[bytes]) -> Response:
        headers = {
            "Content-Disposition": f'attachment; filename="{self._name}.{self._format}"',
            "Content-Type": MEDIA_TYPES[self._format],
            "Vary": "Accept",
        }
        return _Streamed(chunks, headers=headers, has_body=self._has_body)


class _Streamed(StreamingResponse):
    """Begins once there is a first chunk, so that what cannot be exported is a problem and not a file that breaks off.

    While it waits for chunks it listens for the client's hanging up, and then the iterator is cancelled.
    """

    def __init__(self, chunks: AsyncIterator[bytes], *, headers: Mapping[str, str], has_body: bool) -> None:
        super().__init__(chunks, headers=headers)
        self._chunks, self._has_body = chunks, has_body

    async def stream_response(self, send: Send) -> None:
        first = await anext(self._chunks)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self._has_body:
            await send({"type": "http.response.body", "body": first, "more_body": True})
            async for chunk in self._chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Downloads:
    """Begins the file of a request. Raises RequestError where it cannot be had."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request, self._response = request, response

    def begin(self, name: str, columns: Sequence[str], query: Filed) -> Download:
        chosen = query.format or preferred(self._accept())
        return Download(name, columns, chosen, request=self._request, continued=query.cursor is not None)

    def begin_lines(self, name: str, columns: Sequence[str], query: CorrectionQuery) -> Download | None:
        """None where a page of JSON is asked for, or would do as well."""
        self._response.headers["Vary"] = "Accept"
        if not (query.format is ListFormat.NDJSON if query.format else _rather_lines(self._accept())):
            return None
        if "limit" in self._request.query_params:
            part = ProblemError(pointer="#/query/limit", detail="does not go with a file, which is whole")
            raise RequestError(problems.INVALID_REQUEST, "The query cannot be used.", part)
        return Download(name, columns, Format.NDJSON, request=self._request, continued=query.cursor is not None)

    def _accept(self) -> str:
        return self._request.headers.get("accept", "*/*")


def preferred(accept: str) -> Format:
    """As RFC 9110, section 12.5.1, has it. Raises RequestError when nothing fits."""
    qualities = _qualities(accept)
    found, quality = max(((media, _quality(media, qualities)) for media in ACCEPTED), key=lambda choice: choice[1])
    if quality == 0:
        raise RequestError(problems.NOT_ACCEPTABLE, f"The forms are {', '.join(ACCEPTED)}.")
    return ACCEPTED[found]


def _rather_lines(accept: str) -> bool:
    qualities = _qualities(accept)
    lines = max(_quality(media, qualities) for media, form in ACCEPTED.items() if form is Format.NDJSON)
    return lines > _quality("application/json", qualities)


def _encoder(chosen: Format, columns: Sequence[str], *, continued: bool) -> Encoder:
    if chosen is Format.NDJSON:
        return NdjsonEncoder(columns)
    if chosen is Format.CSV:
        return CsvEncoder(columns, continued=continued)
    if continued:
        part = ProblemError(pointer="#/query/cursor", detail="cannot continue a Parquet file, which is whole or nothing")
        raise RequestError(problems.INVALID_REQUEST, "The query cannot be used.", part)
    return ParquetEncoder([column for column in columns if column != CURSOR])


def _qualities(accept: str) -> dict[str, float]:
    """By media range; what cannot be read as a quality is none."""
    found: dict[str, float] = {}
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        given = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        found[media] = float(given) if re.fullmatch(r"[01](\.[0-9]{0,3})?", given) else 0.0
    return found


def _quality(media: str, qualities: Mapping[str, float]) -> float:
    """The most specific range that fits counts."""
    ranges = (media, f"{media.split('/')[0]}/*", "*/*")
    return next((qualities[found] for found in ranges if found in qualities), 0.0)


async def downloads(request: Request, response: Response) -> Downloads:
    return Downloads(request, response)


UsesDownloads = Annotated[Downloads, Depends(downloads)]
