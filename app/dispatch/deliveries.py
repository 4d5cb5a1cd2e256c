"""Calls webhooks: signed, timestamped, without following anybody elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import socket
import ssl
import time
from dataclasses import dataclass

from anyio import to_thread

from app import __version__, logs
from app.dispatch.addresses import Destination, Resolver
from app.domain.errors import ForbiddenAddress
from app.domain.webhooks import Delivery, Webhook
from app.services import deliver
from app.services.deliver import Answer
from app.storage.database import Store

LOOK_SECONDS = 1.0
"""How soon an event is told."""

CALL_SECONDS = 10.0
"""A receiver should only note what it is told; more would let slow ones hold up the others."""

log = logs.logger("standpoint.webhooks")


@dataclass(frozen=True, slots=True)
class Caller:
    store: Store
    resolver: Resolver

    async def tell(self) -> None:
        """All that are due, a few at once."""
        while due := await deliver.take(self.store):
            await asyncio.gather(*(self._tell(delivery, hook) for delivery, hook in due))

    async def _tell(self, delivery: Delivery, hook: Webhook) -> None:
        answer = await to_thread.run_sync(self.call, delivery, hook, abandon_on_cancel=True)
        if not answer.accepted:
            log.info(
                "a webhook was not accepted", webhook=hook.id, delivery=delivery.id, status=answer.status, error=answer.error
            )
        await deliver.record(self.store, delivery, answer)

    def call(self, delivery: Delivery, hook: Webhook) -> Answer:
        """A redirect is an answer and is not followed: it could lead into this network."""
        try:
            connection = _Pinned(self.resolver.resolve(hook.url))
        except ForbiddenAddress as error:
            return Answer(error=error.detail)
        try:
            return _posted(connection, delivery, hook)
        except (OSError, http.client.HTTPException) as error:
            return Answer(error=type(error).__name__)
        finally:
            connection.close()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over `TIMESTAMP.BODY`, so that neither an old call nor another body passes for a new one."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _posted(connection: _Pinned, delivery: Delivery, hook: Webhook) -> Answer:
    timestamp, body = int(time.time()), delivery.body.encode()
    headers = {
        "Host": connection.destination.authority,
        "Content-Type": "application/json",
        "User-Agent": f"standpoint/{__version__}",
        "Standpoint-Event": delivery.event,
        "Standpoint-Delivery": delivery.id,
        "Standpoint-Signature": f"t={timestamp},v1={signature(hook.secret, timestamp, body)}",
    }
    connection.request("POST", connection.destination.path, body=body, headers=headers)
    return Answer(status=connection.getresponse().status)


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was looked at; the name serves for the certificate and the Host header only."""

    def __init__(self, destination: Destination) -> None:
        super().__init__(destination.host, destination.port, timeout=CALL_SECONDS)
        self.destination = destination

    def connect(self) -> None:
        plain = socket.create_connection((self.destination.address, self.destination.port), self.timeout)
        if self.destination.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.destination.host)
        else:
            self.sock = plain
