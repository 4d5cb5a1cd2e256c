"""python -m benchmarks.engine [--parts 1,4,6,7,8,9] [--write]; see benchmarks/README.md."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from app.inference.annotator import TransformerAnnotator
from app.inference.cores import usable_cores
from benchmarks.engine import backends, limits, overload, rivalry, speed, workload
from benchmarks.engine.servers import standpoint

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- bench-engine -->", "<!-- end of bench-engine -->"


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
    flags = next((line for line in lines if line.startswith("flags")), "")
    has = [flag for flag in ("avx512_vnni", "avx512_bf16", "amx_int8") if f" {flag}" in flags]
    load = os.getloadavg()[0]
    software = f"Python {platform.python_version()}, onnxruntime {version('onnxruntime')}"
    return f"{usable_cores()} cores of {name} ({', '.join(has)}), {software}; load at the start {load:.1f}."


def started() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, standpoint(f"sqlite:///{folder}/bench.db") as server:
        yield f"9. Model load, warm-up and migration take {server.seconds:.2f} s (goal: under 2)."
        yield f"Then {server.resident():.0f} MB are resident (goal: under 600)."


def main(
    parts: str = "1,4,6,7,8,9",
    articles: int = 150,
    rounds: int = 3,
    seconds: float = 20.0,
    sample: Annotated[int, typer.Option(help="articles for the rivals, which are slow")] = 24,
    write: bool = False,
) -> None:
    """Part 1 is the issue's 1, 2, 3 and 5; 4 the rivals, 6 the limit, 7 overload, 8 the libraries, 9 the start."""
    found, annotator = workload.load(articles), TransformerAnnotator("standpoint-en")
    programs: dict[str, Callable[[], Iterator[str]]] = {
        "1": lambda: speed.measure(found, annotator, rounds=rounds),
        "4": lambda: rivalry.measure(found, annotator, rounds=rounds, count=sample),
        "6": lambda: limits.measure(found, annotator, rounds=rounds),
        "7": lambda: overload.measure(found, annotator, seconds=seconds),
        "8": lambda: backends.measure(found, annotator, rounds=rounds, count=sample),
        "9": started,
    }
    lines = [machine(), ""]
    for part in parts.split(","):
        print(f"part {part} ...", file=sys.stderr, flush=True)
        for line in programs[part]():
            print(line, flush=True)
            lines.append(line)
        lines.append("")
    if write:
        text = README.read_text(encoding="utf-8")
        before, behind = text.partition(BEGIN)[0], text.partition(END)[2]
        body = "\n".join(lines)
        README.write_text(f"{before}{BEGIN}\n{body}{END}{behind}", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
