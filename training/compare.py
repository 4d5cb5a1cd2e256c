"""Model folders side by side: accuracy on the public tests and speed.

    python -m training.compare DATA FOLDER [FOLDER ...] [--write benchmarks/README.md]

A folder may hold another graph than the first (the float one, a smaller encoder); what it lacks of the other files is taken
from the first. Speed is articles of PerSenT's test a second through the whole annotator, in turn, the median of the rounds.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from app.domain.values import ArticleText
from app.inference.annotator import TransformerAnnotator
from app.inference.model_folder import OPTIONAL, present
from app.inference.offline import annotate_all
from app.inference.packed import GRAPH
from training.data import rows, stance_file
from training.metrics import macro_f1
from training.seal import seal
from training.stance_tables import STANCE_TESTS, stance_probabilities
from training.tables import markdown, put

BEGIN, END = "<!-- compared -->", "<!-- end of compared -->"
ROUNDS = 3
ARTICLES = 200


def completed(folder: Path, first: Path, scratch: Path) -> Path:
    """A sealed copy with the missing files of the first folder."""
    target = scratch / folder.name
    target.mkdir()
    # A graph has its own weights, or none beside it.
    for name in present(folder if (folder / GRAPH).exists() else first):
        shutil.copy((folder if (folder / name).exists() else first) / name, target / name)
    seal(target)
    return target


def graph_size(folder: Path) -> int:
    """Bytes of the graph with its weights."""
    return sum(path.stat().st_size for name in (GRAPH, *OPTIONAL) if (path := folder / name).exists())


def accuracy(annotator: TransformerAnnotator, data: Path) -> list[str]:
    figures = []
    for file in STANCE_TESTS:
        gold, found = stance_probabilities(annotator, stance_file(data / f"stance-{file}.jsonl"), countries="country" in file)
        figures.append(f"{macro_f1(gold, found.argmax(1)):.1f}")
    return figures


def articles_per_second(annotator: TransformerAnnotator, texts: list[ArticleText]) -> float:
    started = time.perf_counter()
    count = sum(1 for _ in annotate_all(annotator, texts, language="en"))
    return count / (time.perf_counter() - started)


def main(
    data: Path,
    folders: list[Path],
    write: Annotated[Path | None, typer.Option(help="a file to write the table into, between its markers")] = None,
) -> None:
    texts = [ArticleText(row["text"], row["title"] or None) for row in rows(data / "article-persent-test.jsonl")][:ARTICLES]
    with tempfile.TemporaryDirectory() as name:
        copies = [completed(folder, folders[0], Path(name)) for folder in folders]
        annotators = [TransformerAnnotator(copy) for copy in copies]
        speeds = [[articles_per_second(annotator, texts) for annotator in annotators] for _ in range(ROUNDS)]
        body = [
            [copy.name, f"{graph_size(copy) / 1e6:.0f}", *accuracy(annotator, data), f"{speed:.1f}"]
            for copy, annotator, speed in zip(copies, annotators, map(statistics.median, zip(*speeds, strict=True)), strict=True)
        ]
    found = markdown(["model", "MB", *(f"{test} macro-F1" for test in STANCE_TESTS.values()), "articles/s"], body)
    print(found)
    if write:
        put(write, found, begin=BEGIN, end=END)


if __name__ == "__main__":
    typer.run(main)
