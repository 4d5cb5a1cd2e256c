"""One connection of a client who may be slow, silent or hostile. uvicorn speaks HTTP; this says how long it has patience.

States in which a connection can stay for ever if nobody looks: a head that never ends, a body after its answer, an answer that
nobody reads, an end that nobody acknowledges. `sweep` looks, from one loop for all. An awaited body is `app/api/patience.py`.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from functools import partial
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.api import problems
from app.api.answers import describe
from app.api.problems import ProblemType, RequestError

HEAD_SECONDS = 10.0
"""From the first byte of a request, or from connecting, to the end of its headers. Ten round trips of the slowest satellite."""

STALL_SECONDS = 30.0
"""How long a client may take to read 64 KB: 2 KB/s is slower than any modem."""

LINGER_SECONDS = 10.0
"""How long a connection that is to be closed may keep what was not acknowledged, and one that was answered may go on sending."""


class PatientProtocol(HttpToolsProtocol):
    """`header_limit` in bytes, names, values and the address together. `connection_limit` holds for the whole process."""

    def __init__(self, *arguments: Any, header_limit: int, connection_limit: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._header_limit, self._connection_limit = header_limit, connection_limit
        self._in_head = True
        self._head_bytes = 0
        self._running: RequestResponseCycle | None = None
        self._refusal: tuple[ProblemType, str] | None = None
        self._since: dict[str, float] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._connection_limit:
            # Said in no words: an answer would cost what there is too little of.
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hang_up()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _hang_up(self) -> None:
        """Tells all that answer on this connection. uvicorn tells the last of several pipelined requests only."""
        for cycle in (self._running, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        self._in_head = self._in_head or self._answered_whole()
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self._header_limit:
            self._refuse(problems.HEADERS_TOO_LARGE, f"The headers have more than {self._header_limit} bytes.")

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self._in_head, self._head_bytes = False, 0
        if size > self._header_limit:
            self._refusal = problems.HEADERS_TOO_LARGE, f"The headers have more than {self._header_limit} bytes."
            # The parser turns it into an error of its own, which ends in `send_400_response`.
            raise ValueError("headers too large")
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(*(self._refusal or (problems.BAD_REQUEST, "This is not HTTP.")))

    def pause_writing(self) -> None:
        self._since["stalled"] = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._since.pop("stalled", None)
        super().resume_writing()

    def sweep(self, now: float) -> None:
        """Ends what has gone on for too long. Called every second or so."""
        over = (
            self._lasts("stalled", self.flow.write_paused, now, STALL_SECONDS),
            self._lasts("closing", self.transport.is_closing(), now, LINGER_SECONDS),
            self._lasts("leftover", self._answered_early(), now, LINGER_SECONDS),
        )
        if any(over):
            self._hang_up()
            self.transport.abort()
        elif self._lasts("head", self._in_head, now, HEAD_SECONDS):
            self._refuse(problems.REQUEST_TIMEOUT, f"The headers took longer than {HEAD_SECONDS:.0f} s.")

    def _lasts(self, state: str, holds: bool, now: float, seconds: float) -> bool:
        if not holds:
            self._since.pop(state, None)
            return False
        return now - self._since.setdefault(state, now) > seconds

    def _answered_whole(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete and not self.cycle.more_body

    def _answered_early(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete and self.cycle.more_body

    def _refuse(self, kind: ProblemType, detail: str) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            # The answer to an earlier request is under way; words in its midst would be taken for a part of it.
            self._hang_up()
            self.transport.abort()
            return
        request_id = uuid.uuid4().hex
        body = describe(RequestError(kind, detail), request_id=request_id).model_dump_json(exclude_none=True).encode()
        head = (
            f"content-type: {problems.MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nx-request-id: {request_id}\r\n"
            "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[HTTPStatus(kind.status)] + head.encode() + body)
        self.transport.close()


def protocol(*, header_limit: int, connection_limit: int) -> Any:
    """What uvicorn makes its connections with."""
    return partial(PatientProtocol, header_limit=header_limit, connection_limit=connection_limit)


def sweep(connections: Any) -> None:
    now = time.monotonic()
    for connection in list(connections):
        connection.sweep(now)
