"""make soak: ten minutes of reads, writes, deletions and imports at 80% of what the service can do, and what it lost by then.

First the capacity is measured, with as many clients as keep the service busy, until the last import is done; then requests come
at 80% of that rate, whether earlier ones are answered or not. Clients and service share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from benchmarks.soak.traffic import Tally, Traffic
from benchmarks.soak.watching import Outcome, Reading, pooled, read

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- soak -->", "<!-- /soak -->"
COLUMNS = (
    *("database", "minutes", "capacity, requests/s", "requests at 80%", "errors", "median, 95%", "memory, MB", "growth"),
    *("files, sockets", "verdict"),
)
HEADER = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"
CLIENTS = 8
CROWD = 64
"""Before anything is measured: as many as are answered without a refusal. Memory then has room for batches of all shapes, which
at 80% come about only when many requests happen to meet; such a step, however late, is no leak."""

SHARE = 0.8
QUIET_SECONDS = 7.0
"""Connections of clients end after 5 s of keep-alive; what is open then was not given back."""


async def capacity(traffic: Traffic, seconds: float, *, clients: int = CLIENTS) -> float:
    """Requests a second with all clients always busy, imports done to their end."""
    tally, end = Tally(), time.monotonic() + seconds

    async def client(number: int) -> None:
        choice = random.Random(number)
        while time.monotonic() < end:
            await traffic.ask(tally, choice)

    started = time.monotonic()
    await asyncio.gather(*(client(number) for number in range(clients)))
    await traffic.settled(tally, seconds=seconds)
    return tally.requests() / (time.monotonic() - started)


async def load(traffic: Traffic, tally: Tally, *, rate: float, seconds: float) -> None:
    """Requests come when they come, as they do in life."""
    choice, started, sent = random.Random(0), time.monotonic(), 0
    async with asyncio.TaskGroup() as group:
        while (passed := time.monotonic() - started) < seconds:
            while sent < passed * rate:
                group.create_task(traffic.ask(tally, choice))
                sent += 1
            await asyncio.sleep(0.02)


async def watch(tally: Tally, *, process: int, every: float, readings: list[Reading]) -> None:
    while True:
        readings.append(read(process))
        print(f"{tally.requests()} answers  {tally.errors()} errors  {readings[-1]}", file=sys.stderr)
        await asyncio.sleep(every)


async def soak(address: str, process: int, seconds: float) -> Outcome:
    measured = max(5.0, seconds / 10)
    # Shorter than the 5 s of the service, or both would close and use a connection at the same moment now and then.
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as http:
        traffic = await Traffic.of(http)
        # What is cold makes capacity look small.
        await capacity(traffic, measured / 5, clients=CROWD)
        most = await capacity(traffic, measured)
    await asyncio.sleep(QUIET_SECONDS)
    before, tally = read(process), Tally()
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as http:
        traffic = replace(traffic, http=http)
        readings: list[Reading] = []
        watching = asyncio.create_task(watch(tally, process=process, every=max(0.5, seconds / 120), readings=readings))
        await load(traffic, tally, rate=SHARE * most, seconds=seconds)
        watching.cancel()
        imports = len(tally.jobs)
        settled = await traffic.settled(tally, seconds=60 + seconds / 5)
    await asyncio.sleep(QUIET_SECONDS)
    after = read(process)
    async with httpx.AsyncClient(base_url=address, timeout=60) as http:
        unreturned = await pooled(http)
    return Outcome(
        seconds=seconds,
        capacity=most,
        requests=tally.requests(),
        errors=tally.errors(),
        statuses=dict(tally.statuses),
        median=tally.percentile(0.5),
        p95=tally.percentile(0.95),
        readings=readings,
        idle=(before, after),
        unreturned=unreturned,
        imports=imports,
        settled=settled,
    )


def row(outcome: Outcome, *, database: str) -> str:
    (begin, end), (before, after) = outcome.megabytes(), outcome.idle
    cells = (
        database,
        f"{outcome.seconds / 60:.1f}",
        f"{outcome.capacity:.1f}",
        f"{outcome.requests}, {outcome.imports} of them imports",
        str(outcome.errors),
        f"{outcome.median * 1000:.0f} ms, {outcome.p95 * 1000:.0f} ms",
        f"{begin:.0f}, then {end:.0f}",
        f"{outcome.growth():+.1%}",
        f"{before.files}, {before.sockets}; then {after.files}, {after.sockets}",
        "; ".join(outcome.faults()) or "held",
    )
    return f"| {' | '.join(cells)} |"


def written(text: str, new: str) -> str:
    """The README with this row instead of an older one of the same database."""
    before, _, rest = text.partition(BEGIN)
    within, _, after = rest.partition(END)
    database = new.split("|")[1].strip()
    rows = [line for line in within.splitlines()[3:] if line.split("|")[1].strip() != database]
    return f"{before}{BEGIN}\n{HEADER}\n" + "\n".join(sorted([*rows, new])) + f"\n{END}{after}"


@contextmanager
def service(url: str | None) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process and its port. A server's database has to be migrated before."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+", encoding="utf-8") as log:
        variables = {
            **os.environ,
            "STANDPOINT_PORT": "0",
            "STANDPOINT_LOG_FORMAT": "json",
            "STANDPOINT_DATABASE_URL": url or f"sqlite:///{folder}/soak.db",
        }
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
        process = subprocess.Popen(command, env=variables, stderr=log)
        try:
            yield process, _port(Path(log.name), process)
        finally:
            process.kill()
            process.wait()


def _port(log: Path, process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"ready"' in line:
                return int(json.loads(line)["port"])
        time.sleep(0.2)
    sys.exit(f"the service did not start:\n{log.read_text(encoding='utf-8')}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--database-url", help="an empty, migrated PostgreSQL; by default a new SQLite file")
    parser.add_argument("--write", action="store_true", help="put the row into benchmarks/README.md")
    chosen = parser.parse_args()
    with service(chosen.database_url) as (process, port):
        found = asyncio.run(soak(f"http://127.0.0.1:{port}", process.pid, chosen.seconds))
        process.send_signal(signal.SIGTERM)
        outcome = replace(found, exit=process.wait(60))
    made = row(outcome, database="PostgreSQL" if chosen.database_url else "SQLite")
    print(f"{HEADER}\n{made}")
    if chosen.write:
        README.write_text(written(README.read_text(encoding="utf-8"), made), encoding="utf-8")
    return len(outcome.faults())


if __name__ == "__main__":
    sys.exit(main())
