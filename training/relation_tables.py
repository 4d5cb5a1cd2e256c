"""Tables of the card: which side one span takes toward another, on Directed Sentiment Extraction's development part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.domain.models import Table
from app.inference.annotator import TransformerAnnotator
from app.inference.calibration import scaled
from app.inference.encoding import TextEncoder
from app.inference.relations import CLASSES, LEAST
from training.claims.figures import f1_by_class
from training.confidence_tables import Outcome, calibration
from training.relations.items import LONGEST, items
from training.tables import percent


def tables(annotator: TransformerAnnotator, data: Path) -> Iterator[Table]:
    """None for a model without such a head."""
    folder = annotator.folder
    if not annotator.tells_relations:
        return
    found = list(items(data / "relations-dse-dev.jsonl", TextEncoder(folder.file("tokenizer.json"), max_tokens=LONGEST)))
    outputs = [output for item in found for output in annotator.submit([item.row], bulk=True).result()]
    probabilities = scaled(np.concatenate([output.relation for output in outputs]), folder.config.relations)
    labels, said = np.array([item.label for item in found]), probabilities.argmax(1)
    each = f1_by_class(labels.tolist(), said.tolist(), len(CLASSES))
    directed = [round(one, 1) for one in each[1:]]
    shown = (said > 0) & (probabilities.max(1) >= LEAST)
    precision = percent(float((labels[shown] == said[shown]).mean())) if shown.any() else None
    yield Table(
        "relations",
        "Relations: which side one span takes toward another",
        f"F1 on {len(found):,} pairs of Directed Sentiment Extraction's development part, and their mean. Last: of those with at"
        f" least {LEAST}, which alone are answered, how many are right. The temperature was fitted on the same part.",
        ("macro-F1 of four", *(f"F1 {name}" for name in CLASSES[1:]), "precision of answered"),
        ((round(float(np.mean(directed)), 1), *directed, precision),),
    )
    yield calibration(
        {"Directed Sentiment Extraction, dev": Outcome(probabilities.max(1), labels == said)},
        id="relations-calibration",
        title="Relations: calibration",
        note="Expected calibration error in points, over all pairs, those without a relation among them.",
        first="set",
    )
