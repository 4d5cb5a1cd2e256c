"""Real processes of the service, with the twin of the annotator: started, asked, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.test_process import ROOT


@dataclass
class Process:
    command: str
    process: subprocess.Popen[str]
    began: float
    lines: list[dict[str, Any]] = field(default_factory=list)
    ready: threading.Event = field(default_factory=threading.Event)
    ready_after: float = 0.0
    port: int = 0

    def read(self) -> None:
        assert self.process.stderr
        for text in self.process.stderr:
            line = json.loads(text) if text.startswith("{") else {"event": text}
            self.lines.append(line)
            if line["event"] == "ready":
                self.port, self.ready_after = int(line.get("port", 0)), time.monotonic() - self.began
                self.ready.set()

    def wait_ready(self, seconds: float = 600) -> None:
        assert self.ready.wait(seconds), self.lines

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """As the kernel does it when memory is short: nothing is said and nothing is tidied up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self, seconds: float = 300) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@contextmanager
def started(command: str, url: str, **variables: str) -> Iterator[Process]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STANDPOINT_")}
    environment = {**inherited, "PYTHONPATH": str(ROOT), "STANDPOINT_PORT": "0", "STANDPOINT_DATABASE_URL": url, **variables}
    program = [sys.executable, "-m", "tests.twin_server", command]
    popen = subprocess.Popen(program, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    process = Process(command, popen, time.monotonic())
    reader = threading.Thread(target=process.read, daemon=True)
    reader.start()
    try:
        yield process
    finally:
        popen.kill()
        popen.wait()
        reader.join(5)


def articles(first: int, count: int, word: str = "short") -> list[dict[str, Any]]:
    texts = (f"{word} news: France praised Kenya for the {number}th time." for number in range(first, first + count))
    return [{"text": text, "external_id": f"x{first + place}"} for place, text in enumerate(texts)]


def imported(address: str, given: list[dict[str, Any]], *, key: str | None = None, seconds: float = 300) -> dict[str, Any]:
    """Raises httpx.TransportError where the service dies of it."""
    headers = {"idempotency-key": key} if key else {}
    response = httpx.post(f"{address}/v1/imports", json={"articles": given}, headers=headers, timeout=seconds)
    assert response.status_code == 202, response.text
    return response.json()  # type: ignore[no-any-return]


def finished(address: str, job_ids: list[str], seconds: float = 900) -> list[dict[str, Any]]:
    """The jobs, once they have all ended."""
    end = time.monotonic() + seconds
    with httpx.Client(base_url=address, timeout=60) as http:
        while True:
            jobs = [http.get(f"/v1/jobs/{job_id}").json() for job_id in job_ids]
            if all(job.get("state") in ("finished", "cancelled") for job in jobs):
                return jobs
            assert time.monotonic() < end, jobs
            time.sleep(0.2)
