"""Fit how the main model answers topics, on VAST's development part, and write it into its config.json:

    python -m training.topics.calibrate DATA FOLDER

Fitted are temperature and bias (as in training/calibrate.py) and how sharply passages are weighed, by the likelihood they give.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import typer

from app.inference.annotator import TransformerAnnotator
from app.inference.calibration import Scaling, scaled
from app.inference.topics import TopicRule
from training.calibrate import scaling
from training.metrics import Labels, macro_f1
from training.seal import seal
from training.topics.reading import Heard, comments, heard

SHARPNESS = (0.0, 0.25, 0.5, 1.0)


def fitted(found: Heard) -> TopicRule:
    rules = [_rule(found, sharpness) for sharpness in SHARPNESS]
    return max(rules, key=lambda rule: _likelihood(found, rule))


def _rule(found: Heard, sharpness: float) -> TopicRule:
    chosen = scaling(found.gold, found.pooled(sharpness))
    return TopicRule(scaling=Scaling(**chosen), sharpness=sharpness)


def _likelihood(found: Heard, rule: TopicRule) -> float:
    """The mean logarithm of the probability of what is right."""
    chosen = found.probabilities(rule)[np.arange(len(found.gold)), found.gold]
    return float(np.log(chosen).mean())


def entry(rule: TopicRule) -> dict[str, object]:
    """As config.json has it under `topics`."""
    return {
        "calibration": {"temperature": rule.scaling.temperature, "bias": list(rule.scaling.bias)},
        "undecided_below": rule.undecided_below,
        "passages": {"most": rule.most, "sharpness": rule.sharpness},
    }


def told(found: Heard, rule: TopicRule) -> str:
    plain = macro(found.gold, scaled(found.pooled(rule.sharpness), Scaling()))
    own = macro(found.gold, found.probabilities(rule))
    likelihood = _likelihood(found, rule)
    return f"VAST dev, macro-F1: {own:.1f}; without temperature and bias {plain:.1f}; log-likelihood {likelihood:.4f}"


def macro(gold: Labels, probabilities: np.ndarray) -> float:
    return macro_f1(gold, probabilities.argmax(1))


def main(data: Path, folder: Path) -> None:
    annotator = TransformerAnnotator(folder)
    try:
        found = heard(annotator, comments(data, "dev"))
    finally:
        annotator.close()
    rule = fitted(found)
    config = json.loads((folder / "config.json").read_text()) | {"topics": entry(rule)}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    print(told(found, rule), json.dumps(config["topics"], indent=1), seal(folder), sep="\n")


if __name__ == "__main__":
    typer.run(main)
