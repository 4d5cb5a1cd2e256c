"""A client who is gone gets no work done for him. Spoken in ASGI, where it can be said when he hangs up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.domain.values import Annotation, ArticleText
from app.main import create_app
from app.settings import Settings
from app.storage.database import Store
from tests.api.clients import TEXT
from tests.twins import DictionaryAnnotator

PATIENCE = 10.0

Message = dict[str, Any]


class Waiting(DictionaryAnnotator):
    """Is busy with a text until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.cancelled = False

    async def annotate(self, text: ArticleText, **given: Any) -> Annotation:
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return await super().annotate(text, **given)


async def ask(app: Callable[..., Awaitable[None]], path: str, gone: asyncio.Event) -> list[Message]:
    """What was sent to the client, who hangs up when `gone` is set."""
    sent: list[Message] = []
    body = iter([{"type": "http.request", "body": json.dumps({"text": TEXT}).encode(), "more_body": False}])

    async def receive() -> Message:
        if message := next(body, None):
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers, "http_version": "1.1"}
    await app(scope, receive, send)
    return sent


@pytest.mark.parametrize("path", ["/v1/annotate", "/v1/articles"])
def test_the_annotation_of_a_client_who_hangs_up_is_cancelled(store: Store, path: str) -> None:
    async def hang_up() -> tuple[list[Message], Waiting]:
        annotator, gone = Waiting(), asyncio.Event()
        app = create_app(Settings(), annotator=annotator, store=store)
        async with asyncio.timeout(PATIENCE), app.router.lifespan_context(app):
            call = asyncio.create_task(ask(app, path, gone))
            await annotator.begun.wait()
            gone.set()
            return await call, annotator

    sent, annotator = asyncio.run(hang_up())
    assert annotator.cancelled
    assert sent == []


def test_a_client_who_stays_is_answered(store: Store) -> None:
    async def stay() -> list[Message]:
        annotator = Waiting()
        app = create_app(Settings(), annotator=annotator, store=store)
        async with asyncio.timeout(PATIENCE), app.router.lifespan_context(app):
            call = asyncio.create_task(ask(app, "/v1/annotate", asyncio.Event()))
            await annotator.begun.wait()
            annotator.go_on.set()
            return await call

    assert next(message for message in asyncio.run(stay()) if "status" in message)["status"] == 200
