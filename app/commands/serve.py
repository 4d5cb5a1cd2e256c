"""standpoint serve: one process, from an empty socket to the last accepted request."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from typing import Any

import uvicorn
from fastapi import FastAPI

from app import garbage, logs, settings
from app.commands import connections
from app.main import create_app
from app.refusal import Refusal
from app.services import ready
from app.settings import Settings

HEARTBEAT_SECONDS = 0.5
"""How soon a dead engine is noticed. Until then its requests are refused one by one."""

log = logs.logger("standpoint.serve")


def serve() -> None:
    """Returns after a signal; the process ends with 1 when the engine dies."""
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    stopping = _signals()
    with bound(chosen.host, chosen.port) as listener:
        app = create_app(chosen)
        config = server_config(app, chosen)
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_run(app, Server(config, listener, app.state.stopping), stopping))


class Server(uvicorn.Server):
    """uvicorn on a socket that is bound already, which says when it listens, and sets `ending` before it waits for requests."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, ending: threading.Event) -> None:
        super().__init__(config)
        self.listener = listener
        self.ending = ending
        self.created = time.perf_counter()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self.listener.getsockname()[:2]
        log.info("ready", host=host, port=port, seconds=round(time.perf_counter() - self.created, 2))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Bulk work ends at once, and so do streams of events, which would otherwise hold up the end.
        self.ending.set()
        await super().shutdown(sockets)


def bound(host: str, port: int) -> socket.socket:
    """Before the model is loaded, so that a port in use is heard of at once. It listens only when everything is ready."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise Refusal(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return listener


async def _run(app: FastAPI, server: Server, stopping: threading.Event) -> None:
    async with app.router.lifespan_context(app):
        garbage.expect_little()
        # A signal that came while the model was loading counts too.
        server.should_exit = stopping.is_set()
        watch = asyncio.create_task(_watch(app, server))
        sweeping = asyncio.create_task(_sweep(server))
        await server.serve(sockets=[server.listener])
        if watch.done():
            # At once: an orderly end would wait for the engine's thread, which may be stuck for ever.
            os._exit(1)
        watch.cancel()
        sweeping.cancel()
    log.info("stopped")


async def _watch(app: FastAPI, server: Server) -> None:
    """Ends when an engine is dead. A supervisor can only start a new process once this one has gone."""
    # A question and no event, since a thread that is stuck cannot tell.
    while ready.living(app.state.annotator, app.state.claims):  # noqa: ASYNC110
        await asyncio.sleep(HEARTBEAT_SECONDS)
    log.critical("the inference engine is dead; the process ends")
    server.should_exit = True


async def _sweep(server: Server) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        connections.sweep(server.server_state.connections)


def _signals() -> threading.Event:
    # uvicorn raises a signal again once it has shut down; the default handler would then turn a clean end into a failure.
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def server_config(app: Any, chosen: Settings) -> uvicorn.Config:
    """`app` is any ASGI application."""
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level=max(chosen.log_level.number, settings.LogLevel.WARNING.number),
        access_log=False,
        server_header=False,
        proxy_headers=bool(chosen.trusted_proxies),
        forwarded_allow_ips=list(chosen.trusted_proxies),
        ws="none",
        http=connections.protocol(header_limit=chosen.header_limit, connection_limit=chosen.connection_limit),
        timeout_graceful_shutdown=chosen.shutdown_seconds,
    )
