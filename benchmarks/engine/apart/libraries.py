"""Runs in the benchmark's environment: the same batches through several libraries and graphs, in turn.

python libraries.py PLAN.json BATCHES.npz ROUNDS prints one JSON object for each engine of the plan, which is a list of
{"label", "library", "graph", "threads", "options"}. The first engine of the plan is what the others' answers are compared with.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import openvino

OUTPUTS = ("stance_logits", "kind_logits", "country_logits")
Batch = dict[str, np.ndarray]
Run = Callable[[Batch], list[np.ndarray]]


def on_onnxruntime(graph: str, threads: int, disabled: list[str] | None = None) -> Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # As the service has it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"], disabled_optimizers=disabled)
    return lambda batch: session.run(OUTPUTS, batch)


def on_openvino(graph: str, threads: int, **properties: object) -> Run:
    wanted = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads, **properties}
    model = openvino.Core().compile_model(graph, "CPU", wanted)
    request = model.create_infer_request()

    def run(batch: Batch) -> list[np.ndarray]:
        found = request.infer(batch)
        # The request keeps its buffers and writes the next answer into them.
        return [np.array(found[model.output(name)]) for name in OUTPUTS]

    return run


LIBRARIES = {"onnxruntime": on_onnxruntime, "openvino": on_openvino}


def read(path: str) -> list[Batch]:
    """Arrays are named `number/input`."""
    found: dict[int, Batch] = {}
    with np.load(path) as arrays:
        for name in arrays.files:
            number, _, key = name.partition("/")
            found.setdefault(int(number), {})[key] = arrays[name]
    return [found[number] for number in sorted(found)]


def row_of(batch: Batch, row: int) -> Batch:
    """One passage of the batch as a batch of its own, without padding."""
    length, spans = int(batch["attention_mask"][row].sum()), batch["span_row"] == row
    cut = {name: batch[name][row : row + 1, :length] for name in ("input_ids", "attention_mask", "token_type_ids")}
    places = {name: batch[name][spans] for name in ("span_start", "span_end")}
    return {**cut, **places, "span_row": np.zeros(int(spans.sum()), dtype=np.int64)}


def joined(run: Run, batches: list[Batch]) -> list[np.ndarray]:
    return [np.concatenate(parts) for parts in zip(*(run(batch) for batch in batches), strict=True)]


def dependence(run: Run, batches: list[Batch]) -> float:
    """The largest difference of any logit between a passage alone and among others."""
    rows = [row_of(batch, row) for batch in batches for row in range(len(batch["input_ids"]))]
    return max(float(np.abs(one - many).max()) for one, many in zip(joined(run, rows), joined(run, batches), strict=True))


def seconds(run: Run, batches: list[Batch]) -> float:
    started = time.perf_counter()
    for batch in batches:
        run(batch)
    return time.perf_counter() - started


def main(plan: str, path: str, rounds: str) -> None:
    engines: list[dict[str, Any]] = json.loads(Path(plan).read_text(encoding="utf-8"))
    batches = read(path)
    tokens = sum(int(batch["attention_mask"].sum()) for batch in batches)
    runs = [LIBRARIES[one["library"]](one["graph"], one["threads"], **one["options"]) for one in engines]
    answers = [joined(run, batches)[0] for run in runs]
    found: list[list[float]] = [[] for _ in runs]
    for number in range(int(rounds)):
        print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for run, times in zip(runs, found, strict=True):
            times.append(seconds(run, batches))
    for one, run, times, answer in zip(engines, runs, found, answers, strict=True):
        error = float(np.abs(answer - answers[0]).mean())
        told = {"rate": tokens / statistics.median(times), "error": error, "dependence": dependence(run, batches[:3])}
        print(json.dumps({"label": one["label"], "threads": one["threads"], **told}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
