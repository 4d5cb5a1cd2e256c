"""Part 4: what one would otherwise write. Each rival judges the same pairs of sentence and country over HTTP."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.domain.values import Annotation
from app.inference.offline import annotate_all
from benchmarks.engine import environment
from benchmarks.engine.bench import Bench, median, say
from benchmarks.engine.load import drive, request
from benchmarks.engine.over_http import annotate_request
from benchmarks.engine.servers import Server, free_port, rival, standpoint
from benchmarks.engine.workload import pairs

CLIENTS = 16

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Rival:
    """`requests` are those of one article."""

    name: str
    command: Callable[[Path, int], list[str]]
    requests: Callable[[Pairs], list[bytes]]


def _program(name: str) -> Callable[[Path, int], list[str]]:
    return lambda model, port: [environment.PYTHON, environment.program(name), str(model), str(port)]


def _infinity(model: Path, port: int) -> list[str]:
    options = ["--model-id", str(model), "--engine", "torch", "--device", "cpu", "--dtype", "float32", "--batch-size", "32"]
    return [environment.INFINITY, "v2", *options, "--no-bettertransformer", "--port", str(port), "--served-model-name", "judge"]


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


def measure(bench: Bench) -> Iterator[str]:
    chosen = bench.articles[: bench.sample]
    said = [said for said in annotate_all(bench.annotator, chosen, language="en") if isinstance(said, Annotation)]
    judged = [pairs(text, annotation) for text, annotation in zip(chosen, said, strict=True)]
    yield f"| {len(chosen)} articles, {sum(map(len, judged))} pairs, {CLIENTS} clients | articles/s | Standpoint is faster by |"
    yield "| --- | --- | --- |"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment.run("model.py", bench.annotator.folder.file("tokenizer.json"), folder / "model")
        with standpoint(f"sqlite:///{folder}/bench.db") as server:
            # Several times over: so few are read before all clients have begun.
            mine = [[annotate_request(text)] for text in chosen * 4]
            lines = [_against(one, folder / "model", judged, server, mine, bench.rounds) for one in RIVALS]
    yield from lines
    yield ""
    yield "Goal: 5 times the best of them."


def _against(one: Rival, model: Path, judged: list[Pairs], own: Server, mine: list[list[bytes]], rounds: int) -> str:
    """In turn with Standpoint, so that a noisy moment hits both."""
    say(f"  {one.name}")
    port = free_port()
    contents = [one.requests(found) for found in judged if found]
    try:
        with rival(one.command(model, port), port):
            # Once without a clock: the first requests of some come while workers still load the model.
            _rate(port, contents[:2])
            rates = [(_rate(own.port, mine), _rate(port, contents)) for _ in range(rounds)]
    except (RuntimeError, OSError) as error:
        return f"| {one.name} | not measured: {error} | |"
    ours, theirs = median([rate for rate, _ in rates]), median([rate for _, rate in rates])
    return f"| {one.name} | {theirs:.2f} against {ours:.1f} | {median([rate / other for rate, other in rates]):.1f} |"


def _rate(port: int, contents: list[list[bytes]]) -> float:
    """Articles a second. All requests of all articles share the clients, as in a batch job."""
    answers = drive(port, itertools.chain(*contents), clients=CLIENTS)
    if answers.other:
        raise RuntimeError(f"it answered {dict(answers.statuses)}")
    return len(contents) / answers.seconds
