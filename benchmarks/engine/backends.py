"""Part 8: the libraries that can run the graph, with one and two threads, on the same passages."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from app.inference import on_onnxruntime
from app.inference.annotator import TransformerAnnotator
from app.inference.encoding import Row
from app.inference.engine import OUTPUTS, Session, collate
from app.inference.on_openvino import OpenVinoSession
from benchmarks.engine.load import median
from benchmarks.engine.rivalry import FOLDER, PYTHON
from benchmarks.engine.workload import Workload, batches

Opener = Callable[[int], Session]


def openers(int8: Path, whole: Path) -> dict[str, Opener]:
    ort, vino = on_onnxruntime.open_session, OpenVinoSession
    found: dict[str, Opener] = {
        "onnxruntime, int8 (shipped)": lambda threads: ort(int8, threads=threads),
        "onnxruntime, float": lambda threads: ort(whole, threads=threads),
    }
    if find_spec("openvino"):
        found |= {
            "OpenVINO, int8": lambda threads: vino(int8, threads=threads),
            "OpenVINO, int8, its own attention": lambda threads: vino(int8, threads=threads, SNIPPETS_MODE="ENABLE"),
            "OpenVINO, float, f32": lambda threads: vino(whole, threads=threads),
            "OpenVINO, float, bf16": lambda threads: vino(whole, threads=threads, INFERENCE_PRECISION_HINT="bf16"),
        }
    return found


def measure(workload: Workload, annotator: TransformerAnnotator, *, rounds: int, count: int) -> Iterator[str]:
    rows = [row for text in workload.articles[:count] for row in annotator.draft(text, "en").rows]
    ready, model = batches(rows), annotator.folder.file("model.onnx")
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name) / "float.onnx"
        subprocess.run([PYTHON, FOLDER / "float_graph.py", model, whole], check=True)
        found = {label: [opener(threads) for threads in (1, 2)] for label, opener in openers(model, whole).items()}
    right = _stances(found["onnxruntime, float"][0], ready)
    speeds: dict[str, list[list[float]]] = {label: [[], []] for label in found}
    for _ in range(rounds):
        for label, sessions in found.items():
            for session, speed in zip(sessions, speeds[label], strict=True):
                speed.append(sum(map(len, rows)) / _seconds(partial(_stances, session, ready)))
    heads = (
        f"8. library, {len(rows)} passages",
        "tokens/s, 1 thread",
        "2 threads",
        "error of stance logits",
        "alone against in batch",
    )
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|---|---|---|"
    for label, sessions in found.items():
        error = np.abs(_stances(sessions[0], ready) - right).mean()
        one, two = (median(speed) for speed in speeds[label])
        yield f"| {label} | {one:,.0f} | {two:,.0f} | {error:.4f} | {_dependence(sessions[0], ready):.4f} |"


def _stances(session: Session, ready: list[list[Row]]) -> np.ndarray:
    return np.concatenate([session.run(OUTPUTS, collate(batch))[0] for batch in ready])


def _dependence(session: Session, ready: list[list[Row]]) -> float:
    """The largest difference of a logit between a passage alone and in its batch."""
    alone = _stances(session, [[row] for batch in ready[:2] for row in batch])
    return float(np.abs(alone - _stances(session, ready[:2])).max())


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
