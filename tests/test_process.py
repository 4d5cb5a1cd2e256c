"""The service as a process: real sockets, real signals, real exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.twin_server import SLOW_SECONDS

ROOT = Path(__file__).parents[1]
REAL = ["-c", "from app.cli import main; main()", "serve"]
TWIN = ["-m", "tests.twin_server"]
READY_SECONDS = 60
"""Far more than it takes; a machine that runs other things too shall not fail a test of order and of exit codes."""


@dataclass
class Service:
    process: subprocess.Popen[str]
    lines: list[str]
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def raw(self, request: bytes) -> bytes:
        """What comes back for these bytes, until the service closes the connection or says nothing for a second."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(request)
            received = b""
            try:
                while part := connection.recv(65_536):
                    received += part
            except TimeoutError:
                pass
            return received


def environment(folder: Path, **variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STANDPOINT_")}
    url = f"sqlite:///{folder}/standpoint.db"
    return {**inherited, "PYTHONPATH": str(ROOT), "STANDPOINT_PORT": "0", "STANDPOINT_DATABASE_URL": url, **variables}


@contextmanager
def serving(program: list[str], folder: Path, **variables: str) -> Iterator[Service]:
    command = [sys.executable, *program]
    process = subprocess.Popen(command, env=environment(folder, **variables), cwd=folder, stderr=subprocess.PIPE, text=True)
    lines: list[str] = []
    try:
        yield Service(process, lines, _port(process, lines))
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[str], lines: list[str]) -> int:
    """Reads the log until it says `ready`; the rest is read aside, so that the pipe never fills."""
    assert process.stderr
    stream = process.stderr
    for line in stream:
        lines.append(line)
        if '"ready"' in line:
            threading.Thread(target=lambda: lines.extend(stream), daemon=True).start()
            return int(json.loads(line)["port"])
    raise AssertionError("it did not get ready:\n" + "".join(lines))


def refused(program: list[str], folder: Path, **variables: str) -> str:
    """The single line with which it refuses to start."""
    run = subprocess.run(
        [sys.executable, *program],
        env=environment(folder, **variables),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
    )
    assert run.returncode == 2, run.stderr
    (line,) = [line for line in run.stderr.splitlines() if not line.startswith("{")]
    return line


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(TWIN, tmp_path_factory.mktemp("twin"), STANDPOINT_BODY_LIMIT="10000") as service:
        yield service


def article(**changes: Any) -> dict[str, Any]:
    return {"text": "Germany praised France on Monday while condemning Belarus.", **changes}


def test_the_real_service_serves_stores_and_finds_again_after_a_restart(tmp_path: Path) -> None:
    with serving(REAL, tmp_path) as service:
        stored = httpx.post(f"{service.address}/v1/articles", json=article(), timeout=30)
        assert stored.status_code == 201
        assert {item["country"] for item in stored.json()["annotation"]["countries"]} == {"DE", "FR", "BY"}
        assert httpx.get(f"{service.address}/readyz").status_code == 200
        assert service.stop() == 0
    with serving(REAL, tmp_path) as service:
        assert httpx.get(f"{service.address}{stored.headers['location']}", timeout=30).json() == stored.json()
        assert len(httpx.get(f"{service.address}/v1/stances").json()["items"]) == 3
        assert service.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_accepted_requests_finish_and_ends_with_zero(tmp_path: Path, number: int) -> None:
    with serving(TWIN, tmp_path) as service:
        answers: list[httpx.Response] = []
        body = article(text="slow news from France")
        waiting = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{service.address}/v1/articles", json=body, timeout=30))
        )
        waiting.start()
        time.sleep(SLOW_SECONDS / 2)
        assert service.stop(number) == 0
        waiting.join()
        assert [answer.status_code for answer in answers] == [201]
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{service.address}/healthz")
    with serving(TWIN, tmp_path) as service:
        assert httpx.get(f"{service.address}{answers[0].headers['location']}").status_code == 200


def test_readiness_ends_with_the_signal_and_not_with_the_last_request(tmp_path: Path) -> None:
    with serving(TWIN, tmp_path) as service, httpx.Client(base_url=service.address, timeout=30) as kept:
        assert kept.get("/readyz").status_code == 200
        answers: list[int] = []
        body = article(text="slow news from France")
        waiting = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{service.address}/v1/articles", json=body, timeout=30).status_code)
        )
        waiting.start()
        time.sleep(SLOW_SECONDS / 3)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(SLOW_SECONDS / 3)
        # The accepted request is still being answered: no new connection gets in, and a kept one is closed.
        assert service.process.poll() is None and not answers
        for ask in (kept.get, httpx.get):
            with pytest.raises(httpx.TransportError):
                ask(f"{service.address}/readyz")
        assert service.process.wait(60) == 0
        waiting.join()
        assert answers == [201]


def test_every_wrong_setting_has_a_line_of_its_own(tmp_path: Path) -> None:
    wrong = {"STANDPOINT_PORT": "many", "STANDPOINT_THREADS": "-1", "STANDPOINT_HOTS": "x"}
    run = subprocess.run(
        [sys.executable, *TWIN],
        env=environment(tmp_path, **wrong),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
    )
    assert run.returncode == 2
    assert [line.split(":")[1].split()[0] for line in run.stderr.splitlines()] == [
        "STANDPOINT_HOTS",
        "STANDPOINT_PORT",
        "STANDPOINT_THREADS",
    ]


def test_a_dead_engine_ends_the_process_with_a_failure_even_if_it_cannot_be_closed(tmp_path: Path) -> None:
    with serving(TWIN, tmp_path) as service:
        assert httpx.post(f"{service.address}/v1/annotate", json=article(text="die")).status_code == 200
        assert service.process.wait(30) == 1
        time.sleep(0.1)
        assert any("engine is dead" in line for line in service.lines)


def test_a_dead_engine_of_claims_ends_the_process_too(tmp_path: Path) -> None:
    with serving(TWIN, tmp_path) as service:
        claim = "The army closed the border"
        assert httpx.post(f"{service.address}/v1/claims", json={"text": claim}).status_code == 202
        assert httpx.post(f"{service.address}/v1/articles", json=article(text=f"{claim}, a deadly mistake.")).status_code == 201
        assert service.process.wait(30) == 1
        time.sleep(0.1)
        assert any("engine is dead" in line for line in service.lines)


def test_a_port_in_use_is_one_line(tmp_path: Path, twin: Service) -> None:
    line = refused(TWIN, tmp_path, STANDPOINT_PORT=str(twin.port))
    assert line == f"standpoint: cannot listen on 127.0.0.1 port {twin.port}: Address already in use"


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    line = refused(REAL, tmp_path, STANDPOINT_MODEL="nowhere")
    assert line.startswith("standpoint: the model cannot be used: nowhere is neither a folder nor a bundled model")


def test_a_changed_model_file_is_one_line(tmp_path: Path) -> None:
    bundled = ROOT / "app" / "inference" / "bundled" / "standpoint-en"
    for file in bundled.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "config.json").unlink()
    (tmp_path / "config.json").write_text((bundled / "config.json").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "config.json differs from what SHA256SUMS says" in refused(REAL, tmp_path, STANDPOINT_MODEL=str(tmp_path))


def test_a_postgresql_without_tables_names_the_command_and_serves_after_it(tmp_path: Path, postgres: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        line = refused(REAL, tmp_path, STANDPOINT_DATABASE_URL=postgres)
    assert "standpoint migrate" in line


def test_a_database_that_is_not_there_is_one_line_without_its_password(tmp_path: Path) -> None:
    line = refused(TWIN, tmp_path, STANDPOINT_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/x")
    assert "cannot be reached" in line and "hunter2" not in line


def test_a_body_without_a_length_is_counted_while_it_comes(twin: Service) -> None:
    head = b"POST /v1/annotate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = twin.raw(head + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 3)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"problem+json" in answer


def test_an_announced_body_is_refused_before_it_comes(twin: Service) -> None:
    head = b"POST /v1/annotate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
    assert twin.raw(head).startswith(b"HTTP/1.1 413 ")


def test_a_query_with_raw_bytes_is_refused(twin: Service) -> None:
    answer = twin.raw(b"GET /v1/articles?publisher=\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 422 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/articles/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://other.example/v1/articles HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/annotate HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n",
        b"POST /v1/annotate HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /v1/articles?publisher=" + b"x" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_bytes_that_are_hardly_http_do_no_harm(twin: Service, request_bytes: bytes) -> None:
    answer = twin.raw(request_bytes)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert httpx.get(f"{twin.address}/healthz").status_code == 200


def test_a_sender_who_hangs_up_leaves_nothing_behind(twin: Service) -> None:
    head = b"POST /v1/articles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", twin.port)) as connection:
            connection.sendall(head + b'{"text": "half of')
    time.sleep(0.3)
    assert httpx.get(f"{twin.address}/v1/articles").json()["items"] == []
    assert not any('"fault"' in line for line in twin.lines)


def test_who_hangs_up_while_the_answer_is_made_has_nothing_stored(tmp_path: Path) -> None:
    body = json.dumps(article(text="slow news from France")).encode()
    head = f"POST /v1/articles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with serving(TWIN, tmp_path) as service:
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            connection.sendall(head.encode() + body)
            time.sleep(SLOW_SECONDS / 3)
        time.sleep(SLOW_SECONDS)
        assert httpx.get(f"{service.address}/v1/articles").json()["items"] == []
        assert service.stop() == 0
        time.sleep(0.1)
        assert any("the client hung up" in line for line in service.lines)


def test_64_clients_at_once_get_what_each_would_get_alone(tmp_path: Path) -> None:
    sentence = "Observer {} said that Germany praised Kenya, that Belarus was to blame, and that {}China agreed."
    bodies = [article(text=sentence.format(n, "very " * (n % 23) + "old "), title=f"Kenya, day {n}") for n in range(64)]
    with serving(REAL, tmp_path) as service, httpx.Client(base_url=service.address, timeout=60) as http:

        def annotated(body: dict[str, Any]) -> Any:
            return http.post("/v1/annotate", json=body).json()["countries"]

        alone = [annotated(body) for body in bodies]
        with ThreadPoolExecutor(64) as clients:
            together = list(clients.map(annotated, bodies))
    assert all({"DE", "KE", "BY", "CN"} <= {country["country"] for country in countries} for countries in alone)
    for one, other in zip(alone, together, strict=True):
        assert other == nearly(one)


def nearly(value: Any) -> Any:
    """The same but for one in the last digit of a number, which a batch of another shape may round otherwise."""
    if isinstance(value, float):
        return pytest.approx(value, abs=1.1e-4)
    if isinstance(value, list):
        return [nearly(item) for item in value]
    return {name: nearly(item) for name, item in value.items()} if isinstance(value, dict) else value
