"""What every part of the benchmark measures with, and how it tells how far it is."""

from __future__ import annotations

import atexit
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.cores import usable_cores
from app.inference.encoding import Row
from app.inference.engine import Engine
from app.inference.packed import unpacked
from benchmarks.engine.workload import Workload, batches

KEPT = ExitStack()
atexit.register(KEPT.close)

SIZES = (256, 512, 1024)
"""Tokens of a batch; the best of them is what the service is compared with."""


@dataclass(frozen=True)
class Bench:
    """`sample` is how many articles are for what is slow, `float_folder` a model folder in float, `seconds` lasts each load."""

    workload: Workload
    rounds: int
    sample: int
    seconds: float
    float_folder: Path | None = None

    @property
    def articles(self) -> list[ArticleText]:
        return self.workload.articles

    @cached_property
    def annotator(self) -> TransformerAnnotator:
        return TransformerAnnotator("standpoint-en")

    @cached_property
    def model(self) -> Path:
        """With its weights unpacked beside it, until the benchmark ends."""
        return KEPT.enter_context(unpacked(self.annotator.folder.path))

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.model)

    @cached_property
    def rows(self) -> list[Row]:
        return self.rows_of(self.articles)

    def rows_of(self, articles: Sequence[ArticleText]) -> list[Row]:
        return [row for text in articles for row in self.annotator.draft(text, "en").rows]

    @cached_property
    def best_size(self) -> int:
        say("  looking for the best size of a batch")
        return min(SIZES, key=lambda size: self.encoder_seconds(self.rows, size=size))

    def encoder_seconds(self, rows: list[Row], *, size: int) -> float:
        """In which the encoder alone reads the rows, a batch on each core, long ones first; text work was done before."""
        ready = batches(rows, tokens=size)[::-1]
        with ThreadPoolExecutor(usable_cores()) as pool:
            return seconds_of(lambda: list(pool.map(self.engine.run, ready)))

    def alone(self) -> float:
        """Articles a second of the encoder alone at its best."""
        return len(self.articles) / self.encoder_seconds(self.rows, size=self.best_size)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def say(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)
