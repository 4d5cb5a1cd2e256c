"""A PostgreSQL server that stops in the middle, as when its machine swaps: every process of it, and it goes on where it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """`url` as psycopg takes it. The kernel still takes connections for it, and acknowledges all that is sent."""
    with psycopg.connect(url) as connection:
        server = _parent(connection.info.backend_pid)
    stopped = [server]
    os.kill(server, signal.SIGSTOP)
    try:
        # Since its parent stopped first, there will be no others.
        for process in _children(server):
            os.kill(process, signal.SIGSTOP)
            stopped.append(process)
        yield
    finally:
        for process in reversed(stopped):
            os.kill(process, signal.SIGCONT)


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def _children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]
