"""Programs under test, each a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from benchmarks.engine.workload import ROOT

START_SECONDS = 180
"""A rival loads torch first; on a busy machine that alone takes a minute."""


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    port: int
    seconds: float

    def resident(self) -> float:
        """Megabytes of memory at this moment."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@contextmanager
def standpoint(database_url: str, **settings: str) -> Iterator[Server]:
    """`seconds` are those which the service itself says that it took to load and warm its model, imports not counted."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STANDPOINT_")}
    wanted = {"STANDPOINT_PORT": "0", "STANDPOINT_DATABASE_URL": database_url, **settings}
    environment = {**inherited, **wanted, "STANDPOINT_LOG_FORMAT": "json", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        ready = _ready(process)
        yield Server(process, int(ready["port"]), float(ready["seconds"]))
    finally:
        process.terminate()
        process.wait(60)


def _ready(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stderr
    stream = process.stderr
    for line in stream:
        if '"ready"' in line:
            # The rest is read aside, so that the pipe never fills.
            Thread(target=lambda: [None for _ in stream], daemon=True).start()
            return json.loads(line)
    raise RuntimeError("the service did not get ready")


@contextmanager
def rival(command: list[str], port: int) -> Iterator[Server]:
    """Raises RuntimeError with the last words of a rival that does not get up."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    lines: list[str] = []
    assert process.stderr
    stream = process.stderr
    Thread(target=lambda: lines.extend(stream), daemon=True).start()
    try:
        while not _listens(port):
            if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                raise RuntimeError(" ".join("".join(lines[-3:]).split())[-300:] or "it did not listen in time")
            time.sleep(0.2)
        yield Server(process, port, time.perf_counter() - started)
    finally:
        # LitServe has workers; they share the group which this process began.
        os.killpg(process.pid, 15)
        process.wait(60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
