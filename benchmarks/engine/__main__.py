"""python -m benchmarks.engine [--parts 1,2] [--write]; see benchmarks/README.md."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from app.inference.cores import usable_cores
from benchmarks.engine import alone, engines, latency, limits, over_http, overload, rivalry, start, storing, workload
from benchmarks.engine.bench import Bench, say

README = Path(__file__).parents[1] / "README.md"


@dataclass(frozen=True)
class Part:
    title: str
    measure: Callable[[Bench], Iterator[str]]


PARTS = {
    1: Part("The engine alone, in process", alone.measure),
    2: Part("`/v1/annotate` over HTTP", over_http.measure),
    3: Part("`/v1/articles`, with SQL commit", storing.measure),
    4: Part("What one would otherwise write", rivalry.measure),
    5: Part("One article without load", latency.measure),
    6: Part("The share of the machine's limit", limits.measure),
    7: Part("Overload", overload.measure),
    8: Part("Start, memory, idleness, event loop, long texts", start.measure),
    9: Part("Libraries and graphs", engines.measure),
}


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    has = [flag for flag in ("avx512_vnni", "avx512_bf16", "amx_int8") if flag in flags]
    software = f"Python {platform.python_version()}, onnxruntime {version('onnxruntime')}"
    return f"{usable_cores()} cores of {name} ({', '.join(has)}), {software}"


def block(number: int, bench: Bench) -> str:
    """The part as Markdown, with what one has to know to judge it."""
    part, load, started = PARTS[number], os.getloadavg()[0], time.perf_counter()
    say(f"part {number}: {part.title}")
    table = "\n".join(part.measure(bench))
    minutes, day = (time.perf_counter() - started) / 60, datetime.now(UTC).date()
    told = f"{day}, {machine()}. Load when it began {load:.1f}; {bench.rounds} rounds, {minutes:.1f} minutes."
    return f"### {number}. {part.title}\n\n{table}\n\n{told}\n"


def write(number: int, content: str) -> None:
    """Between the part's markers."""
    text = README.read_text(encoding="utf-8")
    begin, end = f"<!-- bench-engine {number} -->\n", f"<!-- end of {number} -->"
    found = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    assert found.search(text), f"{README} has no markers for part {number}"
    README.write_text(found.sub(lambda _: f"{begin}{content}{end}", text), encoding="utf-8")


def main(
    parts: Annotated[str, typer.Option(help="numbers of the parts, with commas")] = ",".join(map(str, PARTS)),
    articles: int = 150,
    rounds: int = 3,
    seconds: Annotated[float, typer.Option(help="of each load in parts 7 and 8")] = 20.0,
    sample: Annotated[int, typer.Option(help="articles for parts 4 and 9, which are slow")] = 24,
    float_folder: Annotated[Path | None, typer.Option("--float", help="a model folder in float for part 9")] = None,
    write_readme: Annotated[bool, typer.Option("--write", help="put the tables into benchmarks/README.md")] = False,
) -> None:
    """Measure the engine and the service side by side."""
    bench = Bench(workload.load(articles), rounds=rounds, sample=sample, seconds=seconds, float_folder=float_folder)
    for number in map(int, parts.split(",")):
        content = block(number, bench)
        print(content, flush=True)
        if write_readme:
            write(number, content)


if __name__ == "__main__":
    typer.run(main)
