"""Programs under test, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from benchmarks.engine.workload import ROOT

START_SECONDS = 180
"""A rival loads torch first; on a busy machine that alone takes a minute."""
SERVE = ("-c", "from app.cli import main; main()", "serve")


@dataclass(frozen=True)
class Server:
    """`seconds` it took to get ready; `lines` are what it said since."""

    process: subprocess.Popen[str]
    port: int
    seconds: float
    lines: list[str]

    def resident(self) -> float:
        """Megabytes of memory at this moment."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def processor_seconds(self) -> float:
        """Used since its start."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def said(self, event: str) -> dict[str, Any]:
        """The line of the log with this event, once the process has ended."""
        return next(json.loads(line) for line in self.lines if f'"{event}"' in line)


@contextmanager
def standpoint(database_url: str, *, program: tuple[str, ...] = SERVE, **settings: str) -> Iterator[Server]:
    """`seconds` are those which the service itself says that it took to load and warm its model, imports not counted."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STANDPOINT_")}
    wanted = {"STANDPOINT_PORT": "0", "STANDPOINT_DATABASE_URL": database_url, **settings}
    environment = {**inherited, **wanted, "STANDPOINT_LOG_FORMAT": "json", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, *program], env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    lines: list[str] = []
    try:
        ready = _ready(process)
        reader = _read_aside(process, lines)
        yield Server(process, int(ready["port"]), float(ready["seconds"]), lines)
        process.terminate()
        process.wait(60)
        reader.join()
    finally:
        process.kill()
        process.wait()


def _ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stderr
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if '"ready"' in line:
            found: dict[str, Any] = json.loads(line)
            return found
    raise RuntimeError("the service did not get ready: " + "".join(said[-3:]))


@contextmanager
def rival(command: list[str], port: int) -> Iterator[Server]:
    """Raises RuntimeError with the last words of a rival that does not get up."""
    started = time.perf_counter()
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment
    )
    lines: list[str] = []
    _read_aside(process, lines)
    try:
        while not _listens(port):
            if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                raise RuntimeError(" ".join("".join(lines[-3:]).split())[-300:] or "it did not listen in time")
            time.sleep(0.2)
        yield Server(process, port, time.perf_counter() - started, lines)
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """Workers share the group which their parent began, and some do not end when they are asked to."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


def _read_aside(process: subprocess.Popen[str], lines: list[str]) -> Thread:
    """So that the pipe never fills."""
    assert process.stderr
    stream = process.stderr
    reader = Thread(target=lambda: lines.extend(stream), daemon=True)
    reader.start()
    return reader


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
