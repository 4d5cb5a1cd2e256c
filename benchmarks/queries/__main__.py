"""python -m benchmarks.queries [--sizes 10000,1000000] [--databases sqlite,postgresql] [--keep FOLDER] [--write]

With --keep the database of the last size stays in the folder, and a later run takes it as it is. It is filled by the fastest
means of the bare driver; all others, and the articles of --compared, go through the project's own path.
Exits with 1 if a question or an export failed; all the rest is measured and written before.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app import garbage
from benchmarks.queries import databases, filling, measures, report
from benchmarks.queries.corpus import Corpus
from benchmarks.queries.databases import Database
from benchmarks.queries.loading import Loader, loader
from benchmarks.queries.measures import Results
from benchmarks.queries.progress import note


def main(arguments: Sequence[str] | None = None) -> int:
    """What the process exits with."""
    given = _arguments(arguments)
    # As the service itself does when it starts.
    garbage.expect_little()
    parts, failures = [], []
    for place in (given.folder, given.keep):
        if place:
            place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="standpoint-bench-", dir=given.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with databases.opened(given.databases, folder, keep=given.keep) as found:
            for database in found:
                if given.only_fill:
                    filling.kept(database, given.keep, articles=given.sizes[-1])
                    continue
                filled, results = _measured(database, given)
                parts.append(report.written(database.name, filled.times, results, kept=given.sizes[-1] if given.keep else None))
                failures += report.failures(database.name, results)
    text = "\n\n".join([f"Python {platform.python_version()}, {platform.machine()}, generated articles, seed 1.", *parts])
    print(text)
    if given.write:
        report.put(text, given.write)
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


def _measured(database: Database, given: argparse.Namespace) -> tuple[Loader, list[Results]]:
    corpus, results = Corpus(seed=1), []
    smallest: Database | None = None
    with loader(database, corpus, compared=given.compared) as loading:
        for size in given.sizes:
            asked = database
            if given.keep and size == given.sizes[-1]:
                loading.fill(given.compared)
                asked = filling.kept(database, given.keep, articles=size)
            else:
                loading.fill(size)
            note(f"{database.name}: settles")
            loading.settle()
            results.append(measures.measure(asked, corpus, articles=size, seconds=given.seconds, smallest=smallest))
            if smallest is None and size < given.sizes[-1]:
                smallest = databases.copied(database)
    return loading, results


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queries", description=__doc__)
    parser.add_argument("--sizes", type=_numbers, default=[10_000, 1_000_000], help="articles at which to measure, ascending")
    parser.add_argument("--databases", type=_names, default=["sqlite", "postgresql"], help="one of the two, or both")
    parser.add_argument("--compared", type=int, default=50_000, help="articles that the bare driver inserts too")
    parser.add_argument("--seconds", type=float, default=measures.SECONDS, help="for each question in each form")
    parser.add_argument("--folder", type=Path, default=None, help="where the databases stand meanwhile")
    parser.add_argument("--keep", type=Path, default=None, help="where the database of the last size stays, and is found again")
    parser.add_argument("--only-fill", action="store_true", help="with --keep: fill it if need be, and measure nothing")
    parser.add_argument(
        "--write", type=Path, nargs="?", const=report.README, help="put the tables into this file, or into benchmarks/README.md"
    )
    given = parser.parse_args(arguments)
    if given.only_fill and not given.keep:
        parser.error("--only-fill needs --keep")
    return given


def _names(text: str) -> list[str]:
    if unknown := set(text.split(",")) - {"sqlite", "postgresql"}:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}")
    return text.split(",")


def _numbers(text: str) -> list[int]:
    return sorted(int(part) for part in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
