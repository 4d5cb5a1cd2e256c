"""A client that hangs up ends the query of its export, over real sockets: the database does not work for nobody."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from sqlalchemy import QueuePool, text

from app.main import create_app
from app.services import export
from app.settings import Settings
from app.storage.database import Store
from app.storage.exports import Exported
from tests.api.clients import article, client
from tests.twins import DictionaryAnnotator

FAR_TOO_LONG = 360
"""Seconds of the statement that is to be ended, and that the store leaves to one."""

SOON = 15
"""Seconds that a test waits at most: a third of that. It takes less than one, but a busy machine lets nobody rely on that."""

ENDLESS = {
    "postgresql": f"SELECT pg_sleep({FAR_TOO_LONG})",
    # An hour or so.
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000000000) SELECT count(*) FROM n",
}


@dataclass
class Served:
    port: int
    store: Store

    @contextmanager
    def asking(self, path: str) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=SOON) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            yield connection

    def in_use(self) -> int:
        pool = self.store.engine.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url, statement_seconds=FAR_TOO_LONG)
    yield opened
    opened.close()


@pytest.fixture
def served(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Two articles, of which each is a chunk. The second chunk takes for ever."""
    monkeypatch.setattr(export, "BATCH", 1)
    monkeypatch.setattr(Exported, "batch", _slow_after(Exported.batch, store))
    with client(store) as http:
        for name in ("one", "two"):
            assert http.post("/v1/articles", json=article(text=f"Nothing happened, {name}.")).status_code == 201
    with running(store) as port:
        yield Served(port, store)


def _slow_after(batch: Callable[..., Any], store: Store) -> Callable[..., Any]:
    def slow(self: Exported, *given: Any, after: Any, **named: Any) -> Any:
        if after is None and self.name == "articles":
            return batch(self, *given, after=after, **named)
        return text(ENDLESS[store.engine.dialect.name])

    return slow


@contextmanager
def running(store: Store) -> Iterator[int]:
    app = create_app(Settings(), annotator=DictionaryAnnotator(), store=store)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def soon(met: Callable[[], bool]) -> bool:
    until = time.monotonic() + SOON
    # Asked once more, it could have changed: the service itself uses a connection now and then.
    while not (found := met()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


def ended(served: Served) -> bool:
    """On PostgreSQL the server itself is asked whether anybody sleeps there still."""
    if served.in_use():
        return False
    if served.store.engine.dialect.name == "sqlite":
        return True
    working = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    with served.store.reading() as session:
        return session.scalar(text(working)) == 0


def test_before_the_first_chunk(served: Served) -> None:
    with served.asking("/v1/exports/stances"):
        assert soon(lambda: served.in_use() == 1)
    assert soon(lambda: ended(served))


def test_in_the_middle_of_the_file(served: Served) -> None:
    with served.asking("/v1/exports/articles") as connection:
        received = b""
        while b"Nothing happened" not in received and b'"cursor"' not in received:
            received += connection.recv(65_536)
        assert received.startswith(b"HTTP/1.1 200")
        assert soon(lambda: served.in_use() == 1)
    assert soon(lambda: ended(served))


def test_the_service_goes_on_with_others(served: Served) -> None:
    for _ in range(3):
        with served.asking("/v1/exports/stances"):
            assert soon(lambda: served.in_use() == 1)
        assert soon(lambda: ended(served))
    with served.asking("/v1/articles") as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
