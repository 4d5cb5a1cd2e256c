"""The service in a process of its own, asked over one connection that stays open; and the SQL that its answers need."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import event

from app.main import create_app
from app.settings import Settings
from app.storage.database import Store
from benchmarks.queries.databases import Database
from benchmarks.queries.server import NoModel

Statement = tuple[str, Any]


class NotAnswered(Exception):
    """Another status than 200."""


class Wire:
    """GET over one connection that stays open. `http.client` takes a tenth of a millisecond to read the headers alone."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=600)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path.encode("ascii"))
        return self._answer(self._socket)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @staticmethod
    def _answer(source: socket.socket) -> tuple[int, bytes]:
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += _some(source)
        head = received[:end].lower()
        start = head.index(b"content-length:") + len(b"content-length:")
        length = int(head[start : head.find(b"\r", start) if b"\r" in head[start:] else end])
        while len(received) < end + 4 + length:
            received += _some(source)
        return int(head.split(b" ", 2)[1]), bytes(received[end + 4 :])


def _some(source: socket.socket) -> bytes:
    part = source.recv(1 << 20)
    if not part:
        raise ConnectionResetError("the connection ended in the middle of an answer")
    return part


@dataclass
class Service:
    connection: HTTPConnection
    """For exports, which have no length."""
    wire: Wire
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> bytes:
        status, body = self.wire.get(path)
        if status != 200:
            raise NotAnswered(f"{status} {body[:300]!r}")
        return body

    def lines(self, path: str) -> Iterator[int]:
        """Reads an export as it comes; how many lines each part has."""
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        if response.status != 200:
            raise NotAnswered(f"{response.status} {response.read()[:300]!r}")
        while part := response.read1(1 << 20):
            yield part.count(b"\n")

    def close(self) -> None:
        """Both open again at the next request."""
        self.connection.close()
        self.wire.close()

    def megabytes(self) -> float:
        """Resident now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def service(database: Database) -> Iterator[Service]:
    port = _free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.queries.server", database.url, str(port)])
    served = Service(HTTPConnection("127.0.0.1", port, timeout=600), Wire(port), process)
    try:
        _wait(served.connection)
        yield served
    finally:
        served.close()
        process.terminate()
        process.wait()


@contextmanager
def overheard(database: Database) -> Iterator[Overheard]:
    store = Store(database.url)
    with TestClient(create_app(Settings(bulk_work=False), annotator=NoModel(), store=store)) as client:
        yield Overheard(store, client)
    store.close()


class Overheard:
    """The same service in this process, where its statements can be heard."""

    def __init__(self, store: Store, client: TestClient) -> None:
        self.store = store
        self._client = client

    def statements(self, path: str) -> list[Statement]:
        found: list[Statement] = []

        def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
            # Not the BEGIN that SQLite is given before them.
            if statement.lstrip().startswith(("SELECT", "WITH")):
                found.append((statement, parameters))

        event.listen(self.store.engine, "before_cursor_execute", note)
        try:
            response = self._client.get(path)
        finally:
            event.remove(self.store.engine, "before_cursor_execute", note)
        if response.status_code != 200:
            raise NotAnswered(f"{response.status_code} {response.text[:300]}")
        return found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(connection: HTTPConnection) -> None:
    for _ in range(600):
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            connection.close()
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service did not start")
