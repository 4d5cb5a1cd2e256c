"""make soak: ten minutes of mixed reads, writes and deletions at 80% of what the service can do, and what it has lost by then.

First the capacity is measured for a while with as many clients as keep it busy; then requests come at 80% of that rate. Memory
and open files are read from /proc; the first fifth of the time is warming up and is not counted.
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
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.commands.demo import samples

CLIENTS = 8
SHARE = 0.8
WARM_UP = 0.2
"""Of the time: caches and pools fill."""

MEMORY_GROWTH = 0.05

READS = ("/v1/stances?country=CN", "/v1/countries", "/v1/articles?stance=favor", "/readyz")


@dataclass
class Tally:
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)

    def errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if not status.startswith("2"))


@dataclass(frozen=True)
class Reading:
    at: float
    megabytes: float
    files: int


def read(process: int) -> Reading:
    folder = Path(f"/proc/{process}")
    pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
    return Reading(time.monotonic(), pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(list((folder / "fd").iterdir())))


async def ask(http: httpx.AsyncClient, tally: Tally, choice: random.Random) -> None:
    """One request: half of them read, two in five write, one in ten deletes, so that the database stays small."""
    draw, sample = choice.random(), choice.choice(SAMPLES)
    started = time.perf_counter()
    try:
        if draw < 0.4:
            answer = await http.post("/v1/articles", json={"title": sample[0], "text": f"{sample[1]} No. {choice.random()}."})
            if answer.status_code == 201:
                tally.stored.append(answer.json()["id"])
        elif draw < 0.5 and len(tally.stored) > 200:
            answer = await http.delete(f"/v1/articles/{tally.stored.pop(0)}")
        else:
            answer = await http.get(
                choice.choice(("/v1/stances?country=CN", "/v1/countries", "/v1/articles?stance=favor", "/readyz"))
            )
        tally.statuses[str(answer.status_code)] += 1
    except httpx.HTTPError as error:
        tally.statuses[type(error).__name__] += 1
    tally.seconds.append(time.perf_counter() - started)


async def capacity(http: httpx.AsyncClient, tally: Tally, seconds: float) -> float:
    """Requests a second with all clients always busy."""
    end = time.monotonic() + seconds

    async def client(number: int) -> int:
        choice, done = random.Random(number), 0
        while time.monotonic() < end:
            await ask(http, tally, choice)
            done += 1
        return done

    started = time.monotonic()
    done = await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return sum(done) / (time.monotonic() - started)


async def load(http: httpx.AsyncClient, tally: Tally, *, rate: float, seconds: float, process: int) -> list[Reading]:
    """Requests come when they come, whether earlier ones are answered or not, as they do in life."""
    choice, readings = random.Random(0), [read(process)]
    started, sent = time.monotonic(), 0
    async with asyncio.TaskGroup() as group:
        while (passed := time.monotonic() - started) < seconds:
            while sent < passed * rate:
                group.create_task(ask(http, tally, choice))
                sent += 1
            if time.monotonic() - readings[-1].at > max(1.0, seconds / 60):
                readings.append(read(process))
                print(f"{passed:5.0f} s  {sent} requests  {tally.errors()} errors  {readings[-1]}", file=sys.stderr)
            await asyncio.sleep(0.02)
    readings.append(read(process))
    return readings


async def soak(address: str, process: int, seconds: float) -> dict[str, object]:
    async with httpx.AsyncClient(base_url=address, timeout=60) as http:
        most = await capacity(http, Tally(), max(5.0, seconds / 20))
        tally = Tally()
        readings = await load(http, tally, rate=SHARE * most, seconds=seconds, process=process)
        await asyncio.sleep(6)
    # Connections of clients close within the 5 s of keep-alive, so that what is open now is what was not given back.
    last = read(process)
    warm = [reading for reading in readings if reading.at - readings[0].at >= WARM_UP * seconds]
    begin = sum(reading.megabytes for reading in warm[:5]) / len(warm[:5])
    end = sum(reading.megabytes for reading in warm[-5:]) / len(warm[-5:])
    return {
        "capacity": round(most, 1),
        "requests": sum(tally.statuses.values()),
        "errors": tally.errors(),
        "statuses": dict(tally.statuses),
        "p95_seconds": round(sorted(tally.seconds)[int(0.95 * len(tally.seconds))], 3),
        "megabytes": [round(begin, 1), round(end, 1)],
        "growth": round(end / begin - 1, 4),
        "files": [readings[0].files, last.files],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--database-url", help="by default a new SQLite file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            **os.environ,
            "STANDPOINT_PORT": "0",
            "STANDPOINT_LOG_FORMAT": "json",
            "STANDPOINT_DATABASE_URL": chosen.database_url or f"sqlite:///{folder}/soak.db",
        }
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
        with (Path(folder) / "log").open("w+", encoding="utf-8") as log:
            process = subprocess.Popen(command, env=variables, stderr=log)
            try:
                found = asyncio.run(soak(f"http://127.0.0.1:{_port(Path(log.name), process)}", process.pid, chosen.seconds))
            finally:
                process.send_signal(signal.SIGTERM)
                found_exit = process.wait(60)
    print(json.dumps({**found, "exit": found_exit}))
    # Sixteen files more are the pool and what SQLite opens late; a leak in ten minutes of requests would be thousands.
    fine = not found["errors"] and found["growth"] < MEMORY_GROWTH and found["files"][1] - found["files"][0] <= 16  # type: ignore[operator,index]
    return 0 if fine and found_exit == 0 else 1


def _port(log: Path, process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None:
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"ready"' in line:
                return int(json.loads(line)["port"])
        time.sleep(0.2)
    sys.exit(f"the service did not start:\n{log.read_text(encoding='utf-8')}")


SAMPLES = [(sample.title or "", sample.text) for sample in samples()]

if __name__ == "__main__":
    sys.exit(main())
