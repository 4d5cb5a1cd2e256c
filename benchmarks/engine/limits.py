"""Part 6: the share of the machine's limit that the engine reaches."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from app.inference.cores import usable_cores
from benchmarks.engine.bench import Bench, median, say
from benchmarks.engine.environment import PYTHON, program

TIMES = 20
INT8 = ("int8 onnxruntime", "int8 onnxruntime, a product a core", "int8 torch")


def measure(bench: Bench) -> Iterator[str]:
    tokens, threads, size = sum(map(len, bench.rows)), usable_cores(), bench.best_size
    reached: list[float] = []
    found: list[dict[str, float]] = []
    for number in range(bench.rounds):
        say(f"  round {number + 1} of {bench.rounds}")
        command = [PYTHON, "-W", "ignore", program("limit.py"), str(size), str(threads), str(TIMES)]
        found.append(json.loads(subprocess.check_output(command, text=True)))
        reached.append(tokens / bench.encoder_seconds(bench.rows, size=size) * found[-1]["operations"])
    int8 = [max(limit[name] for name in INT8) for limit in found]
    share = median([mine / limit for mine, limit in zip(reached, int8, strict=True)])
    yield f"| matrix products of the encoder's shapes, {size} tokens, {threads} threads | 10^9 operations/s |"
    yield "| --- | --- |"
    for name in (*INT8, "bf16 torch", "float torch"):
        yield f"| alone, {name} | {median([limit[name] for limit in found]) / 1e9:,.0f} |"
    yield f"| within the engine in int8, all else included | {median(reached) / 1e9:,.0f} |"
    yield ""
    yield f"The engine reaches {share:.2f} of the fastest int8 products (goal: at least 0.45)."
