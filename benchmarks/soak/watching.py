"""What a process has in its hands, from outside: memory and files as Linux counts them, connections as it does."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

WARM_UP = 0.3
"""Of the time: memory has room for the largest batch so far, and for the most threads and connections at once so far; such
records become rare only after some thousand requests. What leaks goes on through the seven minutes that are left of ten."""

AT_ENDS = 0.1
"""Of the readings after that: their mean is the beginning, and the end."""

MEMORY_GROWTH = 0.05
LEFT_OPEN = 24
"""More than before the load, when all clients are gone: the pool keeps ten connections, each with two files or three on SQLite,
and the load before may have needed fewer. What a request leaves behind would be thousands."""


@dataclass(frozen=True)
class Reading:
    at: float
    megabytes: float
    files: int
    sockets: int


@dataclass(frozen=True)
class Outcome:
    seconds: float
    capacity: float
    requests: int
    errors: int
    statuses: dict[str, int]
    median: float
    p95: float
    readings: list[Reading]
    idle: tuple[Reading, Reading]
    """Before the load and after it, both without clients."""
    unreturned: int
    """Connections to the database that are in use at the end."""
    imports: int
    settled: bool
    exit: int = 0

    def megabytes(self) -> tuple[float, float]:
        warm = [reading.megabytes for reading in self.readings if reading.at - self.readings[0].at >= WARM_UP * self.seconds]
        some = max(1, round(len(warm) * AT_ENDS))
        return sum(warm[:some]) / some, sum(warm[-some:]) / some

    def growth(self) -> float:
        begin, end = self.megabytes()
        return end / begin - 1

    def faults(self) -> list[str]:
        """What was promised and did not hold."""
        before, after = self.idle
        found = {
            f"{self.errors} errors: {self.statuses}": self.errors > 0,
            f"memory grew by {self.growth():.1%}": self.growth() >= MEMORY_GROWTH,
            f"open files: {before.files}, then {after.files}": after.files > before.files + LEFT_OPEN,
            f"open sockets: {before.sockets}, then {after.sockets}": after.sockets > before.sockets + LEFT_OPEN,
            f"{self.unreturned} connections to the database were not given back": self.unreturned > 0,
            "imports did not come to their end": not self.settled,
            f"the process ended with {self.exit}": self.exit != 0,
        }
        return [what for what, holds in found.items() if holds]


def read(process: int) -> Reading:
    folder = Path(f"/proc/{process}")
    pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
    open_now = [_target(entry) for entry in (folder / "fd").iterdir()]
    sockets = sum(target.startswith("socket:") for target in open_now)
    return Reading(time.monotonic(), pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(open_now) - sockets, sockets)


async def pooled(http: httpx.AsyncClient) -> int:
    """Connections to the database that are in use now."""
    found = re.search(r"^standpoint_database_connections_used (\S+)$", (await http.get("/metrics")).text, re.MULTILINE)
    assert found
    return int(float(found[1]))


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except FileNotFoundError:
        # It was closed just now.
        return ""
