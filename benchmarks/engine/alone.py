"""Part 1: the engine alone, in this process."""

from __future__ import annotations

from collections.abc import Iterator

from app.inference.offline import annotate_all
from benchmarks.engine.bench import SIZES, Bench, median, say, seconds_of


def measure(bench: Bench) -> Iterator[str]:
    articles, tokens = len(bench.articles), sum(map(len, bench.rows))
    encoder: dict[int, list[float]] = {size: [] for size in SIZES}
    whole: list[float] = []
    for number in range(bench.rounds):
        say(f"  round {number + 1} of {bench.rounds}")
        for size, rates in encoder.items():
            rates.append(articles / bench.encoder_seconds(bench.rows, size=size))
        whole.append(articles / seconds_of(lambda: list(annotate_all(bench.annotator, bench.articles, language="en"))))
    yield f"| {bench.workload.name}, {tokens / articles:.0f} tokens each | articles/s | tokens/s |"
    yield "| --- | --- | --- |"
    for size, rates in encoder.items():
        yield f"| the encoder alone, batches of {size} tokens | {median(rates):.1f} | {median(rates) * tokens / articles:,.0f} |"
    yield f"| from text to annotation, in process | {median(whole):.1f} | {median(whole) * tokens / articles:,.0f} |"
