"""python -m benchmarks.queries [--sizes 10000,1000000] [--databases sqlite,postgresql] [--write]"""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.storage.database import Store
from benchmarks.queries import databases, measures, report
from benchmarks.queries.corpus import Corpus
from benchmarks.queries.databases import Database
from benchmarks.queries.loading import Loader


def main() -> None:
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="standpoint-bench-", dir=given.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with databases.opened(given.databases, folder) as found:
            parts = [_measured(database, given.sizes, compared=given.compared, seconds=given.seconds) for database in found]
    text = "\n\n".join([f"Python {platform.python_version()}, {platform.machine()}, generated articles, seed 1.", *parts])
    print(text)
    if given.write:
        report.put(text)


def _measured(database: Database, sizes: Sequence[int], *, compared: int, seconds: float) -> str:
    corpus, store, results = Corpus(seed=1), Store(database.url), []
    loader = Loader(database, store, corpus)
    for size in sizes:
        loader.fill(size, compared=compared)
        database.settle()
        results.append(measures.measure(database, corpus, articles=size, seconds=seconds))
    store.close()
    return report.written(database.name, loader.times, results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queries", description=__doc__)
    parser.add_argument("--sizes", type=_numbers, default=[10_000, 1_000_000], help="articles at which to measure, ascending")
    parser.add_argument("--databases", type=lambda text: text.split(","), default=["sqlite", "postgresql"])
    parser.add_argument("--compared", type=int, default=50_000, help="articles that the bare driver inserts too")
    parser.add_argument("--seconds", type=float, default=measures.SECONDS, help="for each question in each form")
    parser.add_argument("--folder", type=Path, default=None, help="where the databases stand meanwhile")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return sorted(int(part) for part in text.split(","))


if __name__ == "__main__":
    main()
