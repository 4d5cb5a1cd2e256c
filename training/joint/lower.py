"""The lower layers of a shipped model, as they ship, and its answers: they stay as they are, so that ONNX Runtime's integers do
their work in training too, at a quarter of the time that it would take in bf16."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.relations.vectors import after, part_of

Arrays = dict[str, np.ndarray]


class LowerHalf:
    """Token vectors [B, T, H] after so many layers."""

    def __init__(self, folder: Path, layers: int, *, threads: int) -> None:
        self._part = _Part(folder, after(layers), threads)

    def __call__(self, inputs: Arrays) -> np.ndarray:
        return self._part.run(inputs)


class Teacher:
    """What the shipped model says of the stances of spans [S, 3]."""

    def __init__(self, folder: Path, *, threads: int) -> None:
        self._part = _Part(folder, "stance_logits", threads)

    def __call__(self, inputs: Arrays) -> np.ndarray:
        return self._part.run(inputs)


class _Part:
    def __init__(self, folder: Path, output: str, threads: int) -> None:
        self._running = part_of(folder, [output], threads=threads)
        self._inputs = {given.name for given in self._running.get_inputs()}

    def run(self, inputs: Arrays) -> np.ndarray:
        (found,) = self._running.run(None, {name: inputs[name] for name in self._inputs})
        return np.asarray(found)
