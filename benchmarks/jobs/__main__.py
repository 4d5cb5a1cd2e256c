"""Bulk work measured: taking it in, the machinery without a model, with the real model, with two workers, and memory.

python -m benchmarks.jobs [--articles 2000] [--long 100000] [--real 60] [--only memory] [--write]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app import garbage, logs
from app.settings import LogFormat, LogLevel
from benchmarks.jobs import measures
from benchmarks.jobs.databases import databases
from benchmarks.jobs.measures import Figure

Measure = Callable[[measures.Fresh, int], Coroutine[Any, Any, Figure]]

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- jobs -->", "<!-- /jobs -->"

MEASURES: Mapping[str, tuple[Measure, str]] = {
    "accepting": (measures.accepting, "articles"),
    "lines": (measures.accepting_lines, "articles"),
    "json": (measures.accepting_json, "articles"),
    "machinery": (measures.machinery, "articles"),
    "telling": (measures.telling, "articles"),
    # Before the model is loaded, whose memory goes and comes.
    "memory": (measures.memory, "long"),
    "real": (measures.real, "real"),
    "workers": (measures.workers, "real"),
}
"""Each with the option that says how many articles it takes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000, help="for what needs no model")
    parser.add_argument("--long", type=int, default=100_000, help="of the job whose memory is watched")
    # Half a minute. Of less, what each job takes once (its first slice, its last articles) would be a twentieth.
    parser.add_argument("--real", type=int, default=600, help="for what the real model reads")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES), help="some of the measures, to be printed")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    given = parser.parse_args()
    if given.write and set(given.only) != set(MEASURES):
        parser.error("--write puts a whole table into the file, so it takes all measures")
    logs.configure(LogLevel.WARNING, LogFormat.JSON)
    garbage.expect_little()
    with folder() as place, databases(place) as urls:
        found = [figure for name, fresh in urls.items() for figure in _all(name, fresh, given)]
    table = "\n".join(["| what | database | figure | asked |", "|---|---|---|---|", *map(str, found)])
    print(table)
    if given.write:
        _write(table)


def _all(name: str, fresh: measures.Fresh, given: argparse.Namespace) -> Iterator[Figure]:
    for wanted in given.only:
        if wanted == "workers" and name != "PostgreSQL":
            continue
        measure, size = MEASURES[wanted]
        figure = asyncio.run(measure(fresh, getattr(given, size))).on(name)
        print(figure, flush=True)
        yield figure


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="standpoint-bench-", dir="/tmp", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _write(table: str) -> None:
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    README.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
