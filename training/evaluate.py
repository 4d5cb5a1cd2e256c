"""Measure a model folder on the public tests, as shipped and without torch: `make evaluate`, or

    python -m training.evaluate DATA [--model standpoint-en] [--float FOLDER] [--write | --check]

prints the tables of the model card. `--write` puts them into metrics.json, which `GET /v1/models/{id}` shows, and renders them
into MODEL_CARD.md between its markers; `--check` compares them with what is recorded there and fails where a number differs by
more than 0.1 point. `--float` measures the graph before quantisation too; its figures are kept in metrics.json for later runs.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from app.domain.models import Table
from app.inference.annotator import TransformerAnnotator
from app.inference.description import METRICS, read_metrics, table_of
from app.inference.model_folder import locate
from training import article_tables, country_tables, relation_tables, stance_tables
from training.compare import completed
from training.tables import as_json, between, differences, put, rendered
from training.topics import tables as topic_tables

CARD = "MODEL_CARD.md"
# What the shipped models are made from; a folder that says otherwise in its metrics.json keeps what it says.
ORIGIN = {"base": "sentence-transformers/all-mpnet-base-v2", "licence": "Apache-2.0"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """`in_float` is the macro-F1 by test of the graph before quantisation; None where nobody measured it for these files."""

    model: str
    tables: tuple[Table, ...]
    in_float: dict[str, float] | None

    def recorded(self, before: dict[str, Any], origin: Mapping[str, str] = ORIGIN) -> dict[str, Any]:
        """As metrics.json has it, with what stood there of the model's origin."""
        kept = {name: value for name, value in before.items() if name not in ("tables", "float", "model")}
        own = {"float": {"model": self.model, "macro_f1": self.in_float}} if self.in_float else {}
        return {"model": self.model, **origin, **kept, **own, "tables": [as_json(table) for table in self.tables]}


def measured(model: str, data: Path, *, float_folder: Path | None = None) -> Measurement:
    annotator = TransformerAnnotator(model)
    try:
        found = stance_tables.judged(annotator, data)
        recorded = float_recorded(read_metrics(annotator.folder.file(METRICS)), annotator.version)
        in_float = float_measured(float_folder, annotator.folder.path, data) if float_folder else recorded
        return Measurement(annotator.version, tuple(_tables(annotator, data, found, in_float)), in_float)
    finally:
        annotator.close()


def _tables(
    annotator: TransformerAnnotator, data: Path, found: dict[str, stance_tables.Judged], in_float: dict[str, float] | None
) -> Iterator[Table]:
    yield from stance_tables.tables(found)
    if in_float:
        yield stance_tables.precision_table(found, in_float)
    yield from country_tables.tables(annotator, data)
    yield from article_tables.tables(annotator, data)
    yield from relation_tables.tables(annotator, data)
    yield from topic_tables.tables(annotator, data)


def float_recorded(metrics: dict[str, Any], version: str) -> dict[str, float] | None:
    """Of exactly this version; the figures of another graph say nothing."""
    kept = metrics.get("float", {})
    return kept.get("macro_f1") if kept.get("model") == version else None


def float_measured(folder: Path, shipped: Path, data: Path) -> dict[str, float]:
    """`folder` holds the float model.onnx; everything else is taken from the shipped one."""
    with tempfile.TemporaryDirectory() as scratch:
        annotator = TransformerAnnotator(completed(folder, shipped, Path(scratch)))
        try:
            return stance_tables.macro_by_test(stance_tables.judged(annotator, data))
        finally:
            annotator.close()


def write(folder: Path, measurement: Measurement, *, origin: Mapping[str, str] = ORIGIN) -> None:
    values = measurement.recorded(read_metrics(folder / METRICS), origin)
    (folder / METRICS).write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    put(folder / CARD, rendered(measurement.tables))


def problems(folder: Path, measurement: Measurement) -> list[str]:
    """Where metrics.json or the card are not what was measured."""
    metrics = read_metrics(folder / METRICS)
    if metrics.get("model") != measurement.model:
        return [f"{METRICS} is of {metrics.get('model')}, measured is {measurement.model}: run with --write"]
    recorded = [table_of(table) for table in metrics["tables"]]
    return [*differences(recorded, measurement.tables), *card_problems(folder)]


def card_problems(folder: Path) -> list[str]:
    """The card shows exactly what metrics.json says."""
    tables = [table_of(table) for table in read_metrics(folder / METRICS).get("tables", [])]
    same = between((folder / CARD).read_text(encoding="utf-8")) == rendered(tables)
    return [] if same else [f"{CARD} does not show the tables of {METRICS}"]


def main(
    data: Path,
    model: str = "standpoint-en",
    write_down: Annotated[bool, typer.Option("--write", help="put the figures into metrics.json and the model card")] = False,
    check: Annotated[bool, typer.Option(help="fail where metrics.json or the card differ")] = False,
    float_folder: Annotated[Path | None, typer.Option("--float", help="a folder with the float model.onnx")] = None,
) -> None:
    started = time.monotonic()
    found = measured(model, data, float_folder=float_folder)
    print(rendered(found.tables), f"\n\n{found.model}, measured in {time.monotonic() - started:.0f} s", flush=True)
    folder = locate(model)
    if write_down:
        write(folder, found)
    if check:
        wrong = problems(folder, found)
        print("\n".join(wrong) or f"{METRICS} and {CARD} agree with what was measured")
        sys.exit(bool(wrong))


if __name__ == "__main__":
    typer.run(main)
