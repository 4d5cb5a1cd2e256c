"""Part 4: what one would otherwise write. Each rival judges the same pairs of sentence and country over HTTP."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.domain.values import Annotation
from app.inference.annotator import TransformerAnnotator
from app.inference.offline import annotate_all
from benchmarks.engine import rivals
from benchmarks.engine.load import Answers, drive_async, median, request
from benchmarks.engine.servers import free_port, rival, standpoint
from benchmarks.engine.speed import annotate_requests
from benchmarks.engine.workload import ROOT, Workload, pairs

FOLDER = Path(rivals.__file__).parent
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
INFINITY = ROOT / ".venv-bench-infinity" / "bin" / "infinity_emb"
CLIENTS = 16

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Rival:
    """`requests` are those of one article."""

    name: str
    command: Callable[[Path, int], list[str]]
    requests: Callable[[Pairs], list[bytes]]


def _program(name: str) -> Callable[[Path, int], list[str]]:
    return lambda model, port: [str(PYTHON), str(FOLDER / name), str(model), str(port)]


def _infinity(model: Path, port: int) -> list[str]:
    options = ["--model-id", str(model), "--engine", "torch", "--device", "cpu", "--dtype", "float32", "--batch-size", "32"]
    return [str(INFINITY), "v2", *options, "--no-bettertransformer", "--port", str(port), "--served-model-name", "judge"]


RIVALS = (
    Rival(
        "FastAPI + transformers pipeline, batch_size=8",
        _program("pipeline_server.py"),
        lambda p: [request("/judge", {"pairs": p})],
    ),
    Rival(
        "LitServe, max_batch_size=16, batch_timeout=0.05",
        _program("litserve_server.py"),
        lambda found: [request("/predict", {"pairs": [pair]}) for pair in found],
    ),
    # Its route takes single texts, so a pair is joined by the encoder's own separator.
    Rival(
        "infinity-emb, torch engine, batch size 32",
        _infinity,
        lambda found: [request("/classify", {"model": "judge", "input": [f"{text}</s></s>{name}" for text, name in found]})],
    ),
)


def measure(workload: Workload, annotator: TransformerAnnotator, *, rounds: int, count: int) -> Iterator[str]:
    chosen = workload.articles[:count]
    said = [said for said in annotate_all(annotator, chosen, language="en") if isinstance(said, Annotation)]
    judged = [pairs(text, annotation) for text, annotation in zip(chosen, said, strict=True)]
    yield f"| 4. {count} articles, {sum(map(len, judged))} pairs, {CLIENTS} clients | articles/s | Standpoint is faster by |"
    yield "|---|---|---|"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokenizer = str(annotator.folder.file("tokenizer.json"))
        subprocess.run([PYTHON, FOLDER / "model.py", tokenizer, folder / "model"], check=True, stderr=subprocess.DEVNULL)
        with standpoint(f"sqlite:///{folder}/bench.db") as server:
            own = median([_rate(server.port, [[one] for one in annotate_requests(chosen)]) for _ in range(rounds)])
            yield f"| Standpoint, `/v1/annotate` | {own:.1f} | 1 |"
            for one in RIVALS:
                yield _against(one, folder / "model", judged, server.port, chosen, rounds)


def _against(one: Rival, model: Path, judged: list[Pairs], own_port: int, chosen: list, rounds: int) -> str:
    """In turn with Standpoint, so that a noisy moment hits both."""
    port = free_port()
    try:
        with rival(one.command(model, port), port):
            contents = [one.requests(found) for found in judged if found]
            _rate(port, contents[:2])
            rates = [(_rate(own_port, [[c] for c in annotate_requests(chosen)]), _rate(port, contents)) for _ in range(rounds)]
    except (RuntimeError, OSError, asyncio.IncompleteReadError) as error:
        return f"| {one.name} | not measured: {error} | |"
    theirs, times = median([rate for _, rate in rates]), median([mine / rate for mine, rate in rates])
    return f"| {one.name} | {theirs:.2f} | {times:.1f} |"


def _rate(port: int, contents: list[list[bytes]]) -> float:
    """Articles a second. All requests of all articles share the clients, as in a batch job."""
    started = time.perf_counter()
    answers: Answers = asyncio.run(drive_async(port, itertools.chain(*contents), clients=CLIENTS, seconds=float("inf")))
    if answers.other:
        raise RuntimeError(f"it answered {dict(answers.statuses)}")
    return len(contents) / (time.perf_counter() - started)
