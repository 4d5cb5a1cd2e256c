"""Around every request: its id, one log line, an answer when the program fails, and HEAD."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs
from app.api import answers
from app.api.caching import Policy

ACCEPTED_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")
"""What is taken over from X-Request-ID; anything else could forge log lines or headers, and gets a new id."""

log = logs.logger("standpoint.http")


class RequestContext:
    """The outermost layer, so that nothing that happens inside lacks an id or reaches the client as a bare 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._answer(scope, receive, _Answer(send, request_id, scope["state"]))

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        started = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        except ClientDisconnect:
            log.info("the client hung up")
        except Exception:
            # Whatever it is, it is logged with its place, and the client gets a problem.
            log.error("fault", exc_info=True)
            await _apologise(scope, receive, answer)
        # The route's template and not the path: a path may hold what the sender would rather keep to himself.
        route = getattr(scope.get("route"), "path_format", None)
        seconds = time.perf_counter() - started
        log.info("request", method=scope["method"], route=route, status=answer.status, milliseconds=round(seconds * 1000, 1))
        scope["app"].state.metrics.note(method=scope["method"], route=route, status=answer.status, seconds=seconds)


class _Answer:
    """`send`, which adds the id and what the request's state has for the answer, and remembers the status."""

    def __init__(self, send: Send, request_id: str, state: Mapping[str, Any]) -> None:
        self.send = send
        self.request_id = request_id
        self.state = state
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.update(self.state.get("answer_headers", {}))
            # Nobody keeps what no route allowed them to keep: problems, answers to POST, the contract.
            headers.setdefault("Cache-Control", Policy.NEVER_KEPT)
        await self.send(message)


IS_HEAD = "standpoint.head"
"""In the scope of a GET that was a HEAD, for answers so long that they should not be made only to be dropped."""


class HeadAsGet:
    """HEAD is answered like GET, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        as_get = {**scope, "method": "GET", IS_HEAD: True}
        await self.app(as_get, receive, without_body)
        scope["route"] = as_get.get("route")


async def _apologise(scope: Scope, receive: Receive, answer: _Answer) -> None:
    # Once a response has begun, the only honest thing left is to end the connection.
    if answer.status is None:
        await answers.internal_error(Request(scope))(scope, receive, answer)


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
