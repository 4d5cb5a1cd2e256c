"""Part 5: one article without any other load."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator

from app.domain.values import ArticleText
from app.inference.cores import usable_cores
from benchmarks.engine.bench import SIZES, Bench, median, say
from benchmarks.engine.load import drive
from benchmarks.engine.over_http import annotate_request
from benchmarks.engine.servers import standpoint

WORDS = 600
TIMES = 15


def measure(bench: Bench) -> Iterator[str]:
    text = ArticleText(" ".join(" ".join(text.body for text in bench.articles).split()[:WORDS]))
    rows, content = bench.rows_of([text]), annotate_request(text)
    own: list[float] = []
    served: list[float] = []
    ratios: list[float] = []
    with tempfile.TemporaryDirectory() as folder, standpoint(f"sqlite:///{folder}/bench.db") as server:
        drive(server.port, [content] * 3, clients=1)
        # Beside the usual sizes the one that gives each core its share.
        share = math.ceil(sum(map(len, rows)) / usable_cores()) + max(map(len, rows)) // 2
        size = min((*SIZES, share), key=lambda size: bench.encoder_seconds(rows, size=size))
        for number in range(bench.rounds):
            say(f"  round {number + 1} of {bench.rounds}")
            # In turn, so that a noisy moment hits both.
            pairs = [
                (bench.encoder_seconds(rows, size=size), drive(server.port, [content], clients=1).good[0]) for _ in range(TIMES)
            ]
            own.append(median([mine for mine, _ in pairs]))
            served.append(median([theirs for _, theirs in pairs]))
            ratios.append(served[-1] / own[-1])
    yield f"| one article of {WORDS} words, {sum(map(len, rows))} tokens in {len(rows)} passages | ms |"
    yield "| --- | --- |"
    yield f"| the encoder alone | {1000 * median(own):.1f} |"
    yield f"| `/v1/annotate`, one client | {1000 * median(served):.1f} |"
    yield ""
    yield f"{median(ratios):.2f} times the encoder's own time (goal: at most 1.25)."
