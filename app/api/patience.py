"""How long the service waits for the body of a request: not for ever, and longer for a long one."""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api import problems
from app.api.problems import RequestError

BODY_SECONDS = 20.0
"""For the first bytes; what has come earns more time."""

LEAST_RATE = 2_000
"""Bytes a second, on average, that a sender must manage after that: slower than any modem."""


ELSEWHERE = ("/v1/imports",)
"""An upload may take an hour and pause for a minute, as app/api/uploads.py says; what came of it is stored meanwhile."""


class Patience:
    """Raises RequestError, which becomes a 408, where the application waits for a body that does not come."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        patient = receive if scope["type"] != "http" or scope["path"] in ELSEWHERE else _Patient(scope, receive)
        await self.app(scope, patient, send)


class _Patient:
    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope, self._receive = scope, receive
        self._deadline = 0.0
        self._whole = False

    async def __call__(self) -> Message:
        # What comes after the body is the client's hanging up, for which one may wait as long as the answer takes.
        if self._whole:
            return await self._receive()
        self._deadline = self._deadline or time.monotonic() + BODY_SECONDS
        try:
            async with asyncio.timeout(max(0.0, self._deadline - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            self._scope["state"].setdefault("answer_headers", {})["Connection"] = "close"
            raise RequestError(problems.REQUEST_TIMEOUT, "The body did not come in time.") from None
        self._deadline += len(message.get("body", b"")) / LEAST_RATE
        self._whole = not message.get("more_body", False)
        return message
