"""Tables of the card: the stance toward a topic that the text need not name, on VAST. Its development part fitted the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.domain.models import Cell, Table
from app.inference.annotator import TransformerAnnotator
from training.confidence_tables import Outcome, calibration, coverage
from training.data import STANCES
from training.metrics import Floats, Labels, f1, macro_f1
from training.topics.reading import comments, heard

PARTS = {"VAST, dev": "dev", "VAST, test": "test"}
PUBLISHED = (("published: JointCL", 72.3), ("published: TATA", 77.1))
Answers = Mapping[str, tuple[Labels, Floats]]


def tables(annotator: TransformerAnnotator, data: Path) -> Iterator[Table]:
    """None for a model that judges no topics."""
    if annotator.folder.config.topics is None:
        return
    found = {name: _answers(annotator, data, part) for name, part in PARTS.items()}
    yield _table(found)
    outcomes = {name: Outcome(said.max(1), said.argmax(1) == gold) for name, (gold, said) in found.items()}
    yield calibration(
        outcomes,
        id="topics-calibration",
        title="Topics: calibration",
        note="Expected calibration error in points (15 bins of equal mass), and that of a model which is calibrated perfectly.",
        first="part",
    )
    yield coverage(
        outcomes,
        id="topics-coverage",
        title="Topics: what can be left undecided",
        note=f"Share of texts with at least this score, in percent, and how many of these answers are right. The service answers"
        f" from {annotator.folder.config.topics.undecided_below} on.",
        first="part",
        what="score",
    )


def _answers(annotator: TransformerAnnotator, data: Path, part: str) -> tuple[Labels, Floats]:
    rule = annotator.folder.config.topics
    assert rule is not None
    found = heard(annotator, comments(data, part))
    return found.gold, found.probabilities(rule)


def _table(found: Answers) -> Table:
    counts = " and ".join(f"{len(gold):,}" for gold, _ in found.values())
    blank: tuple[Cell, ...] = (None,) * len(STANCES)
    own: list[tuple[Cell, ...]] = [(f"this model, {name}", *_figures(gold, said)) for name, (gold, said) in found.items()]
    return Table(
        "topics",
        "Topics: the stance toward what a text need not name",
        f"{counts} comments with a topic that most of them do not name (VAST). All are judged as topics. Macro-F1 of the"
        " three classes, and F1 of each. Temperature and bias were fitted on the development part; published figures are of the"
        " test part.",
        ("system", "macro-F1", *STANCES),
        (*own, *((name, macro, *blank) for name, macro in PUBLISHED)),
    )


def _figures(gold: Labels, probabilities: Floats) -> tuple[float, ...]:
    said = probabilities.argmax(1)
    each = (f1(gold, said, label) for label in range(len(STANCES)))
    return (round(macro_f1(gold, said), 1), *(round(one, 1) for one in each))
