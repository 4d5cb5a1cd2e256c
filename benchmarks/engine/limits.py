"""Part 6: the share of the machine's limit that the engine reaches."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from app.inference.annotator import TransformerAnnotator
from app.inference.cores import usable_cores
from app.inference.engine import Engine
from benchmarks.engine.load import median
from benchmarks.engine.rivalry import FOLDER, PYTHON
from benchmarks.engine.speed import alone
from benchmarks.engine.workload import Workload

TOKENS = 1024


def measure(workload: Workload, annotator: TransformerAnnotator, *, rounds: int) -> Iterator[str]:
    rows = [row for text in workload.articles for row in annotator.draft(text, "en").rows]
    tokens, engine, threads = sum(map(len, rows)), Engine(annotator.folder.file("model.onnx")), usable_cores()
    found: list[tuple[float, float, float]] = []
    for _ in range(rounds):
        limit = json.loads(subprocess.check_output([PYTHON, FOLDER / "limit.py", str(TOKENS), str(threads), "20"], text=True))
        reached = tokens / alone(engine, rows, tokens=TOKENS) * limit["operations"]
        found.append((reached, limit["int8"], limit["bf16"]))
    engine_rate, eight, sixteen = (median(values) / 1e9 for values in zip(*found, strict=True))
    share = median([reached / limit for reached, limit, _ in found])
    yield "| 6. matrix products of the encoder's shapes | 10^9 operations/s |"
    yield "|---|---|"
    yield f"| alone, int8 on onnxruntime, {threads} threads | {eight:,.0f} |"
    yield f"| alone, bf16 on torch, {threads} threads | {sixteen:,.0f} |"
    yield f"| within the engine, int8, all else included | {engine_rate:,.0f} |"
    yield ""
    yield f"The engine reaches {share:.2f} of the limit in int8 (goal: at least 0.45)."
