"""The gate: which articles could be about a claim. Two looks, and no model in either.

The first compares the vectors that the main encoder made of the passages anyway, all with all in one product. The second weighs
words and vectors together (`likeness`), of what passed the first: docs/decisions/0047-a-second-look.md.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.inference.claims.likeness import FEATURES, ONE, Asked, features, rows
from app.inference.encoding import Integers
from app.inference.engine import WIDTH, Floats
from app.inference.model_folder import InvalidModel, read

SCALE = 16.0
"""Steps a unit, by which how telling words are is stored in a byte each."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """`gate.json` of a model folder, beside the vectors that it was fitted with. An article could be about a claim where its
    features [F], weighed [F] and with the bias, come to 0 or more; `telling` [V] is how telling each word piece of the main
    tokenizer is. `least` is the cosine that the first look asks for, lower than where there is no second one.
    """

    least: float
    telling: Floats
    weights: Floats
    bias: float

    @classmethod
    def load(cls, path: Path) -> SecondLook:
        """Raises InvalidModel."""
        try:
            values: dict[str, Any] = json.loads(read(path))
            if tuple(values["features"]) != FEATURES or len(values["weights"]) != len(FEATURES):
                raise InvalidModel(f"{path}: the features are not the ones this version makes")
            packed = zlib.decompress(base64.b64decode(values["telling"]))
            telling = np.frombuffer(packed, dtype=np.uint8).astype(np.float32) / SCALE
            return cls(float(values["least"]), telling, np.array(values["weights"], dtype=np.float32), float(values["bias"]))
        except (KeyError, TypeError, ValueError, zlib.error) as error:
            raise InvalidModel(f"{path}: {error!r}") from error

    def dumped(self) -> str:
        steps = np.clip(np.rint(self.telling * SCALE), 1, 255).astype(np.uint8)
        values = {
            "least": self.least,
            "features": list(FEATURES),
            "weights": [round(float(weight), 4) for weight in self.weights],
            "bias": round(self.bias, 4),
            "telling": base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode("ascii"),
        }
        return json.dumps(values, indent=1) + "\n"

    def lets_through(self, asked: Asked, passages: Sequence[Integers], vectors: bytes) -> NDArray[np.bool_]:
        """Of each claim [C], by one article."""
        passes: NDArray[np.bool_] = features(asked, passages, vectors, len(self.telling)) @ self.weights + self.bias >= 0
        return passes


def passing(claim: bytes, articles: Sequence[bytes], *, least: float) -> list[bool]:
    """For each article whether one of its passages has a cosine of at least `least` with the claim."""
    return [bool(found) for found in meant(articles, claim, least=least)]


def meant(articles: Sequence[bytes], claims: bytes, *, least: float) -> list[list[int]]:
    """For each article the places of the claims with which one of its passages has a cosine of at least `least`, ascending."""
    if not articles:
        return []
    cosines = rows(b"".join(articles)) @ rows(claims).T / ONE
    counts = np.array([len(article) // WIDTH for article in articles])
    # An article without a passage would have no greatest cosine, and passes none.
    padded = np.vstack([cosines, np.full((1, cosines.shape[1]), -2.0, dtype=np.float32)])
    greatest = np.maximum.reduceat(padded, np.cumsum(counts) - counts, axis=0)
    return [np.flatnonzero(row >= least).tolist() if count else [] for count, row in zip(counts, greatest, strict=True)]
