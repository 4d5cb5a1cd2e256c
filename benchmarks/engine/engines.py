"""Part 9: libraries and graphs that can run the model, with one and two threads, on the same passages."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from app.inference.engine import SLOWER, collate
from benchmarks.engine import environment
from benchmarks.engine.bench import Bench, say
from benchmarks.engine.workload import batches

THREADS = (1, 2)


def measure(bench: Bench) -> Iterator[str]:
    rows = bench.rows_of(bench.articles[: bench.sample])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("  making the float graph")
        plan = _plan(bench, folder)
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        arrays = {f"{n}/{key}": value for n, batch in enumerate(batches(rows)) for key, value in collate(batch).items()}
        np.savez(folder / "batches.npz", **arrays)  # type: ignore[arg-type]
        told = _told(folder, bench.rounds)
    heads = ("tokens/s, 1 thread", "2 threads", "error of stance logits", "alone against among others")
    yield f"| library and graph, {len(rows)} passages | {' | '.join(heads)} |"
    yield "| --- | --- | --- | --- | --- |"
    for label in dict.fromkeys(one["label"] for one in plan):
        one, two = (next(t for t in told if (t["label"], t["threads"]) == (label, threads)) for threads in THREADS)
        yield f"| {label} | {one['rate']:,.0f} | {two['rate']:,.0f} | {one['error']:.4f} | {one['dependence']:.5f} |"
    yield ""
    yield "Errors are means against the first line; the last column is the largest difference of any logit."


def _plan(bench: Bench, folder: Path) -> list[dict[str, Any]]:
    int8, whole = bench.model, folder / "float.onnx"
    if bench.float_folder:
        whole = bench.float_folder / "model.onnx"
    else:
        environment.run("float_graph.py", int8, whole)
    apart = {"disabled": SLOWER}
    alike = {"INFERENCE_PRECISION_HINT": "f32", "SNIPPETS_MODE": "DISABLE", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    engines: list[tuple[str, str, Path, dict[str, Any]]] = [
        ("onnxruntime, float", "onnxruntime", whole, {}),
        ("onnxruntime, int8 (shipped)", "onnxruntime", int8, apart),
        ("OpenVINO, int8", "openvino", int8, {}),
        ("OpenVINO, int8, f32 for the rest, no snippets, no dynamic quantisation", "openvino", int8, alike),
        ("OpenVINO, float, f32", "openvino", whole, {"INFERENCE_PRECISION_HINT": "f32"}),
        ("OpenVINO, float, bf16", "openvino", whole, {"INFERENCE_PRECISION_HINT": "bf16"}),
    ]
    return [
        {"label": label, "library": library, "graph": str(graph), "threads": threads, "options": options}
        for label, library, graph, options in engines
        for threads in THREADS
    ]


def _told(folder: Path, rounds: int) -> list[dict[str, Any]]:
    arguments = [folder / "plan.json", folder / "batches.npz", rounds]
    command = [environment.PYTHON, environment.program("libraries.py"), *map(str, arguments)]
    return [json.loads(line) for line in subprocess.check_output(command, text=True).splitlines()]
