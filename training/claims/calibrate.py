"""Fit temperature and bias of the pair model's answers on development data: `python -m training.claims.calibrate DATA FOLDER`.

They are fitted on FNC-1's development part, in the proportions found there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from app.inference.calibration import Scaling
from training.claims.reading import answers
from training.seal import seal_claims


def fitted(logits: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """Vector scaling by maximum likelihood, with one temperature and a bias for each class but the last."""
    classes = logits.shape[1]

    def loss(values: np.ndarray) -> float:
        biased = logits / np.exp(values[0]) + np.append(values[1:], 0.0)
        top = biased.max(1, keepdims=True)
        log = biased - top - np.log(np.exp(biased - top).sum(1, keepdims=True))
        return float(-log[np.arange(len(labels)), labels].mean())

    found = minimize(loss, np.zeros(classes), method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-4, "fatol": 1e-7}).x
    bias = np.append(found[1:], 0.0)
    scaling = Scaling(round(float(np.exp(found[0])), 4), tuple(np.round(bias - bias.mean(), 4).tolist()))
    return {"temperature": scaling.temperature, "bias": list(scaling.bias)}


def cooled(logits: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """A temperature alone, which changes no answer."""
    chosen = np.arange(len(labels))

    def loss(value: float) -> float:
        log = logits / np.exp(value) - np.log(np.exp(logits / np.exp(value)).sum(1, keepdims=True))
        return float(-log[chosen, labels].mean())

    found = float(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x)
    return {"temperature": round(float(np.exp(found)), 4), "bias": [0.0] * logits.shape[1]}


def main(data: Path, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    found = answers(folder, data, "fnc-dev")
    config["calibration"] = {"claims": fitted(found.logits, found.labels)}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    seal_claims(folder)
    print(json.dumps(config["calibration"], indent=1))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
