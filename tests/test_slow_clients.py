"""Real sockets that are slow, silent or greedy: none of them pins the service, and none is waited for without end."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.impatient_server import SECONDS
from tests.test_process import Service, article, serving

IMPATIENT = ["-m", "tests.impatient_server"]
HEAD = b"POST /v1/annotate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
PATIENCE = 30
"""Far longer than the service has; a busy machine shall not fail these tests, and a service that waits for ever does."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("impatient")
    with serving(IMPATIENT, folder, STANDPOINT_CONNECTION_LIMIT="60", STANDPOINT_HEADER_LIMIT="4096") as opened:
        yield opened


def connect(service: Service, *, buffer: int | None = None) -> socket.socket:
    connection = socket.socket()
    if buffer:
        # Before connecting, since it decides how much the other side may send ahead.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.connect(("127.0.0.1", service.port))
    connection.settimeout(PATIENCE)
    return connection


def drip(connection: socket.socket, data: bytes, *, every: float = 0.2) -> bytes:
    """Sends byte by byte for as long as the other side takes it; returns what it said before it hung up."""
    deadline = time.monotonic() + PATIENCE
    received = b""
    connection.settimeout(every)
    while time.monotonic() < deadline:
        try:
            connection.sendall(data)
            part = connection.recv(65_536)
            if not part:
                return received
            received += part
        except TimeoutError:
            continue
        except OSError:
            return received
    raise AssertionError("the service goes on listening for ever")


def ended(connection: socket.socket) -> bytes:
    """What comes until the connection is closed, however that happens. It fails when it is not."""
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionError:
        pass
    return received


def is_problem(answer: bytes, status: int, slug: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    found = json.loads(body)
    assert found["type"] == f"urn:problem-type:standpoint:{slug}"
    assert f"x-request-id: {found['instance'].rsplit(':', 1)[1]}".encode() in head.lower()


def test_headers_that_never_end_are_answered_and_cut_off(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        is_problem(drip(connection, b"a"), 408, "request-timeout")


def test_a_connection_that_says_nothing_is_closed(service: Service) -> None:
    with connect(service) as connection:
        is_problem(ended(connection), 408, "request-timeout")


def test_a_second_request_that_never_ends_is_cut_off_too(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while b'{"status":"ok"}' not in answer:
            answer += connection.recv(65_536)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        is_problem(drip(connection, b"a"), 408, "request-timeout")


def test_a_body_that_never_ends_is_answered_and_cut_off(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        is_problem(drip(connection, b" "), 408, "request-timeout")


def test_a_body_that_comes_slowly_but_steadily_is_taken(service: Service) -> None:
    body = json.dumps(article(text="Germany praised France. " * 800)).encode()
    with connect(service) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body))
        started = time.monotonic()
        for start in range(0, len(body), 2_000):
            connection.sendall(body[start : start + 2_000])
            time.sleep(0.3)
        assert time.monotonic() - started > 1.5 * SECONDS
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_who_goes_on_sending_after_the_answer_is_cut_off(service: Service) -> None:
    with connect(service) as connection:
        connection.sendall(b"POST /v1/nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        assert drip(connection, b" ").startswith(b"HTTP/1.1 404 ")


def test_who_never_reads_the_answer_is_cut_off(service: Service) -> None:
    request = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with connect(service, buffer=4_096) as connection:
        connection.sendall(request * 20)
        time.sleep(SECONDS * 3)
        assert len(ended(connection)) < 20 * 1_000_000


def test_headers_beyond_the_limit_are_refused_in_one_piece_and_in_many(service: Service) -> None:
    for count, length in ((1, 5_000), (100, 100), (2, 100_000)):
        with connect(service) as connection:
            lines = b"".join(b"X-%d: %s\r\n" % (number, b"x" * length) for number in range(count))
            try:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n")
            except ConnectionError:
                continue
            answer = ended(connection)
            assert not answer or answer.startswith(b"HTTP/1.1 431 ")
    with connect(service) as connection:
        connection.sendall(b"GET /healthz?" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        is_problem(ended(connection), 431, "headers-too-large")


def test_many_slow_clients_do_not_keep_others_out(service: Service) -> None:
    with ExitStack() as stack:
        for number in range(50):
            connection = stack.enter_context(connect(service))
            connection.sendall((HEAD + b"Content-Length: 500\r\n\r\n{")[: 20 if number % 2 else None])
        for _ in range(5):
            assert httpx.post(f"{service.address}/v1/annotate", json=article(), timeout=PATIENCE).status_code == 200


def test_more_connections_than_the_limit_are_closed_at_once_and_places_come_back(service: Service) -> None:
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(service)) for _ in range(80)]
        closed = 0
        for connection in connections:
            connection.settimeout(0.05)
            try:
                closed += connection.recv(1) == b""
            except TimeoutError:
                pass
            except ConnectionError:
                closed += 1
        assert closed >= 20
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            assert httpx.get(f"{service.address}/healthz").status_code == 200
            break
        except httpx.TransportError:
            time.sleep(0.2)
    else:
        raise AssertionError("no place came back")
    assert [line for line in service.lines if '"fault"' in line or "Exception in ASGI" in line] == []


def test_an_import_may_pause_for_longer_than_other_bodies(service: Service) -> None:
    line = json.dumps({"text": "France praised Kenya."}).encode() + b"\n"
    head = (
        f"POST /v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: {2 * len(line)}\r\n\r\n"
    )
    with connect(service) as connection:
        connection.sendall(head.encode() + line)
        time.sleep(2 * SECONDS)
        connection.sendall(line)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 202 ")
