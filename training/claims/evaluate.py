"""Measure the pair model on the public tests, as shipped and without torch:

    python -m training.claims.evaluate DATA [--model FOLDER] [--float GRAPH] [--write | --check]

As training/evaluate.py does for the main model; `make evaluate` runs both. Texts without a country are no exception here: every
claim is read, without the gate, whose recall is a table of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from app.domain.models import Table
from app.inference.calibration import scaled
from app.inference.claims.folder import BUNDLED, ClaimFolder
from app.inference.description import METRICS, read_metrics
from training.claims.data import CLAIMS
from training.claims.figures import claim_figures, f1_by_class
from training.claims.reading import Answers, answers
from training.confidence_tables import Outcome, calibration, coverage
from training.evaluate import CARD, Measurement, float_recorded, problems, write
from training.tables import rendered

TEST = "fnc-test"
PUBLISHED_CLAIMS = (
    ("published: Talos", 82.02, 57.6),
    ("published: Athene", 81.97, 60.2),
    ("published: BERT", 86.65, 71.4),
    ("published: XLNet", 87.54, 70.9),
)
ORIGIN = {"base": "sentence-transformers/all-MiniLM-L6-v2", "licence": "Apache-2.0"}


def measured(folder: Path, data: Path, *, float_graph: Path | None = None) -> Measurement:
    opened = ClaimFolder.open(folder)
    # All passages that are chosen: where the service ends after the best one (decision 0047) is measured on development data.
    found = answers(folder, data, TEST)
    kept = float_recorded(read_metrics(folder / METRICS), opened.version)
    in_float = {TEST: _macro(answers(folder, data, TEST, graph=float_graph), opened)} if float_graph else kept
    return Measurement(opened.version, tuple(_tables(found, opened, in_float)), in_float)


def _tables(found: Answers, folder: ClaimFolder, in_float: Mapping[str, float] | None) -> Iterator[Table]:
    said = scaled(found.logits, folder.config.claims)
    own = claim_figures(found.labels.tolist(), said.argmax(1).tolist())
    blank = (None,) * len(CLAIMS)
    yield Table(
        "claims",
        "Claims: FNC-1, test",
        f"{len(found.labels):,} pairs of a headline and an article. The official score in percent of the greatest, macro-F1 of"
        " the four classes, and F1 of each. To call all unrelated scores 39.4.",
        ("system", "FNC score", "macro-F1", *CLAIMS),
        (
            ("this model", *(round(own[name], 1) for name in ("fnc-score", "claims-macro-f1", *CLAIMS))),
            *((name, score, macro, *blank) for name, score, macro in PUBLISHED_CLAIMS),
        ),
    )
    outcomes = {TEST: Outcome(said.max(1), said.argmax(1) == found.labels)}
    note = "Expected calibration error in points (15 bins of equal mass), and that of a model which is calibrated perfectly."
    yield calibration(outcomes, id="claims-calibration", title="Calibration", note=note, first="test")
    yield coverage(
        outcomes,
        id="claims-coverage",
        title="What can be left undecided",
        note="Share of answers with at least this probability, in percent, and how many of them are right.",
        first="test",
        what="probability",
    )
    if in_float:
        macro = _macro(found, folder)
        yield Table(
            "claims-precision",
            "int8 against float",
            "Macro-F1 of the graph before quantisation and as shipped.",
            ("test", "float", "shipped", "lost"),
            ((TEST, in_float[TEST], macro, round(in_float[TEST] - macro, 1)),),
        )


def _macro(found: Answers, folder: ClaimFolder) -> float:
    """Macro-F1 in percent."""
    said = scaled(found.logits, folder.config.claims).argmax(1).tolist()
    return round(float(np.mean(f1_by_class(found.labels.tolist(), said, len(CLAIMS)))), 1)


def main(
    data: Path,
    model: Path = BUNDLED,
    write_down: Annotated[bool, typer.Option("--write", help="put the figures into metrics.json and the model card")] = False,
    check: Annotated[bool, typer.Option(help="fail where metrics.json or the card differ")] = False,
    float_graph: Annotated[Path | None, typer.Option("--float", help="the float graph")] = None,
) -> None:
    started = time.monotonic()
    found = measured(model, data, float_graph=float_graph)
    print(rendered(found.tables), f"\n\n{found.model}, measured in {time.monotonic() - started:.0f} s", flush=True)
    if write_down:
        write(model, found, origin=ORIGIN)
    if check:
        wrong = problems(model, found)
        print("\n".join(wrong) or f"{METRICS} and {CARD} agree with what was measured")
        sys.exit(bool(wrong))


if __name__ == "__main__":
    typer.run(main)
